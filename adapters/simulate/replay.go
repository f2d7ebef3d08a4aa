package simulate

import (
	"context"
	"time"
)

// ReplayOptions say how a recording is played.
type ReplayOptions struct {
	Faults      Faults
	Speed       float64 // 1 is real time, 60 a minute a second, 0 as fast as the platform takes it
	Batch       int
	Concurrency int
}

// Replay sends the messages as they would have arrived.
func (c *Client) Replay(ctx context.Context, messages []Message, o ReplayOptions) (Summary, error) {
	arrivals := o.Faults.Arrange(messages)
	ordered := make([]Message, len(arrivals))
	for i, a := range arrivals {
		ordered[i] = a.Message
	}
	pace := Pace{Batch: o.Batch, Concurrency: o.Concurrency}
	if o.Speed > 0 && len(arrivals) > 0 {
		begin, first := time.Now(), arrivals[0].At
		pace.Due = func(i int) time.Time {
			ms := float64(arrivals[i].At-first) / o.Speed
			return begin.Add(time.Duration(ms * float64(time.Millisecond)))
		}
	}
	return c.Deliver(ctx, ordered, pace)
}
