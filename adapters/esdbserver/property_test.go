package esdbserver_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// defaultChecks makes a property run thousands of sequences unless a flag says
// how many.
func defaultChecks(t *testing.T, n string) {
	t.Helper()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if given {
		return
	}
	before := flag.Lookup("rapid.checks").Value.String()
	if err := flag.Set("rapid.checks", n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set("rapid.checks", before) })
}

// rulesMachine drives a server and the model with the same operations.
type rulesMachine struct {
	t       *rapid.T
	c       *esdb.Client
	m       *model
	names   []string
	offset  uint64 // position before the sequence
	history []string
}

func TestRulesAgainstModel(t *testing.T) {
	checks := "3000"
	if testing.Short() {
		checks = "200"
	}
	defaultChecks(t, checks)
	dir := t.TempDir()
	open := func() (*esdbserver.Server, *esdb.Client) {
		s, err := esdbserver.New(esdbserver.Options{DataDir: dir, Logger: quiet(), UnsafeNoSync: true, RememberedIDs: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		return s, connect(t, s.ConnectionString())
	}
	s, c := open()
	defer func() { _ = s.Close() }()
	sequence := 0
	rapid.Check(t, func(rt *rapid.T) {
		sequence++
		k := &rulesMachine{t: rt, c: c, m: newModel(), offset: s.LastPosition()}
		for _, n := range []string{"a", "b"} {
			name := fmt.Sprintf("%s-%d", n, sequence)
			k.names = append(k.names, name, "$$"+name)
		}
		steps := rapid.IntRange(1, 25).Draw(rt, "steps")
		for range steps {
			switch rapid.SampledFrom([]string{
				"append", "append", "append", "append", "meta", "delete", "tombstone", "read", "read", "read", "all", "rarely",
			}).Draw(rt, "operation") {
			case "append":
				k.append()
			case "meta":
				k.meta()
			case "delete":
				k.delete()
			case "tombstone":
				if rapid.IntRange(0, 3).Draw(rt, "really") == 0 {
					k.tombstone()
				}
			case "read":
				k.read()
			case "all":
				k.readAll()
			case "rarely":
				// A restart forgets nothing.
				if sequence%40 == 0 {
					if err := s.Close(); err != nil {
						rt.Fatal(err)
					}
					s, c = open()
					k.c = c
				}
			}
		}
		for _, name := range k.names {
			k.compareRead(name, 0, false, 1000)
		}
		k.readAll()
	})
	report, err := s.Verify(context.Background())
	if err != nil || report.Damaged {
		t.Fatalf("got %+v, %v", report, err)
	}
}

func (k *rulesMachine) name() string { return rapid.SampledFrom(k.names).Draw(k.t, "stream") }

// expected draws an expectation, most often one that is nearly right.
func (k *rulesMachine) expected(name string) int64 {
	last := k.m.last(name)
	return rapid.SampledFrom([]int64{
		anyRevision, anyRevision, noStream, streamExists, max(last, 0), max(last, 0), last + 1, max(last-1, 0), max(last-2, 0),
	}).Draw(k.t, "expected")
}

func clientExpected(n int64) esdb.ExpectedRevision {
	switch n {
	case anyRevision:
		return esdb.Any{}
	case noStream:
		return esdb.NoStream{}
	case streamExists:
		return esdb.StreamExists{}
	}
	return esdb.Revision(uint64(n))
}

// ids draws ids of new events and of known ones, sometimes a true repeat.
func (k *rulesMachine) ids(name string) []uuid.UUID {
	known := k.m.stream(name).events
	n := rapid.IntRange(0, 3).Draw(k.t, "events")
	first := rapid.IntRange(0, max(len(known)-1, 0)).Draw(k.t, "first known")
	how := rapid.SampledFrom([]string{"new", "new", "new", "repeat", "mixed"}).Draw(k.t, "ids")
	out := make([]uuid.UUID, n)
	for i := range out {
		out[i] = uuid.New()
		at := first + i
		if at < len(known) && known[at].id != uuid.Nil && (how == "repeat" || how == "mixed" && rapid.Bool().Draw(k.t, "known")) {
			out[i] = known[at].id
		}
	}
	return out
}

func (k *rulesMachine) append() {
	name := k.name()
	var events []*modelEvent
	for _, id := range k.ids(name) {
		e := &modelEvent{id: id, typ: "T", json: true, data: `{}`}
		if _, isMeta := base(name); isMeta {
			e.data = k.metadata()
		}
		events = append(events, e)
	}
	k.write(name, k.expected(name), events)
}

// metadata draws what a $$stream may hold: limits, nonsense, and things that
// only look like limits.
func (k *rulesMachine) metadata() string {
	n := rapid.Int64Range(-1, 6).Draw(k.t, "limit")
	return rapid.SampledFrom([]string{
		fmt.Sprintf(`{"$maxCount":%d}`, n),
		fmt.Sprintf(`{"$tb":%d}`, n),
		fmt.Sprintf(`{"$maxCount":%d,"$tb":%d,"other":[1,{"$tb":5}]}`, n, n),
		`{"$tb":9223372036854775807}`,
		`{"$tb":9223372036854775807,"kept":1.50}`,
		`{"$maxAge":3600,"$maxCount":2}`,
		`{"$maxAge":0,"$maxCount":2}`,
		`{"$maxCount":1.5}`, `{"$maxCount":"1"}`, `{"$tb":1e1}`, `{"$maxCount":99999999999999999999}`,
		`[]`, `not json`, ``,
	}).Draw(k.t, "metadata")
}

func (k *rulesMachine) meta() {
	name := "$$" + strings.TrimPrefix(k.name(), "$$")
	e := &modelEvent{id: uuid.New(), typ: "$metadata", json: rapid.IntRange(0, 4).Draw(k.t, "json") > 0, data: k.metadata()}
	k.write(name, anyRevision, []*modelEvent{e})
}

func (k *rulesMachine) write(name string, expected int64, events []*modelEvent) {
	want := k.m.append(name, expected, events)
	sent := make([]esdb.EventData, len(events))
	for i, e := range events {
		sent[i] = esdb.EventData{EventID: e.id, EventType: e.typ, Data: []byte(e.data), ContentType: esdb.ContentTypeBinary}
		if e.json {
			sent[i].ContentType = esdb.ContentTypeJson
		}
	}
	got, err := k.c.AppendToStream(context.Background(), name, esdb.AppendToStreamOptions{ExpectedRevision: clientExpected(expected)}, sent...)
	k.compare(fmt.Sprintf("append of %d to %s expecting %d", len(events), name, expected), want, err)
	if err != nil {
		return
	}
	if want.event != nil {
		if got.NextExpectedVersion != uint64(want.revision) {
			k.t.Fatalf("append to %s: got revision %d, want %d", name, got.NextExpectedVersion, want.revision)
		}
		if want.event.position == 0 {
			want.event.position = got.CommitPosition
		}
		if want.event.position != got.CommitPosition {
			k.t.Fatalf("append to %s: got position %d, want %d", name, got.CommitPosition, want.event.position)
		}
	}
}

func (k *rulesMachine) compare(what string, want *modelResult, err error) {
	k.history = append(k.history, what)
	got := "ok"
	var e *esdb.Error
	switch {
	case err == nil:
	case errors.As(err, &e) && e.Code() == esdb.ErrorCodeStreamDeleted:
		got = "deleted"
	case errors.As(err, &e) && e.Code() == esdb.ErrorCodeWrongExpectedVersion:
		got = "wrong"
	case strings.Contains(err.Error(), "WrongExpectedVersion"):
		got = "wrong"
		if !strings.Contains(err.Error(), fmt.Sprintf("Actual version: %d", want.actual)) {
			k.t.Fatalf("%s: got %v, want actual %d", what, err, want.actual)
		}
	default:
		got = err.Error()
	}
	if got != want.outcome {
		k.t.Fatalf("%s: got %s (%v), want %s\n%s", what, got, err, want.outcome, strings.Join(k.history, "\n"))
	}
}

func (k *rulesMachine) delete() {
	name := k.name()
	if _, isMeta := base(name); isMeta {
		return
	}
	expected := k.expected(name)
	want := k.m.delete(name, expected)
	r, err := k.c.DeleteStream(context.Background(), name, esdb.DeleteStreamOptions{ExpectedRevision: clientExpected(expected)})
	k.compare(fmt.Sprintf("delete of %s expecting %d", name, expected), want, err)
	if err == nil {
		want.event.position = r.Position.Commit
	}
}

func (k *rulesMachine) tombstone() {
	name := k.name()
	if _, isMeta := base(name); isMeta {
		return
	}
	expected := k.expected(name)
	want := k.m.tombstone(name, expected)
	r, err := k.c.TombstoneStream(context.Background(), name, esdb.TombstoneStreamOptions{ExpectedRevision: clientExpected(expected)})
	k.compare(fmt.Sprintf("tombstone of %s expecting %d", name, expected), want, err)
	if err == nil {
		want.event.position = r.Position.Commit
	}
}

func (k *rulesMachine) read() {
	from := rapid.SampledFrom([]int64{0, 0, 1, 2, 5, math.MaxInt64}).Draw(k.t, "from")
	k.compareRead(k.name(), from, rapid.Bool().Draw(k.t, "backwards"), rapid.IntRange(1, 5).Draw(k.t, "count"))
}

func (k *rulesMachine) compareRead(name string, from int64, backwards bool, count int) {
	want, outcome := k.m.read(name, from, backwards, count)
	o := esdb.ReadStreamOptions{From: esdb.Revision(uint64(from))}
	if backwards {
		o.Direction = esdb.Backwards
	}
	if from == math.MaxInt64 {
		o.From = esdb.End{}
	}
	r, err := k.c.ReadStream(context.Background(), name, o, uint64(count))
	if err != nil {
		k.t.Fatal(err)
	}
	got, err := drain(r)
	found := "ok"
	if e, ok := errors.AsType[*esdb.Error](err); ok {
		found = map[esdb.ErrorCode]string{esdb.ErrorCodeStreamDeleted: "deleted", esdb.ErrorCodeResourceNotFound: "missing"}[e.Code()]
	}
	if found != outcome || len(got) != len(want) {
		k.t.Fatalf("read %s from %d (backwards %v): got %d events, %s (%v), want %d, %s\n%s",
			name, from, backwards, len(got), found, err, len(want), outcome, strings.Join(k.history, "\n"))
	}
	for i := range got {
		k.sameEvent(got[i].Event, want[i])
	}
}

func (k *rulesMachine) sameEvent(got *esdb.RecordedEvent, want *modelEvent) {
	if got.StreamID != want.stream || int64(got.EventNumber) != want.revision || got.EventType != want.typ ||
		string(got.Data) != want.data || want.id != uuid.Nil && got.EventID != want.id ||
		want.position != 0 && got.Position.Commit != want.position {
		k.t.Fatalf("got %+v\nwant %+v\n%s", got, want, strings.Join(k.history, "\n"))
	}
}

func (k *rulesMachine) readAll() {
	from := esdb.Position{Commit: k.offset + 1, Prepare: k.offset + 1}
	r, err := k.c.ReadAll(context.Background(), esdb.ReadAllOptions{From: from}, 1<<40)
	if err != nil {
		k.t.Fatal(err)
	}
	got, err := drain(r)
	if err != nil || len(got) != len(k.m.all) {
		k.t.Fatalf("$all: got %d events, %v, want %d\n%s", len(got), err, len(k.m.all), strings.Join(k.history, "\n"))
	}
	for i := range got {
		k.sameEvent(got[i].Event, k.m.all[i])
		if i > 0 && got[i].Event.Position.Commit <= got[i-1].Event.Position.Commit {
			k.t.Fatalf("position %d follows %d", got[i].Event.Position.Commit, got[i-1].Event.Position.Commit)
		}
	}
	back, err := k.c.ReadAll(context.Background(), esdb.ReadAllOptions{From: esdb.End{}, Direction: esdb.Backwards}, uint64(len(got)))
	if err != nil {
		k.t.Fatal(err)
	}
	if len(got) == 0 {
		back.Close()
		return
	}
	reversed, err := drain(back)
	slices.Reverse(reversed)
	if err != nil || len(reversed) != len(got) {
		k.t.Fatalf("$all backwards: got %d events, %v, want %d", len(reversed), err, len(got))
	}
	for i := range got {
		if reversed[i].Event.EventID != got[i].Event.EventID {
			k.t.Fatalf("$all backwards differs at %d", i)
		}
	}
}
