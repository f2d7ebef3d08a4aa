package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/config"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

// control is how commands reach a running platform: a socket in its data folder, for whoever may open that. What it
// does is the whole platform's affair, not a tenant's, so it is no part of the API.
func (p *platform) control(ctx context.Context, address string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /link", func(w http.ResponseWriter, r *http.Request) {
		var who commands.Principal
		err := json.Unmarshal([]byte(r.FormValue("principal")), &who)
		valid, err2 := time.ParseDuration(r.FormValue("valid"))
		if err = errors.Join(err, err2); err != nil {
			tell(w, nil, err)
			return
		}
		_, _ = fmt.Fprintln(w, p.link(address, who, valid)) //nolint:gosec // to a command on this machine, which may be gone, not to a browser
	})
	if p.events != nil {
		controlEvents(mux, p.events)
	}
	return serveControl(ctx, controlSocket(*p.config.Load()), mux)
}

func serveControl(ctx context.Context, path string, mux *http.ServeMux) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(err, listener.Close())
	}
	return serveUntilDone(ctx, listener, mux)
}

func serveUntilDone(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// controlEvents adds what is asked of the embedded event store.
func controlEvents(mux *http.ServeMux, events *esdbserver.Server) {
	mux.HandleFunc("POST /backup", func(w http.ResponseWriter, r *http.Request) {
		tell(w, map[string]string{"backup": r.FormValue("dir")}, events.Backup(r.Context(), r.FormValue("dir")))
	})
	mux.HandleFunc("POST /scavenge", func(w http.ResponseWriter, r *http.Request) {
		result, err := events.Scavenge(r.Context(), esdbserver.ScavengeOptions{})
		tell(w, result, err)
	})
	mux.HandleFunc("POST /verify", func(w http.ResponseWriter, r *http.Request) {
		report, err := events.Verify(r.Context())
		tell(w, report, err)
	})
	mux.HandleFunc("POST /export", func(w http.ResponseWriter, r *http.Request) {
		if _, err := events.Export(r.Context(), w); err != nil {
			panic(http.ErrAbortHandler) // the file is incomplete, and whoever writes it must know
		}
	})
}

func tell(w http.ResponseWriter, body any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	_ = json.NewEncoder(w).Encode(body) // whoever asked may be gone
}

func controlSocket(c config.Config) string { return filepath.Join(c.DataDir, "control.sock") }

// errNoPlatform says that no platform runs on the data folder.
var errNoPlatform = errors.New("no platform is running")

// ask sends a command to the platform that runs on the data folder and copies its answer.
func ask(ctx context.Context, c config.Config, command string, form url.Values, out io.Writer) error {
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "unix", controlSocket(c))
		if err != nil {
			return nil, errNoPlatform
		}
		return conn, nil
	}}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://platform/"+command+"?"+form.Encode(), nil)
	if err != nil {
		return err
	}
	got, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = got.Body.Close() }()
	if got.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(got.Body, 4096))
		return errors.Join(fmt.Errorf("%s", text), err)
	}
	_, err = io.Copy(out, got.Body)
	return err
}
