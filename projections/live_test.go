package projections_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
	"github.com/microgrid-cloud/microgrid-cloud/projections"
)

// recording is an event store in memory whose subscriptions break at times.
type recording struct {
	mu            sync.Mutex
	more          *sync.Cond
	events        []projections.Delivery
	subscriptions int
	breaks        bool
}

func newRecording() *recording {
	r := &recording{}
	r.more = sync.NewCond(&r.mu)
	return r
}

// add records a message; positions have holes, as those of other streams' events leave them.
func (r *recording) add(station, values string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	position := uint64(10 * (len(r.events) + 1))
	r.events = append(r.events, projections.Delivery{Position: position, Type: "TelemetryReceived", Event: &event.Recorded{
		Event:  event.Event{Payload: telemetry.Received{DeviceID: "d", TS: int64(position), Values: json.RawMessage(values)}},
		Stream: "telemetry-t." + station + ".20260101", Position: position,
	}})
	r.more.Broadcast()
}

func (r *recording) head(context.Context) (uint64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return uint64(10 * len(r.events)), nil
}

func (r *recording) Subscribe(ctx context.Context, after uint64, prefixes []string, _ func(string) bool, deliver func(projections.Delivery) error) error {
	stop := context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.more.Broadcast()
	})
	defer stop()
	r.mu.Lock()
	r.subscriptions++
	r.mu.Unlock()
	for i := int(after / 10); ; i++ {
		r.mu.Lock()
		for i >= len(r.events) && ctx.Err() == nil {
			r.more.Wait()
		}
		if ctx.Err() != nil {
			r.mu.Unlock()
			return ctx.Err()
		}
		d, breaks := r.events[i], r.breaks && rand.IntN(200) == 0
		r.mu.Unlock()
		if breaks {
			return errors.New("the subscription was dropped")
		}
		wanted := false
		for _, p := range prefixes {
			wanted = wanted || strings.HasPrefix(d.Event.Stream, p)
		}
		if !wanted {
			d = projections.Delivery{Position: d.Position}
		}
		if err := deliver(d); err != nil {
			return err
		}
	}
}

// reader takes live telemetry from a position on until it has what it was told to wait for.
func reader(ctx context.Context, l *projections.LiveTelemetry, position uint64, got func(*projections.LiveMessage) error) (uint64, error) {
	_, leave, err := l.Join(ctx, position)
	if err != nil {
		return position, err
	}
	defer leave()
	for {
		messages, upTo, changed, known := l.After(position)
		if !known {
			err := l.CatchUp(ctx, position, []string{"telemetry-t."}, func(at uint64, m *projections.LiveMessage) error {
				position = at
				if m == nil {
					return nil
				}
				return got(m)
			})
			if err != nil {
				return position, err
			}
			continue
		}
		for _, m := range messages {
			if err := got(m); err != nil {
				return m.Position, err
			}
		}
		position = upTo
		select {
		case <-ctx.Done():
			return position, ctx.Err()
		case <-changed:
		}
	}
}

var errEnough = errors.New("enough")

// Readers who come, fall behind, leave and come again get every message once, in order, whatever the memory still holds.
func TestLiveTelemetryIsCompleteAndOnce(t *testing.T) {
	const messages = 400
	store := newRecording()
	store.breaks = true
	l := projections.NewLiveTelemetry(store, store.head, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	large := fmt.Sprintf(`{"x":%q}`, strings.Repeat("x", 200<<10)) // a dozen of them are all that is kept
	var readers sync.WaitGroup
	for n := range 20 {
		readers.Go(func() {
			var position, last uint64
			count := 0
			for count < messages && ctx.Err() == nil {
				leaveAt := count + 1 + rand.IntN(100)
				_, _ = reader(ctx, l, position, func(m *projections.LiveMessage) error {
					if m.Position <= last {
						t.Errorf("reader %d: %d after %d", n, m.Position, last)
					}
					last, count = m.Position, count+1
					if n%4 == 0 {
						time.Sleep(time.Millisecond)
					}
					if count == leaveAt || count == messages {
						return errEnough
					}
					return nil
				})
				position = last
				time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
			}
			if count != messages {
				t.Errorf("reader %d got %d of %d", n, count, messages)
			}
		})
	}
	for i := range messages {
		store.add(fmt.Sprintf("s%d", i%3), large)
		time.Sleep(time.Millisecond)
	}
	readers.Wait()
}

func TestLiveTelemetryReadsTheStoreOnceForAll(t *testing.T) {
	store := newRecording()
	l := projections.NewLiveTelemetry(store, store.head, slog.New(slog.DiscardHandler))
	var readers sync.WaitGroup
	var joined sync.WaitGroup
	for range 100 {
		joined.Add(1)
		readers.Go(func() {
			position, leave, err := l.Join(t.Context(), 0)
			require.NoError(t, err)
			defer leave()
			joined.Done()
			count := 0
			_, _ = reader(t.Context(), l, position, func(*projections.LiveMessage) error {
				if count++; count == 100 {
					return errEnough
				}
				return nil
			})
			if count != 100 {
				t.Errorf("got %d of 100", count)
			}
		})
	}
	joined.Wait()
	for range 100 {
		store.add("s", `{"p":1}`)
	}
	readers.Wait()
	require.Equal(t, 1, store.subscriptions)
}

func TestLiveTelemetryWithoutAStore(t *testing.T) {
	away := errors.New("away")
	l := projections.NewLiveTelemetry(newRecording(), func(context.Context) (uint64, error) { return 0, away }, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, _, err := l.Join(ctx, 0)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// idle is an event store in which nothing happens.
type idle struct{}

func (idle) Subscribe(ctx context.Context, _ uint64, _ []string, _ func(string) bool, _ func(projections.Delivery) error) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestLiveTelemetryGoesOnWhereAReaderLeftOff(t *testing.T) {
	head := uint64(500)
	l := projections.NewLiveTelemetry(idle{}, func(context.Context) (uint64, error) { return head, nil }, slog.New(slog.DiscardHandler))
	_, leave, err := l.Join(t.Context(), 0)
	require.NoError(t, err)
	defer leave()
	head = 600 // another process has seen more
	for leftOff, from := range map[uint64]uint64{0: 500, 400: 400, 500: 500, 550: 550, 700: 500} {
		position, leave, err := l.Join(t.Context(), leftOff)
		require.NoError(t, err)
		require.Equal(t, from, position, leftOff)
		leave()
	}
}
