package commands_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
)

// pairs is a store whose appends to days return only two at a time.
type pairs struct {
	mu      sync.Mutex
	streams map[string][]event.Recorded
	meet    chan struct{}
}

func (s *pairs) Append(_ context.Context, stream string, _ commands.Expected, events ...event.Event) (commands.Appended, error) {
	if strings.HasPrefix(stream, statistics.Category) {
		select {
		case s.meet <- struct{}{}:
		case <-s.meet:
		case <-time.After(5 * time.Second):
			return commands.Appended{}, errors.New("no other append is under way")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		s.streams[stream] = append(s.streams[stream], event.Recorded{Event: e, Stream: stream, Revision: uint64(len(s.streams[stream]))})
	}
	return commands.Appended{}, nil
}

func (s *pairs) Read(_ context.Context, stream string, _ uint64, yield func(event.Recorded) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.streams[stream] {
		if err := yield(e); err != nil {
			return err
		}
	}
	return nil
}

func berlin(t *testing.T) (commands.Windows, *pairs) {
	t.Helper()
	store := &pairs{streams: map[string][]event.Recorded{}, meet: make(chan struct{})}
	now := func() time.Time { return time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC) }
	directory := commands.NewDirectory(store)
	stations := commands.Stations{Store: store, Directory: directory, Now: now}
	_, err := stations.Provision(context.Background(), commands.Issuer{Tenant: "t"},
		[]byte(`{"stationId": "s", "name": "s", "timezone": "Europe/Berlin", "currency": "EUR", "devices": []}`))
	require.NoError(t, err)
	return commands.Windows{Store: store, Directory: directory, Now: now}, store
}

func TestClosingManyDaysAppendsSeveralAtATimeAndTellsThemInOrder(t *testing.T) {
	windows, store := berlin(t)
	// given the days around the one of 23 hours
	at := func(day, hour int) time.Time { return time.Date(2024, 3, day, hour, 0, 0, 0, time.UTC) }
	closed, err := windows.Close(context.Background(), commands.Issuer{Tenant: "t"},
		commands.CloseWindow{StationID: "s", Start: at(29, 23), End: at(33, 22)})
	require.NoError(t, err)
	require.Equal(t, []commands.Closed{
		{Start: at(29, 23), End: at(30, 23)}, {Start: at(30, 23), End: at(31, 22)},
		{Start: at(31, 22), End: at(32, 22)}, {Start: at(32, 22), End: at(33, 22)},
	}, closed)
	require.Len(t, store.streams, 1+len(closed), "one stream a day, beside the station's")
}

func TestNoWindowClosesBeforeTheEpoch(t *testing.T) {
	windows, _ := berlin(t)
	for _, c := range []commands.CloseWindow{
		{Start: time.Date(1969, 3, 1, 0, 0, 0, 0, time.UTC)},
		{Start: time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC), Granularity: statistics.Day},
		{Start: time.Date(1969, 12, 31, 23, 45, 0, 0, time.UTC), End: time.Date(1970, 2, 1, 0, 0, 0, 0, time.UTC)},
	} {
		c.StationID = "s"
		_, err := windows.Close(context.Background(), commands.Issuer{Tenant: "t"}, c)
		require.Equal(t, problem.Invalid, problem.KindOf(err))
		require.Equal(t, []problem.Problem{{Location: "windowStart", Message: problem.Textf("must not be before %s", "1970-01-01T00:00:00Z")}}, problem.Of(err))
	}
}
