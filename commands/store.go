// Package commands owns the write side: one handler a command, which loads an aggregate's events, lets it decide, and
// appends what it decided, trying again where another writer came first. It doesn't own what the aggregates decide
// (package domain) nor what is made of their events (package projections).
package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
)

// Expected is what an append expects of its stream: its last revision, or one of the constants.
type Expected int64

// Expectations other than an exact revision.
const (
	NoStream Expected = -1 // the stream isn't there
	Any      Expected = -2 // whatever there is
)

// ErrWrongRevision says that a stream isn't at the revision that an append expected.
var ErrWrongRevision = errors.New("the stream is at another revision")

// Appended says where the last event of an append stands.
type Appended struct {
	Revision uint64
	Position uint64
}

// Store is the event store as the write side needs it. An append is durable when it returns; an append of the same
// ids again has no further effect as far as the store remembers.
type Store interface {
	Append(ctx context.Context, stream string, expected Expected, events ...event.Event) (Appended, error)
	// Read yields the stream's events from a revision on; a stream that isn't there has none.
	Read(ctx context.Context, stream string, from uint64, yield func(event.Recorded) error) error
}

// Issuer is who a command comes from, and how it is traced.
type Issuer struct {
	Tenant        string
	Actor         string
	Stations      []string // that it is limited to; nil: all of the tenant's
	CorrelationID string
	CausationID   string
	TraceParent   string
}

// maxAttempts is how often a decision is made again because another writer came first.
const maxAttempts = 20

// Loaded is an aggregate's state with the revision of its stream.
type Loaded[A any] struct {
	State    A
	Revision Expected // NoStream, or the last revision
}

// Load folds a stream.
func Load[A any](ctx context.Context, store Store, stream string, zero A, apply func(A, event.Payload) A) (Loaded[A], error) {
	l := Loaded[A]{State: zero, Revision: NoStream}
	err := store.Read(ctx, stream, 0, func(e event.Recorded) error {
		l.State, l.Revision = apply(l.State, e.Payload), Expected(e.Revision)
		return nil
	})
	if err != nil {
		return l, fmt.Errorf("reading %s: %w", stream, err)
	}
	return l, nil
}

// Outcome is what a decision came to.
type Outcome[A any] struct {
	State    A // with the decided events applied
	Events   []event.Payload
	Appended Appended // zero where nothing was decided
}

// Decide loads an aggregate, lets it decide and appends the events, again if another writer came first. An event's
// id is made of the stream and the revision that it was decided for.
func Decide[A any](ctx context.Context, store Store, now func() time.Time, by Issuer, stream string, zero A,
	apply func(A, event.Payload) A, decide func(A) ([]event.Payload, error),
) (Outcome[A], error) {
	for attempt := 1; ; attempt++ {
		l, err := Load(ctx, store, stream, zero, apply)
		if err != nil {
			return Outcome[A]{}, err
		}
		payloads, err := decide(l.State)
		if err != nil || len(payloads) == 0 {
			return Outcome[A]{State: l.State}, err
		}
		events := by.Events(stream, l.Revision, now(), payloads)
		appended, err := store.Append(ctx, stream, l.Revision, events...)
		if errors.Is(err, ErrWrongRevision) && attempt < maxAttempts {
			continue
		}
		if err != nil {
			return Outcome[A]{}, fmt.Errorf("appending to %s: %w", stream, err)
		}
		for _, p := range payloads {
			l.State = apply(l.State, p)
		}
		return Outcome[A]{State: l.State, Events: payloads, Appended: appended}, nil
	}
}

// Events puts payloads that follow a revision of their stream into envelopes.
func (by Issuer) Events(stream string, after Expected, now time.Time, payloads []event.Payload) []event.Event {
	events := make([]event.Event, len(payloads))
	for i, p := range payloads {
		events[i] = event.Event{
			ID: event.ID(stream, fmt.Sprint(int64(after)+1+int64(i)), by.CorrelationID, by.CausationID, now.Format(time.RFC3339Nano)),
			Metadata: event.Metadata{
				Tenant: by.Tenant, OccurredAt: now, RecordedAt: now, Actor: by.Actor,
				CorrelationID: by.CorrelationID, CausationID: by.CausationID, TraceParent: by.TraceParent,
			},
			Payload: p,
		}
	}
	return events
}
