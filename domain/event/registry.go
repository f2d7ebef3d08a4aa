package event

import (
	"encoding/json"
	"fmt"
)

// Upcast turns the JSON of one schema version into that of the next.
type Upcast func(json.RawMessage) (json.RawMessage, error)

// Definition says how the payloads of one type are decoded.
type Definition struct {
	Type    string
	Version int // the schema version that is written
	decode  func(json.RawMessage) (Payload, error)
	upcasts []Upcast // upcasts[i] turns version i+1 into i+2
}

// Define describes payload P. Its schema version is one more than the number of upcasts: the first turns
// version 1 into 2, and so on.
func Define[P Payload](upcasts ...Upcast) Definition {
	var zero P
	return Definition{
		Type:    zero.EventType(),
		Version: len(upcasts) + 1,
		upcasts: upcasts,
		decode: func(data json.RawMessage) (Payload, error) {
			var p P
			err := json.Unmarshal(data, &p)
			return p, err
		},
	}
}

// Decoding gives the definition a decoder of its own in place of encoding/json's, for a type of which there are very
// many.
func (d Definition) Decoding(decode func(json.RawMessage) (Payload, error)) Definition {
	d.decode = decode
	return d
}

// Encoder is a payload that writes its JSON itself, for the same reason.
type Encoder interface {
	AppendJSON(b []byte) ([]byte, error)
}

// Encode is a payload's JSON.
func Encode(p Payload) ([]byte, error) {
	if e, ok := p.(Encoder); ok {
		return e.AppendJSON(nil)
	}
	return json.Marshal(p)
}

// Registry knows every event type of the platform.
type Registry struct {
	byType map[string]Definition
}

// NewRegistry joins the definitions of the domain's packages. Two definitions of one type are an error of the
// program, found when it starts.
func NewRegistry(groups ...[]Definition) (*Registry, error) {
	r := &Registry{byType: map[string]Definition{}}
	for _, g := range groups {
		for _, d := range g {
			if _, taken := r.byType[d.Type]; taken {
				return nil, fmt.Errorf("event type %s is defined twice", d.Type)
			}
			r.byType[d.Type] = d
		}
	}
	return r, nil
}

// Version is the schema version in which the type is written.
func (r *Registry) Version(eventType string) (int, error) {
	d, ok := r.byType[eventType]
	if !ok {
		return 0, fmt.Errorf("event type %q is not defined", eventType)
	}
	return d.Version, nil
}

// Decode turns stored JSON of any known schema version into the payload as it is now.
func (r *Registry) Decode(eventType string, version int, data json.RawMessage) (Payload, error) {
	d, ok := r.byType[eventType]
	if !ok {
		return nil, fmt.Errorf("event type %q is not defined", eventType)
	}
	if version < 1 || version > d.Version {
		return nil, fmt.Errorf("event type %s has schema version %d, known are 1 to %d", eventType, version, d.Version)
	}
	for v := version; v < d.Version; v++ {
		var err error
		if data, err = d.upcasts[v-1](data); err != nil {
			return nil, fmt.Errorf("upcasting %s from version %d: %w", eventType, v, err)
		}
	}
	p, err := d.decode(data)
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", eventType, err)
	}
	return p, nil
}
