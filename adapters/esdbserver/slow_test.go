package esdbserver_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// envSlow says how many events are written while a subscriber doesn't read.
const envSlow = "SLOW_SUBSCRIBER_EVENTS"

// A subscriber that stops reading costs the writers nothing and the server a
// bounded amount of memory, and then gets every event.
func TestStoppedSubscriberCostsNothing(t *testing.T) {
	total := 40_000
	if n, err := strconv.Atoi(os.Getenv(envSlow)); err == nil {
		total = n
	} else if testing.Short() {
		t.Skip("writes for some seconds")
	}
	s := startServer(t, esdbserver.Options{})
	const each, writers = 50, 8
	// In rounds, with and without the subscriber in turn, so that whatever else
	// the machine does hits both alike.
	const rounds = 4
	write := func(round string, n int) time.Duration {
		c := connect(t, s.ConnectionString())
		began := time.Now()
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for range n / each / writers {
					if _, err := c.AppendToStream(timeout(t), fmt.Sprintf("%s-%d", round, w), esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, events("e", each)...); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		return time.Since(began)
	}
	write("warm", total/rounds/4)
	var alone, beside time.Duration
	var subs []*esdb.Subscription
	for round := range rounds {
		alone += write(fmt.Sprintf("alone%d", round), total/rounds)
		if round == 0 {
			c := connect(t, s.ConnectionString())
			for range 4 {
				sub, err := c.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.Start{}})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = sub.Close() }()
				subs = append(subs, sub)
			}
		}
	}
	for round := range rounds {
		beside += write(fmt.Sprintf("beside%d", round), total/rounds)
	}
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("%d events alone in %v, beside %d stopped subscribers in %v (%.2f); heap %d MiB",
		total, alone, len(subs), beside, float64(beside)/float64(alone), memory.HeapAlloc>>20)
	if memory.HeapAlloc > 200<<20 {
		t.Errorf("the heap is %d MiB", memory.HeapAlloc>>20)
	}
	want := s.LastPosition()
	for next := uint64(1); next <= want; {
		e := subs[0].Recv()
		if e.SubscriptionDropped != nil {
			t.Fatal(e.SubscriptionDropped.Error)
		}
		if e.EventAppeared != nil {
			if got := e.EventAppeared.Event.Position.Commit; got != next {
				t.Fatalf("got position %d, want %d", got, next)
			}
			next++
		}
	}
}
