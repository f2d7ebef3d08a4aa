// Package thingsboard owns what ThingsBoard sends and accepts: the forms of its telemetry webhook and how a sender
// proves who it is. It doesn't own what is done with a message once it is read.
package thingsboard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// Message is one message of one device; its values are in canonical form.
type Message struct {
	DeviceName string
	DeviceID   string // ThingsBoard's id, where it was sent
	TS         int64  // epoch milliseconds
	Values     jsontext.Value
}

// Item is a message of a request's body, or what is wrong with it.
type Item struct {
	Message
	Err error
}

// Defaults are what the headers say of messages that don't say it themselves.
type Defaults struct {
	DeviceName, DeviceID, TS string
}

// ErrTooMany says that a body holds more messages than are taken at once.
var ErrTooMany = errors.New("holds too many messages")

// ParseBody reads one message or an array of them. The error is of a body that holds no message at all: it isn't
// JSON, or more than limit messages.
func ParseBody(body []byte, defaults Defaults, limit int) ([]Item, error) {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	var items []Item
	switch d.PeekKind() {
	case '{':
		v, err := d.ReadValue()
		if err != nil {
			return nil, broken(d, err)
		}
		items = append(items, parse(v, defaults))
	case '[':
		if _, err := d.ReadToken(); err != nil {
			return nil, broken(d, err)
		}
		for d.PeekKind() != ']' {
			v, err := d.ReadValue()
			if err != nil {
				return nil, broken(d, err)
			}
			if len(items) == limit {
				return nil, fmt.Errorf("%w: more than %d", ErrTooMany, limit)
			}
			items = append(items, parse(v, defaults))
		}
		if _, err := d.ReadToken(); err != nil {
			return nil, broken(d, err)
		}
	default:
		if _, err := d.ReadToken(); err != nil {
			return nil, broken(d, err)
		}
		return nil, problem.Textf("must be a message object or an array of them")
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, problem.Textf("is not valid JSON: there is something after its end")
	}
	if len(items) == 0 {
		return nil, problem.Textf("holds no message")
	}
	return items, nil
}

func broken(d *jsontext.Decoder, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return problem.Textf("is not valid JSON: it ends too early")
	}
	return problem.Textf("is not valid JSON at byte %d: %s", d.InputOffset(), err)
}

var (
	// a message was validated when it was read whole
	trusted       = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
	canonicalForm = append([]jsontext.Options{jsontext.ReorderRawObjects(true)}, trusted...)
)

// parse reads {"ts", "values"} with the device beside them or in the headers, or an object of values alone. Other
// fields that a rule chain puts beside values are its own affair.
func parse(v jsontext.Value, defaults Defaults) Item {
	m := Message{DeviceName: defaults.DeviceName, DeviceID: defaults.DeviceID}
	if v.Kind() != '{' {
		return Item{Err: fmt.Errorf("must be an object, not %s", describe(v))}
	}
	ts := jsontext.Value(nil)
	var values jsontext.Value
	d := jsontext.NewDecoder(bytes.NewBuffer(v), trusted...)
	_, _ = d.ReadToken() // the value was read whole before
	for d.PeekKind() == '"' {
		name, _ := d.ReadToken()
		key := name.String()
		field, err := d.ReadValue()
		if err != nil {
			return Item{Err: err}
		}
		switch {
		case key == "values" && field.Kind() == '{':
			values = field.Clone()
		case key == "ts":
			ts = field.Clone()
		case key == "deviceName" || key == "deviceId":
			s, ok := text(field)
			if !ok {
				return Item{Err: fmt.Errorf("%s must be a string, not %s", key, describe(field))}
			}
			if key == "deviceName" {
				m.DeviceName = s
			} else {
				m.DeviceID = s
			}
		}
	}
	if values == nil { // the form {"power": 50.2, "soc": 71}: all of it is values
		m.DeviceName, m.DeviceID = defaults.DeviceName, defaults.DeviceID
		if ts != nil && defaults.TS == "" {
			return Item{Err: errors.New("has ts but no values: must be {\"ts\": …, \"values\": {…}}")}
		}
		values, ts = v.Clone(), nil
	}
	var err error
	if m.TS, err = timestamp(ts, defaults.TS); err != nil {
		return Item{Err: err}
	}
	if m.DeviceName == "" && m.DeviceID == "" {
		return Item{Err: errors.New("names no device: neither deviceName or deviceId in the message nor X-Device-Name or X-Device-Id in the headers")}
	}
	if err := values.Format(canonicalForm...); err != nil {
		return Item{Err: fmt.Errorf("values: %w", err)}
	}
	if strings.ContainsRune(m.DeviceName+m.DeviceID, 0) || holdsNUL(values) {
		return Item{Err: errors.New("holds the character U+0000, which can't be kept")}
	}
	if len(values) == len("{}") {
		return Item{Err: errors.New("values is empty")}
	}
	m.Values = values
	return Item{Message: m}
}

// holdsNUL looks for the escape of U+0000, the only way to write it; a backslash that is itself escaped begins none.
func holdsNUL(canonical []byte) bool {
	for i := 0; i+1 < len(canonical); i++ {
		if canonical[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(canonical[i:], []byte(`\u0000`)) {
			return true
		}
		i++
	}
	return false
}

// timestamp reads epoch milliseconds, written as a number or a string of digits.
func timestamp(v jsontext.Value, header string) (int64, error) {
	s := header
	if v != nil {
		s = string(v)
		if t, ok := text(v); ok {
			s = t
		}
	}
	if s == "" {
		return 0, errors.New("has no ts, in the message or in X-Ts")
	}
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("ts must be whole epoch milliseconds, not %.40s", s)
	}
	return ms, nil
}

func text(v jsontext.Value) (string, bool) {
	if v.Kind() != '"' {
		return "", false
	}
	b, err := jsontext.AppendUnquote(nil, v)
	return string(b), err == nil
}

func describe(v jsontext.Value) string {
	switch v.Kind() {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		return "a number"
	}
	return v.String()
}
