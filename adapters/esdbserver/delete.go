package esdbserver

import (
	"context"
	"errors"
	"strconv"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
)

// Delete soft-deletes a stream: it reads as not found and may be written again.
func (s *Server) Delete(ctx context.Context, req *streams.DeleteReq) (*streams.DeleteResp, error) {
	expected := int64(expectAny)
	switch e := req.GetOptions().GetExpectedStreamRevision().(type) {
	case *streams.DeleteReq_Options_Revision:
		expected = expectedRevision(e.Revision)
	case *streams.DeleteReq_Options_NoStream:
		expected = expectNoStream
	case *streams.DeleteReq_Options_StreamExists:
		expected = expectStreamExists
	}
	name := string(req.GetOptions().GetStreamIdentifier().GetStreamName())
	position, err := s.remove(ctx, writeDelete, name, expected)
	if err != nil {
		return nil, s.answerUnary(ctx, err)
	}
	return &streams.DeleteResp{PositionOption: &streams.DeleteResp_Position_{
		Position: &streams.DeleteResp_Position{CommitPosition: position, PreparePosition: position},
	}}, nil
}

// Tombstone ends a stream for good.
func (s *Server) Tombstone(ctx context.Context, req *streams.TombstoneReq) (*streams.TombstoneResp, error) {
	expected := int64(expectAny)
	switch e := req.GetOptions().GetExpectedStreamRevision().(type) {
	case *streams.TombstoneReq_Options_Revision:
		expected = expectedRevision(e.Revision)
	case *streams.TombstoneReq_Options_NoStream:
		expected = expectNoStream
	case *streams.TombstoneReq_Options_StreamExists:
		expected = expectStreamExists
	}
	name := string(req.GetOptions().GetStreamIdentifier().GetStreamName())
	position, err := s.remove(ctx, writeTombstone, name, expected)
	if err != nil {
		return nil, s.answerUnary(ctx, err)
	}
	return &streams.TombstoneResp{PositionOption: &streams.TombstoneResp_Position_{
		Position: &streams.TombstoneResp_Position{CommitPosition: position, PreparePosition: position},
	}}, nil
}

func (s *Server) remove(ctx context.Context, kind writeKind, name string, expected int64) (uint64, error) {
	if err := checkStreamName(name); err != nil {
		return 0, err
	}
	if name == allStream {
		return 0, errAccessDenied()
	}
	if err := s.authorize(ctx, opDelete, name); err != nil {
		return 0, err
	}
	result := s.writer.write(ctx, &writeRequest{kind: kind, stream: name, expected: expected})
	switch {
	case result.err != nil:
		return 0, result.err
	case result.verdict == verdictDeleted:
		return 0, errStreamDeleted(name)
	case result.verdict == verdictWrongVersion:
		return 0, errWrongExpectedVersion(name, expected, result.current)
	}
	return result.position, nil
}

// answer turns an error into a status and sets the trailers that clients look at.
func (s *Server) answer(stream grpc.ServerStream, err error) error {
	if err == nil {
		return nil
	}
	err = asAPIError(err)
	if api, ok := errors.AsType[*apiError](err); ok {
		stream.SetTrailer(api.trailer())
	}
	return err
}

func (s *Server) answerUnary(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	err = asAPIError(err)
	if api, ok := errors.AsType[*apiError](err); ok && api.exception != "" {
		if trailerErr := grpc.SetTrailer(ctx, api.trailer()); trailerErr != nil {
			s.log.Warn("event store can't set trailers", "error", trailerErr)
		}
	}
	return err
}

func maxAppendSizeOf(e *apiError) int {
	n, _ := strconv.Atoi(e.trailers[1])
	return n
}
