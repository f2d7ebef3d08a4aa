package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/spf13/cobra"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/config"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/observe"
)

func newServeCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "serve", Short: "Run the platform", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), cmd, func(*platform, string) {})
		},
	}
	config.AddFlags(c.Flags())
	return c
}

// serve runs the platform until ctx ends; listening is told when it can be reached.
func serve(ctx context.Context, cmd *cobra.Command, listening func(*platform, string)) error {
	c, err := config.Load(cmd.Flags())
	if err != nil {
		return err
	}
	log, level := observe.NewLogger(os.Stderr, c.Log.Format, c.Log.Level)
	slog.SetDefault(log)
	servePprof(log)
	tuneMemory()
	// before anything is started that a taken port would stop again
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listening on %s: %w; --listen takes another address", c.Listen, err)
	}
	defer func() { _ = listener.Close() }()
	p, err := openStores(ctx, c, log, newMetrics())
	if err != nil {
		return err
	}
	defer p.close()
	p.assemble()
	go config.Watch(ctx, c, log, func(fresh config.Config) {
		p.config.Store(&fresh)
		p.ingest.SetLimits(ingestLimits(fresh))
		level.Set(fresh.Log.SlogLevel())
	})
	return p.run(ctx, listener, func(address string) {
		log.Info("listening", "address", "http://"+address)
		listening(p, address)
	})
}
