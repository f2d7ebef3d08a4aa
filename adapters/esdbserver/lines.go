package esdbserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// EventLine is an event as a line of JSON: all of it, exactly. Data and
// Metadata hold the bytes as they are when they can stand in a line of JSON,
// else DataBase64 and MetadataBase64 hold them.
type EventLine struct {
	Position    uint64          `json:"position"`
	Stream      string          `json:"stream"`
	Revision    int64           `json:"revision"`
	ID          uuid.UUID       `json:"id"`
	Type        string          `json:"type"`
	Created     string          `json:"created"` // RFC 3339, to 100 ns
	ContentType string          `json:"contentType"`
	Data        json.RawMessage `json:"data,omitempty"`
	DataBase64  []byte          `json:"dataBase64,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	MetaBase64  []byte          `json:"metadataBase64,omitempty"`
}

const createdLayout = "2006-01-02T15:04:05.0000000Z"

// setPayload stores data and metadata in the form that gives the same bytes back.
func (l *EventLine) setPayload(data, metadata []byte) {
	l.Data, l.DataBase64 = embed(data)
	l.Metadata, l.MetaBase64 = embed(metadata)
}

func embed(b []byte) (raw json.RawMessage, encoded []byte) {
	switch {
	case len(b) == 0:
		return nil, nil
	case bytes.ContainsAny(b, "\n\r") || len(bytes.TrimSpace(b)) != len(b) || !json.Valid(b):
		return nil, b
	}
	return b, nil
}

// payload returns the exact bytes that setPayload was given.
func (l *EventLine) payload() (data, metadata []byte) {
	data, metadata = l.Data, l.Metadata
	if l.DataBase64 != nil {
		data = l.DataBase64
	}
	if l.MetaBase64 != nil {
		metadata = l.MetaBase64
	}
	return data, metadata
}

// appendTo adds the line and its end. The payload is copied as it is, which
// encoding/json would not do.
func (l *EventLine) appendTo(b []byte) ([]byte, error) {
	data, metadata := l.Data, l.Metadata
	head := *l
	head.Data, head.Metadata = nil, nil
	line, err := json.Marshal(&head)
	if err != nil {
		return b, err
	}
	b = append(b, line[:len(line)-1]...)
	if data != nil {
		b = append(append(b, `,"data":`...), data...)
	}
	if metadata != nil {
		b = append(append(b, `,"metadata":`...), metadata...)
	}
	return append(b, '}', '\n'), nil
}

func lineOf(v recordView) *EventLine {
	l := &EventLine{
		Position: v.position, Stream: string(v.stream), Revision: v.revision, ID: v.id, Type: string(v.typ),
		Created: fromTicks(v.created).Format(createdLayout), ContentType: contentBinary,
	}
	if v.json {
		l.ContentType = contentJSON
	}
	l.setPayload(v.data, v.custom)
	return l
}

// record turns a line back into what is stored, and refuses what can't be.
func (l *EventLine) record() (*record, error) {
	created, err := time.Parse(time.RFC3339Nano, l.Created)
	if err != nil {
		return nil, fmt.Errorf("created: %w", err)
	}
	r := &record{
		id: l.ID, stream: l.Stream, revision: l.Revision, position: l.Position,
		created: toTicks(created), typ: l.Type, json: l.ContentType == contentJSON,
	}
	r.data, r.custom = l.payload()
	var errs []error
	if l.Position == 0 {
		errs = append(errs, errors.New("position is missing"))
	}
	if l.Revision < 0 {
		errs = append(errs, errors.New("revision is negative"))
	}
	if l.ContentType != contentJSON && l.ContentType != contentBinary {
		errs = append(errs, fmt.Errorf("contentType %q is neither %s nor %s", l.ContentType, contentJSON, contentBinary))
	}
	if l.Data != nil && l.DataBase64 != nil || l.Metadata != nil && l.MetaBase64 != nil {
		errs = append(errs, errors.New("a payload comes twice"))
	}
	if err := checkStreamName(l.Stream); err != nil {
		errs = append(errs, err)
	}
	return r, errors.Join(errs...)
}
