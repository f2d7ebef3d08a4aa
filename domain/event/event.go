// Package event owns the envelope that every event travels in and the registry that turns stored JSON into Go
// values and back. It doesn't own any event's meaning: each aggregate's package defines its own payloads.
package event

import (
	"time"

	"github.com/google/uuid"
)

// Payload is what happened, in the past tense. A payload is a value: it never changes once it is made.
type Payload interface {
	// EventType is the type's name in the store; it never changes meaning.
	EventType() string
}

// Metadata stands beside every payload in the store.
type Metadata struct {
	SchemaVersion int       `json:"schemaVersion"`
	Tenant        string    `json:"tenant"`
	OccurredAt    time.Time `json:"occurredAt"`
	RecordedAt    time.Time `json:"recordedAt"`
	Actor         string    `json:"actor,omitempty"`
	CorrelationID string    `json:"correlationId,omitempty"`
	CausationID   string    `json:"causationId,omitempty"`
	TraceParent   string    `json:"traceParent,omitempty"`
}

// Event is a payload with its envelope, not yet stored.
type Event struct {
	ID uuid.UUID
	Metadata
	Payload Payload
}

// Recorded is an event as the store holds it.
type Recorded struct {
	Event
	Stream   string
	Revision uint64 // within the stream, from 0
	Position uint64 // over all streams, strictly growing
}

// idSpace is the namespace of the ids that are made from what caused an event.
var idSpace = uuid.MustParse("8b1f6d0c-2f53-5c0e-9a55-6f0d3c1f9e2a")

// ID makes the id of an event from what caused it: the same cause gives the same id, so that a retry after an
// unknown outcome is recognised by the store. Parts are separated by a byte that none of them holds.
func ID(parts ...string) uuid.UUID {
	n := len(parts)
	for _, p := range parts {
		n += len(p)
	}
	name := make([]byte, 0, n)
	for _, p := range parts {
		name = append(append(name, p...), 0)
	}
	return uuid.NewSHA1(idSpace, name)
}
