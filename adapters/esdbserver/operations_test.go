package esdbserver_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// fill writes something of everything.
func fill(t testing.TB, c *esdb.Client) {
	t.Helper()
	for range 20 {
		mustAppend(t, c, "s-1", esdb.Any{}, events("e", 50)...)
	}
	mustAppend(t, c, "s-2", esdb.Any{}, esdb.EventData{
		EventID: uuid.New(), EventType: "Odd", ContentType: esdb.ContentTypeJson,
		Data: []byte("{ \"spaced\" : 1.50,\n \"html\":\"<&>\" }"), Metadata: []byte{0, 255},
	}, esdb.EventData{
		EventType: "Number", ContentType: esdb.ContentTypeBinary, Data: []byte("1.500"), Metadata: []byte(`{"b":1, "a":"<&>"}`),
	}, esdb.EventData{EventType: "Empty", ContentType: esdb.ContentTypeJson})
	mustAppend(t, c, "s-3", esdb.Any{}, events("e", 3)...)
	mustAppend(t, c, "s-4", esdb.Any{}, events("e", 3)...)
	if _, err := c.DeleteStream(timeout(t), "s-3", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.TombstoneStream(timeout(t), "s-4", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
}

func verify(t testing.TB, dir string) *esdbserver.VerifyReport {
	t.Helper()
	r, err := esdbserver.Verify(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerifySound(t *testing.T) {
	dir := t.TempDir()
	s := startServer(t, esdbserver.Options{DataDir: dir})
	fill(t, connect(t, s.ConnectionString()))
	online, err := s.Verify(timeout(t))
	if err != nil || online.Damaged {
		t.Fatalf("got %+v, %v", online, err)
	}
	if _, err := esdbserver.Verify(context.Background(), dir); err == nil || !strings.Contains(err.Error(), "another process has it open") {
		t.Fatalf("got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r := verify(t, dir)
	if r.Damaged || r.Events != 1011 || r.LastPosition != 1011 || r.Streams != 5 {
		t.Fatalf("got %+v", r)
	}
}

func TestExportAndImportAreExact(t *testing.T) {
	dir := t.TempDir()
	s := startServer(t, esdbserver.Options{DataDir: dir})
	c := connect(t, s.ConnectionString())
	fill(t, c)
	var online bytes.Buffer
	if n, err := s.Export(timeout(t), &online); err != nil || n != 1011 {
		t.Fatalf("got %d, %v", n, err)
	}
	var tailed bytes.Buffer
	if err := esdbserver.Tail(timeout(t), s.ConnectionString(), esdbserver.TailOptions{System: true}, &tailed); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(online.Bytes(), tailed.Bytes()) {
		t.Fatal("tail and export differ")
	}
	want := readAll(t, c, esdb.ReadAllOptions{From: esdb.Start{}}, 1<<62)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var offline bytes.Buffer
	if _, err := esdbserver.Export(timeout(t), dir, &offline); err != nil || !bytes.Equal(online.Bytes(), offline.Bytes()) {
		t.Fatalf("export of the closed store differs, %v", err)
	}

	copyDir := filepath.Join(t.TempDir(), "copy")
	if n, err := esdbserver.Import(timeout(t), copyDir, &offline); err != nil || n != 1011 {
		t.Fatalf("got %d, %v", n, err)
	}
	if r := verify(t, copyDir); r.Damaged || r.Events != 1011 {
		t.Fatalf("got %+v", r)
	}
	s = startServer(t, esdbserver.Options{DataDir: copyDir})
	c = connect(t, s.ConnectionString())
	got := readAll(t, c, esdb.ReadAllOptions{From: esdb.Start{}}, 1<<62)
	if len(got) != len(want) {
		t.Fatalf("got %d events, want %d", len(got), len(want))
	}
	for i := range got {
		g, w := got[i].Event, want[i].Event
		if g.EventID != w.EventID || g.Position != w.Position || g.EventNumber != w.EventNumber || g.StreamID != w.StreamID ||
			!g.CreatedDate.Equal(w.CreatedDate) || g.EventType != w.EventType || g.ContentType != w.ContentType ||
			!bytes.Equal(g.Data, w.Data) || !bytes.Equal(g.UserMetadata, w.UserMetadata) {
			t.Fatalf("event %d: got %+v, want %+v", i, g, w)
		}
	}
	appendFails(t, c, "s-4", esdb.Any{}, esdb.ErrorCodeStreamDeleted, event("e"))
	if r := mustAppend(t, c, "s-3", esdb.NoStream{}, event("e")); r.NextExpectedVersion != 3 || r.CommitPosition != 1012 {
		t.Fatalf("got %+v", r)
	}
}

func TestImportRefusesAndLeavesNothing(t *testing.T) {
	good := `{"position":1,"stream":"s","revision":0,"id":"38fffbc2-339e-11ea-8c7b-784f43837872","type":"T","created":"2026-11-24T00:00:00Z","contentType":"application/json","data":{}}`
	for name, second := range map[string]string{
		"the same position": good,
		"a gap":             strings.NewReplacer(`"position":1`, `"position":2`, `"revision":0`, `"revision":2`).Replace(good),
		"no stream":         strings.NewReplacer(`"position":1`, `"position":2`, `"stream":"s"`, `"stream":""`).Replace(good),
		"no time":           strings.NewReplacer(`"position":1`, `"position":2`, `2026-11-24T00:00:00Z`, `yesterday`).Replace(good),
		"an unknown field":  strings.NewReplacer(`"position":1`, `"position":2,"x":1`).Replace(good),
		"half a line":       good[:40],
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			_, err := esdbserver.Import(timeout(t), filepath.Join(parent, "store"), strings.NewReader(good+"\n"+second+"\n"))
			if err == nil || !strings.Contains(err.Error(), "event 2 of the input") {
				t.Fatalf("got %v", err)
			}
			if entries, err := os.ReadDir(parent); err != nil || len(entries) > 0 {
				t.Fatalf("left %v, %v", entries, err)
			}
		})
	}
}

func TestBackupWhileRunningAndRestore(t *testing.T) {
	s, c := start(t)
	fill(t, c)
	backup := filepath.Join(t.TempDir(), "backup")
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = c.AppendToStream(context.Background(), "busy", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, event("e"))
			}
		}
	}()
	acknowledged := s.LastPosition()
	if err := s.Backup(timeout(t), backup); err != nil {
		t.Fatal(err)
	}
	close(stop)
	<-done
	if err := s.Backup(timeout(t), backup); err == nil {
		t.Fatal("a backup was overwritten")
	}
	dir := filepath.Join(t.TempDir(), "restored")
	report, err := esdbserver.Restore(timeout(t), backup, dir)
	if err != nil || report.Damaged || report.LastPosition < acknowledged {
		t.Fatalf("got %+v, %v", report, err)
	}
	restored := startServer(t, esdbserver.Options{DataDir: dir})
	if got := revisions(t, connect(t, restored.ConnectionString()), "s-1"); len(got) != 1000 {
		t.Fatalf("got %d events", len(got))
	}
}

func TestScavengeRemovesWhatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	s := startServer(t, esdbserver.Options{DataDir: dir})
	c := connect(t, s.ConnectionString())
	fill(t, c)
	m := esdb.StreamMetadata{}
	m.SetMaxCount(10)
	for range 3 {
		if _, err := c.SetStreamMetadata(timeout(t), "s-1", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, m); err != nil {
			t.Fatal(err)
		}
	}
	mustAppend(t, c, "s-3", esdb.Any{}, event("again"))
	want := map[string][]uint64{"s-1": revisions(t, c, "s-1"), "s-2": revisions(t, c, "s-2"), "s-3": revisions(t, c, "s-3")}
	sub := subscribeAll(t, c, esdb.SubscribeToAllOptions{From: esdb.Start{}})

	r, err := s.Scavenge(timeout(t), esdbserver.ScavengeOptions{BytesPerSecond: 1 << 30})
	// 990 of s-1, 2 of its metadata, 3 of s-3 and one of its metadata, 3 of s-4.
	if err != nil || r.Events != 999 {
		t.Fatalf("got %+v, %v", r, err)
	}
	check := func(c *esdb.Client) {
		t.Helper()
		for name, revs := range want {
			if got := revisions(t, c, name); !slices.Equal(got, revs) {
				t.Fatalf("%s: got %v, want %v", name, got, revs)
			}
		}
		if all := readAll(t, c, esdb.ReadAllOptions{From: esdb.Start{}}, 1<<62); len(all) != 1011+3+2-999 {
			t.Fatalf("$all has %d events", len(all))
		}
		appendFails(t, c, "s-4", esdb.Any{}, esdb.ErrorCodeStreamDeleted, event("e"))
	}
	check(c)
	if got := received(t, sub); got == "" {
		t.Fatal("the subscription ended")
	}
	if r, err := s.Scavenge(timeout(t), esdbserver.ScavengeOptions{}); err != nil || r.Events != 0 {
		t.Fatalf("again: got %+v, %v", r, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, dir); r.Damaged {
		t.Fatalf("got %+v", r)
	}
	s = startServer(t, esdbserver.Options{DataDir: dir})
	c = connect(t, s.ConnectionString())
	check(c)
	if r := mustAppend(t, c, "s-1", esdb.Revision(999), event("e")); r.NextExpectedVersion != 1000 || r.CommitPosition != 1017 {
		t.Fatalf("got %+v", r)
	}
}

func TestScavengeRemovesWhatIsTooOld(t *testing.T) {
	s, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("old", 5)...)
	m := esdb.StreamMetadata{}
	m.SetMaxAge(time.Second)
	if _, err := c.SetStreamMetadata(timeout(t), "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, m); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond)
	mustAppend(t, c, "s", esdb.Any{}, events("new", 2)...)
	if r, err := s.Scavenge(timeout(t), esdbserver.ScavengeOptions{}); err != nil || r.Events != 5 {
		t.Fatalf("got %+v, %v", r, err)
	}
	if all := readAll(t, c, esdb.ReadAllOptions{From: esdb.Start{}}, 100); !slices.Equal(types(all), []string{"$metadata", "new0", "new1"}) {
		t.Fatalf("got %v", types(all))
	}
}

func TestUnknownFormatIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "FORMAT"), []byte("microgrid event store, format 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := esdbserver.Open(esdbserver.Options{DataDir: dir, Logger: quiet()})
	if err == nil || !strings.Contains(err.Error(), "format 2") || !strings.Contains(err.Error(), "export its events") {
		t.Fatalf("got %v", err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := esdbserver.Open(esdbserver.Options{DataDir: other, Logger: quiet()}); err == nil || !strings.Contains(err.Error(), "not an event store") {
		t.Fatalf("got %v", err)
	}
}

func TestOptionsAreRefusedAllAtOnce(t *testing.T) {
	_, err := esdbserver.Open(esdbserver.Options{Listen: "0.0.0.0:2113", MaxAppendBytes: 1 << 30, CacheBytes: -1})
	for _, want := range []string{"DataDir", "0.0.0.0:2113", "MaxAppendBytes", "CacheBytes"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("%q isn't named in %v", want, err)
		}
	}
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	s := startServer(t, esdbserver.Options{Metrics: registry})
	c := connect(t, s.ConnectionString())
	sub := subscribeAll(t, c, esdb.SubscribeToAllOptions{From: esdb.Start{}})
	expect(t, sub, "caught up")
	mustAppend(t, c, "s", esdb.Any{}, events("e", 3)...)
	appendFails(t, c, "s", esdb.NoStream{}, esdb.ErrorCodeWrongExpectedVersion, event("x"))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	for _, f := range families {
		found[f.GetName()] = true
		if f.GetName() == "eventstore_events_written_total" && f.GetMetric()[0].GetCounter().GetValue() != 3 {
			t.Fatalf("got %v", f)
		}
	}
	for _, name := range []string{"eventstore_append_seconds", "eventstore_sync_seconds", "eventstore_subscribers",
		"eventstore_subscriber_lag_events", "eventstore_disk_bytes", "eventstore_disk_free_bytes", "eventstore_last_position"} {
		if !found[name] {
			t.Errorf("%s is missing", name)
		}
	}
}
