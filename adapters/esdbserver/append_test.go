package esdbserver_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/grpc/status"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

func TestAppendReturnsWhatWasAppended(t *testing.T) {
	_, c := start(t)
	sent := esdb.EventData{
		EventID: uuid.New(), EventType: "Measured", ContentType: esdb.ContentTypeBinary,
		Data: []byte{0, 1, 2, 255}, Metadata: []byte{9},
	}
	before := time.Now().Add(-time.Second)

	r := mustAppend(t, c, "meter-1", esdb.NoStream{}, sent)

	if r.NextExpectedVersion != 0 || r.CommitPosition == 0 || r.CommitPosition != r.PreparePosition {
		t.Fatalf("got %+v", r)
	}
	got, err := readStream(t, c, "meter-1", esdb.ReadStreamOptions{From: esdb.Start{}}, 10)
	if err != nil || len(got) != 1 {
		t.Fatalf("got %d events, %v", len(got), err)
	}
	e := got[0].OriginalEvent()
	if e.EventID != sent.EventID || e.EventType != sent.EventType || e.ContentType != "application/octet-stream" ||
		!bytes.Equal(e.Data, sent.Data) || !bytes.Equal(e.UserMetadata, sent.Metadata) ||
		e.StreamID != "meter-1" || e.EventNumber != 0 || e.Position.Commit != r.CommitPosition ||
		e.Position.Prepare != r.PreparePosition || got[0].Commit == nil || *got[0].Commit != r.CommitPosition {
		t.Fatalf("got %+v", e)
	}
	if e.CreatedDate.Before(before) || e.CreatedDate.After(time.Now().Add(time.Second)) {
		t.Fatalf("created %v", e.CreatedDate)
	}
}

func TestExpectedRevisions(t *testing.T) {
	_, c := start(t)
	first, second := event("a"), event("b")

	appendFails(t, c, "s", esdb.StreamExists{}, esdb.ErrorCodeWrongExpectedVersion, first)
	appendFails(t, c, "s", esdb.Revision(0), esdb.ErrorCodeWrongExpectedVersion, first)
	mustAppend(t, c, "s", esdb.NoStream{}, first)
	appendFails(t, c, "s", esdb.NoStream{}, esdb.ErrorCodeWrongExpectedVersion, second)
	appendFails(t, c, "s", esdb.Revision(1), esdb.ErrorCodeWrongExpectedVersion, second)
	r := mustAppend(t, c, "s", esdb.Revision(0), second)
	if r.NextExpectedVersion != 1 {
		t.Fatalf("got revision %d", r.NextExpectedVersion)
	}
	mustAppend(t, c, "s", esdb.StreamExists{}, event("c"))
	mustAppend(t, c, "s", esdb.Any{}, event("d"))
	if got := revisions(t, c, "s"); !slices.Equal(got, []uint64{0, 1, 2, 3}) {
		t.Fatalf("got revisions %v", got)
	}
}

func TestRepeatsAreAnsweredAsTheFirstTime(t *testing.T) {
	_, c := start(t)
	batch := events("e", 3)
	want := mustAppend(t, c, "s", esdb.NoStream{}, batch...)
	mustAppend(t, c, "s", esdb.Any{}, event("later"))

	for _, expected := range []esdb.ExpectedRevision{esdb.Any{}, esdb.StreamExists{}, esdb.NoStream{}} {
		if got := mustAppend(t, c, "s", expected, batch...); *got != *want {
			t.Fatalf("%T: got %+v, want %+v", expected, got, want)
		}
	}
	got := mustAppend(t, c, "s", esdb.Revision(0), batch[1:]...)
	if *got != *want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	if n := len(revisions(t, c, "s")); n != 4 {
		t.Fatalf("there are %d events", n)
	}
	// Known first and unknown later, or only a later one differs: neither new nor a repeat.
	appendFails(t, c, "s", esdb.Any{}, esdb.ErrorCodeWrongExpectedVersion, batch[0], event("new"))
	appendFails(t, c, "s", esdb.NoStream{}, esdb.ErrorCodeWrongExpectedVersion, batch[0], event("new"))
	appendFails(t, c, "s", esdb.Revision(1), esdb.ErrorCodeWrongExpectedVersion, batch[2], event("new"))
	// An id known in another stream is new here.
	mustAppend(t, c, "other", esdb.Any{}, batch...)
}

func TestEmptyAppend(t *testing.T) {
	_, c := start(t)
	r := mustAppend(t, c, "s", esdb.Any{})
	if r.CommitPosition != 0 {
		t.Fatalf("got %+v", r)
	}
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 2)...)
	if r := mustAppend(t, c, "s", esdb.Revision(1)); r.NextExpectedVersion != 1 {
		t.Fatalf("got %+v", r)
	}
	appendFails(t, c, "s", esdb.Revision(0), esdb.ErrorCodeWrongExpectedVersion)
}

func TestAppendTooLarge(t *testing.T) {
	_, c := start(t)
	e := event("Big")
	e.Data = bytes.Repeat([]byte("x"), 1<<20)
	_, err := c.AppendToStream(timeout(t), "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, e)
	var wrapped *esdb.Error
	if !errors.As(err, &wrapped) || status.Convert(wrapped.Err()).Code().String() != "InvalidArgument" ||
		!strings.Contains(err.Error(), "Maximum Append Size of 1048576") {
		t.Fatalf("got %v", err)
	}
	e.Data = e.Data[:1<<20-len(e.Metadata)-2*len("Big")]
	mustAppend(t, c, "s", esdb.NoStream{}, e)
}

func TestConcurrentAppendsKeepOrder(t *testing.T) {
	s, c := start(t)
	const writers, each = 16, 50
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if _, err := c.AppendToStream(timeout(t), "shared", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, event("e")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got, err := readStream(t, c, "shared", esdb.ReadStreamOptions{From: esdb.Start{}}, 1<<62)
	if err != nil || len(got) != writers*each {
		t.Fatalf("got %d events, %v", len(got), err)
	}
	for i, e := range got {
		if e.Event.EventNumber != uint64(i) || i > 0 && e.Event.Position.Commit <= got[i-1].Event.Position.Commit {
			t.Fatalf("event %d: %+v", i, e.Event)
		}
	}
	if s.LastPosition() != writers*each {
		t.Fatalf("last position %d", s.LastPosition())
	}
}

func TestReopenKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	s := startServer(t, esdbserver.Options{DataDir: dir})
	c := connect(t, s.ConnectionString())
	batch := events("e", 5)
	want := mustAppend(t, c, "s", esdb.NoStream{}, batch...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = startServer(t, esdbserver.Options{DataDir: dir})
	c = connect(t, s.ConnectionString())
	if got := revisions(t, c, "s"); len(got) != 5 {
		t.Fatalf("got %v", got)
	}
	if got := mustAppend(t, c, "s", esdb.Any{}, batch...); *got != *want {
		t.Fatalf("a repeat after a restart: got %+v, want %+v", got, want)
	}
	next := mustAppend(t, c, "s", esdb.Revision(4), event("more"))
	if next.CommitPosition <= want.CommitPosition {
		t.Fatalf("position %d repeats", next.CommitPosition)
	}
}

// What stream exists goes by is on disk, not in memory.
func TestStreamExistsAfterRestart(t *testing.T) {
	dir := t.TempDir()
	s := startServer(t, esdbserver.Options{DataDir: dir})
	c := connect(t, s.ConnectionString())
	first := event("e")
	want := mustAppend(t, c, "there", esdb.NoStream{}, first)
	m := esdb.StreamMetadata{}
	m.SetMaxCount(5)
	if _, err := c.SetStreamMetadata(timeout(t), "metadata", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}, m); err != nil {
		t.Fatal(err)
	}
	for _, stream := range []string{"deleted", "tombstoned"} {
		mustAppend(t, c, stream, esdb.NoStream{}, event("e"))
	}
	if _, err := c.DeleteStream(timeout(t), "deleted", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.TombstoneStream(timeout(t), "tombstoned", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	c = connect(t, startServer(t, esdbserver.Options{DataDir: dir}).ConnectionString())
	if got := mustAppend(t, c, "there", esdb.StreamExists{}, first); *got != *want {
		t.Fatalf("a repeat: got %+v, want %+v", got, want)
	}
	appendFails(t, c, "there", esdb.StreamExists{}, esdb.ErrorCodeWrongExpectedVersion, first, event("e"))
	if got := mustAppend(t, c, "there", esdb.StreamExists{}, event("e")); got.NextExpectedVersion != 1 {
		t.Fatalf("got %+v", got)
	}
	mustAppend(t, c, "metadata", esdb.StreamExists{}, event("e"))
	appendFails(t, c, "missing", esdb.StreamExists{}, esdb.ErrorCodeWrongExpectedVersion, event("e"))
	for _, stream := range []string{"deleted", "tombstoned"} {
		appendFails(t, c, stream, esdb.StreamExists{}, esdb.ErrorCodeStreamDeleted, event("e"))
	}
}

// A client that gave up and repeats may meet its first try on its way: both
// are answered alike and the events are there once.
func TestRepeatsAtTheSameMomentAreWrittenOnce(t *testing.T) {
	_, c := start(t)
	for round := range 20 {
		stream := fmt.Sprintf("s-%d", round)
		batch := events("e", 2)
		for name, expected := range map[string]esdb.ExpectedRevision{"any": esdb.Any{}, "no stream": esdb.NoStream{}} {
			answers := make([]esdb.WriteResult, 64)
			var wg sync.WaitGroup
			for i := range answers {
				wg.Go(func() {
					r, err := c.AppendToStream(timeout(t), stream+name, esdb.AppendToStreamOptions{ExpectedRevision: expected}, batch...)
					if err != nil {
						t.Errorf("%s: %v", name, err)
						return
					}
					answers[i] = *r
				})
			}
			wg.Wait()
			for _, a := range answers {
				if a != answers[0] {
					t.Fatalf("%s: answered %+v and %+v", name, answers[0], a)
				}
			}
			if got := revisions(t, c, stream+name); len(got) != len(batch) {
				t.Fatalf("%s: got revisions %v", name, got)
			}
		}
	}
}

// Ids are compared with what is stored, not with each other.
func TestRepeatsInsideOneBatchAreWritten(t *testing.T) {
	_, c := start(t)
	e := event("e")
	mustAppend(t, c, "s", esdb.Any{}, e, e)
	if got := revisions(t, c, "s"); len(got) != 2 {
		t.Fatalf("got revisions %v", got)
	}
}
