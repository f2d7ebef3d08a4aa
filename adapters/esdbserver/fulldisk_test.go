package esdbserver_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// smallDisk mounts a file system of its own in memory.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small file system can't be mounted, which needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// filler takes room until it is removed.
func filler(t *testing.T, dir string, size int) (remove func()) {
	t.Helper()
	path := filepath.Join(dir, "filler")
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

// bulky is an event that doesn't compress.
func bulky() esdb.EventData {
	data := make([]byte, 0, 64<<10)
	for len(data) < cap(data) {
		id := uuid.New()
		data = append(data, id[:]...)
	}
	return esdb.EventData{EventID: uuid.New(), EventType: "Bulky", ContentType: esdb.ContentTypeBinary, Data: data}
}

// appendUntilRefused returns what was acknowledged, and the refusal.
func appendUntilRefused(t *testing.T, c *esdb.Client, acked map[uuid.UUID][]byte) error {
	t.Helper()
	for range 10_000 {
		e := bulky()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		_, err := c.AppendToStream(ctx, "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, e)
		cancel()
		if err != nil {
			return err
		}
		acked[e.EventID] = e.Data
	}
	t.Fatal("the disk never filled up")
	return nil
}

func checkAcked(t *testing.T, c *esdb.Client, acked map[uuid.UUID][]byte) {
	t.Helper()
	got, err := readStream(t, c, "s", esdb.ReadStreamOptions{From: esdb.Start{}}, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[uuid.UUID]bool)
	for i, e := range got {
		if e.Event.EventNumber != uint64(i) || found[e.Event.EventID] {
			t.Fatalf("event %d: %+v", i, e.Event.EventID)
		}
		found[e.Event.EventID] = true
		if want, ok := acked[e.Event.EventID]; ok && !bytes.Equal(want, e.Event.Data) {
			t.Fatalf("event %d has other data", i)
		}
	}
	for id := range acked {
		if !found[id] {
			t.Fatalf("acknowledged event %v is lost", id)
		}
	}
}

func TestFullDiskRefusesAppendsAndResumes(t *testing.T) {
	dir := smallDisk(t, "300m")
	remove := filler(t, dir, 100<<20)
	o := esdbserver.Options{DataDir: filepath.Join(dir, "store"), Logger: quiet()}
	s := startServer(t, o)
	c := connect(t, s.ConnectionString())
	acked := make(map[uuid.UUID][]byte)
	err := appendUntilRefused(t, c, acked)
	var e *esdb.Error
	if !errors.As(err, &e) || status.Code(e.Err()) != codes.ResourceExhausted || !strings.Contains(err.Error(), "disk full") {
		t.Fatalf("got %v", err)
	}
	checkAcked(t, c, acked) // reads go on
	remove()
	time.Sleep(200 * time.Millisecond)
	for range 50 {
		e := bulky()
		mustAppend(t, c, "s", esdb.Any{}, e)
		acked[e.EventID] = e.Data
	}
	checkAcked(t, c, acked)
	reopened(t, s, o, acked)
}

func reopened(t *testing.T, s *esdbserver.Server, o esdbserver.Options, acked map[uuid.UUID][]byte) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, o.DataDir); r.Damaged {
		t.Fatalf("got %+v", r)
	}
	again := startServer(t, o)
	checkAcked(t, connect(t, again.ConnectionString()), acked)
}

// Another program takes the last byte: writes find no room in spite of the
// reserve. They wait; nothing is half written.
func TestFullDiskInTheMiddleOfAWrite(t *testing.T) {
	dir := smallDisk(t, "200m")
	o := esdbserver.Options{
		DataDir: filepath.Join(dir, "store"), Logger: quiet(), MinFreeBytes: 1, WriteTimeout: 2 * time.Second,
	}
	s := startServer(t, o)
	c := connect(t, s.ConnectionString())
	acked := make(map[uuid.UUID][]byte)
	for range 100 {
		e := bulky()
		mustAppend(t, c, "s", esdb.Any{}, e)
		acked[e.EventID] = e.Data
	}
	remove := filler(t, dir, 400<<20) // all that is left
	err := appendUntilRefused(t, c, acked)
	var wrapped *esdb.Error
	if !errors.As(err, &wrapped) {
		t.Fatalf("got %v", err)
	}
	if code := status.Code(wrapped.Err()); code != codes.Aborted && code != codes.ResourceExhausted && code != codes.Unavailable {
		t.Fatalf("got %v", err)
	}
	// While it lasts, appends are refused at once.
	began := time.Now()
	if err := appendUntilRefused(t, c, acked); err == nil || time.Since(began) > 10*time.Second {
		t.Fatalf("got %v after %v", err, time.Since(began))
	}
	remove()
	deadline := time.Now().Add(10 * time.Second)
	for {
		e := bulky()
		_, err := c.AppendToStream(timeout(t), "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, e)
		if err == nil {
			acked[e.EventID] = e.Data
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("service doesn't resume: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	checkAcked(t, c, acked)
	reopened(t, s, o, acked)
}

// A server that is killed or closed while the disk is full opens again.
func TestFullDiskThenClose(t *testing.T) {
	dir := smallDisk(t, "160m")
	o := esdbserver.Options{DataDir: filepath.Join(dir, "store"), Logger: quiet(), MinFreeBytes: 1, WriteTimeout: time.Second}
	s, err := esdbserver.New(o)
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, s.ConnectionString())
	acked := make(map[uuid.UUID][]byte)
	remove := filler(t, dir, 90<<20)
	if err := appendUntilRefused(t, c, acked); err == nil {
		t.Fatal("nothing was refused")
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case <-closed: // an error is fine: what was under way found no room
	case <-time.After(20 * time.Second):
		t.Fatal("close hangs while the disk is full")
	}
	remove()
	var again *esdbserver.Server
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var err error
		if again, err = esdbserver.New(o); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it doesn't open again: %v", err)
		}
	}
	defer func() { _ = again.Close() }()
	checkAcked(t, connect(t, again.ConnectionString()), acked)
	if r, err := again.Verify(timeout(t)); err != nil || r.Damaged {
		t.Fatalf("got %+v, %v", r, err)
	}
}
