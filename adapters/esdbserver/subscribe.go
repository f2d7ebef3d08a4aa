package esdbserver

import (
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
)

// A subscription reads what is there, says that it caught up, and then waits
// for more. It always goes on from the last position it delivered, so there is
// no gap and no repeat wherever the events come from. A reader that falls
// behind what is kept in memory reads from disk again, like at its start, and
// is told again when it caught up; the writers never wait for it.

// allStart is the first position that a subscription to $all delivers.
func (s *Server) allStart(o *streams.ReadReq_Options_AllOptions) uint64 {
	switch at := o.GetAllOption().(type) {
	case *streams.ReadReq_Options_AllOptions_Position:
		return at.Position.GetCommitPosition() + 1
	case *streams.ReadReq_Options_AllOptions_End:
		return s.st.visible.Load() + 1
	}
	return 0
}

// streamStart is the first revision that a subscription to a stream delivers,
// or -1 for what is written from now on.
func streamStart(o *streams.ReadReq_Options_StreamOptions) int64 {
	switch at := o.GetRevisionOption().(type) {
	case *streams.ReadReq_Options_StreamOptions_Revision:
		return int64(min(at.Revision, math.MaxInt64-1)) + 1
	case *streams.ReadReq_Options_StreamOptions_End:
		return -1
	}
	return 0
}

func (f *frameSender) confirm() error {
	return f.out.SendMsg(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{
		Confirmation: &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: uuid.NewString()},
	}})
}

func (f *frameSender) caughtUp() error {
	return f.out.SendMsg(&streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: &streams.ReadResp_CaughtUp{}}})
}

func (f *frameSender) checkpoint(position uint64) error {
	return f.out.SendMsg(&streams.ReadResp{Content: &streams.ReadResp_Checkpoint_{
		Checkpoint: &streams.ReadResp_Checkpoint{CommitPosition: position, PreparePosition: position},
	}})
}

// allSubscription is one subscription to $all.
type allSubscription struct {
	s          *Server
	sender     *frameSender
	filter     *eventFilter
	next       uint64 // position to go on from
	live       bool
	considered int // events since the last checkpoint
	buffer     []recentEvent
	shown      *subscriber
	chunk      chunk
}

func (s *Server) subscribeAll(from uint64, filter *eventFilter, sender *frameSender) error {
	if err := sender.confirm(); err != nil {
		return err
	}
	sub := &allSubscription{
		s: s, sender: sender, filter: filter, next: max(from, 1),
		buffer: make([]recentEvent, 0, 512),
	}
	var done func()
	sub.shown, done = s.metrics.subscribed("all")
	defer done()
	for {
		sub.shown.next.Store(sub.next)
		grown := s.st.recent.wait()
		idle, err := sub.deliver()
		if err != nil {
			return err
		}
		if !idle {
			continue
		}
		if !sub.live {
			sub.live = true
			if err := sub.goLive(); err != nil {
				return err
			}
		}
		select {
		case <-grown:
		case <-sender.out.Context().Done():
			return sender.out.Context().Err()
		case <-s.closing:
			return errShuttingDown
		}
	}
}

// deliver sends what there is from the next position on. idle means that it
// was all there is.
func (sub *allSubscription) deliver() (idle bool, err error) {
	events, held := sub.s.st.recent.from(sub.next, sub.buffer[:0], chunkBytes)
	if !held {
		sub.live = false
		return sub.deliverFromDisk()
	}
	for i := range events {
		e := &events[i]
		if sub.filter.matches(e.stream, e.typ) {
			if err := sub.sender.send(e.frame); err != nil {
				return false, err
			}
		}
		if err := sub.passed(sub.next); err != nil {
			return false, err
		}
	}
	idle = len(events) == 0
	clear(events) // don't keep frames alive while waiting
	return idle, nil
}

func (sub *allSubscription) deliverFromDisk() (idle bool, err error) {
	next, _, err := sub.s.st.scanAll(&sub.chunk, sub.next, false, sub.filter, math.MaxInt)
	if err != nil {
		return false, err
	}
	for _, e := range sub.chunk.events {
		if e.frame != nil {
			if err := sub.sender.send(e.frame); err != nil {
				return false, err
			}
		}
		if err := sub.passed(e.position); err != nil {
			return false, err
		}
	}
	sub.next = next
	return false, sub.sender.out.Context().Err()
}

// passed counts a considered event and sends a checkpoint when one is due.
func (sub *allSubscription) passed(position uint64) error {
	sub.next = position + 1
	if sub.filter == nil {
		return nil
	}
	if sub.considered++; sub.considered < sub.filter.checkpointEvery {
		return nil
	}
	sub.considered = 0
	return sub.sender.checkpoint(position)
}

func (sub *allSubscription) goLive() error {
	if sub.filter != nil && sub.next > 1 {
		sub.considered = 0
		if err := sub.sender.checkpoint(sub.next - 1); err != nil {
			return err
		}
	}
	return sub.sender.caughtUp()
}

// farBehind is how many revisions a live subscription to a stream may lag
// before it counts as catching up again.
const farBehind = 1000

func (s *Server) subscribeStream(name string, from int64, sender *frameSender) error {
	stream, err := s.st.streams.acquire(name)
	if err != nil {
		return err
	}
	defer s.st.streams.release(stream)
	base := stream
	if isMetastream(name) {
		if base, err = s.st.streams.acquire(name[2:]); err != nil {
			return err
		}
		defer s.st.streams.release(base)
	}
	if base.head().tombstoned {
		return errStreamDeleted(name)
	}
	if err := sender.confirm(); err != nil {
		return err
	}
	next := from
	if next < 0 {
		next = stream.head().last + 1
	}
	_, done := s.metrics.subscribed("stream")
	defer done()
	live := false
	var c chunk
	for {
		changed := stream.wait()
		head := stream.head()
		if live && head.last-next > farBehind {
			live = false
		}
		if next, err = s.deliverStream(&c, head, next, live, sender); err != nil {
			return err
		}
		if head.tombstoned {
			return s.endStream(name, head, sender)
		}
		if stream.head().last >= next {
			continue
		}
		if !live {
			live = true
			if err := sender.caughtUp(); err != nil {
				return err
			}
		}
		select {
		case <-changed:
		case <-sender.out.Context().Done():
			return sender.out.Context().Err()
		case <-s.closing:
			return errShuttingDown
		}
	}
}

// deliverStream sends a stream's events from a revision on up to its head. The
// limits of its metadata hold for history, not for what arrives live.
func (s *Server) deliverStream(c *chunk, head *streamHead, next int64, live bool, sender *frameSender) (int64, error) {
	r := rangeOf(head)
	if live {
		r = streamRange{number: head.number, last: head.last}
	} else if head.meta.softDeleted() {
		return max(next, head.last+1), nil
	}
	for next <= head.last {
		after, more, err := s.st.scanStream(c, r, next, false, math.MaxInt)
		if err != nil {
			return next, err
		}
		for _, e := range c.events {
			if err := sender.send(e.frame); err != nil {
				return next, err
			}
		}
		if err := sender.out.Context().Err(); err != nil {
			return next, err
		}
		next = after
		if !more {
			return max(next, head.last+1), nil
		}
	}
	return next, nil
}

// endStream delivers the tombstone, then says that the stream is deleted.
func (s *Server) endStream(name string, head *streamHead, sender *frameSender) error {
	frame, found, err := s.st.frameAt(head.tombstoneAt)
	if err != nil {
		return err
	}
	if found {
		if err := sender.send(frame); err != nil {
			return err
		}
	}
	return errStreamDeleted(name)
}
