// Command microgrid is the whole platform in one binary. This package is wiring: it builds what the other packages own
// and gives each its parts.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // time zones also where the machine has none

	"github.com/spf13/cobra"
)

// version is set when a release is built.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	root := &cobra.Command{
		Use:           "microgrid",
		Short:         "A cloud platform for microgrids behind ThingsBoard",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	root.AddCommand(
		newServeCommand(), newDemoCommand(), newConfigCommand(), newTokenCommand(), newMigrateCommand(), newProjectionsCommand(),
		newEventsCommand(), newEventStoreCommand(), newSimulateCommand(), newCheckCasesCommand(), newYearCommand(), newBenchCommand(), newOpenAPICommand(),
	)
	err := root.ExecuteContext(ctx)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "microgrid:", err)
		os.Exit(1)
	}
}
