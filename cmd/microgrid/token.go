package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/auth"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/config"
	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

func newTokenCommand() *cobra.Command {
	var p commands.Principal
	var role string
	var valid time.Duration
	var link bool
	c := &cobra.Command{
		Use: "token", Short: "Print a token for the API", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load(cmd.Flags())
			if err != nil {
				return err
			}
			p.Role = commands.Role(role)
			switch p.Role {
			case commands.Admin, commands.Operator, commands.Viewer, commands.Auditor:
			default:
				return fmt.Errorf("--role must be admin, operator, viewer or auditor, not %q", role)
			}
			if !auth.ValidTenant(p.Tenant) {
				return fmt.Errorf("--tenant must be letters, digits, - and _, not %q", p.Tenant)
			}
			if link {
				return askLink(cmd.Context(), c, p, valid, cmd.OutOrStdout())
			}
			tokens := auth.Tokens{Secret: func() []byte { return []byte(c.Auth.JWTSecret) }}
			p.ExpiresAt = time.Now().Add(valid)
			token, err := tokens.Make(p, time.Now())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), token)
			return err
		},
	}
	config.AddFlags(c.Flags())
	f := c.Flags()
	f.StringVar(&p.Tenant, "tenant", "tenant-demo", "tenant that the token is for")
	f.StringVar(&role, "role", string(commands.Admin), "admin, operator, viewer or auditor")
	f.StringVar(&p.Subject, "subject", "cli", "who it is for")
	f.StringSliceVar(&p.Stations, "stations", nil, "only these stations; without it all of the tenant's")
	f.DurationVar(&valid, "valid", 12*time.Hour, "how long it holds")
	f.BoolVar(&link, "link", false, "print a one-time link to the web page of the platform that runs on the data folder instead; it holds for 10 minutes")
	return c
}

// askLink has the running platform make a link: it alone knows which ones are unused.
func askLink(ctx context.Context, c config.Config, who commands.Principal, valid time.Duration, out io.Writer) error {
	principal, err := json.Marshal(who)
	if err != nil {
		return err
	}
	err = ask(ctx, c, "link", url.Values{"principal": {string(principal)}, "valid": {valid.String()}}, out)
	if errors.Is(err, errNoPlatform) {
		return fmt.Errorf("no platform runs on %s; start one, or name its folder by --data-dir", c.DataDir)
	}
	return err
}

// link is an address that signs a principal in once. The code stands in the fragment, which browsers send to nobody.
func (p *platform) link(address string, who commands.Principal, valid time.Duration) string {
	return p.pageAddress(address) + "sign-in#code=" + p.links.Make(who, valid)
}

// pageAddress is where a browser on this machine finds the page, with a slash at its end.
func (p *platform) pageAddress(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip, parsed := netip.ParseAddr(host); err == nil && parsed == nil && ip.IsUnspecified() {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	return "http://" + address + strings.TrimSuffix(p.config.Load().HTTP.BasePath, "/") + "/"
}

// signIn gives a token for the code of a link.
func (p *platform) signIn(code string) (string, commands.Principal, error) {
	who, valid, err := p.links.Redeem(code)
	if err != nil {
		return "", who, err
	}
	now := time.Now()
	who.ExpiresAt = now.Add(valid).Truncate(time.Second)
	token, err := p.tokens.Make(who, now)
	return token, who, err
}
