package esdbserver

import (
	"context"
	"errors"
	"io"
	"log/slog"
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
