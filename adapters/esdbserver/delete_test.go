package esdbserver_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

func TestSoftDeleteAndWriteAgain(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 3)...)
	r, err := c.DeleteStream(timeout(t), "s", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(2)})
	if err != nil || r.Position.Commit != 4 {
		t.Fatalf("got %+v, %v", r, err)
	}
	_, err = readStream(t, c, "s", esdb.ReadStreamOptions{From: esdb.Start{}}, 1)
	wantCode(t, err, esdb.ErrorCodeResourceNotFound)
	meta, err := c.GetStreamMetadata(timeout(t), "s", esdb.ReadStreamOptions{})
	if err != nil || meta.TruncateBefore() == nil || *meta.TruncateBefore() < math.MaxInt64 { // the client reads numbers as float64
		t.Fatalf("got %+v, %v", meta, err)
	}
	appendFails(t, c, "s", esdb.StreamExists{}, esdb.ErrorCodeStreamDeleted, event("e"))

	if r := mustAppend(t, c, "s", esdb.NoStream{}, event("again")); r.NextExpectedVersion != 3 || r.CommitPosition != 5 {
		t.Fatalf("got %+v", r)
	}
	if got := revisions(t, c, "s"); !slices.Equal(got, []uint64{3}) {
		t.Fatalf("got %v", got)
	}
	meta, err = c.GetStreamMetadata(timeout(t), "s", esdb.ReadStreamOptions{})
	if err != nil || *meta.TruncateBefore() != 3 {
		t.Fatalf("got %+v, %v", meta, err)
	}
}

func TestWritingMetadataUndeletes(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 2)...)
	if _, err := c.DeleteStream(timeout(t), "s", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	m := esdb.StreamMetadata{}
	m.SetMaxCount(5)
	if _, err := c.SetStreamMetadata(timeout(t), "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, m); err != nil {
		t.Fatal(err)
	}
	if got := revisions(t, c, "s"); len(got) != 0 {
		t.Fatalf("got %v", got)
	}
	meta, err := c.GetStreamMetadata(timeout(t), "s", esdb.ReadStreamOptions{})
	if err != nil || *meta.TruncateBefore() != 2 || *meta.MaxCount() != 5 {
		t.Fatalf("got %+v, %v", meta, err)
	}
}

func TestDeleteWhatNeverExisted(t *testing.T) {
	_, c := start(t)
	for _, expected := range []esdb.ExpectedRevision{esdb.Any{}, esdb.NoStream{}, esdb.Revision(0), esdb.StreamExists{}} {
		_, err := c.DeleteStream(timeout(t), "none", esdb.DeleteStreamOptions{ExpectedRevision: expected})
		var e *esdb.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), "Actual version: -1") {
			t.Fatalf("%T: got %v", expected, err)
		}
	}
	if _, err := c.TombstoneStream(timeout(t), "none", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	appendFails(t, c, "none", esdb.Any{}, esdb.ErrorCodeStreamDeleted, event("e"))
}

func TestTombstoneIsForGood(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 2)...)
	_, err := c.TombstoneStream(timeout(t), "s", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Revision(0)})
	if err == nil || !strings.Contains(err.Error(), "Expected version: 0, Actual version: 1") {
		t.Fatalf("got %v", err)
	}
	if _, err := c.TombstoneStream(timeout(t), "s", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Revision(1)}); err != nil {
		t.Fatal(err)
	}
	for _, expected := range []esdb.ExpectedRevision{esdb.Any{}, esdb.NoStream{}, esdb.StreamExists{}, esdb.Revision(1)} {
		appendFails(t, c, "s", expected, esdb.ErrorCodeStreamDeleted, event("e"))
		appendFails(t, c, "$$s", expected, esdb.ErrorCodeStreamDeleted, event("e"))
	}
	for _, name := range []string{"s", "$$s"} {
		_, err = readStream(t, c, name, esdb.ReadStreamOptions{From: esdb.Start{}}, 1)
		wantCode(t, err, esdb.ErrorCodeStreamDeleted)
	}
	all := readAll(t, c, esdb.ReadAllOptions{From: esdb.Start{}}, 10)
	last := all[len(all)-1].Event
	if len(all) != 3 || last.EventType != "$streamDeleted" || last.EventNumber != math.MaxInt64 {
		t.Fatalf("got %v", types(all))
	}
}
