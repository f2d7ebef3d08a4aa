package esdbserver

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"
)

// maxOpenBatches bounds the appends of one BatchAppend call that are under way.
const maxOpenBatches = 1024

// openBatch is an append that arrives in chunks.
type openBatch struct {
	options  *streams.BatchAppendReq_Options
	deadline time.Time
	events   []proposed
	size     int
	refused  error
}

// batchAppender serves one BatchAppend call: many appends over one stream of
// messages, each known by its correlation id and answered once, as it is done.
type batchAppender struct {
	s      *Server
	stream streams.Streams_BatchAppendServer
	open   map[uuid.UUID]*openBatch
	slots  chan struct{}
	writes sync.WaitGroup

	mu      sync.Mutex // one answer at a time
	sendErr error
}

// BatchAppend serves appends that share one call.
func (s *Server) BatchAppend(stream streams.Streams_BatchAppendServer) error {
	b := &batchAppender{
		s: s, stream: stream, open: make(map[uuid.UUID]*openBatch), slots: make(chan struct{}, maxOpenBatches),
	}
	err := b.receive()
	b.writes.Wait()
	return s.answer(stream, errors.Join(err, b.sendErr))
}

func (b *batchAppender) receive() error {
	for {
		req, err := b.stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		id, err := eventID(req.GetCorrelationId())
		if err != nil {
			return errInvalid("correlation id: %v", err)
		}
		batch, known := b.open[id]
		if !known {
			if len(b.open) >= maxOpenBatches {
				return errInvalid("more than %d appends are unfinished", maxOpenBatches)
			}
			batch = b.begin(req)
			b.open[id] = batch
		}
		batch.add(req, b.s.options.MaxAppendBytes)
		if !req.GetIsFinal() {
			continue
		}
		delete(b.open, id)
		select {
		case b.slots <- struct{}{}:
		case <-b.stream.Context().Done():
			return b.stream.Context().Err()
		}
		b.writes.Go(func() {
			defer func() { <-b.slots }()
			b.finish(req.GetCorrelationId(), batch)
		})
	}
}

func (b *batchAppender) begin(req *streams.BatchAppendReq) *openBatch {
	batch := &openBatch{options: req.GetOptions()}
	if batch.options == nil {
		batch.refused = errInvalid("append: there are no options")
		return batch
	}
	batch.deadline = deadlineOf(batch.options, time.Now())
	batch.refused = b.s.mayWrite(b.stream.Context(), batch.stream(), batch.expected())
	return batch
}

// deadlineOf is when an append is given up, zero when it names no time.
func deadlineOf(o *streams.BatchAppendReq_Options, now time.Time) time.Time {
	if at := o.GetDeadline_21_10_0(); at != nil {
		return at.AsTime()
	}
	if within := o.GetDeadline(); within != nil {
		return now.Add(within.AsDuration())
	}
	return time.Time{}
}

func (o *openBatch) stream() string { return string(o.options.GetStreamIdentifier().GetStreamName()) }

func (o *openBatch) expected() int64 {
	switch e := o.options.GetExpectedStreamPosition().(type) {
	case *streams.BatchAppendReq_Options_StreamPosition:
		return expectedRevision(e.StreamPosition)
	case *streams.BatchAppendReq_Options_NoStream:
		return expectNoStream
	case *streams.BatchAppendReq_Options_StreamExists:
		return expectStreamExists
	}
	return expectAny
}

func (o *openBatch) add(req *streams.BatchAppendReq, limit int) {
	for _, m := range req.GetProposedMessages() {
		if o.refused != nil {
			o.events = nil
			return
		}
		var e proposed
		if e, o.refused = proposedFrom(m.GetId(), m.GetMetadata(), m.GetData(), m.GetCustomMetadata()); o.refused != nil {
			continue
		}
		if o.size += e.size(); o.size > limit {
			o.refused = errAppendTooLarge(limit)
			continue
		}
		o.events = append(o.events, e)
	}
}

// finish writes a complete append and answers it.
func (b *batchAppender) finish(correlation *shared.UUID, batch *openBatch) {
	resp := &streams.BatchAppendResp{CorrelationId: correlation}
	var result writeResult
	if result.err = batch.refused; result.err == nil {
		ctx, cancel := b.stream.Context(), context.CancelFunc(func() {})
		if !batch.deadline.IsZero() {
			ctx, cancel = context.WithDeadline(ctx, batch.deadline)
		}
		result = b.s.writer.write(ctx, &writeRequest{
			stream: batch.stream(), expected: batch.expected(), events: batch.events,
		})
		if ctx.Err() != nil && result.err != nil {
			result.err = errTimedOut
		}
		cancel()
	}
	if batch.options != nil {
		resp.StreamIdentifier = batch.options.GetStreamIdentifier()
		batch.echoExpected(resp)
	}
	if failure := batch.failure(result); failure != nil {
		resp.Result = &streams.BatchAppendResp_Error{Error: failure}
	} else {
		resp.Result = &streams.BatchAppendResp_Success_{Success: batchSuccess(result)}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sendErr == nil {
		b.sendErr = b.stream.Send(resp)
	}
}

func batchSuccess(r writeResult) *streams.BatchAppendResp_Success {
	success := &streams.BatchAppendResp_Success{
		CurrentRevisionOption: &streams.BatchAppendResp_Success_NoStream{NoStream: &emptypb.Empty{}},
		PositionOption:        &streams.BatchAppendResp_Success_NoPosition{NoPosition: &emptypb.Empty{}},
	}
	if r.current >= 0 {
		success.CurrentRevisionOption = &streams.BatchAppendResp_Success_CurrentRevision{CurrentRevision: uint64(r.current)}
	}
	if r.position > 0 {
		success.PositionOption = &streams.BatchAppendResp_Success_Position{
			Position: &shared.AllStreamPosition{CommitPosition: r.position, PreparePosition: r.position},
		}
	}
	return success
}

// echoExpected repeats the expectation, as clients show it with an error.
func (o *openBatch) echoExpected(resp *streams.BatchAppendResp) {
	switch expected := o.expected(); expected {
	case expectAny:
		resp.ExpectedStreamPosition = &streams.BatchAppendResp_Any{Any: &emptypb.Empty{}}
	case expectNoStream:
		resp.ExpectedStreamPosition = &streams.BatchAppendResp_NoStream{NoStream: &emptypb.Empty{}}
	case expectStreamExists:
		resp.ExpectedStreamPosition = &streams.BatchAppendResp_StreamExists{StreamExists: &emptypb.Empty{}}
	default:
		resp.ExpectedStreamPosition = &streams.BatchAppendResp_StreamPosition{StreamPosition: uint64(expected)}
	}
}

// failure is the status of an append that didn't succeed.
func (o *openBatch) failure(r writeResult) *statuspb.Status {
	var api *apiError
	switch {
	case r.err == nil && r.verdict == verdictWrongVersion:
		wrong := &shared.WrongExpectedVersion{}
		if r.current < 0 {
			wrong.CurrentStreamRevisionOption = &shared.WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &emptypb.Empty{}}
		} else {
			wrong.CurrentStreamRevisionOption = &shared.WrongExpectedVersion_CurrentStreamRevision{CurrentStreamRevision: uint64(r.current)}
		}
		switch expected := o.expected(); expected {
		case expectAny:
			wrong.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedAny{ExpectedAny: &emptypb.Empty{}}
		case expectNoStream:
			wrong.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &emptypb.Empty{}}
		case expectStreamExists:
			wrong.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &emptypb.Empty{}}
		default:
			wrong.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedStreamPosition{ExpectedStreamPosition: uint64(expected)}
		}
		return batchStatus(codes.AlreadyExists, "WrongExpectedVersion", wrong)
	case r.err == nil && r.verdict == verdictDeleted:
		return batchStatus(codes.NotFound, "StreamDeleted",
			&shared.StreamDeleted{StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(o.stream())}})
	case r.err == nil:
		return nil
	case errors.Is(r.err, errTimedOut):
		return batchStatus(codes.DeadlineExceeded, "Timeout", &shared.Timeout{})
	case errors.As(r.err, &api):
		switch api.exception {
		case "maximum-append-size-exceeded":
			return batchStatus(codes.InvalidArgument, api.message,
				&shared.MaximumAppendSizeExceeded{MaxAppendSize: uint32(maxAppendSizeOf(api))})
		case "access-denied":
			return batchStatus(codes.PermissionDenied, api.message, &shared.AccessDenied{})
		}
		return batchStatus(api.code, api.message, &shared.BadRequest{Message: api.message})
	}
	if other, ok := errors.AsType[*apiError](asAPIError(r.err)); ok {
		return batchStatus(other.code, other.message, &shared.Unknown{})
	}
	return batchStatus(codes.Unknown, r.err.Error(), &shared.Unknown{})
}

func batchStatus(c codes.Code, message string, detail proto.Message) *statuspb.Status {
	st := &statuspb.Status{Code: int32(c), Message: message}
	if details, err := anypb.New(detail); err == nil {
		st.Details = []*anypb.Any{details}
	}
	return st
}
