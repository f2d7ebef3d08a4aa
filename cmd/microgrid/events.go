package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/config"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

func nothing(context.Context, *platform) error { return nil }

// eventsDir is where the embedded event store keeps its files.
func eventsDir(c config.Config) string { return filepath.Join(c.DataDir, "events") }

func newEventsCommand() *cobra.Command {
	c := &cobra.Command{Use: "events", Short: "Look after the event store"}
	var tail esdbserver.TailOptions
	var from int64
	add := func(use, short string, args cobra.PositionalArgs, run func(*cobra.Command, config.Config, []string) error) *cobra.Command {
		sub := &cobra.Command{Use: use, Short: short, Args: args, RunE: func(cmd *cobra.Command, args []string) error {
			c, err := config.Load(cmd.Flags())
			if err != nil {
				return err
			}
			return run(cmd, c, args)
		}}
		config.AddFlags(sub.Flags())
		c.AddCommand(sub)
		return sub
	}
	add("verify", "Check every record, every stream and the global order of an embedded store", cobra.NoArgs,
		func(cmd *cobra.Command, c config.Config, _ []string) error {
			var raw bytes.Buffer
			err := ask(cmd.Context(), c, "verify", nil, &raw)
			var report *esdbserver.VerifyReport
			if errors.Is(err, errNoPlatform) {
				report, err = esdbserver.Verify(cmd.Context(), eventsDir(c))
			} else if err == nil {
				err = json.Unmarshal(raw.Bytes(), &report)
			}
			if err != nil {
				return err
			}
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetIndent("", "  ")
			if err := out.Encode(report); err != nil {
				return err
			}
			if report.Damaged {
				return fmt.Errorf("the store is damaged; restore a backup")
			}
			return nil
		})
	add("scavenge", "Reclaim the space of deleted and aged events, while the platform runs", cobra.NoArgs,
		func(cmd *cobra.Command, c config.Config, _ []string) error {
			return ask(cmd.Context(), c, "scavenge", nil, cmd.OutOrStdout())
		})
	t := add("tail", "Print events as JSON lines, of any event store", cobra.NoArgs, func(cmd *cobra.Command, c config.Config, _ []string) error {
		c, err := attach(c)
		if err != nil {
			return err
		}
		if cmd.Flags().Changed("from") {
			f := uint64(from)
			tail.From = &f
		}
		return tailEvents(cmd.Context(), c, tail, cmd.OutOrStdout())
	})
	t.Flags().StringVar(&tail.Stream, "stream", "", "only this stream")
	t.Flags().Int64Var(&from, "from", 0, "after this position, or revision of the stream")
	t.Flags().BoolVar(&tail.New, "new", false, "leave out what is there already")
	t.Flags().BoolVarP(&tail.Follow, "follow", "f", false, "wait for more")
	add("export FILE", "Write all events of an embedded store to a file of JSON lines (-: standard output)", cobra.ExactArgs(1),
		func(cmd *cobra.Command, c config.Config, args []string) error {
			return withFile(args[0], os.Stdout, os.Create, func(f *os.File) error {
				if err := ask(cmd.Context(), c, "export", nil, f); !errors.Is(err, errNoPlatform) {
					return err
				}
				n, err := esdbserver.Export(cmd.Context(), eventsDir(c), f)
				fmt.Fprintf(cmd.ErrOrStderr(), "%d events\n", n)
				return err
			})
		})
	add("import FILE", "Fill a new embedded store from what export wrote", cobra.ExactArgs(1),
		func(cmd *cobra.Command, c config.Config, args []string) error {
			return withFile(args[0], os.Stdin, os.Open, func(f *os.File) error {
				n, err := esdbserver.Import(cmd.Context(), eventsDir(c), f)
				fmt.Fprintf(cmd.ErrOrStderr(), "%d events\n", n)
				return err
			})
		})
	add("backup DIR", "Copy an embedded store to an empty folder, while the platform runs or not", cobra.ExactArgs(1),
		func(cmd *cobra.Command, c config.Config, args []string) error {
			dir, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			if err := ask(cmd.Context(), c, "backup", url.Values{"dir": {dir}}, io.Discard); !errors.Is(err, errNoPlatform) {
				return err
			}
			return esdbserver.Backup(cmd.Context(), eventsDir(c), dir)
		})
	add("restore DIR", "Make an embedded store of a backup, checked whole", cobra.ExactArgs(1),
		func(cmd *cobra.Command, c config.Config, args []string) error {
			report, err := esdbserver.Restore(cmd.Context(), args[0], eventsDir(c))
			if err == nil {
				fmt.Fprintf(cmd.ErrOrStderr(), "%d events of %d streams\n", report.Events, report.Streams)
			}
			return err
		})
	return c
}

// withFile opens a file, or takes the standard one for "-".
func withFile(name string, standard *os.File, open func(string) (*os.File, error), use func(*os.File) error) error {
	if name == "-" {
		return use(standard)
	}
	f, err := open(name)
	if err != nil {
		return err
	}
	if err := use(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// tailEvents reads a running store, or starts the embedded one for the while.
func tailEvents(ctx context.Context, c config.Config, o esdbserver.TailOptions, out io.Writer) error {
	if c.EventStore.URL != config.Embedded {
		return esdbserver.Tail(ctx, c.EventStore.URL, o, out)
	}
	s, err := esdbserver.New(esdbserver.Options{DataDir: eventsDir(c)})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	return esdbserver.Tail(ctx, s.ConnectionString(), o, out)
}
