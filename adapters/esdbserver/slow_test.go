package esdbserver_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
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
	// In rounds, without and with subscribers in turn, so that what else the
	// machine does hits both alike.
	const rounds = 9
	n := total / rounds
	write("warm", n/2)
	ratios := make([]float64, rounds)
	var stopped []*esdb.Subscription
	for round := range rounds {
		for _, sub := range stopped {
			_ = sub.Close()
		}
		alone := write(fmt.Sprintf("alone%d", round), n)
		stopped = stoppedSubscribers(t, connect(t, s.ConnectionString()), 4)
		ratios[round] = float64(write(fmt.Sprintf("beside%d", round), n)) / float64(alone)
	}
	slices.Sort(ratios)
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("%d events: beside %d stopped subscribers %.2f of the time without (%.2f to %.2f); heap %d MiB",
		total, len(stopped), ratios[rounds/2], ratios[0], ratios[rounds-1], memory.HeapAlloc>>20)
	if memory.HeapAlloc > 200<<20 {
		t.Errorf("the heap is %d MiB", memory.HeapAlloc>>20)
	}
	if os.Getenv(envSlow) != "" && ratios[rounds/2] > 1.1 { // short rounds measure the machine
		t.Errorf("the writers slow down")
	}
	want := s.LastPosition()
	for next := uint64(1); next <= want; {
		e := stopped[0].Recv()
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

// stoppedSubscribers are connected and read nothing.
func stoppedSubscribers(t *testing.T, c *esdb.Client, n int) []*esdb.Subscription {
	t.Helper()
	subs := make([]*esdb.Subscription, n)
	for i := range subs {
		sub, err := c.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.Start{}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = sub.Close() })
		subs[i] = sub
	}
	return subs
}
