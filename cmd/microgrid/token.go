package main

import (
	"fmt"
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
			tokens := auth.Tokens{Secret: func() []byte { return []byte(c.Auth.JWTSecret) }}
			token, err := tokens.Make(p, time.Now(), valid)
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
	return c
}
