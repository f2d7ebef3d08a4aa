package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/config"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/observe"
	"github.com/microgrid-cloud/microgrid-cloud/projections"
)

// withStores runs a command beside a running platform, or on its data while none runs.
func withStores(cmd *cobra.Command, run func(context.Context, *platform) error) error {
	c, err := config.Load(cmd.Flags())
	if err != nil {
		return err
	}
	if c, err = attach(c); err != nil {
		return err
	}
	log, _ := observe.NewLogger(os.Stderr, c.Log.Format, c.Log.Level)
	p, err := openStores(cmd.Context(), c, log, newMetrics())
	if err != nil {
		return err
	}
	defer p.close()
	return run(cmd.Context(), p)
}

func newProjectionsCommand() *cobra.Command {
	c := &cobra.Command{Use: "projections", Short: "Look after the read models"}
	add := func(use, short, long string, args cobra.PositionalArgs, run func(context.Context, *cobra.Command, *platform, []string) error) {
		sub := &cobra.Command{Use: use, Short: short, Long: long, Args: args, RunE: func(cmd *cobra.Command, args []string) error {
			return withStores(cmd, func(ctx context.Context, p *platform) error { return run(ctx, cmd, p, args) })
		}}
		config.AddFlags(sub.Flags())
		c.AddCommand(sub)
	}
	add("status", "Print how far each projection and policy is", "", cobra.NoArgs, projectionsStatus)
	add("rebuild [NAME...]", "Make read models anew from the events and swap them in",
		"Builds beside the live tables and swaps when done; the platform may run meanwhile. Without a name, all of them.", cobra.ArbitraryArgs,
		func(ctx context.Context, cmd *cobra.Command, p *platform, args []string) error {
			return p.eachReadModel(args, func(m projections.ReadModel, b projections.Rebuilder) error {
				began := time.Now()
				if err := b.Rebuild(ctx, m); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: rebuilt in %s\n", m.Name(), time.Since(began).Round(time.Millisecond))
				return err
			})
		})
	add("verify [NAME...]", "Rebuild read models to a scratch schema and compare every row",
		"Compares at the position where the live tables are; the platform may run meanwhile. Exits with 1 where rows differ.", cobra.ArbitraryArgs,
		projectionsVerify)
	add("replay NAME STREAM", "Project the parked events of a stream again, in their order", "", cobra.ExactArgs(2),
		func(ctx context.Context, cmd *cobra.Command, p *platform, args []string) error {
			p.assemble()
			n, err := p.replayParked(ctx, args[0], args[1])
			if _, perr := fmt.Fprintf(cmd.OutOrStdout(), "%d events projected\n", n); perr != nil {
				return perr
			}
			return err
		})
	return c
}

func projectionsStatus(ctx context.Context, cmd *cobra.Command, p *platform, _ []string) error {
	head, err := p.store.Head(ctx)
	if err != nil {
		return err
	}
	rows, err := p.pool.Query(ctx, `
		SELECT projection, position, updated_at, (SELECT count(*) FROM dlq_events d WHERE d.projection = p.projection)
		FROM processed_events p ORDER BY projection`)
	if err != nil {
		return err
	}
	defer rows.Close()
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "PROJECTION\tPOSITION\tHEAD\tBEHIND\tPARKED\tMOVED\n")
	for rows.Next() {
		var name string
		var position, parked int64
		var moved time.Time
		if err := rows.Scan(&name, &position, &moved, &parked); err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\n", name, position, head, max(0, int64(head)-position), parked, moved.UTC().Format(time.RFC3339))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return w.Flush()
}

func projectionsVerify(ctx context.Context, cmd *cobra.Command, p *platform, args []string) error {
	different := false
	err := p.eachReadModel(args, func(m projections.ReadModel, b projections.Rebuilder) error {
		v, err := b.Verify(ctx, m)
		if err != nil {
			return err
		}
		different = different || v.Different > 0
		for _, d := range v.Differences {
			fmt.Fprintf(cmd.OutOrStdout(), "%s: live %q, rebuilt %q\n", d.Table, d.Live, d.Rebuilt)
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d of %d rows equal at position %d\n", m.Name(), v.Rows-v.Different, v.Rows, v.Position)
		return err
	})
	if err == nil && different {
		return fmt.Errorf("the read models differ from what the events say; rebuild them")
	}
	return err
}

// eachReadModel runs for the named read models, or for all.
func (p *platform) eachReadModel(names []string, run func(projections.ReadModel, projections.Rebuilder) error) error {
	b := projections.Rebuilder{Feed: p.store, Reader: p.store, Pool: p.pool, Options: p.runnerOptions(), Logger: p.log}
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	for _, m := range p.readModels() {
		if len(names) > 0 && !wanted[m.Name()] {
			continue
		}
		delete(wanted, m.Name())
		if err := run(m, b); err != nil {
			return fmt.Errorf("%s: %w", m.Name(), err)
		}
	}
	for n := range wanted {
		return fmt.Errorf("there is no read model %q; see microgrid projections status", n)
	}
	return nil
}
