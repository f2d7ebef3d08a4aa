// Package projections owns the read models: one file each, and the runtime that feeds them. The runtime delivers the
// events of the store to one active runner a read model, in batches whose rows and checkpoint are one transaction, so
// that every event counts once. It doesn't own what is read from the tables (package queries).
package projections

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// Delivery is an event, or news about how far the subscription is.
type Delivery struct {
	Position    uint64
	Event       *event.Recorded // nil: only the position is news
	Type        string          // of the event, also where it can't be decoded
	Undecodable error
	CaughtUp    bool
}

// Feed is the event store as the runtime needs it. Subscribe blocks until ctx ends or the subscription is lost.
type Feed interface {
	Subscribe(ctx context.Context, after uint64, prefixes []string, wants func(eventType string) bool, deliver func(Delivery) error) error
}

// Reader reads a stream; parked events are read again from it.
type Reader interface {
	Read(ctx context.Context, stream string, from uint64, yield func(event.Recorded) error) error
}

// Projection makes rows of events. Handle is given events in the order of the store and a transaction; what it writes
// there counts together with the checkpoint or not at all. An error of kind Unavailable, or of the connection, is
// tried again; any other parks the event that caused it.
type Projection interface {
	Name() string
	Prefixes() []string // of the streams it is made from
	Handle(ctx context.Context, tx pgx.Tx, batch []event.Recorded) error
}

// Selective is a projection that doesn't want every event of its streams; the others aren't even decoded.
type Selective interface {
	Wants(eventType string) bool
}

// CatcherUp is a projection that waits with something until it has handled all that was there when it began. CatchUp
// is called again, each time with a transaction of its own, while there is more.
type CatcherUp interface {
	CatchUp(ctx context.Context, tx pgx.Tx) (more bool, err error)
}

// Ticker is a projection that also has something to do as time passes, once it has caught up.
type Ticker interface {
	Tick(ctx context.Context, tx pgx.Tx, now time.Time) error
}

// Starter is a projection that keeps something in memory; Start is called whenever a runner begins from a checkpoint,
// first or again after a transaction that failed.
type Starter interface {
	Start(ctx context.Context, tx pgx.Tx) error
}

// Options of a runner.
type Options struct {
	BatchSize int           // events in one transaction at most; default 2000
	BatchWait time.Duration // how long a batch waits for more while events keep coming; default 20 ms
	Queue     int           // events received ahead; default 4096
	Logger    *slog.Logger
	Observe   func(Progress)
}

// Progress is what is known of a runner after a batch.
type Progress struct {
	Projection string
	Events     int
	Took       time.Duration
	Lag        time.Duration // between an event's record and its rows, of the batch's last event
}

// Runner keeps one projection up to date.
type Runner struct {
	projection Projection
	feed       Feed
	reader     Reader
	pool       *pgxpool.Pool
	options    Options

	position atomic.Uint64
	caughtUp atomic.Bool
	active   atomic.Bool
	behind   atomic.Int64 // unix ns of the record time of the last event handled
	lastErr  atomic.Pointer[string]
	live     bool            // the subscription has delivered what was there when it began
	parked   map[string]bool // streams
}

// NewRunner prepares a runner; Run starts it.
func NewRunner(p Projection, feed Feed, reader Reader, pool *pgxpool.Pool, o Options) *Runner {
	if o.BatchSize == 0 {
		o.BatchSize = 2000
	}
	if o.BatchWait == 0 {
		o.BatchWait = 20 * time.Millisecond
	}
	if o.Queue == 0 {
		o.Queue = 4096
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Observe == nil {
		o.Observe = func(Progress) {}
	}
	return &Runner{projection: p, feed: feed, reader: reader, pool: pool, options: o}
}

// Status tells how a runner stands.
type Status struct {
	Projection string    `json:"projection"`
	Position   uint64    `json:"position"`
	Active     bool      `json:"active"`   // this process runs it
	CaughtUp   bool      `json:"caughtUp"` // no more events wait
	LastEvent  time.Time `json:"lastEvent,omitzero"`
	Error      string    `json:"error,omitempty"`
}

// Status is safe to ask at any time.
func (r *Runner) Status() Status {
	s := Status{Projection: r.projection.Name(), Position: r.position.Load(), Active: r.active.Load(), CaughtUp: r.caughtUp.Load()}
	if ns := r.behind.Load(); ns > 0 {
		s.LastEvent = time.Unix(0, ns).UTC()
	}
	if e := r.lastErr.Load(); e != nil {
		s.Error = *e
	}
	return s
}

var errFenced = errors.New("another runner has moved the checkpoint")

const (
	retryMin = 100 * time.Millisecond
	retryMax = 3 * time.Second
)

// Run keeps the projection up to date until ctx ends, through failures of the store and of Postgres.
func (r *Runner) Run(ctx context.Context) {
	pause := retryMin
	for ctx.Err() == nil {
		began := time.Now()
		err := r.lead(ctx)
		r.active.Store(false)
		r.caughtUp.Store(false)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !errors.Is(err, errNotLeader) {
			text := err.Error()
			r.lastErr.Store(&text)
			r.options.Logger.Warn("projection stopped, trying again", "projection", r.projection.Name(), "error", err)
		}
		if time.Since(began) > 10*retryMax {
			pause = retryMin
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, retryMax)
	}
}

var errNotLeader = errors.New("another process runs it")

// lead runs the projection while this process holds its lock.
func (r *Runner) lead(ctx context.Context) error {
	conn, err := r.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var held bool
	key := lockKey(r.projection.Name())
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, key).Scan(&held); err != nil {
		return err
	}
	if !held {
		return errNotLeader
	}
	defer func() {
		// a connection that can't say that the lock is free takes it along when it closes
		unlock, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if _, err := conn.Exec(unlock, `SELECT pg_advisory_unlock($1)`, key); err != nil {
			_ = conn.Conn().Close(unlock)
		}
	}()
	r.active.Store(true)
	return r.follow(ctx, conn.Conn())
}

func lockKey(name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("projection " + name))
	return int64(h.Sum64())
}

// start reads the checkpoint and the parked streams, and lets the projection load what it keeps in memory.
func (r *Runner) start(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var position int64
		err := tx.QueryRow(ctx, `
			INSERT INTO processed_events (projection, position) VALUES ($1, 0)
			ON CONFLICT (projection) DO UPDATE SET position = processed_events.position
			RETURNING position`, r.projection.Name()).Scan(&position)
		if err != nil {
			return fmt.Errorf("reading the checkpoint: %w", err)
		}
		r.position.Store(uint64(position))
		if err := r.loadParked(ctx, tx); err != nil {
			return err
		}
		if s, ok := r.projection.(Starter); ok {
			return s.Start(ctx, tx)
		}
		return nil
	})
}

// follow subscribes from the checkpoint and handles batches until something fails.
func (r *Runner) follow(ctx context.Context, conn *pgx.Conn) error {
	if err := r.start(ctx, conn); err != nil {
		return err
	}
	r.live = false
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := make(chan Delivery, r.options.Queue)
	lost := make(chan error, 1)
	wants := func(string) bool { return true }
	if s, ok := r.projection.(Selective); ok {
		wants = s.Wants
	}
	go func() {
		lost <- r.feed.Subscribe(ctx, r.position.Load(), r.projection.Prefixes(), wants, func(d Delivery) error {
			select {
			case queue <- d:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-lost:
			// what was received before counts
			for {
				select {
				case d := <-queue:
					if err := r.handle(ctx, conn, r.gather(ctx, queue, d)); err != nil {
						return err
					}
					continue
				default:
				}
				return err
			}
		case d := <-queue:
			r.caughtUp.Store(false)
			if err := r.handle(ctx, conn, r.gather(ctx, queue, d)); err != nil {
				return err
			}
			r.caughtUp.Store(r.live && len(queue) == 0)
		case now := <-tick.C:
			// the lock lives as long as the connection does; asking keeps a broken one from being believed
			if err := r.tick(ctx, conn, now); err != nil {
				return err
			}
		}
	}
}

// gather waits a little for a batch to fill while events keep coming.
func (r *Runner) gather(ctx context.Context, queue <-chan Delivery, first Delivery) []Delivery {
	batch := append(make([]Delivery, 0, 64), first)
	deadline := time.NewTimer(r.options.BatchWait)
	defer deadline.Stop()
	for len(batch) < r.options.BatchSize {
		select {
		case d := <-queue:
			batch = append(batch, d)
			continue
		default:
		}
		if batch[len(batch)-1].CaughtUp {
			return batch // nothing more is on its way
		}
		select {
		case d := <-queue:
			batch = append(batch, d)
		case <-deadline.C:
			return batch
		case <-ctx.Done():
			return batch
		}
	}
	return batch
}

func (r *Runner) catchUp(ctx context.Context, conn *pgx.Conn) error {
	c, more := r.projection.(CatcherUp)
	for more {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
			more, err = c.CatchUp(ctx, tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *Runner) tick(ctx context.Context, conn *pgx.Conn, now time.Time) error {
	t, ok := r.projection.(Ticker)
	if !ok || !r.live {
		return conn.Ping(ctx)
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return t.Tick(ctx, tx, now) })
}

// handle makes a batch count, or finds the event that can't and parks it.
func (r *Runner) handle(ctx context.Context, conn *pgx.Conn, batch []Delivery) error {
	began := time.Now()
	err := r.commit(ctx, conn, batch)
	if err != nil && !again(err) && ctx.Err() == nil {
		err = r.oneByOne(ctx, conn, batch)
	}
	if err != nil {
		return err
	}
	r.lastErr.Store(nil)
	caughtUp := slices.ContainsFunc(batch, func(d Delivery) bool { return d.CaughtUp })
	if caughtUp && !r.live {
		if err := r.catchUp(ctx, conn); err != nil {
			return err
		}
		r.live = true
	}
	p := Progress{Projection: r.projection.Name(), Took: time.Since(began)}
	for _, d := range batch {
		if d.Event != nil {
			p.Events++
			p.Lag = max(0, time.Since(d.Event.RecordedAt))
			r.behind.Store(d.Event.RecordedAt.UnixNano())
		}
	}
	r.options.Observe(p)
	return nil
}

// again says whether the same batch may succeed later, without any event being at fault.
func again(err error) bool {
	return errors.Is(err, errFenced) || problem.KindOf(err) == problem.Unavailable ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || DatabaseAway(err)
}

// DatabaseAway says whether an error is of a database that is gone, shutting down or out of something for the moment.
func DatabaseAway(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		var connect *pgconn.ConnectError
		var network net.Error
		return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
			errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
	}
	switch pg.Code[:2] {
	case "08", "40", "53", "55", "57", "58": // connection, rollback, resources, locks, shutdown, system
		return true
	}
	return false
}

// commit writes the rows of a batch and the checkpoint behind it.
func (r *Runner) commit(ctx context.Context, conn *pgx.Conn, batch []Delivery) error {
	before, position := r.position.Load(), r.position.Load()
	for _, d := range batch {
		position = max(position, d.Position)
	}
	if position == before {
		return nil
	}
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if len(r.parked) > 0 { // some may have been replayed meanwhile
			if err := r.loadParked(ctx, tx); err != nil {
				return err
			}
		}
		events := make([]event.Recorded, 0, len(batch))
		for _, d := range batch {
			switch {
			case d.Event == nil || d.Event.Position <= before:
			case r.parked[d.Event.Stream]:
				if err := r.park(ctx, tx, d, errFollows); err != nil {
					return err
				}
			case d.Undecodable != nil:
				return d.Undecodable
			default:
				events = append(events, *d.Event)
			}
		}
		if len(events) > 0 {
			if err := r.projection.Handle(ctx, tx, events); err != nil {
				return err
			}
		}
		return r.advance(ctx, tx, before, position)
	})
	if err != nil {
		return r.restart(ctx, conn, err)
	}
	r.position.Store(position)
	return nil
}

// restart puts the projection's memory back to the checkpoint after a transaction that didn't count.
func (r *Runner) restart(ctx context.Context, conn *pgx.Conn, cause error) error {
	if _, ok := r.projection.(Starter); !ok || conn.IsClosed() || ctx.Err() != nil || again(cause) {
		return cause // follow ends, and begins with start
	}
	if err := r.start(ctx, conn); err != nil {
		return err
	}
	return cause
}

// advance moves the checkpoint, if nobody else has.
func (r *Runner) advance(ctx context.Context, tx pgx.Tx, from, to uint64) error {
	tag, err := tx.Exec(ctx, `
		UPDATE processed_events SET position = $3, updated_at = now() WHERE projection = $1 AND position = $2`,
		r.projection.Name(), int64(from), int64(to))
	if err != nil {
		return fmt.Errorf("moving the checkpoint: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errFenced
	}
	return nil
}
