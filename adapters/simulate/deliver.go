package simulate

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Summary is what became of many messages.
type Summary struct {
	Sent, Accepted, Duplicates, Rejected int
	Reasons                              []string // the first few of the rejections
	Took                                 time.Duration
}

// Rate is in messages a second.
func (s Summary) Rate() float64 {
	if s.Took <= 0 {
		return 0
	}
	return float64(s.Sent) / s.Took.Seconds()
}

func (s *Summary) add(sent int, r Receipt) {
	s.Sent += sent
	s.Accepted += r.Accepted
	s.Duplicates += r.Duplicates
	s.Rejected += len(r.Rejected)
	for _, j := range r.Rejected {
		if len(s.Reasons) < 5 {
			s.Reasons = append(s.Reasons, j.Reason)
		}
	}
}

// Pace is how messages are put into requests.
type Pace struct {
	Batch       int // messages a request
	Concurrency int // requests at once
	// Due is when a message may leave; nil for at once. Messages come with Due not falling.
	Due func(i int) time.Time
}

// Deliver sends the messages in their order. With several requests at once each device still has its own order:
// all of a device's messages take the same lane. Lanes drift apart by about a request each, which a platform sees as
// devices that are ahead of others; with one lane nothing drifts. The first failure ends it; the summary is of what
// was answered until then.
func (c *Client) Deliver(ctx context.Context, messages []Message, p Pace) (Summary, error) {
	started := time.Now()
	p.Batch, p.Concurrency = max(p.Batch, 1), max(p.Concurrency, 1)
	var mu sync.Mutex
	var total Summary
	group, ctx := errgroup.WithContext(ctx)
	lanes := make([]chan []Message, p.Concurrency)
	for i := range lanes {
		lane := make(chan []Message)
		lanes[i] = lane
		group.Go(func() error {
			for batch := range lane {
				receipt, err := c.Send(ctx, batch)
				if err != nil {
					return err
				}
				mu.Lock()
				total.add(len(batch), receipt)
				mu.Unlock()
			}
			return nil
		})
	}
	group.Go(func() error {
		defer func() {
			for _, lane := range lanes {
				close(lane)
			}
		}()
		return distribute(ctx, messages, p, lanes)
	})
	err := group.Wait()
	total.Took = time.Since(started)
	return total, err
}

// distribute fills the lanes' batches; a batch leaves when it is full, and all leave before the next message must
// be waited for.
func distribute(ctx context.Context, messages []Message, p Pace, lanes []chan []Message) error {
	laneOf := map[string]int{} // devices take lanes in turn as they first appear
	waiting := make([][]Message, len(lanes))
	leave := func(lane int) error {
		if len(waiting[lane]) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case lanes[lane] <- waiting[lane]:
			waiting[lane] = nil
			return nil
		}
	}
	leaveAll := func() error {
		for lane := range lanes {
			if err := leave(lane); err != nil {
				return err
			}
		}
		return nil
	}
	for i, m := range messages {
		if p.Due != nil {
			if wait := time.Until(p.Due(i)); wait > 0 {
				if err := leaveAll(); err != nil {
					return err
				}
				if err := sleep(ctx, wait); err != nil {
					return err
				}
			}
		}
		lane, known := laneOf[m.DeviceName]
		if !known {
			lane = len(laneOf) % len(lanes)
			laneOf[m.DeviceName] = lane
		}
		waiting[lane] = append(waiting[lane], m)
		if len(waiting[lane]) >= p.Batch {
			if err := leave(lane); err != nil {
				return err
			}
		}
	}
	return leaveAll()
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
