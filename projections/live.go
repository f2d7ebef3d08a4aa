package projections

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// What is kept of the latest telemetry, whichever is less: about a minute of a busy platform.
const (
	liveMessages = 8192
	liveBytes    = 8 << 20
)

const (
	catchUps = 4               // readers that read the store at once
	patience = 2 * time.Minute // for one of them to catch up; a reader who takes longer comes again with where it is
)

// LiveTelemetry hands telemetry to many readers as it is recorded, by one subscription that runs while there are
// readers. The latest messages stay in memory, where every reader finds what follows the position that it is at; only
// who is further behind reads the store, until that is so. It keeps nothing of its readers, however slow they are.
type LiveTelemetry struct {
	feed Feed
	head func(context.Context) (uint64, error) // the position of the store's last event
	log  *slog.Logger
	busy chan struct{} // holds a place of each reader that reads the store

	mu       sync.Mutex
	readers  int
	stop     context.CancelFunc
	begun    bool           // start and position are known
	start    uint64         // messages holds all telemetry after this position,
	position uint64         // up to this one
	messages []*LiveMessage // in order
	bytes    int
	changed  chan struct{} // closed when the above changes
}

// LiveMessage is a message as it was recorded.
type LiveMessage struct {
	telemetry.Received
	Tenant     string
	StationID  string
	ReceivedAt time.Time
	Position   uint64

	once sync.Once
	text []byte
}

// Text is what encode makes of the message. It is made once for all readers.
func (m *LiveMessage) Text(encode func() []byte) []byte {
	m.once.Do(func() { m.text = encode() })
	return m.text
}

// size is what a message takes in memory, with its text; at least as far as a sender may make it large.
func (m *LiveMessage) size() int { return 1024 + 3*len(m.Values) }

// NewLiveTelemetry makes one that has no readers.
func NewLiveTelemetry(feed Feed, head func(context.Context) (uint64, error), log *slog.Logger) *LiveTelemetry {
	return &LiveTelemetry{feed: feed, head: head, log: log, busy: make(chan struct{}, catchUps), changed: make(chan struct{})}
}

// Join makes the caller a reader until it leaves, and gives the position from which it reads on: the one where it left
// off, or that which live telemetry is at. One that the store hasn't come to is of another store, and says nothing.
func (l *LiveTelemetry) Join(ctx context.Context, leftOff uint64) (position uint64, leave func(), err error) {
	l.mu.Lock()
	l.readers++
	if l.readers == 1 {
		following, stop := context.WithCancel(context.WithoutCancel(ctx))
		l.stop = stop
		go l.follow(following)
	}
	l.mu.Unlock()
	leave = func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.readers--; l.readers == 0 {
			l.stop()
			l.begun, l.messages, l.bytes = false, nil, 0
		}
	}
	away := time.NewTimer(5 * time.Second)
	defer away.Stop()
	for {
		l.mu.Lock()
		begun, position, changed := l.begun, l.position, l.changed
		l.mu.Unlock()
		if begun {
			if leftOff > position { // another process may have been ahead of this one
				head, err := l.head(ctx)
				if err != nil {
					leave()
					return 0, nil, err
				}
				if leftOff > head {
					return position, leave, nil
				}
			}
			if leftOff > 0 {
				position = leftOff
			}
			return position, leave, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			leave()
			return 0, nil, ctx.Err()
		case <-away.C:
			leave()
			return 0, nil, problem.New(problem.Unavailable, "the event store doesn't answer")
		}
	}
}

// After gives what was recorded after a position, and the position up to which that is all; changed is closed when
// there may be more. It isn't known where the position lies before what is in memory.
func (l *LiveTelemetry) After(position uint64) (messages []*LiveMessage, upTo uint64, changed <-chan struct{}, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.covers(position) {
		return nil, position, nil, false
	}
	from := sort.Search(len(l.messages), func(i int) bool { return l.messages[i].Position > position })
	return slices.Clone(l.messages[from:]), max(position, l.position), l.changed, true
}

func (l *LiveTelemetry) covers(position uint64) bool { return l.begun && l.start <= position }

// errCovered ends a reader's subscription when the rest is in memory.
var errCovered = errors.New("the rest is in memory")

// CatchUp reads the store after a position, until what follows is in memory. The streams of what is wanted begin with
// one of the prefixes; got is also told of positions without a message.
func (l *LiveTelemetry) CatchUp(ctx context.Context, position uint64, prefixes []string, got func(position uint64, m *LiveMessage) error) error {
	select {
	case l.busy <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l.busy }()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := l.feed.Subscribe(ctx, position, prefixes, isReceived, func(d Delivery) error {
		m, err := liveMessage(d)
		if err != nil {
			return err
		}
		if d.Position > position {
			position = d.Position
			if err := got(position, m); err != nil {
				return err
			}
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.covers(position) {
			return errCovered
		}
		return nil
	})
	if errors.Is(err, errCovered) {
		return nil
	}
	return err
}

func isReceived(eventType string) bool { return eventType == telemetry.Received{}.EventType() }

// liveMessage is nil where a delivery is no message, or one that can't be decoded: its projection parks that.
func liveMessage(d Delivery) (*LiveMessage, error) {
	if d.Event == nil {
		return nil, nil
	}
	received, ok := d.Event.Payload.(telemetry.Received)
	if !ok {
		return nil, nil
	}
	tenant, station, _, err := telemetry.ParseDayStream(d.Event.Stream)
	if err != nil {
		return nil, err
	}
	return &LiveMessage{Received: received, Tenant: tenant, StationID: station, ReceivedAt: d.Event.RecordedAt, Position: d.Position}, nil
}

// follow keeps what is in memory up to date until ctx ends, through failures of the store.
func (l *LiveTelemetry) follow(ctx context.Context) {
	for ctx.Err() == nil {
		if err := l.subscribe(ctx); err != nil && ctx.Err() == nil {
			l.log.Warn("live telemetry lost its subscription, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	}
}

func (l *LiveTelemetry) subscribe(ctx context.Context) error {
	l.mu.Lock()
	begun, position := l.begun, l.position
	l.mu.Unlock()
	if !begun {
		head, err := l.head(ctx)
		if err != nil {
			return err
		}
		position = head
		if err := l.update(ctx, func() { l.begun, l.start, l.position = true, head, head }); err != nil {
			return err
		}
	}
	return l.feed.Subscribe(ctx, position, []string{telemetry.Category}, isReceived, func(d Delivery) error {
		m, err := liveMessage(d)
		if err != nil {
			return err
		}
		return l.update(ctx, func() { l.take(d.Position, m) })
	})
}

// update changes what readers see, unless the last of them has left.
func (l *LiveTelemetry) update(ctx context.Context, change func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	change()
	close(l.changed)
	l.changed = make(chan struct{})
	return nil
}

// take adds the next message and lets go of the oldest.
func (l *LiveTelemetry) take(position uint64, m *LiveMessage) {
	if position <= l.position {
		return
	}
	l.position = position
	if m == nil {
		return
	}
	l.messages = append(l.messages, m)
	l.bytes += m.size()
	for len(l.messages) > liveMessages || l.bytes > liveBytes {
		l.start = l.messages[0].Position
		l.bytes -= l.messages[0].size()
		l.messages[0] = nil
		l.messages = l.messages[1:]
	}
}
