package esdbserver_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// received tells subscription events apart: a type, "caught up", "checkpoint N".
func received(t testing.TB, sub *esdb.Subscription) string {
	t.Helper()
	got := make(chan *esdb.SubscriptionEvent, 1)
	go func() { got <- sub.Recv() }()
	select {
	case e := <-got:
		switch {
		case e.EventAppeared != nil:
			return e.EventAppeared.OriginalEvent().EventType
		case e.CaughtUp != nil:
			return "caught up"
		case e.CheckPointReached != nil:
			return fmt.Sprintf("checkpoint %d/%d", e.CheckPointReached.Commit, e.CheckPointReached.Prepare)
		case e.SubscriptionDropped != nil:
			return "dropped " + status.Code(e.SubscriptionDropped.Error).String()
		}
		return "?"
	case <-time.After(10 * time.Second):
		t.Fatal("nothing received")
		return ""
	}
}

func expect(t testing.TB, sub *esdb.Subscription, want ...string) {
	t.Helper()
	for i, w := range want {
		if got := received(t, sub); got != w {
			t.Fatalf("%d: got %q, want %q", i, got, w)
		}
	}
}

func subscribeStream(t testing.TB, c *esdb.Client, name string, o esdb.SubscribeToStreamOptions) *esdb.Subscription {
	t.Helper()
	sub, err := c.SubscribeToStream(timeout(t), name, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Close() })
	return sub
}

func subscribeAll(t testing.TB, c *esdb.Client, o esdb.SubscribeToAllOptions) *esdb.Subscription {
	t.Helper()
	sub, err := c.SubscribeToAll(timeout(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Close() })
	return sub
}

func TestSubscribeToStream(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 3)...)
	mustAppend(t, c, "other", esdb.NoStream{}, event("x"))

	all := subscribeStream(t, c, "s", esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	after := subscribeStream(t, c, "s", esdb.SubscribeToStreamOptions{From: esdb.Revision(1)})
	end := subscribeStream(t, c, "s", esdb.SubscribeToStreamOptions{From: esdb.End{}})
	expect(t, all, "e0", "e1", "e2", "caught up")
	expect(t, after, "e2", "caught up")
	expect(t, end, "caught up")

	mustAppend(t, c, "other", esdb.Any{}, event("x"))
	mustAppend(t, c, "s", esdb.Any{}, event("live0"), event("live1"))
	for _, sub := range []*esdb.Subscription{all, after, end} {
		expect(t, sub, "live0", "live1")
	}
}

func TestSubscribeToStreamThatIsNotThereYet(t *testing.T) {
	_, c := start(t)
	sub := subscribeStream(t, c, "s", esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	expect(t, sub, "caught up")
	mustAppend(t, c, "s", esdb.NoStream{}, event("first"))
	expect(t, sub, "first")
	if _, err := c.TombstoneStream(timeout(t), "s", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	e := sub.Recv().EventAppeared
	if e == nil || e.Event.EventType != "$streamDeleted" || e.Event.EventNumber != math.MaxInt64 {
		t.Fatalf("got %+v", e)
	}
	expect(t, sub, "dropped "+codes.FailedPrecondition.String())

	_, err := c.SubscribeToStream(timeout(t), "s", esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	wantCode(t, errors.Unwrap(err), esdb.ErrorCodeStreamDeleted)
}

func TestSubscribeToAll(t *testing.T) {
	_, c := start(t)
	r := mustAppend(t, c, "a-1", esdb.NoStream{}, event("a0"))
	mustAppend(t, c, "b-1", esdb.NoStream{}, event("b0"))
	all := subscribeAll(t, c, esdb.SubscribeToAllOptions{From: esdb.Start{}})
	after := subscribeAll(t, c, esdb.SubscribeToAllOptions{From: esdb.Position{Commit: r.CommitPosition, Prepare: r.PreparePosition}})
	end := subscribeAll(t, c, esdb.SubscribeToAllOptions{From: esdb.End{}})
	expect(t, all, "a0", "b0", "caught up")
	expect(t, after, "b0", "caught up")
	expect(t, end, "caught up")
	mustAppend(t, c, "a-1", esdb.Any{}, event("a1"))
	for _, sub := range []*esdb.Subscription{all, after, end} {
		expect(t, sub, "a1")
	}
}

func TestFilters(t *testing.T) {
	_, c := start(t)
	for i := range 4 {
		mustAppend(t, c, fmt.Sprintf("a-%d", i), esdb.NoStream{}, event("Apple"))
		mustAppend(t, c, fmt.Sprintf("b-%d", i), esdb.NoStream{}, event("Bread"))
	}
	mustAppend(t, c, "$system", esdb.NoStream{}, event("$thing"))
	for _, test := range []struct {
		name   string
		filter *esdb.SubscriptionFilter
		want   []string
	}{
		{"stream prefix", &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"a-", "zz"}}, []string{"Apple", "Apple", "Apple", "Apple"}},
		{"stream regex", &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Regex: "^[ab]-3$"}, []string{"Apple", "Bread"}},
		{"type prefix", &esdb.SubscriptionFilter{Type: esdb.EventFilterType, Prefixes: []string{"Br"}}, []string{"Bread", "Bread", "Bread", "Bread"}},
		{"no system events", esdb.ExcludeSystemEventsFilter(), []string{"Apple", "Bread", "Apple", "Bread", "Apple", "Bread", "Apple", "Bread"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			sub := subscribeAll(t, c, esdb.SubscribeToAllOptions{From: esdb.Start{}, Filter: test.filter})
			expect(t, sub, append(test.want, "checkpoint 9/9", "caught up")...)
		})
	}
	for _, broken := range []string{"((", "^(?!a)"} { // the second isn't RE2
		_, err := c.SubscribeToAll(timeout(t), esdb.SubscribeToAllOptions{
			From: esdb.Start{}, Filter: &esdb.SubscriptionFilter{Type: esdb.EventFilterType, Regex: broken},
		})
		if err == nil || !strings.Contains(err.Error(), "filter: ") {
			t.Fatalf("%s: got %v", broken, err)
		}
	}
}

func TestCheckpointsCountConsideredEvents(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 10)...)
	sub := subscribeAll(t, c, esdb.SubscribeToAllOptions{
		From: esdb.Start{}, MaxSearchWindow: 2, CheckpointInterval: 2,
		Filter: &esdb.SubscriptionFilter{Type: esdb.EventFilterType, Prefixes: []string{"e8", "live"}},
	})
	expect(t, sub, "checkpoint 4/4", "checkpoint 8/8", "e8", "checkpoint 10/10", "caught up")
	mustAppend(t, c, "s", esdb.Any{}, events("x", 4)...)
	expect(t, sub, "checkpoint 14/14")
	mustAppend(t, c, "s", esdb.Any{}, event("live"))
	expect(t, sub, "live")
}

// A subscriber that reads nothing while more is written than memory holds gets
// every event all the same, and is told again when it caught up.
func TestSlowSubscriberGetsEverything(t *testing.T) {
	s := startServer(t, esdbserver.Options{RecentBytes: 64 << 10})
	c := connect(t, s.ConnectionString())
	sub := subscribeAll(t, c, esdb.SubscribeToAllOptions{From: esdb.Start{}})
	expect(t, sub, "caught up")
	const batches, each = 200, 100
	writer := connect(t, s.ConnectionString())
	for range batches {
		mustAppend(t, writer, "s", esdb.Any{}, events("e", each)...)
	}
	caughtUp := 0
	for n := 0; n < batches*each || caughtUp == 0; {
		e := sub.Recv()
		switch {
		case e.EventAppeared != nil:
			if got := e.EventAppeared.Event.EventNumber; got != uint64(n) {
				t.Fatalf("got revision %d, want %d", got, n)
			}
			n++
		case e.CaughtUp != nil:
			caughtUp++
		case e.SubscriptionDropped != nil:
			t.Fatal(e.SubscriptionDropped.Error)
		}
	}
}

func TestCloseEndsSubscriptions(t *testing.T) {
	s, c := start(t)
	sub := subscribeAll(t, c, esdb.SubscribeToAllOptions{From: esdb.Start{}})
	expect(t, sub, "caught up")
	began := time.Now()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Fatalf("close took %v", took)
	}
	expect(t, sub, "dropped "+codes.Unavailable.String())
}

// What metadata cuts off isn't caught up with, but is delivered live.
func TestMetadataLimitsHistoryOnly(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 5)...)
	m := esdb.StreamMetadata{}
	m.SetMaxCount(2)
	if _, err := c.SetStreamMetadata(timeout(t), "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, m); err != nil {
		t.Fatal(err)
	}
	sub := subscribeStream(t, c, "s", esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	expect(t, sub, "e3", "e4", "caught up")
	mustAppend(t, c, "s", esdb.Any{}, events("live", 4)...)
	expect(t, sub, "live0", "live1", "live2", "live3")
}
