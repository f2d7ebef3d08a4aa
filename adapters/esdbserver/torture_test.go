package esdbserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// The torture test kills the server's process at random moments under load
// and checks what it comes back with. TORTURE_CYCLES says how often.
const (
	envCycles   = "TORTURE_CYCLES"
	envChildDir = "ESDBSERVER_TEST_CHILD_DIR"
	envChildAt  = "ESDBSERVER_TEST_CHILD_LISTEN"
)

// TestMain lets the test binary be its own server process.
func TestMain(m *testing.M) {
	if dir := os.Getenv(envChildDir); dir != "" {
		os.Exit(child(dir))
	}
	os.Exit(m.Run())
}

func child(dir string) int {
	s, err := esdbserver.New(esdbserver.Options{DataDir: dir, Listen: os.Getenv(envChildAt)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	if err := s.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// process is a server in a process of its own.
type process struct {
	cmd  *exec.Cmd
	addr string
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func startProcess(t testing.TB, dir, addr string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envChildDir+"="+dir, envChildAt+"="+addr)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, addr: addr}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close()
			return p
		}
	}
	p.kill()
	t.Fatal("the server didn't come up")
	return nil
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// load is what a torture event carries: which batch it is of and where.
type load struct {
	Batch uuid.UUID `json:"batch"`
	Index int       `json:"index"`
	Size  int       `json:"size"`
}

type written struct {
	stream   string
	size     int
	acked    bool
	revision uint64
	position uint64
}

type seenEvent struct {
	position uint64
	id       uuid.UUID
}

// history is the model: what was acknowledged, what was seen, and what $all
// was found to be so far.
type history struct {
	mu      sync.Mutex
	batches map[uuid.UUID]*written
	unread  map[uuid.UUID]bool // acknowledged since the last check
	seen    []seenEvent        // by readers and subscribers since the last check

	order     []seenEvent // all of $all, as first found
	byID      map[uuid.UUID]uint64
	revisions map[string]uint64 // next revision of each stream
}

func newHistory() *history {
	return &history{
		batches: make(map[uuid.UUID]*written), unread: make(map[uuid.UUID]bool),
		byID: make(map[uuid.UUID]uint64), revisions: make(map[string]uint64),
	}
}

func eventsOf(batch uuid.UUID, size int) []esdb.EventData {
	out := make([]esdb.EventData, size)
	for i := range out {
		data, _ := json.Marshal(load{batch, i, size})
		out[i] = esdb.EventData{
			EventID: uuid.NewSHA1(batch, []byte(strconv.Itoa(i))), EventType: "Torture",
			ContentType: esdb.ContentTypeJson, Data: data,
		}
	}
	return out
}

func quietClient(addr string) (*esdb.Client, error) {
	config, err := esdb.ParseConnectionString("esdb://" + addr + "?tls=false&maxDiscoverAttempts=1&discoveryInterval=10")
	if err != nil {
		return nil, err
	}
	config.Logger = esdb.NoopLogging()
	return esdb.NewClient(config)
}

// writer appends batches until the server is gone. On its own stream it
// expects exact revisions and repeats what it doesn't know the fate of.
type writer struct {
	h      *history
	stream string
	own    bool
	next   esdb.ExpectedRevision
	retry  uuid.UUID // batch of unknown fate
}

func (w *writer) run(ctx context.Context, addr string) {
	c, err := quietClient(addr)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	for ctx.Err() == nil {
		id := w.retry
		w.h.mu.Lock()
		if id == uuid.Nil {
			id = uuid.New()
			w.h.batches[id] = &written{stream: w.stream, size: 1 + rand.IntN(20)}
		}
		batch := w.h.batches[id]
		w.h.mu.Unlock()
		call, cancel := context.WithTimeout(ctx, 5*time.Second)
		r, err := c.AppendToStream(call, w.stream, esdb.AppendToStreamOptions{ExpectedRevision: w.next}, eventsOf(id, batch.size)...)
		cancel()
		if err != nil {
			if w.own {
				w.retry = id
			}
			return
		}
		w.retry = uuid.Nil
		if w.own {
			w.next = esdb.Revision(r.NextExpectedVersion)
		}
		w.h.mu.Lock()
		batch.acked, batch.revision, batch.position = true, r.NextExpectedVersion, r.CommitPosition
		w.h.unread[id] = true
		w.h.mu.Unlock()
	}
}

// watch subscribes to $all from where the last check ended and notes what it is sent.
func (h *history) watch(ctx context.Context, addr string) {
	c, err := quietClient(addr)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	var from esdb.AllPosition = esdb.Start{}
	if n := len(h.order); n > 0 {
		from = esdb.Position{Commit: h.order[n-1].position, Prepare: h.order[n-1].position}
	}
	sub, err := c.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{From: from})
	if err != nil {
		return
	}
	defer func() { _ = sub.Close() }()
	for {
		e := sub.Recv()
		if e.SubscriptionDropped != nil {
			return
		}
		if e.EventAppeared != nil {
			h.note(e.EventAppeared)
		}
	}
}

// glance reads the newest events again and again.
func (h *history) glance(ctx context.Context, addr string) {
	c, err := quietClient(addr)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	for ctx.Err() == nil {
		r, err := c.ReadAll(ctx, esdb.ReadAllOptions{From: esdb.End{}, Direction: esdb.Backwards}, 30)
		if err != nil {
			return
		}
		for {
			e, err := r.Recv()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					r.Close()
					return
				}
				break
			}
			h.note(e)
		}
		r.Close()
	}
}

func (h *history) note(e *esdb.ResolvedEvent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = append(h.seen, seenEvent{e.Event.Position.Commit, e.Event.EventID})
}

// check reads what is new in $all, or all of it, and holds it against the model.
func (h *history) check(t *testing.T, addr string, whole bool) {
	t.Helper()
	c, err := quietClient(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	known := len(h.order)
	var from esdb.AllPosition = esdb.Start{}
	skip := 0
	if !whole && known > 0 {
		last := h.order[known-1].position
		from, skip = esdb.Position{Commit: last, Prepare: last}, known-1
	}
	r, err := c.ReadAll(ctx, esdb.ReadAllOptions{From: from}, 1<<62)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	open := uuid.Nil // batch that is being read
	openNext := 0
	for i := skip; ; i++ {
		e, err := r.Recv()
		if errors.Is(err, io.EOF) {
			if i < known {
				t.Fatalf("$all has %d events, it had %d", i, known)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got := seenEvent{e.Event.Position.Commit, e.Event.EventID}
		if i < known {
			if h.order[i] != got {
				t.Fatalf("event %d of $all was %v and is %v", i, h.order[i], got)
			}
			continue
		}
		h.accept(t, e, &open, &openNext)
	}
	if open != uuid.Nil {
		t.Fatalf("batch %v is torn: only %d events of it are there", open, openNext)
	}
	h.settle(t)
}

// accept adds an event found in $all for the first time.
func (h *history) accept(t *testing.T, e *esdb.ResolvedEvent, open *uuid.UUID, next *int) {
	t.Helper()
	position, id := e.Event.Position.Commit, e.Event.EventID
	if n := len(h.order); n > 0 && position <= h.order[n-1].position {
		t.Fatalf("position %d follows %d", position, h.order[n-1].position)
	}
	if at, twice := h.byID[id]; twice {
		t.Fatalf("event %v is at position %d and %d", id, at, position)
	}
	if want := h.revisions[e.Event.StreamID]; e.Event.EventNumber != want {
		t.Fatalf("stream %s: revision %d follows %d", e.Event.StreamID, e.Event.EventNumber, int64(want)-1)
	}
	var l load
	if err := json.Unmarshal(e.Event.Data, &l); err != nil {
		t.Fatal(err)
	}
	if *open == uuid.Nil {
		*open, *next = l.Batch, 0
	}
	b := h.batches[l.Batch]
	if b == nil || *open != l.Batch || l.Index != *next || b.stream != e.Event.StreamID || l.Size != b.size {
		t.Fatalf("%+v of %s is inside of batch %v at %d: torn or mixed", l, e.Event.StreamID, *open, *next)
	}
	h.order = append(h.order, seenEvent{position, id})
	h.byID[id] = position
	h.revisions[e.Event.StreamID]++
	if *next++; *next < l.Size {
		return
	}
	if b.acked && (b.revision != e.Event.EventNumber || b.position != position) {
		t.Fatalf("batch %v was acknowledged at revision %d, position %d and ends at %d, %d",
			l.Batch, b.revision, b.position, e.Event.EventNumber, position)
	}
	delete(h.unread, l.Batch)
	*open = uuid.Nil
}

func (h *history) settle(t *testing.T) {
	t.Helper()
	for id := range h.unread {
		// A repeat is acknowledged again after it was found.
		b := h.batches[id]
		last := eventsOf(id, b.size)[b.size-1].EventID
		if h.byID[last] != b.position {
			t.Fatalf("batch %v of %s, acknowledged at position %d, is lost", id, b.stream, b.position)
		}
	}
	clear(h.unread)
	for _, s := range h.seen {
		if h.byID[s.id] != s.position {
			t.Fatalf("event %v was seen at position %d and is at %d", s.id, s.position, h.byID[s.id])
		}
	}
	h.seen = h.seen[:0]
}

func TestTorture(t *testing.T) {
	cycles := 6
	if n, err := strconv.Atoi(os.Getenv(envCycles)); err == nil {
		cycles = n
	} else if testing.Short() {
		t.Skip("kills processes for some seconds")
	}
	dir, addr, h := t.TempDir(), freeAddr(t), newHistory()
	var writers []*writer
	for i := range 3 {
		writers = append(writers, &writer{h: h, stream: fmt.Sprintf("own-%d", i), own: true, next: esdb.NoStream{}})
	}
	for range 3 {
		writers = append(writers, &writer{h: h, stream: "shared", next: esdb.Any{}})
	}
	for cycle := range cycles {
		p := startProcess(t, dir, addr)
		h.check(t, addr, cycle%25 == 24)
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		for _, w := range writers {
			wg.Go(func() { w.run(ctx, addr) })
		}
		wg.Go(func() { h.watch(ctx, addr) })
		wg.Go(func() { h.glance(ctx, addr) })
		time.Sleep(time.Duration(20+rand.IntN(400)) * time.Millisecond)
		p.kill()
		cancel()
		wg.Wait()
		if testing.Verbose() && cycle%10 == 9 {
			t.Logf("%d kills: %d batches sent, %d events found", cycle+1, len(h.batches), len(h.order))
		}
	}
	p := startProcess(t, dir, addr)
	h.check(t, addr, true)
	p.kill()
	report, err := esdbserver.Verify(context.Background(), dir)
	if err != nil || report.Damaged || report.Events != uint64(len(h.order)) {
		t.Fatalf("got %+v, %v; want %d events", report, err, len(h.order))
	}
	t.Logf("%d kills: %d batches sent, %d events in order, none lost, none twice, no batch torn", cycles, len(h.batches), len(h.order))
}
