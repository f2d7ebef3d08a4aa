package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/spf13/cobra"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/config"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// What is asked of a store by commands is answered while it is served, as other
// programs use it.
func TestEventStoreAlone(t *testing.T) {
	data := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		c := newEventStoreCommand()
		c.SetArgs([]string{"--data-dir", data, "--listen", "127.0.0.1:0"})
		ended <- c.ExecuteContext(ctx)
	}()
	var r running
	for deadline := time.Now().Add(10 * time.Second); r.EventStore == ""; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it didn't start")
		}
		if raw, err := os.ReadFile(runningFile(config.Config{DataDir: data})); err == nil {
			_ = json.Unmarshal(raw, &r)
		}
	}
	parsed, err := esdb.ParseConnectionString(r.EventStore)
	if err != nil {
		t.Fatal(err)
	}
	client, err := esdb.NewClient(parsed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	for _, stream := range []string{"kept", "deleted", "deleted"} {
		e := esdb.EventData{EventType: "Happened", ContentType: esdb.ContentTypeJson, Data: []byte(`{}`)}
		if _, err := client.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{}, e); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.DeleteStream(t.Context(), "deleted", esdb.DeleteStreamOptions{}); err != nil {
		t.Fatal(err)
	}

	backup := filepath.Join(t.TempDir(), "backup")
	events := func(dir string, args ...string) string {
		return output(t, newEventsCommand(), append(args, "--data-dir", dir)...)
	}
	if tail := events(data, "tail"); strings.Count(tail, "\n") != 3 || !strings.Contains(tail, `"stream":"kept"`) {
		t.Errorf("tail says %s", tail)
	}
	events(data, "backup", backup)
	// A deleted stream's last event stays, for the next one's number.
	var scavenged esdbserver.ScavengeResult
	if err := json.Unmarshal([]byte(events(data, "scavenge")), &scavenged); err != nil || scavenged.Events != 1 {
		t.Errorf("scavenge removed %+v, %v", scavenged, err)
	}
	var report esdbserver.VerifyReport
	if err := json.Unmarshal([]byte(events(data, "verify")), &report); err != nil || report.Damaged || report.Events != 3 {
		t.Errorf("verify says %+v, %v", report, err)
	}

	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	restored := t.TempDir()
	events(restored, "restore", backup)
	if err := json.Unmarshal([]byte(events(restored, "verify")), &report); err != nil || report.Damaged || report.Events != 4 {
		t.Errorf("the backup holds %+v, %v", report, err)
	}
}

// Whoever watches a store that runs alone finds what it says of itself, and the commands find one on a socket.
func TestEventStoreAloneIsWatched(t *testing.T) {
	data, err := os.MkdirTemp("", "store") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(data) })
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	socket := filepath.Join(data, "store.sock")
	address := freeAddress(t)
	go func() {
		c := newEventStoreCommand()
		c.SetArgs([]string{"--data-dir", data, "--listen", "unix:" + socket, "--metrics-listen", address})
		ended <- c.ExecuteContext(ctx)
	}()
	get := func(path string) (int, string) {
		r, err := http.Get("http://" + address + path) //nolint:gosec,noctx // of this test's own making
		if err != nil {
			return 0, err.Error()
		}
		defer func() { _ = r.Body.Close() }()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, string(body)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, err := os.Stat(runningFile(config.Config{DataDir: data}))
		status, body := get("/healthz")
		if err == nil && status == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v, %d %s", err, status, body)
		}
	}
	parsed, err := esdb.ParseConnectionString("esdb://localhost?tls=false")
	if err != nil {
		t.Fatal(err)
	}
	parsed.Address = "unix:" + socket
	client, err := esdb.NewClient(parsed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	e := esdb.EventData{EventType: "Happened", ContentType: esdb.ContentTypeJson, Data: []byte(`{}`)}
	if _, err := client.AppendToStream(t.Context(), "here", esdb.AppendToStreamOptions{}, e); err != nil {
		t.Fatal(err)
	}
	_, metrics := get("/metrics")
	for _, line := range []string{"eventstore_last_position 1", "eventstore_events_written_total 1", `eventstore_append_seconds_count{outcome="written"} 1`, "go_goroutines"} {
		if !strings.Contains(metrics, "\n"+line) {
			t.Errorf("%s isn't in %s", line, metrics)
		}
	}
	if tail := output(t, newEventsCommand(), "tail", "--data-dir", data); strings.Count(tail, "\n") != 1 || !strings.Contains(tail, `"stream":"here"`) {
		t.Errorf("tail says %s", tail)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if status, _ := get("/healthz"); status != 0 {
		t.Error("it answers after its end")
	}
}

func TestMetricsOfAnEventStoreStayOnTheMachine(t *testing.T) {
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "nonsense"} {
		c := newEventStoreCommand()
		c.SetArgs([]string{"--data-dir", t.TempDir(), "--listen", "127.0.0.1:0", "--metrics-listen", address})
		c.SilenceErrors, c.SilenceUsage = true, true
		if err := c.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), "--metrics-listen") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // for a moment
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// output runs a command and returns what it prints.
func output(t *testing.T, c *cobra.Command, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	c.SetOut(&out)
	c.SetArgs(args)
	if err := c.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return out.String()
}
