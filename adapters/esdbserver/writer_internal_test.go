package esdbserver

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
)

// A write that nobody took yet may be given up; one that was taken may still
// happen, and its caller is told so.
func TestWritesThatWaitTooLong(t *testing.T) {
	o, err := Options{
		DataDir: t.TempDir(), WriteTimeout: 50 * time.Millisecond, MinFreeBytes: 1, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	st, err := openStore(o)
	if err != nil {
		t.Fatal(err)
	}
	w := newWriter(st, o, newMetrics())
	write := func() error {
		return w.write(context.Background(), &writeRequest{
			stream: "s", expected: expectAny, events: []proposed{{id: uuid.New(), typ: "T"}},
		}).err
	}
	wantAPI := func(err error, code codes.Code) {
		t.Helper()
		api, ok := errors.AsType[*apiError](asAPIError(err))
		if !ok || api.code != code {
			t.Fatalf("got %v, want %v", err, code)
		}
	}

	// Nobody decides.
	wantAPI(write(), codes.Unavailable)
	if !w.pending.TryAcquire(o.MaxPendingBytes - 1) {
		t.Fatal("there is more waiting than what was given up")
	}
	wantAPI(write(), codes.Unavailable) // no memory is left for it
	w.pending.Release(o.MaxPendingBytes - 1)

	// Nobody waits for the sync.
	w.stopped.Add(1)
	go w.decideAll()
	wantAPI(write(), codes.Aborted)

	w.stopped.Add(1)
	go w.publishAll()
	w.close()
	if got := st.visible.Load(); got != 1 {
		t.Fatalf("%d events were written, want that of the write that may still happen", got)
	}
	wantAPI(write(), codes.Unavailable)
	if err := st.close(); err != nil {
		t.Fatal(err)
	}
}

// A store that stopped writing for good says so to whoever watches it.
func TestErrOfAStoreThatStoppedWriting(t *testing.T) {
	s, err := New(Options{DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	cause := errors.New("the disk is gone")
	s.writer.fail(cause)
	if err := s.Err(); !errors.Is(err, cause) {
		t.Fatalf("got %v", err)
	}
}

// A store that was closed is opened without reading its log and writing out what
// is in it; one that was killed isn't.
func TestCleanOpenHasNothingToRecover(t *testing.T) {
	o := Options{DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
	open := func() *Server {
		t.Helper()
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	s := open()
	if r := s.writer.write(t.Context(), &writeRequest{
		stream: "s", expected: expectAny, events: []proposed{{id: uuid.New(), typ: "T", data: make([]byte, 1000)}},
	}); r.err != nil {
		t.Fatal(r.err)
	}
	killed := o
	killed.DataDir = filepath.Join(t.TempDir(), "killed")
	if err := os.CopyFS(killed.DataDir, os.DirFS(o.DataDir)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open()
	if n := s.st.db.Metrics().Levels[0].TablesFlushed; n != 0 || s.LastPosition() != 1 {
		t.Errorf("after a close %d tables were written, and the last position is %d", n, s.LastPosition())
	}
	o = killed
	s = open()
	if n := s.st.db.Metrics().Levels[0].TablesFlushed; n != 1 || s.LastPosition() != 1 {
		t.Errorf("after a kill %d tables were written, and the last position is %d", n, s.LastPosition())
	}
}

// A supervisor that stops the process isn't kept waiting by a disk.
func TestCloseTakesNoLongerThanItMay(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the whole deadline")
	}
	s, err := New(Options{DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s.writer.stopped.Add(1) // a sync that doesn't end
	began := time.Now()
	if err := s.Close(); err == nil || time.Since(began) > closeDeadline+closePatience/2 {
		t.Fatalf("got %v after %v", err, time.Since(began))
	}
	s.writer.stopped.Done()
	reopened := func() bool {
		again, err := New(s.options)
		return err == nil && again.Close() == nil
	}
	for deadline := time.Now().Add(10 * time.Second); !reopened(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("closing didn't go on")
		}
	}
}
