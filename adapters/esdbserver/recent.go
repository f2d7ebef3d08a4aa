package esdbserver

import "sync"

// recentEvents keeps the newest events in memory for live subscribers, so that
// one write costs one copy however many read it. It holds a run of positions
// without gaps up to the last visible one; who reads slower than events fall
// out of it goes back to the disk.
type recentEvents struct {
	mu       sync.RWMutex
	events   []recentEvent // ring
	head     int           // index of the oldest
	count    int
	first    uint64 // position of the oldest; of the next event when there is none
	bytes    int
	maxBytes int
	grown    chan struct{} // closed when events are added
}

// recentEvent is a frame with the parts that filters look at.
type recentEvent struct {
	frame       []byte
	stream, typ []byte
}

const maxRecentEvents = 1 << 15

func newRecentEvents(next uint64, maxBytes int) *recentEvents {
	return &recentEvents{
		events: make([]recentEvent, maxRecentEvents), first: next, maxBytes: maxBytes,
		grown: make(chan struct{}),
	}
}

// add appends events whose first has the position after the newest held.
func (r *recentEvents) add(events []recentEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		if r.count == len(r.events) {
			r.drop()
		}
		r.events[(r.head+r.count)%len(r.events)] = e
		r.count++
		r.bytes += len(e.frame)
	}
	for r.bytes > r.maxBytes && r.count > 1 {
		r.drop()
	}
	close(r.grown)
	r.grown = make(chan struct{})
}

func (r *recentEvents) drop() {
	r.bytes -= len(r.events[r.head].frame)
	r.events[r.head] = recentEvent{}
	r.head = (r.head + 1) % len(r.events)
	r.count--
	r.first++
}

// wait returns a channel that is closed when there is more.
func (r *recentEvents) wait() <-chan struct{} {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.grown
}

// from copies events from a position on, up to a number of bytes. held is
// false when the position has fallen out; then the disk has it.
func (r *recentEvents) from(position uint64, dst []recentEvent, maxBytes int) (events []recentEvent, held bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if position < r.first {
		return dst, false
	}
	for i := int(position - r.first); i < r.count && maxBytes > 0 && len(dst) < cap(dst); i++ {
		e := r.events[(r.head+i)%len(r.events)]
		dst = append(dst, e)
		maxBytes -= len(e.frame)
	}
	return dst, true
}

// at returns the frame at a position if it is held.
func (r *recentEvents) at(position uint64) ([]byte, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if position < r.first || position-r.first >= uint64(r.count) {
		return nil, false
	}
	return r.events[(r.head+int(position-r.first))%len(r.events)].frame, true
}
