// Package eventstore is the platform's one way to an event store: the official EventStoreDB client behind the ports
// of commands and projections. It owns encoding, deadlines, retries and the replacement of clients that have died. It
// doesn't own the server, nor where a subscriber's checkpoint is kept.
package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// Options bound what a call may take.
type Options struct {
	CallTimeout time.Duration // of one attempt; default 5 s
	Patience    time.Duration // of all attempts of one call; default 15 s
	// Trace is called before every attempt of a call with what it is (append, read, subscribe), and what it gives back
	// when that has ended: the place for spans and metrics.
	Trace func(ctx context.Context, operation string) (context.Context, func(error))
}

// Store reads, appends and subscribes.
type Store struct {
	registry *event.Registry
	clients  *clients
	options  Options
}

// Open prepares a store; it connects when it is first used.
func Open(connectionString string, registry *event.Registry, o Options) (*Store, error) {
	if o.CallTimeout == 0 {
		o.CallTimeout = 5 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = 15 * time.Second
	}
	if o.Trace == nil {
		o.Trace = func(ctx context.Context, _ string) (context.Context, func(error)) { return ctx, func(error) {} }
	}
	c, err := newClients(connectionString)
	if err != nil {
		return nil, err
	}
	return &Store{registry: registry, clients: c, options: o}, nil
}

// Close waits for calls under way, then closes the client.
func (s *Store) Close() { s.clients.close() }

// Append makes events durable.
func (s *Store) Append(ctx context.Context, stream string, expected commands.Expected, events ...event.Event) (commands.Appended, error) {
	data := make([]esdb.EventData, len(events))
	for i, e := range events {
		d, err := s.encode(e)
		if err != nil {
			return commands.Appended{}, err
		}
		data[i] = d
	}
	options := esdb.AppendToStreamOptions{ExpectedRevision: revision(expected), Deadline: &s.options.CallTimeout}
	var result *esdb.WriteResult
	err := s.retry(ctx, "append", func(ctx context.Context, c *esdb.Client) (err error) {
		result, err = c.AppendToStream(ctx, stream, options, data...)
		return err
	})
	if err != nil {
		return commands.Appended{}, err
	}
	return commands.Appended{Revision: result.NextExpectedVersion, Position: result.CommitPosition}, nil
}

// Ping says whether the store answers.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.Head(ctx)
	return err
}

// Head is the position of the last event of all; 0 while there is none.
func (s *Store) Head(ctx context.Context) (position uint64, err error) {
	err = s.clients.do(ctx, func(ctx context.Context, c *esdb.Client) error {
		r, err := c.ReadAll(ctx, esdb.ReadAllOptions{Direction: esdb.Backwards, From: esdb.End{}, Deadline: &s.options.CallTimeout}, 1)
		if err != nil {
			return err
		}
		defer r.Close()
		last, err := r.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			position = last.OriginalEvent().Position.Commit
		}
		return err
	})
	return position, err
}

func revision(e commands.Expected) esdb.ExpectedRevision {
	switch e {
	case commands.Any:
		return esdb.Any{}
	case commands.NoStream:
		return esdb.NoStream{}
	}
	return esdb.Revision(uint64(e))
}

// Read yields a stream's events from a revision on.
func (s *Store) Read(ctx context.Context, stream string, from uint64, yield func(event.Recorded) error) error {
	next := from
	// an attempt that hangs is left behind; what it still receives must not reach a caller who has gone on
	var mu sync.Mutex
	gone := false
	defer func() {
		mu.Lock()
		gone = true
		mu.Unlock()
	}()
	attempts := 0
	return s.retry(ctx, "read", func(ctx context.Context, c *esdb.Client) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		mu.Lock()
		attempts++
		mine, start := attempts, next
		mu.Unlock()
		options := esdb.ReadStreamOptions{From: esdb.Revision(start), Deadline: &s.options.Patience}
		r, err := c.ReadStream(ctx, stream, options, math.MaxInt64)
		if err != nil {
			return err
		}
		defer r.Close()
		for {
			got, err := r.Recv()
			switch {
			case errors.Is(err, io.EOF), isCode(err, esdb.ErrorCodeResourceNotFound):
				return nil
			case err != nil:
				return err
			}
			e, err := s.decode(got.OriginalEvent())
			if err != nil {
				return handlerError{err}
			}
			mu.Lock()
			if gone || mine != attempts {
				mu.Unlock()
				return handlerError{context.Canceled}
			}
			err = yield(e)
			next = e.Revision + 1
			mu.Unlock()
			if err != nil {
				return handlerError{err}
			}
		}
	})
}

// handlerError is an error that no retry helps.
type handlerError struct{ error }

func (e handlerError) Unwrap() error { return e.error }

// retry makes a call until it succeeds, can't succeed, or patience ends. A call whose outcome is unknown is safe to
// make again: an append carries its events' ids.
func (s *Store) retry(ctx context.Context, operation string, call func(context.Context, *esdb.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	for attempt := 0; ; attempt++ {
		traced, ended := s.options.Trace(ctx, operation)
		err := s.clients.do(traced, call)
		ended(err)
		if err == nil {
			return nil
		}
		var final handlerError
		switch {
		case errors.As(err, &final):
			return final.error
		case isCode(err, esdb.ErrorCodeWrongExpectedVersion):
			return commands.ErrWrongRevision
		case status.Code(err) == codes.ResourceExhausted:
			return problem.New(problem.Unavailable, "the event store has no room: %s", status.Convert(err).Message())
		case status.Code(err) == codes.InvalidArgument && strings.Contains(err.Error(), "Maximum Append Size"): // all that the client tells
			return problem.New(problem.Unprocessable, "this is more than the event store takes at once")
		case !transient(err):
			return fmt.Errorf("event store: %w", err)
		}
		// full jitter, so that many callers don't come back at once
		pause := time.Duration(rand.Int64N(int64(20*time.Millisecond) << min(attempt, 6)))
		select {
		case <-ctx.Done():
			return problem.New(problem.Unavailable, "the event store doesn't answer: %s", err)
		case <-time.After(pause):
		}
	}
}

func isCode(err error, code esdb.ErrorCode) bool {
	var e *esdb.Error
	return errors.As(err, &e) && e.Code() == code
}

// transient says whether the same call may succeed later.
func transient(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errHangs) {
		return true
	}
	var e *esdb.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() {
	case esdb.ErrorUnavailable, esdb.ErrorAborted, esdb.ErrorCodeDeadlineExceeded, esdb.ErrorCodeNotLeader,
		esdb.ErrorCodeConnectionClosed:
		return true
	case esdb.ErrorCodeUnknown:
		// what breaks in transit reaches us unclassified
		text := err.Error()
		return strings.Contains(text, "EOF") || strings.Contains(text, "transport") || strings.Contains(text, "connection") ||
			strings.Contains(text, "Unavailable") || strings.Contains(text, "discover")
	}
	return false
}

func (s *Store) encode(e event.Event) (esdb.EventData, error) {
	version, err := s.registry.Version(e.Payload.EventType())
	if err != nil {
		return esdb.EventData{}, err
	}
	e.SchemaVersion = version
	data, err := event.Encode(e.Payload)
	if err != nil {
		return esdb.EventData{}, fmt.Errorf("encoding %s: %w", e.Payload.EventType(), err)
	}
	metadata, err := e.Metadata.AppendJSON(nil)
	if err != nil {
		return esdb.EventData{}, fmt.Errorf("encoding the metadata of %s: %w", e.Payload.EventType(), err)
	}
	return esdb.EventData{
		EventID: e.ID, EventType: e.Payload.EventType(), ContentType: esdb.ContentTypeJson, Data: data, Metadata: metadata,
	}, nil
}

// decode turns what the store holds into an event; its stream, revision and position are given even where the rest
// can't be read.
func (s *Store) decode(r *esdb.RecordedEvent) (event.Recorded, error) {
	e := event.Recorded{Stream: r.StreamID, Revision: r.EventNumber, Position: r.Position.Commit, Event: event.Event{ID: r.EventID}}
	metadata, err := event.DecodeMetadata(r.UserMetadata)
	if err != nil {
		return e, fmt.Errorf("decoding the metadata of %s %d: %w", r.StreamID, r.EventNumber, err)
	}
	e.Metadata = metadata
	p, err := s.registry.Decode(r.EventType, e.SchemaVersion, r.Data)
	if err != nil {
		return e, fmt.Errorf("%s %d: %w", r.StreamID, r.EventNumber, err)
	}
	e.Payload = p
	return e, nil
}
