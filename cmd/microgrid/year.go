package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/check"
)

func newYearCommand() *cobra.Command {
	var platform platformFlags
	var o check.YearOptions
	var mode, tariff string
	cmd := &cobra.Command{
		Use:   "year",
		Short: "Send a measured year to a running platform and compare every day",
		Long: `Send a measured year to a running platform and compare every day.

One house's hours of a year are sent as mean power (power), as cumulative counters in which one meter passes its
modulus and another is replaced (counter), and as power out of order within each day with one message in twenty
sent twice (shuffled). All 365 days and 12 months must come out as in docs/measured-year.`,
		Example:       "  microgrid year --url http://127.0.0.1:8081 --mode power --tariff tou",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.Modes, err = chooseOrAll("--mode", mode, "all", check.YearModes); err != nil {
				return err
			}
			if o.Tariffs, err = chooseOrAll("--tariff", tariff, "both", check.YearTariffs); err != nil {
				return err
			}
			p, err := platform.platform()
			if err != nil {
				return err
			}
			o.Out = cmd.OutOrStdout()
			equal, err := p.Year(cmd.Context(), o)
			if err == nil && !equal {
				err = errDiffers
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&mode, "mode", "all", "power, counter, shuffled or all")
	flags.StringVar(&tariff, "tariff", "both", "tou, fixed or both")
	flags.StringVar(&o.Station, "station", "measured-year", "begins the names of the stations that are made")
	flags.IntVar(&o.Batch, "batch", 500, "messages a request")
	flags.DurationVar(&o.Timeout, "timeout", 5*time.Minute, "how long a year may take to come out equal")
	flags.IntVar(&o.Shown, "show", 20, "differences shown a run")
	platform.addIngest(flags)
	platform.addAPI(flags)
	return cmd
}

func chooseOrAll(flag, value, every string, known []string) ([]string, error) {
	if value == every {
		return known, nil
	}
	if !slices.Contains(known, value) {
		return nil, fmt.Errorf("%s %q is none of %s, %s", flag, value, strings.Join(known, ", "), every)
	}
	return []string{value}, nil
}
