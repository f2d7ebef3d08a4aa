package esdbserver_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// model is the rules in their simplest form: everything in slices, everything
// searched. Property tests hold the server against it.
type model struct {
	all     []*modelEvent
	streams map[string]*modelStream
}

type modelStream struct {
	events     []*modelEvent // revision is the index
	tombstoned bool
}

type modelEvent struct {
	stream   string
	revision int64
	id       uuid.UUID // uuid.Nil when the server chose it
	typ      string
	json     bool
	data     string
	position uint64 // as the server answered; 0 when it didn't say
}

type modelResult struct {
	outcome  string // "ok", "wrong", "deleted"
	revision int64
	event    *modelEvent // the last one, nil when there is none
	actual   int64
}

const (
	anyRevision  = int64(-2)
	noStream     = int64(-1)
	streamExists = int64(-4)
)

func newModel() *model { return &model{streams: make(map[string]*modelStream)} }

func (m *model) stream(name string) *modelStream {
	s := m.streams[name]
	if s == nil {
		s = &modelStream{}
		m.streams[name] = s
	}
	return s
}

func (m *model) last(name string) int64 { return int64(len(m.stream(name).events)) - 1 }

func base(name string) (string, bool) { return strings.CutPrefix(name, "$$") }

func (m *model) tombstoned(name string) bool {
	if b, ok := base(name); ok && m.tombstoned(b) {
		return true
	}
	return m.stream(name).tombstoned
}

type modelLimits struct{ maxCount, truncate int64 }

// limits are what a stream's newest metadata says, if all of it is well formed.
func (m *model) limits(name string) modelLimits {
	if _, ok := base(name); ok {
		return modelLimits{maxCount: 1}
	}
	written := m.stream("$$" + name).events
	if len(written) == 0 {
		return modelLimits{}
	}
	newest := written[len(written)-1]
	var found struct {
		MaxCount *int64 `json:"$maxCount"`
		MaxAge   *int64 `json:"$maxAge"`
		Truncate *int64 `json:"$tb"`
	}
	if !newest.json || json.Unmarshal([]byte(newest.data), &found) != nil {
		return modelLimits{}
	}
	var l modelLimits
	if found.MaxCount != nil {
		if l.maxCount = *found.MaxCount; l.maxCount <= 0 {
			return modelLimits{}
		}
	}
	if found.MaxAge != nil && *found.MaxAge <= 0 {
		return modelLimits{}
	}
	if found.Truncate != nil {
		if l.truncate = *found.Truncate; l.truncate < 0 {
			return modelLimits{}
		}
	}
	return l
}

func (m *model) softDeleted(name string) bool { return m.limits(name).truncate == math.MaxInt64 }

// admit decides whether a write goes ahead; a nil result says that it does.
func (m *model) admit(name string, expected int64, ids []uuid.UUID) *modelResult {
	s, last := m.stream(name), m.last(name)
	wrong := &modelResult{outcome: "wrong", actual: last}
	if m.tombstoned(name) {
		return &modelResult{outcome: "deleted"}
	}
	if expected == streamExists {
		if m.softDeleted(name) {
			return &modelResult{outcome: "deleted"}
		}
		if last < 0 && m.last("$$"+name) < 0 {
			return wrong
		}
	}
	if expected == anyRevision || expected == streamExists {
		var repeated *modelEvent
		for i, id := range ids {
			at := -1
			for r, e := range s.events {
				if e.id == id {
					at = r
				}
			}
			if at < 0 && i == 0 {
				return nil
			}
			if at < 0 {
				return wrong
			}
			repeated = s.events[at]
		}
		if repeated == nil {
			return nil
		}
		return &modelResult{outcome: "ok", revision: repeated.revision, event: repeated}
	}
	if expected == last {
		return nil
	}
	if expected > last {
		return wrong
	}
	for i, id := range ids {
		r := expected + 1 + int64(i)
		if r <= last && s.events[r].id == id {
			continue
		}
		if i == 0 && expected == noStream && m.softDeleted(name) {
			return nil
		}
		return wrong
	}
	if len(ids) == 0 {
		if expected == noStream && m.softDeleted(name) {
			return nil
		}
		return wrong
	}
	r := expected + int64(len(ids))
	return &modelResult{outcome: "ok", revision: r, event: s.events[r]}
}

func (m *model) put(name string, e *modelEvent) *modelEvent {
	s := m.stream(name)
	e.stream, e.revision = name, int64(len(s.events))
	s.events = append(s.events, e)
	m.all = append(m.all, e)
	return e
}

func (m *model) append(name string, expected int64, events []*modelEvent) *modelResult {
	ids := make([]uuid.UUID, len(events))
	for i, e := range events {
		ids[i] = e.id
	}
	if r := m.admit(name, expected, ids); r != nil {
		return r
	}
	result := &modelResult{outcome: "ok", revision: m.last(name)}
	if len(events) == 0 {
		return result
	}
	subject, isMeta := name, false
	if b, ok := base(name); ok {
		subject, isMeta = b, true
	}
	wasDeleted, from := m.softDeleted(subject), m.last(subject)+1
	raw := ""
	if wasDeleted {
		written := m.stream("$$" + subject).events
		raw = written[len(written)-1].data
	}
	for _, e := range events {
		result.event = m.put(name, e)
	}
	result.revision = result.event.revision
	if wasDeleted {
		if isMeta {
			raw = result.event.data
		}
		var properties map[string]json.RawMessage
		if json.Unmarshal([]byte(raw), &properties) == nil && properties != nil {
			properties["$tb"], _ = json.Marshal(from)
			data, _ := json.Marshal(properties)
			m.put("$$"+subject, &modelEvent{typ: "$metadata", json: true, data: string(data)})
		}
	}
	return result
}

func (m *model) delete(name string, expected int64) *modelResult {
	if r := m.admit(name, expected, []uuid.UUID{uuid.New()}); r != nil {
		return r
	}
	if m.last(name) < 0 {
		return &modelResult{outcome: "wrong", actual: -1}
	}
	e := m.put("$$"+name, &modelEvent{typ: "$metadata", json: true, data: `{"$tb":9223372036854775807}`})
	return &modelResult{outcome: "ok", event: e}
}

func (m *model) tombstone(name string, expected int64) *modelResult {
	if r := m.admit(name, expected, []uuid.UUID{uuid.New()}); r != nil {
		return r
	}
	m.stream(name).tombstoned = true
	e := &modelEvent{stream: name, revision: math.MaxInt64, typ: "$streamDeleted"}
	m.all = append(m.all, e)
	return &modelResult{outcome: "ok", event: e}
}

// read returns a stream's events, or "missing" or "deleted".
func (m *model) read(name string, from int64, backwards bool, count int) ([]*modelEvent, string) {
	if m.tombstoned(name) {
		return nil, "deleted"
	}
	events, limits := m.stream(name).events, m.limits(name)
	if len(events) == 0 || limits.truncate == math.MaxInt64 {
		return nil, "missing"
	}
	var out []*modelEvent
	for _, e := range events {
		if e.revision < limits.truncate || limits.maxCount > 0 && e.revision <= m.last(name)-limits.maxCount {
			continue
		}
		if !backwards && e.revision >= from || backwards && e.revision <= from {
			out = append(out, e)
		}
	}
	if backwards {
		slices.Reverse(out)
	}
	return out[:min(count, len(out))], "ok"
}
