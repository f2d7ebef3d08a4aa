// Package event owns the envelope that every event travels in and the registry that turns stored JSON into Go
// values and back. It doesn't own any event's meaning: each aggregate's package defines its own payloads.
package event

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/microgrid-cloud/microgrid-cloud/domain/canonical"
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

// AppendJSON writes the metadata as encoding/json does; there is some for every event.
func (m Metadata) AppendJSON(b []byte) ([]byte, error) {
	b = strconv.AppendInt(append(b, `{"schemaVersion":`...), int64(m.SchemaVersion), 10)
	b = appendTime(append(b, `,"occurredAt":`...), m.OccurredAt)
	b = appendTime(append(b, `,"recordedAt":`...), m.RecordedAt)
	for _, field := range []struct{ name, value string }{
		{"tenant", m.Tenant}, {"actor", m.Actor}, {"correlationId", m.CorrelationID}, {"causationId", m.CausationID}, {"traceParent", m.TraceParent},
	} {
		if field.value == "" {
			continue
		}
		text, err := json.Marshal(field.value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(append(b, `,"`...), field.name...), `":`...), text...)
	}
	return append(b, '}'), nil
}

func appendTime(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// DecodeMetadata reads what AppendJSON wrote, and anything else as encoding/json does.
func DecodeMetadata(data []byte) (Metadata, error) {
	var m Metadata
	plain := true
	text := func(value []byte) string {
		if len(value) < 2 || value[0] != '"' || bytes.IndexByte(value, '\\') >= 0 {
			plain = false
			return ""
		}
		return string(value[1 : len(value)-1])
	}
	at := func(value []byte) time.Time {
		t, err := time.Parse(time.RFC3339Nano, text(value))
		plain = plain && err == nil
		return t
	}
	err := canonical.Each(data, func(key, value []byte) {
		switch string(key) {
		case "schemaVersion":
			n, err := strconv.Atoi(string(value))
			m.SchemaVersion, plain = n, plain && err == nil
		case "occurredAt":
			m.OccurredAt = at(value)
		case "recordedAt":
			m.RecordedAt = at(value)
		case "tenant":
			m.Tenant = text(value)
		case "actor":
			m.Actor = text(value)
		case "correlationId":
			m.CorrelationID = text(value)
		case "causationId":
			m.CausationID = text(value)
		case "traceParent":
			m.TraceParent = text(value)
		default:
			plain = false
		}
	})
	if err == nil && plain {
		return m, nil
	}
	m = Metadata{}
	err = json.Unmarshal(data, &m)
	return m, err
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
