package esdbserver_test

import (
	"slices"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

func types(found []*esdb.ResolvedEvent) []string {
	out := make([]string, len(found))
	for i, e := range found {
		out[i] = e.OriginalEvent().EventType
	}
	return out
}

func TestReadStreamBothWays(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 5)...)
	for _, test := range []struct {
		name  string
		from  esdb.StreamPosition
		dir   esdb.Direction
		count uint64
		want  []string
	}{
		{"all", esdb.Start{}, esdb.Forwards, 100, []string{"e0", "e1", "e2", "e3", "e4"}},
		{"from a revision", esdb.Revision(3), esdb.Forwards, 100, []string{"e3", "e4"}},
		{"a few", esdb.Revision(1), esdb.Forwards, 2, []string{"e1", "e2"}},
		{"from the end", esdb.End{}, esdb.Forwards, 100, []string{}},
		{"past the end", esdb.Revision(50), esdb.Forwards, 100, []string{}},
		{"backwards", esdb.End{}, esdb.Backwards, 100, []string{"e4", "e3", "e2", "e1", "e0"}},
		{"backwards from a revision", esdb.Revision(2), esdb.Backwards, 2, []string{"e2", "e1"}},
		{"backwards from past the end", esdb.Revision(50), esdb.Backwards, 1, []string{"e4"}},
		{"backwards from the start", esdb.Start{}, esdb.Backwards, 100, []string{"e0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := readStream(t, c, "s", esdb.ReadStreamOptions{From: test.from, Direction: test.dir}, test.count)
			if err != nil || !slices.Equal(types(got), test.want) {
				t.Fatalf("got %v, %v, want %v", types(got), err, test.want)
			}
		})
	}
	_, err := readStream(t, c, "none", esdb.ReadStreamOptions{From: esdb.Start{}}, 1)
	wantCode(t, err, esdb.ErrorCodeResourceNotFound)
}

func TestReadAllBothWays(t *testing.T) {
	_, c := start(t)
	var positions []esdb.Position
	for _, e := range events("e", 4) {
		r := mustAppend(t, c, "s-"+e.EventType, esdb.NoStream{}, e)
		positions = append(positions, esdb.Position{Commit: r.CommitPosition, Prepare: r.PreparePosition})
	}
	for _, test := range []struct {
		name  string
		from  esdb.AllPosition
		dir   esdb.Direction
		count uint64
		want  []string
	}{
		{"all", esdb.Start{}, esdb.Forwards, 1 << 63, []string{"e0", "e1", "e2", "e3"}},
		{"from a position, inclusive", positions[2], esdb.Forwards, 100, []string{"e2", "e3"}},
		{"from the end", esdb.End{}, esdb.Forwards, 100, []string{}},
		{"backwards", esdb.End{}, esdb.Backwards, 3, []string{"e3", "e2", "e1"}},
		{"backwards from a position, exclusive", positions[2], esdb.Backwards, 100, []string{"e1", "e0"}},
		{"backwards from the start", esdb.Start{}, esdb.Backwards, 100, []string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := readAll(t, c, esdb.ReadAllOptions{From: test.from, Direction: test.dir}, test.count)
			if !slices.Equal(types(got), test.want) {
				t.Fatalf("got %v, want %v", types(got), test.want)
			}
		})
	}
	r, err := c.ReadAll(timeout(t), esdb.ReadAllOptions{From: esdb.Position{Commit: 1, Prepare: 2}}, 1)
	if _, err = collect(t, r, err); err == nil {
		t.Fatal("a commit position before the prepare position was accepted")
	}
}

func TestReadMoreThanOneChunk(t *testing.T) {
	_, c := start(t)
	const n = 9000
	for from := 0; from < n; from += 1000 {
		mustAppend(t, c, "s", esdb.Any{}, events("e", 1000)...)
	}
	if got := revisions(t, c, "s"); len(got) != n || got[n-1] != n-1 {
		t.Fatalf("got %d events", len(got))
	}
	back, err := readStream(t, c, "s", esdb.ReadStreamOptions{From: esdb.End{}, Direction: esdb.Backwards}, n-1)
	if err != nil || len(back) != n-1 || back[n-2].Event.EventNumber != 1 {
		t.Fatalf("got %d events, %v", len(back), err)
	}
	if got := readAll(t, c, esdb.ReadAllOptions{From: esdb.Start{}}, n+1); len(got) != n {
		t.Fatalf("got %d events", len(got))
	}
	if got := readAll(t, c, esdb.ReadAllOptions{From: esdb.End{}, Direction: esdb.Backwards}, n-5); len(got) != n-5 {
		t.Fatalf("got %d events", len(got))
	}
}

func TestMetadataLimitsReads(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 10)...)
	set := func(change func(*esdb.StreamMetadata)) {
		t.Helper()
		m := esdb.StreamMetadata{}
		change(&m)
		if _, err := c.SetStreamMetadata(timeout(t), "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, m); err != nil {
			t.Fatal(err)
		}
	}
	set(func(m *esdb.StreamMetadata) { m.SetMaxCount(3) })
	if got := revisions(t, c, "s"); !slices.Equal(got, []uint64{7, 8, 9}) {
		t.Fatalf("$maxCount: got %v", got)
	}
	// What is cut doesn't use up the count.
	got, err := readStream(t, c, "s", esdb.ReadStreamOptions{From: esdb.Start{}}, 1)
	if err != nil || len(got) != 1 || got[0].Event.EventNumber != 7 {
		t.Fatalf("got %v, %v", got, err)
	}
	set(func(m *esdb.StreamMetadata) { m.SetTruncateBefore(8) })
	if got := revisions(t, c, "s"); !slices.Equal(got, []uint64{8, 9}) {
		t.Fatalf("$tb: got %v", got)
	}
	set(func(m *esdb.StreamMetadata) { m.SetMaxAge(time.Second) })
	if got := revisions(t, c, "s"); len(got) != 10 {
		t.Fatalf("$maxAge: got %v", got)
	}
	time.Sleep(1100 * time.Millisecond)
	if got := revisions(t, c, "s"); len(got) != 0 {
		t.Fatalf("$maxAge: got %v", got)
	}
	set(func(m *esdb.StreamMetadata) { m.SetTruncateBefore(100) })
	if got := revisions(t, c, "s"); len(got) != 0 {
		t.Fatalf("$tb past the end: got %v", got)
	}
	if all := readAll(t, c, esdb.ReadAllOptions{From: esdb.Start{}}, 100); len(all) != 14 {
		t.Fatalf("$all has %d events", len(all))
	}
	meta, err := c.GetStreamMetadata(timeout(t), "s", esdb.ReadStreamOptions{})
	if err != nil || meta.TruncateBefore() == nil || *meta.TruncateBefore() != 100 {
		t.Fatalf("got %+v, %v", meta, err)
	}
	if got := revisions(t, c, "$$s"); !slices.Equal(got, []uint64{3}) {
		t.Fatalf("$$s: got %v", got)
	}
	// Not flagged JSON: it doesn't count.
	e := esdb.EventData{EventType: "$metadata", ContentType: esdb.ContentTypeBinary, Data: []byte(`{"$maxCount":1}`)}
	mustAppend(t, c, "$$s", esdb.Any{}, e)
	if got := revisions(t, c, "s"); len(got) != 10 {
		t.Fatalf("got %v", got)
	}
}

func TestLinks(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 2)...)
	link := func(data string) esdb.EventData {
		return esdb.EventData{EventType: "$>", ContentType: esdb.ContentTypeBinary, Data: []byte(data)}
	}
	mustAppend(t, c, "links", esdb.NoStream{}, link("1@s"), link("7@s"), link("0@none"), link("nonsense"))

	plain, err := readStream(t, c, "links", esdb.ReadStreamOptions{From: esdb.Start{}}, 10)
	if err != nil || len(plain) != 4 || plain[0].Link != nil || plain[0].Event.EventType != "$>" {
		t.Fatalf("got %v, %v", plain, err)
	}
	got, err := readStream(t, c, "links", esdb.ReadStreamOptions{From: esdb.Start{}, ResolveLinkTos: true}, 10)
	if err != nil || len(got) != 4 {
		t.Fatalf("got %v, %v", got, err)
	}
	if got[0].Event.EventType != "e1" || got[0].Link.EventNumber != 0 || *got[0].Commit != got[0].Link.Position.Commit {
		t.Fatalf("got %+v", got[0])
	}
	for _, gone := range got[1:3] {
		if gone.Event != nil || gone.Link == nil {
			t.Fatalf("got %+v", gone)
		}
	}
	if got[3].Event == nil || got[3].Link != nil {
		t.Fatalf("got %+v", got[3])
	}
}

func TestMetadataOfAStreamThatHasNone(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, event("e"))
	for _, name := range []string{"$$s", "$$none"} {
		_, err := readStream(t, c, name, esdb.ReadStreamOptions{From: esdb.Start{}}, 1)
		wantCode(t, err, esdb.ErrorCodeResourceNotFound)
	}
}

func TestLinksInSubscriptions(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 2)...)
	link := func(data string) esdb.EventData {
		return esdb.EventData{EventType: "$>", ContentType: esdb.ContentTypeBinary, Data: []byte(data)}
	}
	mustAppend(t, c, "links", esdb.NoStream{}, link("0@s"))
	one := subscribeStream(t, c, "links", esdb.SubscribeToStreamOptions{From: esdb.Start{}, ResolveLinkTos: true})
	all := subscribeAll(t, c, esdb.SubscribeToAllOptions{
		From: esdb.Start{}, ResolveLinkTos: true, Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"links"}},
	})
	resolved := func(sub *esdb.Subscription, want string) {
		t.Helper()
		for {
			e := sub.Recv()
			if e.SubscriptionDropped != nil {
				t.Fatal(e.SubscriptionDropped.Error)
			}
			if got := e.EventAppeared; got != nil {
				if got.Event == nil || got.Event.EventType != want || got.Link == nil || got.Link.StreamID != "links" {
					t.Fatalf("got %+v", got)
				}
				return
			}
		}
	}
	for _, sub := range []*esdb.Subscription{one, all} {
		resolved(sub, "e0")
	}
	mustAppend(t, c, "links", esdb.Any{}, link("1@s"))
	for _, sub := range []*esdb.Subscription{one, all} {
		resolved(sub, "e1")
	}
}
