package simulate

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// Faults are what a network does to telemetry on its way. The zero value does nothing. The same seed does the same
// to the same messages.
type Faults struct {
	Duplicates float64       // the part of messages that come twice
	Disorder   time.Duration // messages are shuffled within windows of this length
	Delay      time.Duration // how late the delayed come
	Delayed    float64       // the part of messages that are delayed
	Seed       uint64
}

// Arrival is a message with the time it arrives at, in the milliseconds of its own timestamps.
type Arrival struct {
	Message
	At int64
}

// Arrange gives the messages in the order in which they arrive.
func (f Faults) Arrange(messages []Message) []Arrival {
	r := rand.New(rand.NewPCG(f.Seed, 0x6d696372)) //nolint:gosec // faults must be the same each time
	out := make([]Arrival, 0, len(messages)+int(float64(len(messages))*f.Duplicates)+1)
	for _, m := range messages {
		at := m.TS
		if w := f.Disorder.Milliseconds(); w > 0 {
			at = m.TS - ((m.TS%w)+w)%w + r.Int64N(w)
		}
		if f.Delayed > 0 && r.Float64() < f.Delayed {
			at += f.Delay.Milliseconds()
		}
		out = append(out, Arrival{m, at})
		if f.Duplicates > 0 && r.Float64() < f.Duplicates {
			// the queue's retries come soon after; with disorder they are anywhere in a window's length
			late := max(f.Disorder, time.Minute).Milliseconds()
			out = append(out, Arrival{m, at + 1 + r.Int64N(late)})
		}
	}
	slices.SortStableFunc(out, func(a, b Arrival) int { return cmp.Compare(a.At, b.At) })
	return out
}
