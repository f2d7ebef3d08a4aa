package projections_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/postgres"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/postgres/pgtest"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/migrations"
	"github.com/microgrid-cloud/microgrid-cloud/projections"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// said is the only event of these tests.
type said struct{ Word string }

func (said) EventType() string { return "Said" }

// feed stands for the event store: what is in it is delivered, then what comes.
type feed struct {
	mu     sync.Mutex
	events []event.Recorded
	more   chan struct{}
	next   map[string]uint64
	unread error // what reading a stream fails with
}

func newFeed() *feed { return &feed{more: make(chan struct{}), next: map[string]uint64{}} }

func (f *feed) say(stream string, words ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range words {
		f.events = append(f.events, event.Recorded{
			Event:  event.Event{ID: uuid.New(), Metadata: event.Metadata{Tenant: "t", RecordedAt: time.Now()}, Payload: said{w}},
			Stream: stream, Revision: f.next[stream], Position: uint64(len(f.events) + 1),
		})
		f.next[stream]++
	}
	close(f.more)
	f.more = make(chan struct{})
}

func (f *feed) Subscribe(ctx context.Context, after uint64, _ []string, _ func(string) bool, deliver func(projections.Delivery) error) error {
	told := false
	for {
		f.mu.Lock()
		events, more := f.events[min(int(after), len(f.events)):], f.more
		f.mu.Unlock()
		for _, e := range events {
			if err := deliver(projections.Delivery{Position: e.Position, Event: &e, Type: "Said"}); err != nil {
				return err
			}
			after = e.Position
		}
		if !told {
			told = true
			if err := deliver(projections.Delivery{CaughtUp: true}); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-more:
		}
	}
}

func (f *feed) Read(_ context.Context, stream string, from uint64, yield func(event.Recorded) error) error {
	f.mu.Lock()
	events, err := append([]event.Recorded(nil), f.events...), f.unread
	f.mu.Unlock()
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Stream == stream && e.Revision >= from {
			if err := yield(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// words writes down what was said; "poison" it can't, until it is healed.
type words struct {
	mu     sync.Mutex
	healed bool
}

func (*words) Name() string       { return "words" }
func (*words) Prefixes() []string { return []string{""} }
func (*words) Tables() []string   { return []string{"words"} }

func (w *words) heal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.healed = true
}

func (w *words) Handle(ctx context.Context, tx pgx.Tx, batch []event.Recorded) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range batch {
		word := e.Payload.(said).Word
		if word == "poison" && !w.healed {
			return errors.New("can't be written down")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO words VALUES ($1, $2, $3)`, e.Stream, int64(e.Revision), word); err != nil {
			return err
		}
	}
	return nil
}

func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.Pool(t)
	require.NoError(t, postgres.Migrate(context.Background(), pool, migrations.FS, nil))
	// no key: an event that counted twice would be seen
	_, err := pool.Exec(context.Background(), `CREATE TABLE words (stream text, revision bigint, word text)`)
	require.NoError(t, err)
	return pool
}

func run(t *testing.T, r *projections.Runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	t.Cleanup(stop)
	return stop
}

func written(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(context.Background(), `SELECT stream || revision || word FROM words ORDER BY stream, revision`)
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return all
}

func eventually(t *testing.T, pool *pgxpool.Pool, want ...string) {
	t.Helper()
	var have []string
	for range 200 {
		if have = written(t, pool); fmt.Sprint(have) == fmt.Sprint(want) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	require.Equal(t, want, have)
}

// causes are why events are parked, in their order.
func causes(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(context.Background(), `SELECT error FROM dlq_events ORDER BY stream, revision`)
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return all
}

func TestAReplayStopsAtTheNextEventThatCannotBeProjectedAndSaysWhy(t *testing.T) {
	pool, f, w := database(t), newFeed(), &words{}
	f.say("a", "one", "poison", "two", "")
	r := projections.NewRunner(w, f, f, pool, projections.Options{Logger: slog.New(slog.DiscardHandler)})
	run(t, r)
	require.Eventually(t, func() bool { return len(causes(t, pool)) == 3 }, 5*time.Second, 20*time.Millisecond)
	_, err := pool.Exec(context.Background(), `ALTER TABLE words ADD CHECK (word <> '')`)
	require.NoError(t, err)

	w.heal()
	n, err := r.ReplayParked(context.Background(), "a")
	require.ErrorContains(t, err, "words_word_check")
	require.Equal(t, problem.Conflict, problem.KindOf(err))
	require.Equal(t, 2, n)
	have := causes(t, pool)
	require.Len(t, have, 1)
	require.Contains(t, have[0], "words_word_check", "no longer that it follows another")
	eventually(t, pool, "a0one", "a1poison", "a2two")

	f.unread = problem.New(problem.Unavailable, "the store is away")
	_, err = r.ReplayParked(context.Background(), "a")
	require.Equal(t, problem.Unavailable, problem.KindOf(err), "that is no fault of the event")
	require.Equal(t, have, causes(t, pool))
	f.unread = errors.New("can't be decoded")
	_, err = r.ReplayParked(context.Background(), "a")
	require.Equal(t, problem.Conflict, problem.KindOf(err))
	require.Equal(t, []string{"reading it again: can't be decoded"}, causes(t, pool))
}

func TestAnEventThatCannotBeProjectedIsParkedWithItsSuccessors(t *testing.T) {
	pool, f, w := database(t), newFeed(), &words{}
	f.say("a", "one", "poison", "three")
	f.say("b", "one")
	r := projections.NewRunner(w, f, f, pool, projections.Options{Logger: slog.New(slog.DiscardHandler)})
	run(t, r)
	eventually(t, pool, "a0one", "b0one")
	f.say("b", "two")
	f.say("a", "four")
	eventually(t, pool, "a0one", "b0one", "b1two")
	var parked int
	require.Eventually(t, func() bool {
		require.NoError(t, pool.QueryRow(context.Background(), `SELECT count(*) FROM dlq_events WHERE stream = 'a'`).Scan(&parked))
		return parked == 3
	}, 5*time.Second, 20*time.Millisecond)

	n, err := r.ReplayParked(context.Background(), "a")
	require.ErrorContains(t, err, "can't be written down", "it still can't")
	require.Zero(t, n)
	require.Equal(t, []string{"can't be written down", "an earlier event of its stream is parked", "an earlier event of its stream is parked"},
		causes(t, pool))

	w.heal()
	n, err = r.ReplayParked(context.Background(), "a")
	require.NoError(t, err)
	require.Equal(t, 3, n)
	f.say("a", "five")
	eventually(t, pool, "a0one", "a1poison", "a2three", "a3four", "a4five", "b0one", "b1two")
	require.NoError(t, pool.QueryRow(context.Background(), `SELECT count(*) FROM dlq_events`).Scan(&parked))
	require.Zero(t, parked)
}

func TestOneRunnerIsActiveAndAnotherTakesOver(t *testing.T) {
	pool, f := database(t), newFeed()
	f.say("a", "one")
	first := projections.NewRunner(&words{}, f, f, pool, projections.Options{Logger: slog.New(slog.DiscardHandler)})
	second := projections.NewRunner(&words{}, f, f, pool, projections.Options{Logger: slog.New(slog.DiscardHandler)})
	stop := run(t, first)
	eventually(t, pool, "a0one")
	run(t, second)
	time.Sleep(300 * time.Millisecond)
	require.True(t, first.Status().Active)
	require.False(t, second.Status().Active)
	stop()
	f.say("a", "two")
	eventually(t, pool, "a0one", "a1two")
	require.True(t, second.Status().Active)
}

func TestALostConnectionLosesAndDoublesNothing(t *testing.T) {
	pool, f := database(t), newFeed()
	r := projections.NewRunner(&words{}, f, f, pool, projections.Options{BatchSize: 3, Logger: slog.New(slog.DiscardHandler)})
	run(t, r)
	var want []string
	for i := range 60 {
		f.say("a", fmt.Sprint("w", i))
		want = append(want, fmt.Sprintf("a%dw%d", i, i))
		if i%20 == 10 {
			_, err := pool.Exec(context.Background(), `
				SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
			require.NoError(t, err)
		}
		time.Sleep(2 * time.Millisecond)
	}
	var have []string
	for range 300 {
		if have = inOrder(t, pool); len(have) >= len(want) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	require.Equal(t, want, have)
}

func inOrder(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(context.Background(), `SELECT stream || revision || word FROM words ORDER BY revision`)
	if err != nil {
		return nil // its connection was one of those that were ended
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil
	}
	return all
}

func TestRebuildSwapsBesideALiveRunnerAndVerifyFindsEveryRow(t *testing.T) {
	pool, f := database(t), newFeed()
	f.say("a", "one", "two")
	r := projections.NewRunner(&words{}, f, f, pool, projections.Options{Logger: slog.New(slog.DiscardHandler)})
	run(t, r)
	eventually(t, pool, "a0one", "a1two")
	b := projections.Rebuilder{Feed: f, Reader: f, Pool: pool, Options: projections.Options{Logger: slog.New(slog.DiscardHandler)}, Logger: slog.New(slog.DiscardHandler)}
	v, err := b.Verify(context.Background(), &words{})
	require.NoError(t, err)
	require.Equal(t, int64(2), v.Rows)
	require.Zero(t, v.Different)

	_, err = pool.Exec(context.Background(), `UPDATE words SET word = 'wrong' WHERE revision = 1`)
	require.NoError(t, err)
	v, err = b.Verify(context.Background(), &words{})
	require.NoError(t, err)
	require.Equal(t, int64(2), v.Different, "one row too many and one missing")

	require.NoError(t, b.Rebuild(context.Background(), &words{}))
	eventually(t, pool, "a0one", "a1two")
	f.say("a", "three")
	eventually(t, pool, "a0one", "a1two", "a2three")
	v, err = b.Verify(context.Background(), &words{})
	require.NoError(t, err)
	require.Zero(t, v.Different)
}
