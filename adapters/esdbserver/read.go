package esdbserver

import (
	"math"
	"time"
	"unicode/utf8"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// allStream is the name under which permissions to read everything are kept.
const allStream = "$all"

// Read serves reads and subscriptions, of one stream and of $all.
func (s *Server) Read(req *streams.ReadReq, out streams.Streams_ReadServer) error {
	return s.answer(out, s.read(req.GetOptions(), out))
}

func (s *Server) read(o *streams.ReadReq_Options, out streams.Streams_ReadServer) error {
	if o == nil {
		return errInvalid("read: there are no options")
	}
	_, stringIDs := o.GetUuidOption().GetContent().(*streams.ReadReq_Options_UUIDOption_String_)
	sender := &frameSender{s: s, out: out, stringIDs: stringIDs, resolve: o.GetResolveLinks()}
	_, subscription := o.GetCountOption().(*streams.ReadReq_Options_Subscription)
	backwards := o.GetReadDirection() == streams.ReadReq_Options_Backwards
	if subscription && backwards {
		return errInvalid("read: a subscription can't run backwards")
	}
	var filter *eventFilter
	if f, ok := o.GetFilterOption().(*streams.ReadReq_Options_Filter); ok {
		var err error
		if filter, err = readFilter(f.Filter, subscription); err != nil {
			return err
		}
	}
	switch target := o.GetStreamOption().(type) {
	case *streams.ReadReq_Options_Stream:
		name := string(target.Stream.GetStreamIdentifier().GetStreamName())
		if err := checkStreamName(name); err != nil {
			return err
		}
		if err := s.authorize(out.Context(), opRead, name); err != nil {
			return err
		}
		if subscription {
			return s.subscribeStream(name, streamStart(target.Stream), sender)
		}
		return s.readStream(name, target.Stream, backwards, o.GetCount(), sender)
	case *streams.ReadReq_Options_All:
		if err := s.authorize(out.Context(), opRead, allStream); err != nil {
			return err
		}
		if p := target.All.GetPosition(); p != nil && p.GetCommitPosition() < p.GetPreparePosition() {
			return errInvalid("read: the commit position %d is before the prepare position %d",
				p.GetCommitPosition(), p.GetPreparePosition())
		}
		if subscription {
			return s.subscribeAll(s.allStart(target.All), filter, sender)
		}
		return s.readAll(target.All, backwards, o.GetCount(), filter, sender)
	}
	return errInvalid("read: it names neither a stream nor $all")
}

// readLimit turns the protocol's count into a number to count down.
func readLimit(count uint64) int { return int(min(count, math.MaxInt64)) }

func (s *Server) readAll(o *streams.ReadReq_Options_AllOptions, backwards bool, count uint64, filter *eventFilter, sender *frameSender) error {
	var from uint64
	switch at := o.GetAllOption().(type) {
	case *streams.ReadReq_Options_AllOptions_Position:
		from = at.Position.GetCommitPosition()
	case *streams.ReadReq_Options_AllOptions_End:
		from = s.st.visible.Load() + 1
	}
	limit := readLimit(count)
	var c chunk
	for limit > 0 {
		next, more, err := s.st.scanAll(&c, from, backwards, filter, limit)
		if err != nil {
			return err
		}
		for _, e := range c.events {
			if e.frame == nil {
				continue
			}
			if err := sender.send(e.frame); err != nil {
				return err
			}
			limit--
		}
		if !more {
			return nil
		}
		if err := sender.out.Context().Err(); err != nil {
			return err
		}
		from = next
	}
	return nil
}

func (s *Server) readStream(name string, o *streams.ReadReq_Options_StreamOptions, backwards bool, count uint64, sender *frameSender) error {
	r, found, err := s.readable(name)
	if err != nil {
		return err
	}
	if !found {
		return sender.out.SendMsg(&streams.ReadResp{Content: &streams.ReadResp_StreamNotFound_{
			StreamNotFound: &streams.ReadResp_StreamNotFound{
				StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(name)},
			},
		}})
	}
	var from int64
	switch at := o.GetRevisionOption().(type) {
	case *streams.ReadReq_Options_StreamOptions_Revision:
		from = int64(min(at.Revision, math.MaxInt64))
	case *streams.ReadReq_Options_StreamOptions_End:
		from = math.MaxInt64
	}
	limit := readLimit(count)
	var c chunk
	for limit > 0 {
		next, more, err := s.st.scanStream(&c, r, from, backwards, limit)
		if err != nil {
			return err
		}
		for _, e := range c.events {
			if err := sender.send(e.frame); err != nil {
				return err
			}
		}
		limit -= len(c.events)
		if !more {
			return nil
		}
		if err := sender.out.Context().Err(); err != nil {
			return err
		}
		from = next
	}
	return nil
}

// readable is what a stream's metadata leaves to read at this moment. found is
// false when there is no stream to read; a tombstoned one is an error.
func (s *Server) readable(name string) (r streamRange, found bool, err error) {
	st, err := s.st.streams.acquire(name)
	if err != nil {
		return r, false, err
	}
	defer s.st.streams.release(st)
	head := st.head()
	tombstoned := head.tombstoned
	if isMetastream(name) && !tombstoned {
		base, err := s.st.streams.acquire(name[2:])
		if err != nil {
			return r, false, err
		}
		tombstoned = base.head().tombstoned
		s.st.streams.release(base)
	}
	if tombstoned {
		return r, false, errStreamDeleted(name)
	}
	if head.last < 0 || head.meta.softDeleted() {
		return r, false, nil
	}
	return rangeOf(head), true, nil
}

func rangeOf(head *streamHead) streamRange {
	r := streamRange{number: head.number, first: head.meta.firstReadable(head.last), last: head.last}
	r.oldest, r.hasAge = head.meta.oldestReadable(time.Now())
	return r
}

// checkStreamName refuses names that can't be a stream's.
func checkStreamName(name string) error {
	switch {
	case name == "" || name == "$$":
		return errInvalid("stream name %q is invalid", name)
	case len(name) > maxStreamNameBytes:
		return errInvalid("stream name of %d bytes is longer than %d", len(name), maxStreamNameBytes)
	case !utf8.ValidString(name):
		return errInvalid("stream name %q is not UTF-8", name)
	}
	return nil
}
