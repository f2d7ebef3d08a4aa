package esdbserver

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// softDeleted is the value of $tb that says a stream was deleted but may be
// written again.
const softDeleted = math.MaxInt64

// streamMeta is the part of a stream's metadata that the server acts on.
// Absent limits are zero.
type streamMeta struct {
	maxCount       int64
	maxAge         time.Duration
	truncateBefore int64
	acl            *acl
	raw            []byte // kept of soft-deleted streams, to be written again without the deletion
}

var (
	noMeta = &streamMeta{}
	// metastreamMeta holds for every $$stream: only the newest event counts.
	metastreamMeta = &streamMeta{maxCount: 1}
)

func (m *streamMeta) softDeleted() bool { return m.truncateBefore == softDeleted }

// isMetastream reports whether a stream holds another one's metadata.
func isMetastream(name string) bool { return strings.HasPrefix(name, "$$") }

func metastreamOf(name string) string { return "$$" + name }

// parseStreamMeta reads the newest event of a $$stream. As in EventStoreDB one
// bad value voids the whole: limits count only when the event is flagged JSON
// and every known property has its type and range.
func parseStreamMeta(isJSON bool, data []byte) *streamMeta {
	if !isJSON || len(data) == 0 {
		return noMeta
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return noMeta
	}
	m := &streamMeta{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return noMeta
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return noMeta
		}
		ok := true
		switch key {
		case "$maxCount":
			m.maxCount, ok = positive(value)
		case "$maxAge":
			var seconds int64
			seconds, ok = positive(value)
			m.maxAge = time.Duration(min(seconds, math.MaxInt64/int64(time.Second))) * time.Second
		case "$tb":
			m.truncateBefore, ok = integer(value)
			ok = ok && m.truncateBefore >= 0
		case "$cacheControl":
			_, ok = positive(value)
		case "$acl":
			m.acl, ok = parseACL(value)
		}
		if !ok {
			return noMeta
		}
	}
	if _, err := dec.Token(); err != nil {
		return noMeta
	}
	if m.softDeleted() {
		m.raw = bytes.Clone(data)
	}
	return m
}

func integer(value json.RawMessage) (int64, bool) {
	n, err := strconv.ParseInt(string(value), 10, 64)
	return n, err == nil
}

func positive(value json.RawMessage) (int64, bool) {
	n, ok := integer(value)
	return n, ok && n > 0
}

// firstReadable is the lowest revision that $tb and $maxCount leave readable
// when the stream's last revision is last.
func (m *streamMeta) firstReadable(last int64) int64 {
	first := m.truncateBefore
	if m.maxCount > 0 {
		first = max(first, last-m.maxCount+1)
	}
	return max(first, 0)
}

// oldestReadable is the time, in ticks, before which events are too old, and
// whether there is such a limit.
func (m *streamMeta) oldestReadable(now time.Time) (int64, bool) {
	if m.maxAge == 0 {
		return 0, false
	}
	return toTicks(now.Add(-m.maxAge)), true
}

// toTicks converts to the protocol's unit of time: 100 ns since 1970.
func toTicks(t time.Time) int64 { return t.Unix()*1e7 + int64(t.Nanosecond())/100 }

func fromTicks(ticks int64) time.Time { return time.Unix(ticks/1e7, ticks%1e7*100).UTC() }

// softDeleteMeta is what replaces a soft-deleted stream's metadata.
func softDeleteMeta() []byte { return []byte(`{"$tb":9223372036854775807}`) }

// recreatedMeta is a soft-deleted stream's metadata made to show what is
// written from a revision on. It reports false when the metadata isn't an
// object and so can't be kept.
func recreatedMeta(raw []byte, from int64) ([]byte, bool) {
	var properties map[string]json.RawMessage
	if err := json.Unmarshal(raw, &properties); err != nil || properties == nil {
		return nil, false
	}
	properties["$tb"] = json.RawMessage(strconv.FormatInt(from, 10))
	data, err := json.Marshal(properties)
	return data, err == nil
}
