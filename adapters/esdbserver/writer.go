package esdbserver

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"
)

// proposed is an event as a client sends it.
type proposed struct {
	id     uuid.UUID
	typ    string
	json   bool
	data   []byte
	custom []byte
}

type writeKind int

const (
	writeAppend writeKind = iota
	writeDelete
	writeTombstone
)

// errDiskFull refuses an append for lack of room.
type errDiskFull struct{ error }

// writeRequest is one append or delete on its way through the writer.
type writeRequest struct {
	kind     writeKind
	stream   string
	expected int64
	events   []proposed
	bytes    int64
	since    time.Time

	taken  atomic.Bool // by the writer, or by its caller giving up
	result writeResult
	done   chan struct{}
}

// writeResult is how a write ended.
type writeResult struct {
	verdict  verdict
	current  int64  // the stream's revision after it, or the one that was in the way
	position uint64 // of its last event, 0 when it has none
	err      error
}

var (
	errTooBusy  = errors.New("too busy: appends arrive faster than the disk takes them")
	errTimedOut = errors.New("the write timed out; it may still happen")
	errClosing  = errors.New("the event store is closing")
)

// errStoreFailed says that the store stopped writing for good.
type errStoreFailed struct{ cause error }

func (e errStoreFailed) Error() string {
	return "the event store stopped writing and must be restarted: " + e.cause.Error()
}

func (e errStoreFailed) Unwrap() error { return e.cause }

// writer gives positions and revisions to events. One goroutine decides and
// hands groups of writes to Pebble; another waits for each group's sync, makes
// it visible and answers, while the first is on with the next group.
type writer struct {
	st      *store
	metrics *metrics
	noSync  bool
	timeout time.Duration
	pending *semaphore.Weighted

	queue   chan *writeRequest
	applied chan *writeGroup
	stop    chan struct{}
	stopped sync.WaitGroup
	failure atomic.Pointer[errStoreFailed]

	// Owned by the deciding goroutine.
	next counters
	ids  *recentIDs
}

const (
	maxGroupBytes  = 4 << 20
	maxGroupWrites = 1024
	// One group is synced, one is with Pebble to be synced next, and what comes
	// meanwhile makes up a third: more at once would only be smaller ones.
	maxGroupsAhead = 1
)

func newWriter(st *store, o Options, m *metrics) *writer {
	return &writer{
		st: st, metrics: m, noSync: o.UnsafeNoSync, timeout: o.WriteTimeout,
		pending: semaphore.NewWeighted(o.MaxPendingBytes),
		queue:   make(chan *writeRequest, maxGroupWrites),
		applied: make(chan *writeGroup, maxGroupsAhead),
		stop:    make(chan struct{}),
		next:    st.recovered,
		ids:     newRecentIDs(o.RememberedIDs),
	}
}

func (w *writer) start() error {
	if err := w.rememberIDs(); err != nil {
		return err
	}
	w.stopped.Add(2)
	go w.decideAll()
	go w.publishAll()
	return nil
}

// close lets what is queued finish.
func (w *writer) close() {
	close(w.stop)
	w.stopped.Wait()
}

// rememberIDs fills the memory of event ids with the newest on disk.
func (w *writer) rememberIDs() error {
	iter, err := w.st.db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{prefixEvent}, UpperBound: []byte{prefixEvent + 1},
	})
	if err != nil {
		return err
	}
	type known struct {
		number   uint64
		id       uuid.UUID
		position uint64
	}
	var newest []known
	numbers := make(map[string]uint64)
	for ok := iter.Last(); ok && len(newest) < cap(w.ids.order); ok = iter.Prev() {
		position := eventKeyPosition(iter.Key())
		frame, err := frameOf(position, iter.Value())
		if err != nil {
			return errors.Join(err, iter.Close())
		}
		view, err := parseFrame(frame)
		if err != nil {
			return errors.Join(fmt.Errorf("event at position %d: %w", position, err), iter.Close())
		}
		number, ok := numbers[string(view.stream)]
		if !ok {
			var head streamHead
			if err := loadNumber(w.st.db, string(view.stream), &head); err != nil {
				return errors.Join(err, iter.Close())
			}
			number = head.number
			numbers[string(view.stream)] = number
		}
		newest = append(newest, known{number, view.id, position})
	}
	for _, k := range slices.Backward(newest) {
		w.ids.add(k.number, k.id, k.position)
	}
	return errors.Join(iter.Error(), iter.Close())
}

// write queues a request and waits until it is durable or refused.
func (w *writer) write(ctx context.Context, req *writeRequest) writeResult {
	req.since = time.Now()
	req.done = make(chan struct{})
	for i := range req.events {
		req.bytes += int64(len(req.events[i].data) + len(req.events[i].custom) + len(req.events[i].typ))
	}
	// Asked here and not by the deciding goroutine, which may itself be waiting
	// for room.
	if err := w.st.disk.admit(); err != nil {
		return writeResult{err: errDiskFull{err}}
	}
	if !w.pending.TryAcquire(req.bytes) {
		wait, cancel := context.WithTimeout(ctx, w.timeout)
		err := w.pending.Acquire(wait, req.bytes)
		cancel()
		if err != nil {
			return writeResult{err: errTooBusy}
		}
	}
	timer, _ := timers.Get().(*time.Timer)
	timer.Reset(w.timeout)
	defer func() {
		timer.Stop()
		timers.Put(timer)
	}()
	select {
	case w.queue <- req:
	case <-w.stop:
		w.pending.Release(req.bytes)
		return writeResult{err: errClosing}
	case <-timer.C:
		w.pending.Release(req.bytes)
		return writeResult{err: errTooBusy}
	case <-ctx.Done():
		w.pending.Release(req.bytes)
		return writeResult{err: errTooBusy}
	}
	select {
	case <-req.done:
		return req.result
	case <-timer.C:
	case <-ctx.Done():
	}
	if req.taken.CompareAndSwap(false, true) {
		return writeResult{err: errTooBusy}
	}
	select {
	case <-req.done:
		return req.result
	default:
		return writeResult{err: errTimedOut}
	}
}

// timers are kept for reuse: each append needs one for a moment.
var timers = sync.Pool{New: func() any {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}}

func (w *writer) decideAll() {
	defer w.stopped.Done()
	defer close(w.applied)
	for {
		select {
		case req := <-w.queue:
			w.gather(req)
		case <-w.stop:
			for req := w.waiting(); req != nil; req = w.waiting() {
				w.gather(req)
			}
			return
		}
	}
}

// gather decides a request and all that already wait behind it as one group.
func (w *writer) gather(req *writeRequest) {
	g := &writeGroup{writer: w}
	yielded := false
	for req != nil {
		if req.taken.CompareAndSwap(false, true) {
			g.decide(req)
		} else {
			w.pending.Release(req.bytes)
		}
		if len(g.requests) >= maxGroupWrites || g.batch != nil && g.batch.Len() >= maxGroupBytes {
			break
		}
		if req = w.waiting(); req == nil && !yielded {
			// Who is about to queue may do so first: then one sync serves more.
			// It costs nothing where the processor has nothing else to do.
			yielded = true
			runtime.Gosched()
			req = w.waiting()
		}
	}
	g.apply()
	w.applied <- g
}

// waiting takes the next request that waits, nil when none does.
func (w *writer) waiting() *writeRequest {
	select {
	case req := <-w.queue:
		return req
	default:
		return nil
	}
}

func (w *writer) fail(err error) errStoreFailed {
	failed := errStoreFailed{err}
	if w.failure.CompareAndSwap(nil, &failed) {
		w.st.log.Error("event store stopped writing", "error", err)
	}
	return *w.failure.Load()
}

// publishAll makes groups visible in the order they were applied.
func (w *writer) publishAll() {
	defer w.stopped.Done()
	for g := range w.applied {
		g.publish()
	}
}
