package esdbserver

import (
	"hash/fnv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// group is a persistent subscription at work: it reads ahead, hands messages
// to consumers, and remembers how far all is done. Delivery is at least once.
//
// A message is in exactly one place: buffered, waiting to be sent again, in
// flight at a consumer, or being parked. The checkpoint is the position before
// the oldest of them, so that after a restart none is missed.
type group struct {
	s      *Server
	cfg    *groupConfig
	filter *eventFilter
	source *stream // nil for $all
	kicked chan struct{}
	ended  chan struct{}
	done   sync.WaitGroup

	mu        sync.Mutex
	stopped   *apiError // why consumers are told to go
	consumers []*consumer
	turn      int // round robin
	buffer    []*message
	again     []*message
	parking   map[*message]struct{} // until their links are durable
	lastPark  chan struct{}         // closed when the message parked last is
	inFlight  int
	next      int64 // position to read on from
	marked    int64 // checkpoint as stored; next-1 of the start before any
	acked     int   // done since the checkpoint was stored
	markedAt  time.Time

	parkedNext int64              // first parked revision not yet replayed
	replaying  map[int64]struct{} // parked revisions under way

	total int64
	rate  rateMeter
}

// message is one event on its way to a consumer.
type message struct {
	frame    []byte
	id       uuid.UUID // of the event as it is in the source: a link's own
	position int64     // -1 for a replayed one
	parked   int64     // revision in the parked stream of a replayed one
	pin      uint32
	retries  int32
	sentAt   time.Time
}

const groupTick = 100 * time.Millisecond

func newGroup(s *Server, cfg *groupConfig) (*group, error) {
	filter, err := cfg.Filter.compile()
	if err != nil {
		return nil, err
	}
	g := &group{
		s: s, cfg: cfg, filter: filter, kicked: make(chan struct{}, 1), ended: make(chan struct{}),
		next: cfg.Start, marked: cfg.Start - 1, replaying: make(map[int64]struct{}), parking: make(map[*message]struct{}), markedAt: time.Now(),
	}
	checkpoint, found, err := s.st.loadCheckpoint(cfg)
	if err != nil {
		return nil, err
	}
	if found {
		g.next, g.marked = checkpoint+1, checkpoint
	}
	if !cfg.all() {
		if g.source, err = s.st.streams.acquire(cfg.Source); err != nil {
			return nil, err
		}
	}
	g.done.Go(g.run)
	return g, nil
}

// stop ends the group; its consumers are told why.
func (g *group) stop(reason *apiError) {
	g.mu.Lock()
	if g.stopped == nil {
		g.stopped = reason
		for _, c := range g.consumers {
			g.again = append(g.again, g.takeAll(c)...) // so that the checkpoint doesn't pass them
			c.reason = reason
			close(c.gone)
		}
		g.consumers = nil
		close(g.ended)
	}
	g.mu.Unlock()
	g.done.Wait()
}

func (g *group) kick() {
	select {
	case g.kicked <- struct{}{}:
	default:
	}
}

func (g *group) run() {
	ticker := time.NewTicker(groupTick)
	defer ticker.Stop()
	defer func() {
		g.mu.Lock()
		g.mark(true)
		g.mu.Unlock()
		if g.source != nil {
			g.s.st.streams.release(g.source)
		}
	}()
	for {
		changed := g.changed()
		more, err := g.work()
		if err != nil {
			g.s.log.Error("persistent subscription can't read", "subscription", g.cfg.id(), "error", err)
		}
		if more {
			g.kick()
		}
		select {
		case <-changed:
		case <-g.kicked:
		case <-ticker.C:
		case <-g.ended:
			return
		}
	}
}

func (g *group) changed() <-chan struct{} {
	if g.source != nil {
		return g.source.wait()
	}
	return g.s.st.recent.wait()
}

// work reads ahead, hands out, and looks after what takes too long. more says
// that there is more to read at once.
func (g *group) work() (more bool, err error) {
	g.mu.Lock()
	wanted := 0
	if len(g.consumers) > 0 {
		wanted = min(int(g.cfg.ReadBatchSize), int(g.cfg.HistoryBufferSize)-len(g.buffer))
	}
	from := g.next
	g.mu.Unlock()

	var c chunk
	next := from
	if wanted > 0 {
		if next, more, err = g.read(&c, from, wanted); err != nil {
			return false, err
		}
	}
	messages := make([]*message, 0, len(c.events))
	for _, e := range c.events {
		if e.frame == nil {
			continue
		}
		position := e.revision
		if g.cfg.all() {
			position = int64(e.position)
		}
		m, err := g.message(e.frame, position)
		if err != nil {
			return false, err
		}
		messages = append(messages, m)
	}

	g.mu.Lock()
	defer g.mu.Unlock()
	g.buffer = append(g.buffer, messages...)
	g.next = next
	g.expire(time.Now())
	g.dispatch()
	g.mark(false)
	g.rate.tick(g.total, time.Now())
	for _, c := range g.consumers {
		c.rate.tick(c.total, time.Now())
	}
	return more && len(g.buffer) < int(g.cfg.HistoryBufferSize), nil
}

func (g *group) newest() int64 {
	if g.source == nil {
		return int64(g.s.st.visible.Load())
	}
	return g.source.head().last
}

func (g *group) read(c *chunk, from int64, limit int) (next int64, more bool, err error) {
	if g.source == nil {
		at, more, err := g.s.st.scanAll(c, uint64(max(from, 0)), false, g.filter, limit)
		return int64(at), more, err
	}
	head := g.source.head()
	if head.tombstoned || head.meta.softDeleted() || head.last < from {
		return from, false, nil
	}
	next, more, err = g.s.st.scanStream(c, rangeOf(head), from, false, limit)
	return max(next, from), more, err
}

// message prepares an event for its consumers.
func (g *group) message(frame []byte, position int64) (*message, error) {
	view, err := parseFrame(frame)
	if err != nil {
		return nil, err
	}
	m := &message{frame: frame, id: view.id, position: position, parked: -1}
	pinTo := view.stream
	if string(view.typ) == typeLink {
		pinTo = view.data
	}
	if g.cfg.Strategy == strategyPinnedByCorrelation {
		if id := correlationID(view.custom); id != nil {
			pinTo = id
		}
	}
	h := fnv.New32a()
	_, _ = h.Write(pinTo)
	m.pin = h.Sum32()
	return m, nil
}

// finish counts a message as done.
func (g *group) finish(m *message) {
	if m.parked >= 0 {
		delete(g.replaying, m.parked)
		if len(g.replaying) == 0 {
			g.truncateParked(g.parkedNext)
		}
		return
	}
	g.acked++
}

// mark stores the checkpoint when enough was done or enough time has gone by.
func (g *group) mark(now bool) {
	done := g.next - 1
	oldest := func(m *message) {
		if m.position >= 0 {
			done = min(done, m.position-1)
		}
	}
	if done == g.marked {
		return
	}
	due := now || g.acked >= max(int(g.cfg.MaxCheckpointCount), 1) ||
		g.acked >= max(int(g.cfg.MinCheckpointCount), 1) &&
			time.Since(g.markedAt) >= time.Duration(g.cfg.CheckpointAfterMS)*time.Millisecond ||
		g.acked == 0 && g.inFlight == 0 && len(g.buffer) == 0 && time.Since(g.markedAt) > time.Second
	if !due {
		return
	}
	for m := range g.parking {
		oldest(m)
	}
	for _, queue := range [][]*message{g.buffer, g.again} {
		for _, m := range queue {
			oldest(m)
		}
	}
	for _, c := range g.consumers {
		for _, messages := range c.inFlight {
			for _, m := range messages {
				oldest(m)
			}
		}
	}
	g.acked, g.markedAt = 0, time.Now()
	if done <= g.marked {
		return
	}
	if err := g.s.st.saveCheckpoint(g.cfg, done); err != nil {
		g.s.log.Error("persistent subscription can't store its checkpoint", "subscription", g.cfg.id(), "error", err)
		return
	}
	g.marked = done
}
