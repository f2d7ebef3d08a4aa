package esdbserver

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Messages that nobody could handle are parked: a link to each is written to
// the group's parked stream, where they can be looked at, and from where they
// can be replayed. The parked stream is truncated only when all that was
// replayed is done, so a crash in between loses none.

// park writes a link to the message, after those that were parked before it, so
// that they are replayed in their order. Until the link is durable the message
// counts as under way.
func (g *group) park(m *message, reason string) {
	g.parking[m] = struct{}{}
	before, done := g.lastPark, make(chan struct{})
	g.lastPark = done
	g.done.Go(func() {
		defer close(done)
		if before != nil {
			<-before
		}
		ctx, cancel := context.WithTimeout(context.Background(), g.s.options.WriteTimeout)
		defer cancel()
		err := g.writeLink(ctx, m, reason)
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.parking, m)
		if err != nil {
			g.s.log.Error("persistent subscription can't park a message", "subscription", g.cfg.id(), "error", err)
			g.again = append(g.again, m)
			return
		}
		g.finish(m)
		g.kick()
	})
}

// background runs what must not hold the lock; stop waits for it.
func (g *group) background(work func(context.Context)) {
	g.done.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), g.s.options.WriteTimeout)
		defer cancel()
		work(ctx)
	})
}

func (g *group) writeLink(ctx context.Context, m *message, reason string) error {
	view, err := parseFrame(m.frame)
	if err != nil {
		return err
	}
	metadata, err := json.Marshal(map[string]any{"added": time.Now().UTC(), "reason": reason, "retryCount": m.retries})
	if err != nil {
		return err
	}
	return g.s.writer.write(ctx, &writeRequest{
		stream: g.cfg.parkedStream(), expected: expectAny,
		events: []proposed{{
			id: uuid.New(), typ: typeLink, data: fmt.Appendf(nil, "%d@%s", view.revision, view.stream), custom: metadata,
		}},
	}).failure()
}

// truncateParked makes replayed links unreadable.
func (g *group) truncateParked(before int64) {
	g.background(func(ctx context.Context) {
		data, err := json.Marshal(map[string]int64{"$tb": before})
		if err == nil {
			err = g.s.writer.write(ctx, &writeRequest{
				stream: metastreamOf(g.cfg.parkedStream()), expected: expectAny, events: []proposed{metadataEvent(data)},
			}).failure()
		}
		if err != nil {
			g.s.log.Error("persistent subscription can't truncate its parked messages", "subscription", g.cfg.id(), "error", err)
		}
	})
}

// failure is a write's error, refusals among them.
func (r writeResult) failure() error {
	if r.err == nil && r.verdict != verdictWrite && r.verdict != verdictRepeat {
		return fmt.Errorf("the write was refused at revision %d", r.current)
	}
	return r.err
}

// replay sends parked messages again, up to a number of them.
func (g *group) replay(limit int64) error {
	r, found, err := g.s.readable(g.cfg.parkedStream())
	if err != nil || !found {
		return err
	}
	var c chunk
	for from := r.first; limit > 0; {
		g.mu.Lock()
		from = max(from, g.parkedNext)
		g.mu.Unlock()
		next, more, err := g.s.st.scanStream(&c, r, from, false, int(min(limit, math.MaxInt32)))
		if err != nil {
			return err
		}
		limit -= int64(len(c.events))
		for _, e := range c.events {
			if err := g.replayOne(e); err != nil {
				return err
			}
		}
		g.mu.Lock()
		g.parkedNext = max(g.parkedNext, next)
		g.mu.Unlock()
		if from = next; !more {
			break
		}
	}
	g.kick()
	return nil
}

// replayOne sends one parked message again, unless it is gone meanwhile.
func (g *group) replayOne(e scanned) error {
	link, err := parseFrame(e.frame)
	if err != nil {
		return err
	}
	target, ok, err := g.s.resolveLink(asSystem(context.Background()), link)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped != nil {
		return g.stopped
	}
	if !ok || target.whole == nil {
		if g.parkedNext = max(g.parkedNext, e.revision+1); len(g.replaying) == 0 {
			g.truncateParked(g.parkedNext)
		}
		return nil
	}
	m, err := g.message(appendReadEvent(nil, target, recordView{}, target.position, false), -1)
	if err != nil {
		return err
	}
	m.parked = e.revision
	g.replaying[e.revision] = struct{}{}
	g.again = append(g.again, m)
	return nil
}

// parkedCount is how many messages are parked and not being replayed.
func (g *group) parkedCount() (int64, error) {
	r, found, err := g.s.readable(g.cfg.parkedStream())
	if err != nil || !found {
		return 0, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(r.last+1-max(r.first, g.parkedNext), 0), nil
}

func sortByPosition(messages []*message) {
	slices.SortStableFunc(messages, func(a, b *message) int { return cmp.Compare(a.position, b.position) })
}

func correlationID(metadata []byte) []byte {
	var m struct {
		ID string `json:"$correlationId"`
	}
	if json.Unmarshal(metadata, &m) != nil || m.ID == "" {
		return nil
	}
	return []byte(m.ID)
}

// rateMeter measures items a second.
type rateMeter struct {
	at        time.Time
	before    int64 // total at the last measurement
	since     int64 // items since then
	perSecond int64
}

func (r *rateMeter) tick(total int64, now time.Time) {
	r.since = total - r.before
	if r.at.IsZero() {
		r.at = now
	}
	if elapsed := now.Sub(r.at); elapsed >= time.Second {
		r.perSecond = int64(float64(r.since) / elapsed.Seconds())
		r.before, r.at, r.since = total, now, 0
	}
}
