package commands

import (
	"context"
	"errors"
	"sync"

	"github.com/google/uuid"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// AppenderOptions bound what ingest keeps in memory and asks of the store.
type AppenderOptions struct {
	Appends  int // under way at once; default 32
	Messages int // waiting at most; default 20,000
	Remember int // ids of messages by which repeats are known; default 200,000
}

const (
	// one append's bounds: the store takes 1 MiB, and a reader of a subscription gets it at once
	appendEvents = 500
	appendBytes  = 768 << 10
	// maxValues bounds one message, so that it and some more fit into an append
	maxValues = 256 << 10
)

// submission is a message on its way to its stream.
type submission struct {
	station   string // messages of one keep their order, over the edge of days too
	stream    string
	event     event.Event
	size      int
	duplicate bool
	first     *submission // the same message, submitted before and not yet done
	done      chan struct{}
	err       error
}

func (s *submission) wait(ctx context.Context) error {
	on := s
	if s.first != nil {
		on = s.first
	}
	select {
	case <-on.done:
		return on.err
	case <-ctx.Done():
		return problem.New(problem.Unavailable, "the event store has not taken the message yet")
	}
}

// appender gives every station one append at a time: what comes meanwhile for the same stream shares the next. So a
// station's messages keep about the order in which they came, also from one day's stream to the next: whoever follows
// the store isn't led to take a day for over before it has come. And they cost the less the more there are.
type appender struct {
	store   Store
	options AppenderOptions
	slots   chan struct{}

	mu       sync.Mutex
	lanes    map[string][]*submission // waiting, by station; one that is there has a goroutine
	waiting  int
	inFlight map[uuid.UUID]*submission
	recent   *recent
}

func newAppender(store Store, o AppenderOptions) *appender {
	if o.Appends == 0 {
		o.Appends = 32
	}
	if o.Messages == 0 {
		o.Messages = 20_000
	}
	if o.Remember == 0 {
		o.Remember = 200_000
	}
	return &appender{
		store: store, options: o, slots: make(chan struct{}, o.Appends), lanes: map[string][]*submission{},
		inFlight: map[uuid.UUID]*submission{}, recent: newRecent(o.Remember),
	}
}

// submit takes all of a request's messages or, when too many wait already, none.
func (a *appender) submit(ctx context.Context, all []*submission) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting > 0 && a.waiting+len(all) > a.options.Messages {
		return problem.New(problem.Unavailable, "%d messages wait for the event store already", a.waiting)
	}
	for _, s := range all {
		s.done = make(chan struct{})
		if a.recent.has(s.event.ID) {
			s.duplicate = true
			close(s.done)
			continue
		}
		if first := a.inFlight[s.event.ID]; first != nil {
			s.duplicate, s.first = true, first
			continue
		}
		a.inFlight[s.event.ID] = s
		a.waiting++
		lane, running := a.lanes[s.station]
		a.lanes[s.station] = append(lane, s)
		if !running {
			go a.drain(context.WithoutCancel(ctx), s.station)
		}
	}
	return nil
}

// drain appends what waits for a station until nothing does.
func (a *appender) drain(ctx context.Context, station string) {
	for {
		a.slots <- struct{}{}
		batch := a.take(station)
		if batch != nil {
			a.append(ctx, batch[0].stream, batch)
		}
		<-a.slots
		if batch == nil {
			return
		}
	}
}

// take picks what waits for the stream of the oldest, as much as one append may hold.
func (a *appender) take(station string) []*submission {
	a.mu.Lock()
	defer a.mu.Unlock()
	lane := a.lanes[station]
	if len(lane) == 0 {
		delete(a.lanes, station)
		return nil
	}
	batch := make([]*submission, 0, min(len(lane), appendEvents))
	var rest []*submission
	bytes := 0
	for i, s := range lane {
		full := len(batch) == appendEvents || len(batch) > 0 && bytes+s.size > appendBytes
		if full {
			rest = append(rest, lane[i:]...)
			break
		}
		if s.stream != lane[0].stream {
			rest = append(rest, s)
			continue
		}
		bytes += s.size
		batch = append(batch, s)
	}
	a.lanes[station] = rest
	return batch
}

func (a *appender) append(ctx context.Context, stream string, batch []*submission) {
	events := make([]event.Event, len(batch))
	for i, s := range batch {
		events[i] = s.event
	}
	_, err := a.store.Append(ctx, stream, Any, events...)
	if errors.Is(err, ErrWrongRevision) {
		// some are known to the store and some are not: each for itself, the known ones are repeats
		for _, s := range batch {
			_, err := a.store.Append(ctx, stream, Any, s.event)
			a.finish([]*submission{s}, err)
		}
		return
	}
	a.finish(batch, err)
}

func (a *appender) finish(batch []*submission, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting -= len(batch)
	for _, s := range batch {
		delete(a.inFlight, s.event.ID)
		if err == nil {
			a.recent.add(s.event.ID)
		}
		s.err = err
		close(s.done)
	}
}
