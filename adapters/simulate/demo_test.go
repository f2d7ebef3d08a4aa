package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
)

func TestTheDemosStationsAreWellFormed(t *testing.T) {
	for _, s := range demoStations {
		d, err := station.ParseDocument([]byte(s.document))
		require.NoError(t, err)
		require.Equal(t, s.id, d.StationID)
		require.Equal(t, s.timezone, d.Timezone)
		names := map[string]bool{}
		for _, device := range d.Devices {
			names[device.ThingsBoard.DeviceName] = true
		}
		for _, m := range s.messages(Reading{}, 0) {
			require.True(t, names[m.DeviceName], m.DeviceName)
			require.True(t, json.Valid(m.Values))
		}
	}
}

func TestTheFirstStationsSunStandsHighestAtNoonWhereverItIs(t *testing.T) {
	for _, timezone := range []string{"America/Denver", "Australia/Sydney"} {
		zone, err := time.LoadLocation(timezone)
		require.NoError(t, err)
		s := demoStations[0].moved(timezone)
		d, err := station.ParseDocument([]byte(s.document))
		require.NoError(t, err)
		require.Equal(t, timezone, d.Timezone)
		panel := s.site(zone).Panel
		at := func(hour int) float64 { return panel.power(time.Date(2026, 3, 21, hour, 0, 0, 0, zone), 0) }
		require.Greater(t, at(12), at(9))
		require.Greater(t, at(12), at(16))
		require.Zero(t, at(22))
	}
}

// memory is a platform that only remembers.
type memory struct {
	mu       sync.Mutex
	messages map[string]Message // by device and ts
	order    []string
	lates    []int // how many had come when a message of the late hours came
	story    story
	repeats  int
}

func (m *memory) serve(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+WebhookPath, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if body[0] != '[' {
			body = append(append([]byte{'['}, body...), ']')
		}
		var ms []Message
		_ = json.Unmarshal(body, &ms)
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, x := range ms {
			key := fmt.Sprint(x.DeviceName, x.TS)
			if old, ok := m.messages[key]; ok {
				if string(old.Values) != string(x.Values) {
					panic("sent again with other values: " + string(x.Values))
				}
				m.repeats++
			}
			m.messages[key] = x
			m.order = append(m.order, key)
			if m.story.late(x) {
				m.lates = append(m.lates, len(m.order))
			}
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"accepted": 1}`)
	})
	mux.HandleFunc("POST /api/v1/provisioning/stations", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /api/v1/stats", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"items": []}`) })
	mux.HandleFunc("GET /api/v1/settlements", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"items": [{}]}`) })
	mux.HandleFunc("GET /api/v1/telemetry/latest", func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		last := int64(0)
		for _, x := range m.messages {
			if x.DeviceName == "Demo battery" {
				last = max(last, x.TS)
			}
		}
		if r.FormValue("station_id") == "station-demo-001" && last > 0 {
			_, _ = fmt.Fprintf(w, `{"items": [{"deviceId": "demo-001-battery", "ts": %q}]}`, time.UnixMilli(last).UTC().Format(time.RFC3339Nano))
			return
		}
		w.WriteHeader(http.StatusNotFound)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestTheDemoTellsItsStoryAndGoesOnWhereItWas(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	now := time.Date(2026, 11, 24, 11, 0, 0, 0, zone)
	first := time.Date(2026, 11, 17, 0, 0, 0, 0, zone)
	demo := demoStations[0]
	m := &memory{messages: map[string]Message{}, story: newStory(first, demo.site(zone), demo.counters)}
	url := m.serve(t)
	play := func() (known time.Time) {
		ctx, cancel := context.WithCancel(t.Context())
		err := Demo(ctx, DemoOptions{
			URL: url, Days: 7, Now: func() time.Time { return now }, Begin: func(at time.Time) { known = at }, Ready: cancel,
		})
		require.NoError(t, err)
		return known
	}
	require.Zero(t, play())
	messages := int(now.Add(-24*time.Hour).Sub(first)/(5*time.Minute)) + 1 + 24*60
	const silent = 3 * 12
	require.Equal(t, messages-silent, count(m, "Demo battery"), "a message every five minutes, and every minute of the last day, but for three silent hours")
	require.Equal(t, messages-silent, count(m, "Demo grid meter"))
	require.Len(t, m.lates, 4*12)
	require.Greater(t, m.lates[0], len(m.order)/2, "the late come after the days that follow them")

	register := func(ts int64) float64 {
		raw := m.messages[fmt.Sprint("Demo load meter", ts)].Values
		var values map[string]float64
		require.NoError(t, json.Unmarshal(raw, &values))
		return values["energy_kwh"]
	}
	require.Greater(t, register(m.story.replaced-5*minute), 83_000.0)
	require.Less(t, register(m.story.replaced), 1.0)

	before := len(m.order)
	until := now
	now = now.Add(2 * time.Hour)
	require.Equal(t, until.UnixMilli(), play().UnixMilli(), "only what is missing is made")
	require.Equal(t, messages-silent+2*60, count(m, "Demo battery"))
	require.Positive(t, m.repeats, "devices of which nothing is known send all again")
	require.Greater(t, len(m.order), before)
}

func count(m *memory, device string) int {
	n := 0
	for _, x := range m.messages {
		if x.DeviceName == device {
			n++
		}
	}
	return n
}

func TestLiveTelemetryFollowsHistory(t *testing.T) {
	m := &memory{messages: map[string]Message{}}
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := Demo(ctx, DemoOptions{URL: m.serve(t), Days: 1, Step: 10 * time.Minute, Live: 100 * time.Millisecond})
	require.NoError(t, err)
	m.mu.Lock()
	defer m.mu.Unlock()
	live := 0
	for _, x := range m.messages {
		if x.DeviceName == "Demo battery" && x.TS > began.UnixMilli() {
			live++
		}
	}
	require.Greater(t, live, 5)
}
