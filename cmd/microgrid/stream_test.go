package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/auth"
	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

const streamPath = "/api/v1/telemetry/stream"

// streamed is an event as a reader gets it; without data it only says how far the stream is.
type streamed struct {
	id   uint64
	name string
	data string
}

// stream reads server-sent events until the stream ends, ctx does, or each says that it has enough.
func (c *child) stream(ctx context.Context, query, lastID, bearer string, each func(streamed) bool) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url()+streamPath+query, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = got.Body.Close() }()
	if got.StatusCode != http.StatusOK || got.Header.Get("Content-Type") != "text/event-stream" {
		return fmt.Errorf("answered %d %s", got.StatusCode, got.Header.Get("Content-Type"))
	}
	var e streamed
	lines := bufio.NewReader(got.Body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return err // an event that isn't complete counts for nothing
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "id":
			if e.id, err = strconv.ParseUint(value, 10, 64); err != nil {
				return err
			}
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if value == "" && !each(e) {
				return nil
			}
			e = streamed{id: e.id}
		default:
			return fmt.Errorf("an unexpected line %q", line)
		}
	}
}

func meterMessage(station string, ts int64, value string) string {
	return fmt.Sprintf(`{"deviceName": "%s-meter", "ts": %d, "values": {"grid_kw": %s}}`, station, ts, value)
}

func testStream(t *testing.T, c *child) {
	now := time.Now().UnixMilli()
	points := `{"key": "grid_kw", "semantic": "grid.active_power", "unit": "W", "scale": 2, "sign": -1, "interpolation": "previous", "validMin": "-100"}`
	require.Equal(t, http.StatusCreated, c.provision(document("streamed", points)).status)
	c.mustProvision("streamed.not")
	c.mustProvision("streamed-too")
	all, one := token(t, "tenant-demo", commands.Viewer), token(t, "tenant-demo", commands.Viewer, "streamed")

	// read starts a reader and gives what it got once it has enough
	read := func(t *testing.T, query, lastID, bearer string, enough int) (begun <-chan struct{}, got func() []streamed) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		started, done := make(chan struct{}), make(chan error, 1)
		var events []streamed
		go func() {
			first := true
			done <- c.stream(ctx, query, lastID, bearer, func(e streamed) bool {
				if first {
					first = false
					close(started)
				}
				if e.name != "" {
					events = append(events, e)
				}
				return len(events) < enough
			})
		}()
		return started, func() []streamed {
			t.Helper()
			defer cancel()
			require.NoError(t, <-done)
			return events
		}
	}
	t.Run("a message and what it says", func(t *testing.T) {
		begun, got := read(t, "?station_id=streamed", "", all, 2)
		<-begun
		c := c.in(t)
		require.Equal(t, http.StatusAccepted, c.send("["+meterMessage("streamed.not", now, "1")+","+meterMessage("streamed", now, `"1500.50"`)+","+
			meterMessage("streamed", now+1, "60000")+"]").status)
		events := got()
		var data map[string]any
		require.NoError(t, json.Unmarshal([]byte(events[0].data), &data))
		received, err := time.Parse(time.RFC3339Nano, data["receivedAt"].(string))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), received, 10*time.Second)
		delete(data, "receivedAt")
		require.Equal(t, map[string]any{
			"stationId": "streamed", "deviceId": "meter", "ts": time.UnixMilli(now).UTC().Format("2006-01-02T15:04:05.999Z"),
			"values": map[string]any{"grid_kw": "1500.50"},
			"points": []any{map[string]any{"semantic": "grid.active_power", "key": "grid_kw", "value": "-3.001000000", "unit": "kW"}},
		}, data)
		require.Equal(t, "telemetry", events[0].name)
		require.Contains(t, events[1].data, `"points":[{"semantic":"grid.active_power","key":"grid_kw","value":null,"unit":"kW","reason":"out_of_range"}]`)
	})
	t.Run("only what the token may see", func(t *testing.T) {
		begunOne, gotOne := read(t, "", "", one, 1)
		begunAll, gotAll := read(t, "", "", all, 3)
		<-begunOne
		<-begunAll
		c := c.in(t)
		require.Equal(t, http.StatusAccepted, c.send("["+meterMessage("streamed-too", now+2, "1")+","+meterMessage("streamed.not", now+2, "1")+"]").status)
		require.Equal(t, http.StatusAccepted, c.send(meterMessage("streamed", now+2, "1")).status)
		require.Contains(t, gotOne()[0].data, `"stationId":"streamed"`)
		events := gotAll()
		var stations []string
		for _, e := range events {
			var d struct{ StationID string }
			require.NoError(t, json.Unmarshal([]byte(e.data), &d))
			stations = append(stations, d.StationID)
		}
		require.ElementsMatch(t, []string{"streamed", "streamed-too", "streamed.not"}, stations)

		// the same again for one who comes later, of the store itself
		begun, got := read(t, "", strconv.FormatUint(events[0].id-1, 10), one, 1)
		<-begun
		require.Contains(t, got()[0].data, `"stationId":"streamed"`)
		other := token(t, "tenant-other", commands.Admin)
		quiet, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := c.stream(quiet, "?last_event_id=1", "", other, func(e streamed) bool { return e.name == "" })
		require.ErrorIs(t, err, context.DeadlineExceeded, "nothing of another tenant")
	})
	t.Run("an id of another store begins now", func(t *testing.T) {
		begun, got := read(t, "?station_id=streamed", "9000000000000000000", all, 1)
		<-begun
		require.Equal(t, http.StatusAccepted, c.in(t).send(meterMessage("streamed", now+3, "7")).status)
		require.Contains(t, got()[0].data, `"grid_kw":7`)
	})
	t.Run("refused", func(t *testing.T) {
		c := c.in(t)
		c.call(http.MethodGet, streamPath, "", nil).refused(t, http.StatusUnauthorized, nil)
		as := func(bearer string) map[string]string { return map[string]string{"Authorization": "Bearer " + bearer} }
		c.call(http.MethodGet, streamPath+"?station_id=streamed-too", "", as(one)).refused(t, http.StatusNotFound, nil)
		c.call(http.MethodGet, streamPath+"?station_id=nothing", "", as(all)).refused(t, http.StatusNotFound, nil)
		c.call(http.MethodGet, streamPath+"?last_event_id=-1", "", as(all)).refused(t, http.StatusBadRequest, map[string]string{"query.last_event_id": "id of an event"})
		h := as(all)
		h["Last-Event-ID"] = "x"
		c.call(http.MethodGet, streamPath, "", h).refused(t, http.StatusBadRequest, map[string]string{"header.Last-Event-ID": "id of an event"})
	})
	t.Run("it ends when the token does", func(t *testing.T) {
		tokens := auth.Tokens{Secret: func() []byte { return []byte("dev-secret-change-me") }}
		expires := time.Now().Add(2 * time.Second).Truncate(time.Second)
		short, err := tokens.Make(commands.Principal{Tenant: "tenant-demo", Role: commands.Viewer, ExpiresAt: expires}, time.Now())
		require.NoError(t, err)
		err = c.stream(t.Context(), "", "", short, func(streamed) bool { return true })
		require.ErrorIs(t, err, io.EOF, "a clean end")
		require.WithinDuration(t, expires, time.Now(), time.Second)
	})
}

// A reader that is cut off by crashes and comes back with its last id gets everything that was recorded, once and in order.
func TestStreamThroughKills(t *testing.T) {
	c := newChild(t)
	c.mustProvision("killed-stream")
	bearer := token(t, "tenant-demo", commands.Viewer)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var mu sync.Mutex
	var got []uint64 // timestamps, in the order in which they came
	var last uint64
	begun := make(chan struct{})
	go func() {
		for first := true; ctx.Err() == nil; {
			lastID := ""
			if last > 0 {
				lastID = strconv.FormatUint(last, 10)
			}
			_ = c.stream(ctx, "?station_id=killed-stream", lastID, bearer, func(e streamed) bool {
				if e.name != "" {
					var d struct{ Values map[string]uint64 }
					if err := json.Unmarshal([]byte(e.data), &d); err != nil || e.id <= last {
						t.Errorf("%d after %d: %v", e.id, last, err)
					}
					mu.Lock()
					got = append(got, d.Values["grid_kw"])
					mu.Unlock()
				}
				last = e.id
				if first {
					first = false
					close(begun)
				}
				return true
			})
			time.Sleep(20 * time.Millisecond)
		}
	}()
	<-begun
	start := time.Now().UnixMilli()
	const messages = 1500
	for i := range messages {
		if i%400 == 399 {
			go c.kill()
			time.Sleep(50 * time.Millisecond)
			<-c.exited
			c.start()
		}
		body := meterMessage("killed-stream", start+int64(i), strconv.Itoa(i))
		for { // until it is acknowledged, as a sender does that was cut off
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url()+ingestPath, strings.NewReader(body))
			require.NoError(t, err)
			for k, v := range signed("tenant-demo", "dev-ingest-secret", time.Now(), body) {
				r.Header.Set(k, v)
			}
			if answer, err := http.DefaultClient.Do(r); err == nil {
				_ = answer.Body.Close()
				if answer.StatusCode == http.StatusAccepted {
					break
				}
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(got) >= messages
	}, 30*time.Second, 50*time.Millisecond, "messages are missed")
	time.Sleep(500 * time.Millisecond)
	mu.Lock()
	defer mu.Unlock()
	sorted := slices.Clone(got)
	slices.Sort(sorted)
	require.Equal(t, len(slices.Compact(sorted)), len(got), "none comes twice")
	require.Len(t, got, messages)
}

// Many readers cost the store one subscription, and one that takes nothing is ended without costing memory.
func TestStreamToMany(t *testing.T) {
	c := newChild(t)
	c.mustProvision("to-many")
	bearer := token(t, "tenant-demo", commands.Viewer)
	subscriptions := func() float64 {
		return c.metric(`microgrid_eventstore_call_seconds_count{ok="false",operation="subscribe"}`)
	}
	before := subscriptions()

	stuck, err := net.Dial("tcp", c.address)
	require.NoError(t, err)
	defer func() { _ = stuck.Close() }()
	require.NoError(t, stuck.(*net.TCPConn).SetReadBuffer(4096))
	_, err = fmt.Fprintf(stuck, "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", streamPath, bearer)
	require.NoError(t, err)

	const readers, batches, size = 200, 60, 50
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var began, ended sync.WaitGroup
	var slowest atomic.Int64
	began.Add(readers)
	for range readers {
		ended.Go(func() {
			count, first := 0, true
			err := c.stream(ctx, "", "", bearer, func(e streamed) bool {
				if first {
					first = false
					began.Done()
					return true
				}
				if e.name != "" {
					count++
					var d struct{ ReceivedAt time.Time }
					_ = json.Unmarshal([]byte(e.data), &d)
					slowest.Store(max(slowest.Load(), time.Since(d.ReceivedAt).Milliseconds()))
				}
				return count < batches*size
			})
			if err != nil {
				t.Errorf("a reader got %d of %d: %v", count, batches*size, err)
			}
		})
	}
	began.Wait()
	rss := c.rss()
	start, padding := time.Now().UnixMilli(), strings.Repeat("x", 400)
	for b := range batches {
		body := ""
		for i := range size {
			body += fmt.Sprintf(`,{"deviceName": "to-many-meter", "ts": %d, "values": {"grid_kw": 1, "note": %q}}`, start+int64(b*size+i), padding)
		}
		require.Equal(t, http.StatusAccepted, c.send("["+body[1:]+"]").status)
		time.Sleep(20 * time.Millisecond)
	}
	ended.Wait()
	t.Logf("%d readers got %d messages each, the last after %d ms; memory %+d KiB", readers, batches*size, slowest.Load(), (c.rss()-rss)>>10)
	require.Less(t, c.rss()-rss, int64(150<<20))
	require.Equal(t, before, subscriptions(), "no subscription but the one that runs")

	// once the kernel holds as much as it will, the one that takes nothing is ended
	large := strings.Repeat(padding, 20)
	for b := range 40 { // 16 MB
		body := ""
		for i := range size {
			body += fmt.Sprintf(`,{"deviceName": "to-many-meter", "ts": %d, "values": {"note": %q}}`, start-int64(1e6+b*size+i), large)
		}
		require.Equal(t, http.StatusAccepted, c.send("["+body[1:]+"]").status)
	}
	require.Eventually(t, func() bool {
		_, err := stuck.Write([]byte("x"))
		return err != nil
	}, 30*time.Second, time.Second, "the one that takes nothing isn't ended")
	at := time.Now()
	c.stop()
	require.Less(t, time.Since(at), 5*time.Second)
}

// metric is the value of a series, 0 while there is none.
func (c *child) metric(series string) float64 {
	c.t.Helper()
	for line := range strings.Lines(string(c.call(http.MethodGet, "/metrics", "", nil).body)) {
		if text, ok := strings.CutPrefix(line, series+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			require.NoError(c.t, err)
			return v
		}
	}
	return 0
}

// rss is what the process takes of memory, in bytes.
func (c *child) rss() int64 {
	c.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", c.cmd.Process.Pid))
	if err != nil {
		c.t.Skip("no /proc here")
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	require.NoError(c.t, err)
	return pages * int64(os.Getpagesize())
}
