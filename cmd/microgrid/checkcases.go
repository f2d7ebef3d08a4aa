package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/check"
)

// errDiffers ends a check in which something wasn't equal with a non-zero exit code.
var errDiffers = errors.New("not everything is equal")

func newCheckCasesCommand() *cobra.Command {
	var platform platformFlags
	var o check.CasesOptions
	cmd := &cobra.Command{
		Use:   "check-cases DIR",
		Short: "Check a running platform against worked-out cases",
		Long: `Check a running platform against worked-out cases.

For every NN.case.json in DIR the station is provisioned, its telemetry sent in the order of arrival and its days
closed; then every quarter, day and settlement is compared with NN.result.json. Every document in DIR/refused must
be refused with the place of its fault named. It works against any platform with these HTTP interfaces.

Telemetry can't be taken back: to check a folder again on one platform, give another --prefix.`,
		Example:       "  microgrid check-cases docs/cases --url http://127.0.0.1:8081",
		Args:          cobra.ExactArgs(1),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := platform.platform()
			if err != nil {
				return err
			}
			o.Out = cmd.OutOrStdout()
			equal, err := p.Cases(cmd.Context(), args[0], o)
			if err == nil && !equal {
				err = errDiffers
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Prefix, "prefix", "", "put this before the ids of stations, devices and tariffs")
	flags.IntVar(&o.Parallel, "parallel", 4, "cases at once")
	flags.DurationVar(&o.Timeout, "timeout", time.Minute, "how long a case may take to come out equal")
	flags.IntVar(&o.Shown, "show", 15, "differences shown a case")
	platform.addIngest(flags)
	platform.addAPI(flags)
	return cmd
}
