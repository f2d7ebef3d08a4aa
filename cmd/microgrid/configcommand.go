package main

import (
	"github.com/spf13/cobra"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/config"
)

func newConfigCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "config", Short: "Print the configuration in effect, with secrets masked", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load(cmd.Flags())
			if err != nil {
				return err
			}
			y, err := c.YAML()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(y)
			return err
		},
	}
	config.AddFlags(c.Flags())
	return c
}

// newMigrateCommand brings the schema up to date without starting anything, for deployments that do so first.
func newMigrateCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "migrate", Short: "Bring the database's schema up to date", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return withStores(cmd, nothing) },
	}
	config.AddFlags(c.Flags())
	return c
}
