package auth

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

func TestALinkIsWorthATokenOnce(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	l := &Links{Now: func() time.Time { return now }}
	viewer := commands.Principal{Tenant: "t", Role: commands.Viewer, Subject: "s", Stations: []string{"a"}}
	first, second, third := l.Make(viewer, time.Hour), l.Make(viewer, time.Hour), l.Make(viewer, time.Hour)
	require.NotEqual(t, first, second)
	require.GreaterOrEqual(t, len(first), 26)

	_, _, err := l.Redeem("")
	require.Error(t, err)
	_, _, err = l.Redeem(first + "x")
	require.Error(t, err)
	p, valid, err := l.Redeem(first)
	require.NoError(t, err)
	require.Equal(t, viewer, p)
	require.Equal(t, time.Hour, valid)
	_, _, err = l.Redeem(first)
	require.Error(t, err, "used")

	now = now.Add(LinkHolds)
	_, _, err = l.Redeem(second)
	require.NoError(t, err)
	now = now.Add(time.Millisecond)
	_, _, err = l.Redeem(third)
	require.Error(t, err, "too old")
}

func TestALinkIsWorthOneTokenToManyAtOnce(t *testing.T) {
	l := &Links{Now: time.Now}
	code := l.Make(commands.Principal{Tenant: "t"}, time.Hour)
	var signedIn atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, _, err := l.Redeem(code); err == nil {
				signedIn.Add(1)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, signedIn.Load())
}

func TestLinksAreBounded(t *testing.T) {
	now := time.Now()
	l := &Links{Now: func() time.Time { now = now.Add(time.Microsecond); return now }}
	first := l.Make(commands.Principal{}, time.Hour)
	var last string
	for range mostLinks {
		last = l.Make(commands.Principal{}, time.Hour)
	}
	require.Len(t, l.byHash, mostLinks)
	_, _, err := l.Redeem(first)
	require.Error(t, err, "the oldest gave way")
	_, _, err = l.Redeem(last)
	require.NoError(t, err)
	now = now.Add(time.Hour)
	l.Make(commands.Principal{}, time.Hour)
	require.Len(t, l.byHash, 1)
}
