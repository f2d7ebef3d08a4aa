package esdbserver_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// closedStore makes a store of 3,000 events, all in tables.
func closedStore(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := filledStore(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// killedStore makes one as a kill leaves it, with its events in the log.
func killedStore(t *testing.T) string {
	t.Helper()
	dir, killed := t.TempDir(), filepath.Join(t.TempDir(), "killed")
	filledStore(t, dir)
	if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return killed
}

func filledStore(t *testing.T, dir string) *esdbserver.Server {
	t.Helper()
	s := startServer(t, esdbserver.Options{DataDir: dir})
	c := connect(t, s.ConnectionString())
	for range 30 {
		mustAppend(t, c, "s", esdb.Any{}, events("e", 100)...)
	}
	return s
}

func files(t *testing.T, dir, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "db", pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("no %s in %s, %v", pattern, dir, err)
	}
	slices.Sort(found)
	return found
}

func flip(t *testing.T, path string, offset int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[offset] ^= 0x10
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func size(t *testing.T, path string) int {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Size())
}

// used is a log's size without the zeros after what was written to it.
func used(t *testing.T, path string) int {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return len(bytes.TrimRight(b, "\x00"))
}

// servesNothingWrong opens a damaged store and checks that whatever it serves
// is as it was written, up to an error.
func servesNothingWrong(t *testing.T, dir string) {
	t.Helper()
	s, err := esdbserver.New(esdbserver.Options{DataDir: dir, Logger: quiet()})
	if err != nil {
		return // refused: nothing is served
	}
	defer func() { _ = s.Close() }()
	c := connect(t, s.ConnectionString())
	r, err := c.ReadAll(timeout(t), esdb.ReadAllOptions{From: esdb.Start{}}, 1<<62)
	found, err := collect(t, r, err)
	for i, e := range found {
		if e.Event.Position.Commit != uint64(i+1) || e.Event.EventNumber != uint64(i) || string(e.Event.Data) != `{"a":1}` {
			t.Fatalf("event %d: %+v", i, e.Event)
		}
	}
	if len(found) < 3000 {
		var wrapped *esdb.Error
		if !errors.As(err, &wrapped) || status.Code(wrapped.Err()) != codes.DataLoss {
			t.Fatalf("%d of 3000 events were served, then %v", len(found), err)
		}
	}
}

func TestDamagedTablesAreNamed(t *testing.T) {
	for _, where := range []float64{0.02, 0.3, 0.6, 0.9, 0.999} {
		dir := closedStore(t)
		table := files(t, dir, "*.sst")[0]
		flip(t, table, int(float64(size(t, table))*where))
		r := verify(t, dir)
		if !r.Damaged || !strings.Contains(strings.Join(r.Problems, "\n"), filepath.Base(table)) {
			t.Errorf("at %v of the file: %s isn't named in %+v", where, filepath.Base(table), r)
		}
		servesNothingWrong(t, dir)
	}
}

func TestCutTableIsNamed(t *testing.T) {
	dir := closedStore(t)
	table := files(t, dir, "*.sst")[0]
	if err := os.Truncate(table, int64(size(t, table)/2)); err != nil {
		t.Fatal(err)
	}
	r := verify(t, dir)
	if !r.Damaged || !strings.Contains(strings.Join(r.Problems, "\n"), filepath.Base(table)) {
		t.Fatalf("%s isn't named in %+v", table, r)
	}
	servesNothingWrong(t, dir)
}

// A log that was cut looks like one that ended earlier. That acknowledged
// events are gone is told all the same.
func TestDamagedLogIsRefused(t *testing.T) {
	for name, damage := range map[string]func(log string){
		"cut":           func(log string) { _ = os.Truncate(log, int64(used(t, log)/2)) },
		"emptied":       func(log string) { _ = os.Truncate(log, 0) },
		"removed":       func(log string) { _ = os.Remove(log) },
		"flipped early": func(log string) { flip(t, log, used(t, log)/10) },
		"flipped late":  func(log string) { flip(t, log, used(t, log)*9/10) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := killedStore(t)
			logs := files(t, dir, "*.log")
			damage(logs[len(logs)-1])
			_, err := esdbserver.Open(esdbserver.Options{DataDir: dir, Logger: quiet()})
			if err == nil || !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), "restore a backup") {
				t.Fatalf("got %v", err)
			}
			r, err := esdbserver.Verify(context.Background(), dir)
			if err != nil || !r.Damaged {
				t.Fatalf("got %+v, %v", r, err)
			}
		})
	}
}
