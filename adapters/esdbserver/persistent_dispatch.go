package esdbserver

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
)

// consumer is one connection to a group.
type consumer struct {
	ready    chan struct{} // there is something in unsent
	unsent   []*message    // in flight, but not yet on the wire
	slots    int
	inFlight map[uuid.UUID][]*message
	count    int
	from     string
	user     string
	total    int64
	rate     rateMeter
	gone     chan struct{}
	reason   *apiError
}

// connect adds a consumer.
func (g *group) connect(c *consumer) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped != nil {
		return g.stopped
	}
	if limit := int(g.cfg.MaxSubscriberCount); limit > 0 && len(g.consumers) >= limit {
		return &apiError{
			code: codes.FailedPrecondition, message: fmt.Sprintf("Maximum subscriptions reached for group %q on %q", g.cfg.Group, g.cfg.Source),
			exception: "maximum-subscribers-reached", trailers: g.trailers(),
		}
	}
	g.consumers = append(g.consumers, c)
	g.kick()
	return nil
}

func (g *group) trailers() []string {
	return []string{"stream-name", g.cfg.Source, "group-name", g.cfg.Group}
}

// disconnect removes a consumer; what it had in flight goes to others.
func (g *group) disconnect(c *consumer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped != nil {
		return
	}
	for i, other := range g.consumers {
		if other == c {
			g.consumers = append(g.consumers[:i:i], g.consumers[i+1:]...)
			break
		}
	}
	g.again = append(g.takeAll(c), g.again...)
	g.kick()
}

// takeAll ends the flight of all that a consumer has.
func (g *group) takeAll(c *consumer) []*message {
	var taken []*message
	for id := range c.inFlight {
		for m := g.take(c, id); m != nil; m = g.take(c, id) {
			taken = append(taken, m)
		}
	}
	sortByPosition(taken)
	return taken
}

// answer applies a consumer's ack or nack of messages.
func (g *group) answer(c *consumer, ids []uuid.UUID, apply func(*message)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped != nil {
		return
	}
	for _, id := range ids {
		if m := g.take(c, id); m != nil {
			apply(m)
		}
	}
	g.kick()
}

// dispatch sends what can be sent: first what was sent before.
func (g *group) dispatch() {
	if len(g.consumers) == 0 {
		return
	}
	blocked := make(map[*consumer]bool)
	g.again = g.sendSome(g.again, blocked)
	g.buffer = g.sendSome(g.buffer, blocked)
}

// sendSome sends messages in order and returns those that must wait.
func (g *group) sendSome(queue []*message, blocked map[*consumer]bool) []*message {
	left := queue[:0]
	for i, m := range queue {
		c := g.choose(m, blocked)
		if c == nil {
			left = append(left, m)
			if len(blocked) == len(g.consumers) {
				left = append(left, queue[i+1:]...)
				break
			}
			continue
		}
		m.sentAt = time.Now()
		c.inFlight[m.id] = append(c.inFlight[m.id], m)
		c.count++
		c.total++
		g.inFlight++
		g.total++
		c.unsent = append(c.unsent, m)
		select {
		case c.ready <- struct{}{}:
		default:
		}
	}
	clear(queue[len(left):])
	return left
}

// choose picks the consumer a message goes to, nil when it has to wait.
func (g *group) choose(m *message, blocked map[*consumer]bool) *consumer {
	n := len(g.consumers)
	free := func(c *consumer) bool {
		if c.count >= c.slots {
			blocked[c] = true
		}
		return !blocked[c]
	}
	switch g.cfg.Strategy {
	case strategyPinned, strategyPinnedByCorrelation:
		// The order within a pin is kept: it waits for its consumer.
		if c := g.consumers[int(m.pin%uint32(n))]; free(c) {
			return c
		}
		return nil
	case strategyDispatch:
		for _, c := range g.consumers {
			if free(c) {
				return c
			}
		}
		return nil
	}
	for range n {
		c := g.consumers[g.turn%n]
		g.turn = (g.turn + 1) % n
		if free(c) {
			return c
		}
	}
	return nil
}

// expire takes back what a consumer didn't answer in time.
func (g *group) expire(now time.Time) {
	if g.cfg.MessageTimeoutMS == 0 {
		return
	}
	limit := now.Add(-time.Duration(g.cfg.MessageTimeoutMS) * time.Millisecond)
	for _, c := range g.consumers {
		for id := range c.inFlight {
			for len(c.inFlight[id]) > 0 && c.inFlight[id][0].sentAt.Before(limit) {
				g.retry(g.take(c, id), "the message timed out")
			}
		}
	}
}

// take ends a message's flight. Consumers may repeat an answer, or answer late.
func (g *group) take(c *consumer, id uuid.UUID) *message {
	messages := c.inFlight[id]
	if len(messages) == 0 {
		return nil
	}
	m := messages[0]
	if len(messages) == 1 {
		delete(c.inFlight, id)
	} else {
		c.inFlight[id] = messages[1:]
	}
	if i := slices.Index(c.unsent, m); i >= 0 {
		c.unsent = slices.Delete(c.unsent, i, i+1)
	}
	c.count--
	g.inFlight--
	return m
}

// nextUnsent takes the next message to put on the wire, and how often it was
// sent before.
func (g *group) nextUnsent(c *consumer) (frame []byte, retries int32, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(c.unsent) == 0 {
		return nil, 0, false
	}
	m := c.unsent[0]
	c.unsent[0] = nil
	c.unsent = c.unsent[1:]
	return m.frame, m.retries, true
}

// retry sends a message again, or parks it when that was tried often enough.
func (g *group) retry(m *message, reason string) {
	if m.retries >= g.cfg.MaxRetryCount {
		g.park(m, reason)
		return
	}
	m.retries++
	g.again = append(g.again, m)
}
