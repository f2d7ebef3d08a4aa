package esdbserver_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

func settings(change func(*esdb.PersistentSubscriptionSettings)) *esdb.PersistentSubscriptionSettings {
	s := esdb.SubscriptionSettingsDefault()
	s.CheckpointLowerBound, s.CheckpointUpperBound, s.CheckpointAfter = 1, 1, 0
	if change != nil {
		change(&s)
	}
	return &s
}

func createGroup(t testing.TB, c *esdb.Client, stream string, change func(*esdb.PersistentSubscriptionSettings)) {
	t.Helper()
	err := c.CreatePersistentSubscription(timeout(t), stream, "g", esdb.PersistentStreamSubscriptionOptions{
		StartFrom: esdb.Start{}, Settings: settings(change),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func consume(t testing.TB, c *esdb.Client, stream string, slots uint32) *esdb.PersistentSubscription {
	t.Helper()
	sub, err := c.SubscribeToPersistentSubscription(timeout(t), stream, "g", esdb.SubscribeToPersistentSubscriptionOptions{BufferSize: slots})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Close() })
	return sub
}

// next receives a message, or nil when none comes for a while.
func next(t testing.TB, sub *esdb.PersistentSubscription, wait time.Duration) *esdb.EventAppeared {
	t.Helper()
	got := make(chan *esdb.PersistentSubscriptionEvent, 1)
	go func() { got <- sub.Recv() }()
	select {
	case e := <-got:
		if e.SubscriptionDropped != nil {
			t.Fatalf("dropped: %v", e.SubscriptionDropped.Error)
		}
		return e.EventAppeared
	case <-time.After(wait):
		return nil
	}
}

func expectMessage(t testing.TB, sub *esdb.PersistentSubscription, revision uint64, retries int) *esdb.ResolvedEvent {
	t.Helper()
	m := next(t, sub, 5*time.Second)
	if m == nil || m.Event.OriginalEvent().EventNumber != revision || m.RetryCount != retries {
		t.Fatalf("got %+v, want revision %d, %d retries", m, revision, retries)
	}
	return m.Event
}

func TestPersistentAckAndWindow(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 4)...)
	createGroup(t, c, "s", nil)
	sub := consume(t, c, "s", 2)
	first := expectMessage(t, sub, 0, 0)
	second := expectMessage(t, sub, 1, 0)
	if err := sub.Ack(first); err != nil {
		t.Fatal(err)
	}
	third := expectMessage(t, sub, 2, 0)
	if err := sub.Ack(second, third); err != nil {
		t.Fatal(err)
	}
	fourth := expectMessage(t, sub, 3, 0)
	if err := sub.Ack(fourth); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, c, "s", esdb.Any{}, event("live"))
	expectMessage(t, sub, 4, 0)
}

func TestPersistentRetryParkAndReplay(t *testing.T) {
	s, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 2)...)
	createGroup(t, c, "s", func(s *esdb.PersistentSubscriptionSettings) { s.MaxRetryCount = 2 })
	sub := consume(t, c, "s", 1)
	for retries := range 3 {
		m := expectMessage(t, sub, 0, retries)
		if err := sub.Nack("can't", esdb.NackActionRetry, m); err != nil {
			t.Fatal(err)
		}
	}
	// Tried often enough: it is parked, and the next one comes.
	m := expectMessage(t, sub, 1, 0)
	if err := sub.Nack("won't", esdb.NackActionPark, m); err != nil {
		t.Fatal(err)
	}
	parked := func() int64 {
		info, err := c.GetPersistentSubscriptionInfo(timeout(t), "s", "g", esdb.GetPersistentSubscriptionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return info.Stats.ParkedMessagesCount
	}
	for deadline := time.Now().Add(5 * time.Second); parked() != 2 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := parked(); n != 2 {
		t.Fatalf("%d messages are parked", n)
	}
	links, err := readStream(t, c, "$persistentsubscription-s::g-parked", esdb.ReadStreamOptions{From: esdb.Start{}}, 10)
	if err != nil || len(links) != 2 || string(links[1].Event.Data) != "1@s" {
		t.Fatalf("got %v, %v", links, err)
	}
	if err := c.ReplayParkedMessages(timeout(t), "s", "g", esdb.ReplayParkedMessagesOptions{}); err != nil {
		t.Fatal(err)
	}
	for revision := range uint64(2) {
		if err := sub.Ack(expectMessage(t, sub, revision, 0)); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(5 * time.Second); len(revisions(t, c, "$persistentsubscription-s::g-parked")) > 0; {
		if time.Now().After(deadline) {
			t.Fatal("replayed messages stay parked")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if r, err := s.Verify(timeout(t)); err != nil || r.Damaged {
		t.Fatalf("got %+v, %v", r, err)
	}
}

func TestPersistentTimeoutSendsAgain(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, event("e"))
	createGroup(t, c, "s", func(s *esdb.PersistentSubscriptionSettings) { s.MessageTimeout = 200 })
	sub := consume(t, c, "s", 5)
	expectMessage(t, sub, 0, 0)
	if err := sub.Ack(expectMessage(t, sub, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if m := next(t, sub, 500*time.Millisecond); m != nil {
		t.Fatalf("got %+v after the ack", m)
	}
}

func TestPersistentMessagesOfALostConsumerGoToOthers(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 3)...)
	createGroup(t, c, "s", nil)
	lost := consume(t, c, "s", 2)
	expectMessage(t, lost, 0, 0)
	other := consume(t, c, "s", 5)
	expectMessage(t, other, 2, 0)
	_ = lost.Close()
	expectMessage(t, other, 0, 0)
	expectMessage(t, other, 1, 0)
}

func TestPersistentGoesOnAfterRestart(t *testing.T) {
	dir := t.TempDir()
	s := startServer(t, esdbserver.Options{DataDir: dir})
	c := connect(t, s.ConnectionString())
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 5)...)
	createGroup(t, c, "s", nil)
	sub := consume(t, c, "s", 3)
	first := expectMessage(t, sub, 0, 0)
	second := expectMessage(t, sub, 1, 0)
	expectMessage(t, sub, 2, 0)
	if err := sub.Ack(first, second); err != nil {
		t.Fatal(err)
	}
	expectMessage(t, sub, 3, 0)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = startServer(t, esdbserver.Options{DataDir: dir})
	sub = consume(t, connect(t, s.ConnectionString()), "s", 10)
	for revision := range uint64(3) {
		expectMessage(t, sub, revision+2, 0)
	}
}

func TestPersistentToAllWithFilter(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "a", esdb.NoStream{}, events("e", 2)...)
	mustAppend(t, c, "b", esdb.NoStream{}, events("x", 2)...)
	err := c.CreatePersistentSubscriptionToAll(timeout(t), "g", esdb.PersistentAllSubscriptionOptions{
		StartFrom: esdb.Start{}, Settings: settings(nil),
		Filter: &esdb.SubscriptionFilter{Type: esdb.EventFilterType, Prefixes: []string{"x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := c.SubscribeToPersistentSubscriptionToAll(timeout(t), "g", esdb.SubscribeToPersistentSubscriptionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Close() }()
	for revision := range uint64(2) {
		m := expectMessage(t, sub, revision, 0)
		if m.Event.StreamID != "b" {
			t.Fatalf("got %+v", m.Event)
		}
		if err := sub.Ack(m); err != nil {
			t.Fatal(err)
		}
	}
	mustAppend(t, c, "a", esdb.Any{}, event("other"), event("x-live"))
	if m := expectMessage(t, sub, 3, 0); m.Event.EventType != "x-live" {
		t.Fatalf("got %+v", m.Event)
	}
}

func TestPersistentStrategies(t *testing.T) {
	_, c := start(t)
	for i := range 20 {
		mustAppend(t, c, fmt.Sprintf("s-%d", i%4), esdb.Any{}, event("e"))
	}
	for _, strategy := range []esdb.ConsumerStrategy{esdb.ConsumerStrategyRoundRobin, esdb.ConsumerStrategyDispatchToSingle, esdb.ConsumerStrategyPinned} {
		t.Run(string(strategy), func(t *testing.T) {
			group := string(strategy)
			err := c.CreatePersistentSubscriptionToAll(timeout(t), group, esdb.PersistentAllSubscriptionOptions{
				StartFrom: esdb.End{}, Settings: settings(func(s *esdb.PersistentSubscriptionSettings) { s.ConsumerStrategyName = strategy }),
				Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"s-"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			var subs []*esdb.PersistentSubscription
			for range 2 {
				sub, err := c.SubscribeToPersistentSubscriptionToAll(timeout(t), group, esdb.SubscribeToPersistentSubscriptionOptions{BufferSize: 100})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = sub.Close() }()
				subs = append(subs, sub)
			}
			for i := range 20 {
				mustAppend(t, c, fmt.Sprintf("s-%d", i%4), esdb.Any{}, event("e"))
			}
			var counts []int
			owner := make(map[string]int)
			for i, sub := range subs {
				n := 0
				for m := next(t, sub, 300*time.Millisecond); m != nil; m = next(t, sub, 300*time.Millisecond) {
					if by, ok := owner[m.Event.Event.StreamID]; ok && by != i && strategy == esdb.ConsumerStrategyPinned {
						t.Fatalf("%s went to both consumers", m.Event.Event.StreamID)
					}
					owner[m.Event.Event.StreamID] = i
					n++
				}
				counts = append(counts, n)
			}
			slices.Sort(counts)
			want := map[esdb.ConsumerStrategy][]int{
				esdb.ConsumerStrategyRoundRobin: {10, 10}, esdb.ConsumerStrategyDispatchToSingle: {0, 20},
			}[strategy]
			if counts[0]+counts[1] != 20 || want != nil && !slices.Equal(counts, want) {
				t.Fatalf("got %v, want %v", counts, want)
			}
		})
	}
}

func TestPersistentManagement(t *testing.T) {
	_, c := start(t)
	createGroup(t, c, "s", nil)
	err := c.CreatePersistentSubscription(timeout(t), "s", "g", esdb.PersistentStreamSubscriptionOptions{})
	wantCode(t, err, esdb.ErrorCodeResourceAlreadyExists)
	sub := consume(t, c, "s", 1)
	changed := settings(func(s *esdb.PersistentSubscriptionSettings) { s.MaxRetryCount, s.MaxSubscriberCount = 77, 1 })
	if err := c.UpdatePersistentSubscription(timeout(t), "s", "g", esdb.PersistentStreamSubscriptionOptions{Settings: changed}); err != nil {
		t.Fatal(err)
	}
	if e := sub.Recv(); e.SubscriptionDropped == nil || status.Code(e.SubscriptionDropped.Error) != codes.Canceled {
		t.Fatalf("got %+v", e)
	}
	list, err := c.ListAllPersistentSubscriptions(timeout(t), esdb.ListPersistentSubscriptionsOptions{})
	if err != nil || len(list) != 1 || list[0].Settings.MaxRetryCount != 77 || list[0].EventSource != "s" {
		t.Fatalf("got %+v, %v", list, err)
	}
	consume(t, c, "s", 1)
	_, err = c.SubscribeToPersistentSubscription(timeout(t), "s", "g", esdb.SubscribeToPersistentSubscriptionOptions{})
	var e *esdb.Error
	if !errors.As(err, &e) || status.Code(e.Err()) != codes.FailedPrecondition {
		t.Fatalf("got %v", err)
	}
	bad := settings(func(s *esdb.PersistentSubscriptionSettings) { s.ReadBatchSize = 1000 })
	err = c.CreatePersistentSubscription(timeout(t), "s", "other", esdb.PersistentStreamSubscriptionOptions{Settings: bad})
	if !errors.As(err, &e) || status.Code(e.Err()) != codes.InvalidArgument {
		t.Fatalf("got %v", err)
	}
	if err := c.DeletePersistentSubscription(timeout(t), "s", "g", esdb.DeletePersistentSubscriptionOptions{}); err != nil {
		t.Fatal(err)
	}
	err = c.DeletePersistentSubscription(timeout(t), "s", "g", esdb.DeletePersistentSubscriptionOptions{})
	wantCode(t, err, esdb.ErrorCodeResourceNotFound)
}

// Before a group has a checkpoint an update moves its start; from then on it
// goes on where it was, whatever the update says.
func TestPersistentUpdateMovesTheStart(t *testing.T) {
	s, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 5)...)
	createGroup(t, c, "s", nil)
	update := func(from esdb.StreamPosition) {
		t.Helper()
		err := c.UpdatePersistentSubscription(timeout(t), "s", "g", esdb.PersistentStreamSubscriptionOptions{StartFrom: from, Settings: settings(nil)})
		if err != nil {
			t.Fatal(err)
		}
	}
	update(esdb.Revision(3))
	expectMessage(t, consume(t, c, "s", 1), 3, 0)
	update(esdb.Start{})
	expectMessage(t, consume(t, c, "s", 1), 0, 0)

	// Go's client says start where it is asked for the end.
	_, err := persistent.NewPersistentSubscriptionsClient(dial(t, s)).Update(timeout(t), &persistent.UpdateReq{Options: &persistent.UpdateReq_Options{
		GroupName: "g",
		StreamOption: &persistent.UpdateReq_Options_Stream{Stream: &persistent.UpdateReq_StreamOptions{
			StreamIdentifier: identifier("s"), RevisionOption: &persistent.UpdateReq_StreamOptions_End{End: &shared.Empty{}},
		}},
		Settings: &persistent.UpdateReq_Settings{
			LiveBufferSize: 500, HistoryBufferSize: 500, ReadBatchSize: 20, MaxCheckpointCount: 1, MaxRetryCount: 10,
			MessageTimeout: &persistent.UpdateReq_Settings_MessageTimeoutMs{MessageTimeoutMs: 30_000},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	sub := consume(t, c, "s", 1)
	mustAppend(t, c, "s", esdb.Any{}, events("live", 2)...)
	if err := sub.Ack(expectMessage(t, sub, 5, 0)); err != nil {
		t.Fatal(err)
	}
	expectMessage(t, sub, 6, 0)
	eventually(t, "there is a checkpoint", func() bool {
		at := info(t, c).Stats.LastCheckpointedEventRevision
		return at != nil && *at == 5
	})
	update(esdb.Start{})
	expectMessage(t, consume(t, c, "s", 1), 6, 0)
}

// A group that is made again under the name of a deleted one starts anew, and
// doesn't replay what the other had parked.
func TestPersistentDeleteTakesTheParkedMessages(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, event("e"))
	park := func() {
		t.Helper()
		createGroup(t, c, "s", nil)
		sub := consume(t, c, "s", 1)
		if err := sub.Nack("won't", esdb.NackActionPark, expectMessage(t, sub, 0, 0)); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it is parked", func() bool { return info(t, c).Stats.ParkedMessagesCount == 1 })
	}
	remove := func() {
		t.Helper()
		if err := c.DeletePersistentSubscription(timeout(t), "s", "g", esdb.DeletePersistentSubscriptionOptions{}); err != nil {
			t.Fatal(err)
		}
		_, err := readStream(t, c, "$persistentsubscription-s::g-parked", esdb.ReadStreamOptions{From: esdb.Start{}}, 10)
		wantCode(t, err, esdb.ErrorCodeResourceNotFound)
	}
	park()
	remove()
	park() // one again, not two
	if got := revisions(t, c, "$persistentsubscription-s::g-parked"); !slices.Equal(got, []uint64{1}) {
		t.Fatalf("got %v", got)
	}
	remove()
	createGroup(t, c, "s", nil)
	remove() // nothing is parked
}

func info(t testing.TB, c *esdb.Client) *esdb.PersistentSubscriptionInfo {
	t.Helper()
	i, err := c.GetPersistentSubscriptionInfo(timeout(t), "s", "g", esdb.GetPersistentSubscriptionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// eventually waits for what the server does in its own time.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to be that %s", what)
		}
	}
}

func TestPersistentSkipAndStop(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 3)...)
	createGroup(t, c, "s", nil)
	sub := consume(t, c, "s", 1)
	if err := sub.Nack("not for us", esdb.NackActionSkip, expectMessage(t, sub, 0, 0)); err != nil {
		t.Fatal(err)
	}
	m := expectMessage(t, sub, 1, 0)
	if parked := info(t, c).Stats.ParkedMessagesCount; parked != 0 {
		t.Fatalf("%d messages are parked", parked)
	}
	if err := sub.Nack("enough", esdb.NackActionStop, m); err != nil {
		t.Fatal(err)
	}
	if e := sub.Recv(); e.SubscriptionDropped == nil {
		t.Fatalf("got %+v", e)
	}
	expectMessage(t, consume(t, c, "s", 1), 1, 0) // nobody handled it
}

func TestPersistentReplayStopsWhereItIsTold(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 3)...)
	createGroup(t, c, "s", nil)
	sub := consume(t, c, "s", 10)
	for revision := range uint64(3) {
		if err := sub.Nack("later", esdb.NackActionPark, expectMessage(t, sub, revision, 0)); err != nil {
			t.Fatal(err)
		}
	}
	parked := func(n int64) func() bool {
		return func() bool { return info(t, c).Stats.ParkedMessagesCount == n }
	}
	eventually(t, "three messages are parked", parked(3))
	if err := c.ReplayParkedMessages(timeout(t), "s", "g", esdb.ReplayParkedMessagesOptions{StopAt: 2}); err != nil {
		t.Fatal(err)
	}
	for revision := range uint64(2) {
		if err := sub.Ack(expectMessage(t, sub, revision, 0)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "one message is parked", parked(1))
	if m := next(t, sub, 300*time.Millisecond); m != nil {
		t.Fatalf("got %+v", m)
	}
}

func TestPersistentResolvesLinks(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, event("target"))
	mustAppend(t, c, "links", esdb.NoStream{}, esdb.EventData{EventType: "$>", ContentType: esdb.ContentTypeBinary, Data: []byte("0@s")})
	createGroup(t, c, "links", func(s *esdb.PersistentSubscriptionSettings) { s.ResolveLinkTos = true })
	sub := consume(t, c, "links", 1)
	m := next(t, sub, 5*time.Second)
	if m == nil || m.Event.Event == nil || m.Event.Event.EventType != "target" || m.Event.Link == nil {
		t.Fatalf("got %+v", m)
	}
	if err := sub.Ack(m.Event); err != nil { // by the link's id
		t.Fatal(err)
	}
	eventually(t, "nothing is in flight", func() bool {
		list, err := c.ListPersistentSubscriptionsForStream(timeout(t), "links", esdb.ListPersistentSubscriptionsOptions{})
		if err != nil || len(list) != 1 {
			t.Fatalf("got %v, %v", list, err)
		}
		return list[0].Stats.TotalInFlightMessages == 0
	})
}

// Events of one correlation go to one consumer, whatever their stream.
func TestPersistentPinnedByCorrelation(t *testing.T) {
	s, c := start(t)
	// Go's client has no name for it.
	_, err := persistent.NewPersistentSubscriptionsClient(dial(t, s)).Create(timeout(t), &persistent.CreateReq{Options: &persistent.CreateReq_Options{
		GroupName: "g",
		StreamOption: &persistent.CreateReq_Options_All{All: &persistent.CreateReq_AllOptions{
			AllOption: &persistent.CreateReq_AllOptions_End{End: &shared.Empty{}},
		}},
		Settings: &persistent.CreateReq_Settings{
			ConsumerStrategy: "PinnedByCorrelation", LiveBufferSize: 500, HistoryBufferSize: 500, ReadBatchSize: 20,
			MessageTimeout: &persistent.CreateReq_Settings_MessageTimeoutMs{MessageTimeoutMs: 30_000},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var subs []*esdb.PersistentSubscription
	for range 2 {
		sub, err := c.SubscribeToPersistentSubscriptionToAll(timeout(t), "g", esdb.SubscribeToPersistentSubscriptionOptions{BufferSize: 100})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = sub.Close() })
		subs = append(subs, sub)
	}
	const correlations, streams = 6, 4
	for i := range correlations * streams {
		e := event("e")
		e.Metadata = fmt.Appendf(nil, `{"$correlationId":"%d"}`, i%correlations)
		mustAppend(t, c, fmt.Sprintf("s-%d", i/correlations), esdb.Any{}, e)
	}
	owner, total := make(map[string]int), 0
	for i, sub := range subs {
		for m := next(t, sub, 500*time.Millisecond); m != nil; m = next(t, sub, 500*time.Millisecond) {
			if m.Event.Event.EventType != "e" {
				continue // the users' and the groups' own
			}
			id := string(m.Event.Event.UserMetadata)
			if by, ok := owner[id]; ok && by != i {
				t.Fatalf("%s went to both consumers", id)
			}
			owner[id] = i
			total++
		}
	}
	if total != correlations*streams {
		t.Fatalf("got %d messages", total)
	}
}

// The checkpoint is stored when enough messages are done, or some are and the
// time is over; never past one that isn't.
func TestPersistentCheckpoints(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, events("e", 10)...)
	createGroup(t, c, "s", func(s *esdb.PersistentSubscriptionSettings) {
		s.CheckpointLowerBound, s.CheckpointUpperBound, s.CheckpointAfter = 2, 4, 3_600_000
	})
	sub := consume(t, c, "s", 10)
	messages := make([]*esdb.ResolvedEvent, 10)
	for i := range messages {
		messages[i] = expectMessage(t, sub, uint64(i), 0)
	}
	ack := func(some ...*esdb.ResolvedEvent) {
		t.Helper()
		left := info(t, c).Stats.TotalInFlightMessages - int64(len(some))
		if err := sub.Ack(some...); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the answers are applied", func() bool { return info(t, c).Stats.TotalInFlightMessages == left })
		time.Sleep(2 * 100 * time.Millisecond) // the group looks after its checkpoint ten times a second
	}
	checkpoint := func() int64 {
		if at := info(t, c).Stats.LastCheckpointedEventRevision; at != nil {
			return int64(*at)
		}
		return -1
	}
	ack(messages[:3]...)
	if at := checkpoint(); at != -1 {
		t.Fatalf("three done: checkpoint %d", at)
	}
	ack(messages[3])
	if at := checkpoint(); at != 3 {
		t.Fatalf("four done: checkpoint %d", at)
	}
	ack(messages[5:]...)
	if at := checkpoint(); at != 3 {
		t.Fatalf("the fifth isn't done: checkpoint %d", at)
	}
}

func TestPersistentRestartOfTheSubsystem(t *testing.T) {
	_, c := start(t)
	mustAppend(t, c, "s", esdb.NoStream{}, event("e"))
	createGroup(t, c, "s", nil)
	sub := consume(t, c, "s", 1)
	expectMessage(t, sub, 0, 0)
	if err := c.RestartPersistentSubscriptionSubsystem(timeout(t), esdb.RestartPersistentSubscriptionSubsystemOptions{}); err != nil {
		t.Fatal(err)
	}
	if e := sub.Recv(); e.SubscriptionDropped == nil {
		t.Fatalf("got %+v", e)
	}
	expectMessage(t, consume(t, c, "s", 1), 0, 0)
}
