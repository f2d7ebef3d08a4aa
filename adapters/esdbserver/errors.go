package esdbserver

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// apiError is an error as EventStoreDB's clients understand it: a status, the
// name of an exception and what goes with it as trailers.
type apiError struct {
	code      codes.Code
	message   string
	exception string
	trailers  []string // pairs
}

func (e *apiError) Error() string { return e.message }

// GRPCStatus lets gRPC answer with it.
func (e *apiError) GRPCStatus() *status.Status { return status.New(e.code, e.message) }

func (e *apiError) trailer() metadata.MD {
	if e.exception == "" {
		return nil
	}
	return metadata.Pairs(append([]string{"exception", e.exception}, e.trailers...)...)
}

// asAPIError turns any error into what a client may be told.
func asAPIError(err error) error {
	if err == nil {
		return nil
	}
	var api *apiError
	var full errDiskFull
	var failed errStoreFailed
	switch {
	case errors.As(err, &api):
		return api
	case errors.Is(err, errTooBusy), errors.Is(err, errClosing), errors.As(err, &failed):
		return &apiError{code: codes.Unavailable, message: err.Error()}
	case errors.As(err, &full):
		return &apiError{code: codes.ResourceExhausted, message: err.Error()}
	case errors.Is(err, errTimedOut):
		return &apiError{code: codes.Aborted, message: err.Error()}
	case errors.Is(err, context.Canceled):
		return status.FromContextError(err).Err()
	case errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(err).Err()
	case errors.Is(err, errDamaged), isCorruption(err):
		return &apiError{code: codes.DataLoss, message: firstLine(err)}
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	return &apiError{code: codes.Internal, message: err.Error()}
}

func errInvalid(format string, args ...any) *apiError {
	return &apiError{code: codes.InvalidArgument, message: fmt.Sprintf(format, args...)}
}

func errStreamDeleted(stream string) *apiError {
	return &apiError{
		code: codes.FailedPrecondition, message: fmt.Sprintf("Event stream '%s' is deleted.", stream),
		exception: "stream-deleted", trailers: []string{"stream-name", stream},
	}
}

func errWrongExpectedVersion(stream string, expected, actual int64) *apiError {
	return &apiError{
		code: codes.FailedPrecondition,
		message: fmt.Sprintf("Append failed due to WrongExpectedVersion. Stream: %s, Expected version: %d, Actual version: %d",
			stream, expected, actual),
		exception: "wrong-expected-version",
		trailers: []string{
			"stream-name", stream,
			"expected-version", strconv.FormatInt(expected, 10),
			"actual-version", strconv.FormatInt(actual, 10),
		},
	}
}

func errAppendTooLarge(limit int) *apiError {
	return &apiError{
		code: codes.InvalidArgument, message: fmt.Sprintf("Maximum Append Size of %d Exceeded.", limit),
		exception: "maximum-append-size-exceeded",
		trailers:  []string{"maximum-append-size", strconv.Itoa(limit)},
	}
}

func errMissingMetadata() *apiError {
	return &apiError{
		code: codes.InvalidArgument, message: "Required Metadata Property Missing: an event needs 'type' and 'content-type'",
		exception: "missing-required-metadata-property",
		trailers:  []string{"required-metadata-properties", metadataType + "," + metadataContentType},
	}
}

func errAccessDenied() *apiError {
	return &apiError{code: codes.PermissionDenied, message: "Access Denied", exception: "access-denied"}
}
