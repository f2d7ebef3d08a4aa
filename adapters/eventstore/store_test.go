package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/eventstore"
	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/projections"
)

// said is the only event of these tests.
type said struct {
	Word string `json:"word"`
}

func (said) EventType() string { return "Said" }

// server is an event store that can be stopped and started again at the same place.
type server interface {
	connection() string
	stop(t *testing.T)
	start(t *testing.T)
}

// embedded is ours.
type embedded struct {
	dir, address string
	running      *esdbserver.Server
}

func newEmbedded(t *testing.T) server {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &embedded{dir: t.TempDir(), address: free.Addr().String()}
	require.NoError(t, free.Close())
	s.start(t)
	t.Cleanup(func() { s.stop(t) })
	return s
}

func (s *embedded) connection() string { return "esdb://" + s.address + "?tls=false" }

func (s *embedded) start(t *testing.T) {
	t.Helper()
	var err error
	s.running, err = esdbserver.New(esdbserver.Options{DataDir: s.dir, Listen: s.address})
	require.NoError(t, err)
}

func (s *embedded) stop(t *testing.T) {
	t.Helper()
	if s.running != nil {
		require.NoError(t, s.running.Close())
		s.running = nil
	}
}

// newServer is another store's where a build for it says so.
var newServer = newEmbedded

func open(t *testing.T, s server, o eventstore.Options) *eventstore.Store {
	t.Helper()
	registry, err := event.NewRegistry([]event.Definition{event.Define[said]()})
	require.NoError(t, err)
	store, err := eventstore.Open(s.connection(), registry, o)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return store
}

func words(words ...string) []event.Event {
	events := make([]event.Event, len(words))
	for i, w := range words {
		events[i] = event.Event{
			ID:       event.ID("word", w),
			Metadata: event.Metadata{Tenant: "t", Actor: "tester", OccurredAt: time.UnixMilli(1).UTC(), RecordedAt: time.UnixMilli(2).UTC()},
			Payload:  said{w},
		}
	}
	return events
}

func read(t *testing.T, store *eventstore.Store, stream string, from uint64) []string {
	t.Helper()
	var all []string
	require.NoError(t, store.Read(context.Background(), stream, from, func(e event.Recorded) error {
		all = append(all, e.Payload.(said).Word)
		return nil
	}))
	return all
}

func TestAppendAndRead(t *testing.T) {
	store := open(t, newServer(t), eventstore.Options{})
	ctx := context.Background()
	require.Empty(t, read(t, store, "talk-none", 0), "a stream that isn't there has no events")

	first, err := store.Append(ctx, "talk-1", commands.NoStream, words("a", "b")...)
	require.NoError(t, err)
	require.Equal(t, uint64(1), first.Revision)
	second, err := store.Append(ctx, "talk-1", commands.Expected(first.Revision), words("c")...)
	require.NoError(t, err)
	require.Greater(t, second.Position, first.Position)
	require.Equal(t, []string{"b", "c"}, read(t, store, "talk-1", 1))
	require.NoError(t, store.Read(ctx, "talk-1", 2, func(e event.Recorded) error {
		require.Equal(t, event.Metadata{SchemaVersion: 1, Tenant: "t", Actor: "tester", OccurredAt: time.UnixMilli(1).UTC(), RecordedAt: time.UnixMilli(2).UTC()}, e.Metadata)
		require.Equal(t, event.ID("word", "c"), e.ID)
		require.Equal(t, second.Position, e.Position)
		return nil
	}))

	_, err = store.Append(ctx, "talk-1", commands.NoStream, words("d")...)
	require.ErrorIs(t, err, commands.ErrWrongRevision)
	again, err := store.Append(ctx, "talk-1", commands.NoStream, words("a", "b")...)
	require.NoError(t, err, "the same events again are a repeat")
	require.Equal(t, first.Revision, again.Revision)
	require.Equal(t, []string{"a", "b", "c"}, read(t, store, "talk-1", 0))

	stop := errors.New("enough")
	require.ErrorIs(t, store.Read(ctx, "talk-1", 0, func(event.Recorded) error { return stop }), stop)
	head, err := store.Head(ctx)
	require.NoError(t, err)
	require.Equal(t, second.Position, head)
}

func TestAStoreThatIsGoneIsUnavailableInTimeAndComesBack(t *testing.T) {
	s := newServer(t)
	store := open(t, s, eventstore.Options{CallTimeout: time.Second, Patience: 2 * time.Second})
	ctx := context.Background()
	_, err := store.Append(ctx, "talk-1", commands.Any, words("a")...)
	require.NoError(t, err)
	s.stop(t)
	for range 3 { // long enough for the client to give itself up
		began := time.Now()
		_, err = store.Append(ctx, "talk-1", commands.Any, words("b")...)
		require.Equal(t, problem.Unavailable, problem.KindOf(err), "%v", err)
		require.Less(t, time.Since(began), 6*time.Second)
	}
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	require.Error(t, store.Read(short, "talk-1", 0, func(event.Recorded) error { return nil }))
	require.Less(t, time.Since(began), 2*time.Second, "a call heeds its context")
	s.start(t)
	require.Eventually(t, func() bool {
		_, err := store.Append(ctx, "talk-1", commands.Any, words("b")...)
		return err == nil
	}, 20*time.Second, 100*time.Millisecond)
	require.Equal(t, []string{"a", "b"}, read(t, store, "talk-1", 0), "no retry doubled it")
}

func TestAFullDiskIsUnavailableAtOnce(t *testing.T) {
	running, err := esdbserver.New(esdbserver.Options{DataDir: t.TempDir(), MinFreeBytes: 1 << 60})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, running.Close()) })
	registry, err := event.NewRegistry([]event.Definition{event.Define[said]()})
	require.NoError(t, err)
	store, err := eventstore.Open(running.ConnectionString(), registry, eventstore.Options{})
	require.NoError(t, err)
	defer store.Close()
	began := time.Now()
	_, err = store.Append(context.Background(), "talk-1", commands.Any, words("a")...)
	require.Equal(t, problem.Unavailable, problem.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "no room")
	require.Less(t, time.Since(began), 3*time.Second)
}

// Appends that are under way while the store goes and comes are each there once.
func TestAppendsOutlastRestarts(t *testing.T) {
	s := newServer(t)
	store := open(t, s, eventstore.Options{CallTimeout: 2 * time.Second, Patience: 30 * time.Second})
	const writers, each = 4, 40
	var wg sync.WaitGroup
	failed := make(chan error, writers*each)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				_, err := store.Append(context.Background(), fmt.Sprint("talk-", w), commands.Expected(i-1), words(fmt.Sprint(w, ".", i))...)
				if err != nil {
					failed <- fmt.Errorf("writer %d, event %d: %w", w, i, err)
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	for range 3 {
		time.Sleep(100 * time.Millisecond)
		s.stop(t)
		time.Sleep(50 * time.Millisecond)
		s.start(t)
	}
	wg.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	for w := range writers {
		all := read(t, store, fmt.Sprint("talk-", w), 0)
		require.Len(t, all, each)
		for i, word := range all {
			require.Equal(t, fmt.Sprint(w, ".", i), word)
		}
	}
}

// follow subscribes from a checkpoint again and again, as a projection does.
func follow(ctx context.Context, store *eventstore.Store, prefixes []string, seen chan<- projections.Delivery) {
	after := uint64(0)
	for ctx.Err() == nil {
		_ = store.Subscribe(ctx, after, prefixes, func(string) bool { return true }, func(d projections.Delivery) error {
			if d.Position > 0 {
				after = d.Position
			}
			select {
			case seen <- d:
			case <-ctx.Done():
			}
			return ctx.Err()
		})
		time.Sleep(20 * time.Millisecond)
	}
}

func TestASubscriptionIsTakenUpFromItsCheckpoint(t *testing.T) {
	s := newServer(t)
	store := open(t, s, eventstore.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := store.Append(ctx, "talk-1", commands.Any, words("a", "b")...)
	require.NoError(t, err)
	_, err = store.Append(ctx, "other-1", commands.Any, words("x")...)
	require.NoError(t, err)
	seen := make(chan projections.Delivery, 100)
	go follow(ctx, store, []string{"talk-"}, seen)
	caughtUp := false
	next := func() string {
		for {
			select {
			case d := <-seen:
				caughtUp = caughtUp || d.CaughtUp
				if d.Event != nil {
					return d.Event.Payload.(said).Word
				}
			case <-time.After(20 * time.Second):
				t.Fatal("nothing is delivered")
			}
		}
	}
	require.Equal(t, "a", next())
	require.Equal(t, "b", next())
	s.stop(t)
	s.start(t)
	require.Eventually(t, func() bool {
		_, err := store.Append(ctx, "talk-2", commands.Any, words("c")...)
		return err == nil
	}, 20*time.Second, 50*time.Millisecond)
	require.Equal(t, "c", next(), "nothing is left out, and nothing comes twice")
	require.True(t, caughtUp)
}

func TestAnEventOfAnUnknownTypeIsDeliveredAsUndecodable(t *testing.T) {
	s := newServer(t)
	store := open(t, s, eventstore.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	other, err := event.NewRegistry([]event.Definition{event.Define[unsaid]()})
	require.NoError(t, err)
	stranger, err := eventstore.Open(s.connection(), other, eventstore.Options{})
	require.NoError(t, err)
	defer stranger.Close()
	_, err = stranger.Append(ctx, "talk-1", commands.Any, event.Event{ID: event.ID("strange"), Payload: unsaid{}})
	require.NoError(t, err)
	seen := make(chan projections.Delivery, 10)
	go follow(ctx, store, []string{"talk-"}, seen)
	d := <-seen
	require.ErrorContains(t, d.Undecodable, `"Unsaid" is not defined`)
	require.Equal(t, "talk-1", d.Event.Stream)
	require.Equal(t, "Unsaid", d.Type)
}

type unsaid struct{}

func (unsaid) EventType() string { return "Unsaid" }

func TestClosingUnderLoadWaitsForCalls(t *testing.T) {
	store := open(t, newServer(t), eventstore.Options{})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 50 {
				if _, err := store.Append(context.Background(), fmt.Sprint("talk-", w), commands.Any, words(fmt.Sprint(w, "-", i))...); err != nil {
					return // closed
				}
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	store.Close()
	wg.Wait()
}
