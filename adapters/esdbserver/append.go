package esdbserver

import (
	"context"
	"errors"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
)

// Append writes the events of one call to one stream.
func (s *Server) Append(in streams.Streams_AppendServer) error {
	req, err := s.receiveAppend(in)
	if err != nil {
		return s.answer(in, err)
	}
	result := s.writer.write(in.Context(), req)
	switch {
	case result.err != nil:
		return s.answer(in, result.err)
	case result.verdict == verdictDeleted:
		return s.answer(in, errStreamDeleted(req.stream))
	case result.verdict == verdictWrongVersion:
		return in.SendAndClose(&streams.AppendResp{Result: &streams.AppendResp_WrongExpectedVersion_{
			WrongExpectedVersion: wrongExpectedVersion(req.expected, result.current),
		}})
	}
	return in.SendMsg(encodeAppended(result.current, result.position))
}

// receiveAppend reads a whole request before anything is decided: a client
// that is answered while it still sends sees an end of stream, not the answer.
func (s *Server) receiveAppend(in streams.Streams_AppendServer) (*writeRequest, error) {
	var req *writeRequest
	var refused error
	refuse := func(err error) {
		if refused == nil {
			refused = err
		}
		if req != nil {
			req.events = nil // nothing is written: don't hold what follows
		}
	}
	size := 0
	var m appendMessage
	for {
		err := in.RecvMsg(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		size += m.event.size()
		switch {
		case refused != nil:
			if size > 2*maxMessageBytes {
				return nil, refused // it isn't going to end
			}
		case m.kind == appendOptions && req != nil:
			refuse(errInvalid("append: options came twice"))
		case m.kind == appendOptions:
			req = &writeRequest{stream: m.stream, expected: m.expected}
			if m.expected == noExpectation {
				refuse(errInvalid("append: there is no expected revision"))
			} else if err := s.mayWrite(in.Context(), req.stream, req.expected); err != nil {
				refuse(err)
			}
		case m.kind != appendEvent:
			refuse(errInvalid("append: a message is empty"))
		case req == nil:
			refuse(errInvalid("append: an event came before the options"))
		case m.refused != nil:
			refuse(m.refused)
		case size > s.options.MaxAppendBytes:
			refuse(errAppendTooLarge(s.options.MaxAppendBytes))
		default:
			req.events = append(req.events, m.event)
		}
	}
	if refused != nil {
		return nil, refused
	}
	if req == nil {
		return nil, errInvalid("append: there are no options")
	}
	return req, nil
}

// mayWrite checks what can be told before the events are known.
func (s *Server) mayWrite(ctx context.Context, stream string, expected int64) error {
	if err := checkStreamName(stream); err != nil {
		return err
	}
	if stream == allStream {
		return errAccessDenied()
	}
	if expected < 0 && expected != expectNoStream && expected != expectAny && expected != expectStreamExists {
		return errInvalid("the expected revision is out of range")
	}
	return s.authorize(ctx, opWrite, stream)
}

// size is what an event counts towards the limit of an append.
func (e *proposed) size() int { return len(e.data) + len(e.custom) + 2*len(e.typ) }

func proposedFrom(id *shared.UUID, metadata map[string]string, data, custom []byte) (proposed, error) {
	typ, hasType := metadata[metadataType]
	contentType, hasContentType := metadata[metadataContentType]
	if !hasType || !hasContentType {
		return proposed{}, errMissingMetadata()
	}
	eventID, err := eventID(id)
	if err != nil {
		return proposed{}, errInvalid("event id: %v", err)
	}
	return proposed{id: eventID, typ: typ, json: contentType == contentJSON, data: data, custom: custom}, nil
}

func eventID(id *shared.UUID) (uuid.UUID, error) {
	s := id.GetStructured()
	return idFrom(s != nil, s.GetMostSignificantBits(), s.GetLeastSignificantBits(), id.GetString_())
}

func wrongExpectedVersion(expected, current int64) *streams.AppendResp_WrongExpectedVersion {
	w := &streams.AppendResp_WrongExpectedVersion{}
	switch expected {
	case expectAny:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedAny{ExpectedAny: &shared.Empty{}}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_Any_20_6_0{Any_20_6_0: &shared.Empty{}}
	case expectStreamExists:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &shared.Empty{}}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_StreamExists_20_6_0{StreamExists_20_6_0: &shared.Empty{}}
	case expectNoStream:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &shared.Empty{}}
	default:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: uint64(expected)}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: uint64(expected)}
	}
	if current < 0 {
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &shared.Empty{}}
		w.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_NoStream_20_6_0{NoStream_20_6_0: &shared.Empty{}}
	} else {
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: uint64(current)}
		w.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_CurrentRevision_20_6_0{CurrentRevision_20_6_0: uint64(current)}
	}
	return w
}
