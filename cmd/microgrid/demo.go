package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/config"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/simulate"
	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

const (
	demoTenant = "tenant-demo"
	demoToken  = 24 * time.Hour // how long a token of the demo holds
)

func newDemoCommand() *cobra.Command {
	var days int
	var timezone string
	c := &cobra.Command{
		Use: "demo", Short: "Run the platform with two living demo stations, everything embedded", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if days < 1 || days > 366 {
				return fmt.Errorf("--days must be 1 to 366, not %d", days)
			}
			if _, err := time.LoadLocation(timezone); err != nil {
				return fmt.Errorf("--timezone must be a name of the IANA time zone database, such as Europe/Berlin, not %q", timezone)
			}
			ctx, stop := context.WithCancelCause(cmd.Context())
			defer stop(nil)
			if !cmd.Flags().Changed("log-level") {
				if err := cmd.Flags().Set("log-level", "warn"); err != nil {
					return err
				}
			}
			err := serve(ctx, cmd, func(p *platform, address string) {
				go func() {
					if err := p.demo(ctx, cmd.OutOrStdout(), address, days, timezone); err != nil && ctx.Err() == nil {
						stop(fmt.Errorf("the demo: %w", err))
					}
				}()
			})
			if cause := context.Cause(ctx); cause != nil && cmd.Context().Err() == nil {
				return cause
			}
			return err
		},
	}
	config.AddFlags(c.Flags())
	c.Flags().IntVar(&days, "days", 28, "days of history, 1 to 366")
	c.Flags().StringVar(&timezone, "timezone", "Asia/Shanghai", "time zone of the first station: where it is day, its PV lives")
	return c
}

// demo fills the platform through its own front door, tells how to look at it, and keeps it alive.
func (p *platform) demo(ctx context.Context, out io.Writer, address string, days int, timezone string) error {
	c := p.config.Load()
	url := "http://" + address
	who := commands.Principal{Tenant: demoTenant, Role: commands.Admin, Subject: "demo", ExpiresAt: time.Now().Add(demoToken)}
	token, err := p.tokens.Make(who, time.Now())
	if err != nil {
		return err
	}
	tenant, _ := c.Tenant(demoTenant)
	if err := p.directory.Await(ctx); err != nil {
		return err
	}
	return simulate.Demo(ctx, simulate.DemoOptions{
		URL: url, Token: token, Timezone: timezone, Days: days, Log: p.log,
		Credentials: simulate.Credentials{Tenant: demoTenant, Secret: tenant.Ingest.HMACSecret},
		Begin: func(known time.Time) {
			if known.IsZero() {
				fmt.Fprintf(out, "Making %d days of history of two stations …\n", days)
			} else {
				fmt.Fprintf(out, "Filling in what the stations measured since %s …\n", known.Format("2006-01-02 15:04"))
			}
		},
		Ready: func() {
			again := "microgrid token --link"
			if dir := filepath.Clean(c.DataDir); dir != "data" {
				again += " --data-dir " + dir
			}
			yesterday := time.Now().AddDate(0, 0, -1).Format(time.DateOnly)
			week := time.Now().AddDate(0, 0, -7).Format(time.DateOnly)
			fmt.Fprintf(out, `
Microgrid Cloud runs with two living stations; Ctrl-C stops it. Open it in a browser:

  %[3]s

The link signs you in once, within 10 minutes; %[6]s prints another. Or ask the API:

  export TOKEN=%[2]s
  curl -s -H "Authorization: Bearer $TOKEN" '%[1]sapi/v1/settlements?station_id=station-demo-001&from=%[5]s&to=%[4]s'
  curl -s -H "Authorization: Bearer $TOKEN" '%[1]sapi/v1/stats?station_id=station-demo-001&granularity=day&from=%[5]sT00:00:00Z&to=%[4]sT23:59:59Z'
  curl -s -H "Authorization: Bearer $TOKEN" '%[1]sapi/v1/overview?station_id=station-demo-001'
`, p.pageAddress(address), token, p.link(address, who, demoToken), yesterday, week, again)
		},
	})
}
