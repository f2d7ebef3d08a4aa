package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/config"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/observe"
)

// eventStoreAlone says where an event store that runs without the platform is found.
type eventStoreAlone struct {
	dataDir, listen, metricsListen string
}

// newEventStoreCommand runs the event store alone, for other programs.
func newEventStoreCommand() *cobra.Command {
	var o eventStoreAlone
	command := &cobra.Command{
		Use: "eventstore", Short: "Run the embedded event store alone, for other programs", Args: cobra.NoArgs,
		Long: "Serves EventStoreDB's protocol. The store is in the folder events of the data folder; the events commands with the same\n" +
			"--data-dir back it up, scavenge, verify, export and tail it while it runs.",
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	command.Flags().StringVar(&o.listen, "listen", "127.0.0.1:2113", "loopback address, or unix:/path")
	command.Flags().StringVar(&o.metricsListen, "metrics-listen", "", "loopback address of /metrics and /healthz over HTTP; none when empty")
	command.Flags().StringVar(&o.dataDir, "data-dir", "./data", "folder of its data")
	return command
}

func (o eventStoreAlone) run(ctx context.Context) error {
	log, _ := observe.NewLogger(os.Stderr, "text", "info")
	var metrics net.Listener
	if o.metricsListen != "" {
		var err error
		if metrics, err = listenLoopback(o.metricsListen); err != nil {
			return fmt.Errorf("--metrics-listen: %w", err)
		}
		defer func() { _ = metrics.Close() }()
	}
	c := config.Config{DataDir: o.dataDir}
	registry := observe.NewRegistry(version)
	s, err := esdbserver.New(esdbserver.Options{DataDir: eventsDir(c), Listen: o.listen, Metrics: registry, Logger: log})
	if err != nil {
		return err
	}
	log.Info("event store is serving", "address", s.Addr(), "last_position", s.LastPosition())
	if metrics != nil {
		log.Info("metrics are served", "address", "http://"+metrics.Addr().String()+"/metrics")
		go func() {
			if err := serveUntilDone(ctx, metrics, watchEvents(s, registry)); err != nil {
				log.Error("metrics are served no more", "error", err)
			}
		}()
	}
	connection := s.ConnectionString()
	if path, ok := strings.CutPrefix(s.Addr(), "unix:"); ok { // connection strings have no room for it
		if path, err = filepath.Abs(path); err != nil {
			return errors.Join(err, s.Close())
		}
		connection = "unix:" + path
	}
	if err := announce(c, running{PID: os.Getpid(), Address: s.Addr(), EventStore: connection}); err != nil {
		return errors.Join(err, s.Close())
	}
	defer forget(c)
	mux := http.NewServeMux()
	controlEvents(mux, s)
	if err := serveControl(ctx, controlSocket(c), mux); err != nil {
		log.Warn("commands can't reach the event store while this runs", "error", err)
		<-ctx.Done()
	}
	return s.Close()
}

// listenLoopback refuses addresses that other machines reach: nothing asks who scrapes.
func listenLoopback(address string) (net.Listener, error) {
	a, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, err
	}
	if !a.IP.IsLoopback() {
		return nil, fmt.Errorf("%s is no loopback address", address)
	}
	return net.ListenTCP("tcp", a)
}

// watchEvents is what an operator watches a store by.
func watchEvents(s *esdbserver.Server, registry *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", observe.MetricsHandler(registry))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.Err(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprintln(w, "ok") // whoever asked may be gone
	})
	return mux
}
