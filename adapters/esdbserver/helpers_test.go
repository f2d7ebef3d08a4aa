package esdbserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// startServer serves a store in a directory of the test until it ends.
func startServer(t testing.TB, o esdbserver.Options) *esdbserver.Server {
	t.Helper()
	if o.DataDir == "" {
		o.DataDir = t.TempDir()
	}
	if o.Logger == nil {
		o.Logger = quiet()
	}
	s, err := esdbserver.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func connect(t testing.TB, connection string) *esdb.Client {
	t.Helper()
	config, err := esdb.ParseConnectionString(connection)
	if err != nil {
		t.Fatal(err)
	}
	config.Logger = esdb.NoopLogging()
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// start is a server and a client of it.
func start(t testing.TB) (*esdbserver.Server, *esdb.Client) {
	t.Helper()
	s := startServer(t, esdbserver.Options{})
	return s, connect(t, s.ConnectionString())
}

func timeout(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func event(typ string) esdb.EventData {
	return esdb.EventData{
		EventID: uuid.New(), EventType: typ, ContentType: esdb.ContentTypeJson,
		Data: []byte(`{"a":1}`), Metadata: []byte(`{"m":2}`),
	}
}

func events(typ string, n int) []esdb.EventData {
	out := make([]esdb.EventData, n)
	for i := range out {
		out[i] = event(fmt.Sprintf("%s%d", typ, i))
	}
	return out
}

func mustAppend(t testing.TB, c *esdb.Client, stream string, expected esdb.ExpectedRevision, e ...esdb.EventData) *esdb.WriteResult {
	t.Helper()
	r, err := c.AppendToStream(timeout(t), stream, esdb.AppendToStreamOptions{ExpectedRevision: expected}, e...)
	if err != nil {
		t.Fatalf("append to %s: %v", stream, err)
	}
	return r
}

func appendFails(t testing.TB, c *esdb.Client, stream string, expected esdb.ExpectedRevision, code esdb.ErrorCode, e ...esdb.EventData) {
	t.Helper()
	_, err := c.AppendToStream(timeout(t), stream, esdb.AppendToStreamOptions{ExpectedRevision: expected}, e...)
	wantCode(t, err, code)
}

func wantCode(t testing.TB, err error, code esdb.ErrorCode) {
	t.Helper()
	var e *esdb.Error
	if !errors.As(err, &e) || e.Code() != code {
		t.Fatalf("got error %v, want code %d", err, code)
	}
}

func collect(t testing.TB, r *esdb.ReadStream, err error) ([]*esdb.ResolvedEvent, error) {
	t.Helper()
	if err != nil {
		return nil, err
	}
	return drain(r)
}

// drain reads to the end.
func drain(r *esdb.ReadStream) ([]*esdb.ResolvedEvent, error) {
	defer r.Close()
	var out []*esdb.ResolvedEvent
	for {
		e, err := r.Recv()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, e)
	}
}

func readStream(t testing.TB, c *esdb.Client, stream string, o esdb.ReadStreamOptions, count uint64) ([]*esdb.ResolvedEvent, error) {
	t.Helper()
	r, err := c.ReadStream(timeout(t), stream, o, count)
	return collect(t, r, err)
}

func readAll(t testing.TB, c *esdb.Client, o esdb.ReadAllOptions, count uint64) []*esdb.ResolvedEvent {
	t.Helper()
	r, err := c.ReadAll(timeout(t), o, count)
	out, err := collect(t, r, err)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// revisions reads a stream forward and returns the revisions found.
func revisions(t testing.TB, c *esdb.Client, stream string) []uint64 {
	t.Helper()
	found, err := readStream(t, c, stream, esdb.ReadStreamOptions{From: esdb.Start{}}, 1<<62)
	if err != nil {
		t.Fatalf("read %s: %v", stream, err)
	}
	out := make([]uint64, len(found))
	for i, e := range found {
		out[i] = e.OriginalEvent().EventNumber
	}
	return out
}
