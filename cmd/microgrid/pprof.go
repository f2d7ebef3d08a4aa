package main

import (
	"log/slog"
	"net/http"
	_ "net/http/pprof" //nolint:gosec // on a listener of its own, never on the platform's
	"os"
	"time"
)

// servePprof serves Go's profiles where PPROF_LISTEN says, such as 127.0.0.1:6060. It is for whoever measures.
func servePprof(log *slog.Logger) {
	if address := os.Getenv("PPROF_LISTEN"); address != "" {
		server := &http.Server{Addr: address, ReadHeaderTimeout: 10 * time.Second} // the default mux, to which pprof has added itself
		go func() { log.Warn("profiles", "address", address, "error", server.ListenAndServe()) }()
	}
}
