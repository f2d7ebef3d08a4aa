package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// DemoOptions say how the demo is played. What is left zero has a default.
type DemoOptions struct {
	URL         string
	Credentials Credentials
	Token       string        // of an admin, to make the stations
	Timezone    string        // of the first station; its own by default
	Days        int           // whole days of history before today, 28 by default; fewer than 7 hold no more than ordinary days
	Step        time.Duration // between a device's messages in the last day of history, a minute by default; before it five times that
	Live        time.Duration // and from now on, 5 s by default
	Log         *slog.Logger
	Now         func() time.Time
	// Begin is called once before history is sent, with the time up to which the platform has it; zero: it has none.
	Begin func(known time.Time)
	// Ready is called once, when the history of every station is sent.
	Ready func()
}

const demoBatch = 500 // messages a request

// Demo makes two stations, sends their history through the webhook within seconds, and then what they measure live
// until the context ends. Started again it goes on after what the platform knows last. An error is of what kept
// history from being sent; live telemetry that can't be sent is kept and sent later.
func Demo(ctx context.Context, o DemoOptions) error {
	if o.Days <= 0 {
		o.Days = 28
	}
	if o.Step <= 0 {
		o.Step = time.Minute
	}
	if o.Live <= 0 {
		o.Live = 5 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	client := NewClient(ClientOptions{URL: o.URL, Credentials: o.Credentials})
	players := make([]*player, len(demoStations))
	var known int64
	for i, s := range demoStations {
		if i == 0 && o.Timezone != "" && o.Timezone != s.timezone {
			s = s.moved(o.Timezone)
		}
		zone, err := time.LoadLocation(s.timezone)
		if err != nil {
			return fmt.Errorf("%s: %w", s.id, err)
		}
		p := &player{o: o, station: s, zone: zone, client: client}
		players[i] = p
		if err := p.prepare(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.id, err)
		}
		for _, ts := range p.known {
			known = max(known, ts)
		}
	}
	if o.Begin != nil {
		var at time.Time
		if known > 0 {
			at = time.UnixMilli(known)
		}
		o.Begin(at)
	}
	history, hctx := errgroup.WithContext(ctx)
	for _, p := range players {
		history.Go(func() error {
			if err := p.history(hctx); err != nil {
				return fmt.Errorf("history of %s: %w", p.station.id, err)
			}
			return nil
		})
	}
	if err := history.Wait(); err != nil {
		return err
	}
	if o.Ready != nil {
		o.Ready()
	}
	live, lctx := errgroup.WithContext(ctx)
	for _, p := range players {
		live.Go(func() error { return p.live(lctx) })
	}
	return live.Wait()
}

// player plays one station.
type player struct {
	o       DemoOptions
	station demoStation
	zone    *time.Location
	client  *Client

	story      story
	simulation *Simulation
	known      map[string]int64 // the last timestamp that the platform had of a device when the demo began
	at         int64            // the last reading's
	register   int64            // what the load meter counted when it was replaced
	pending    []Message
	late       []Message
}

// prepare makes the station where it isn't there yet, and asks what the platform has of it.
func (p *player) prepare(ctx context.Context) error {
	if err := p.api(ctx, http.MethodPost, "/api/v1/provisioning/stations", p.station.document, nil); err != nil {
		return err
	}
	first, err := p.firstDay(ctx)
	if err != nil {
		return err
	}
	p.known = p.lastKnown(ctx)
	site := p.station.site(p.zone)
	if p.station.story && p.o.Days >= storyDays {
		p.story = newStory(first.AddDate(0, 0, p.o.Days-storyDays), site, p.station.counters)
		site.Overcast = p.story.isOvercast
	}
	p.simulation = NewSimulation(site, first, p.station.counters)
	p.at = first.UnixMilli() - coarse*p.o.Step.Milliseconds()
	return nil
}

// coarse is how many steps lie between two messages that are older than a day: enough for quarters, and quickly sent.
const coarse = 5

// history sends what lies between the station's first day and now.
func (p *player) history(ctx context.Context) error {
	began := p.o.Now()
	lastDay := began.Add(-24 * time.Hour).UnixMilli()
	sent := 0
	for {
		step := p.o.Step.Milliseconds()
		if p.at < lastDay {
			step *= coarse
		}
		if p.at+step > p.o.Now().UnixMilli() {
			break
		}
		p.measure(p.at + step)
		if len(p.pending) >= demoBatch {
			sent += len(p.pending)
			if err := p.flush(ctx); err != nil {
				return err
			}
		}
	}
	sent += len(p.pending)
	if err := p.flush(ctx); err != nil {
		return err
	}
	if err := p.sendLate(ctx); err != nil {
		return err
	}
	p.o.Log.Info("demo history sent", "station", p.station.id, "messages", sent, "late", len(p.late), "took", p.o.Now().Sub(began).Round(time.Millisecond))
	p.late = nil
	return nil
}

// measure takes the reading of an instant and queues the messages that the platform hasn't.
func (p *player) measure(ts int64) {
	r := p.simulation.At(ts)
	p.at = ts
	load := r.Energy.Load
	if p.story.replaced > 0 && ts >= p.story.replaced {
		if p.register == 0 {
			p.register = load
		}
		load -= p.register
	}
	if p.story.silent(ts) {
		return
	}
	for _, m := range p.station.messages(r, load) {
		switch {
		case p.story.late(m):
			// sent again whenever the demo is started soon after: it may have been stopped before they were
			p.late = append(p.late, m)
		case ts > p.known[m.DeviceName]:
			p.pending = append(p.pending, m)
		}
	}
}

// flush sends what is queued, in order.
func (p *player) flush(ctx context.Context) error {
	for len(p.pending) > 0 {
		n := min(len(p.pending), demoBatch)
		receipt, err := p.client.Send(ctx, p.pending[:n])
		if err != nil {
			return err
		}
		if len(receipt.Rejected) > 0 {
			p.o.Log.Warn("demo telemetry rejected", "station", p.station.id, "messages", len(receipt.Rejected), "reason", receipt.Rejected[0].Reason)
		}
		p.pending = p.pending[n:]
	}
	p.pending = nil
	return nil
}

// sendLate sends the messages that come late once their day is settled without them, so that it is settled again.
func (p *player) sendLate(ctx context.Context) error {
	if len(p.late) == 0 || p.known[p.late[0].DeviceName] > p.story.lateTo+30*24*hours {
		return nil // long told
	}
	date := p.story.lateDay.Format(time.DateOnly)
	query := url.Values{"station_id": {p.station.id}, "from": {date}, "to": {date}}
	for patience := time.Now().Add(30 * time.Second); time.Now().Before(patience); {
		var list struct{ Items []json.RawMessage }
		if err := p.api(ctx, http.MethodGet, "/api/v1/settlements?"+query.Encode(), "", &list); err == nil && len(list.Items) > 0 {
			break
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
	p.pending = append(p.pending, p.late...)
	return p.flush(ctx)
}

// live sends a reading every few seconds. What can't be sent waits, an hour's worth at most.
func (p *player) live(ctx context.Context) error {
	ticker := time.NewTicker(p.o.Live)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		step := p.o.Live.Milliseconds()
		for now := p.o.Now().UnixMilli() / step * step; p.at < now; {
			if now-p.at > 10*p.o.Step.Milliseconds() { // the machine slept: fill in as in history
				p.measure(p.at + p.o.Step.Milliseconds())
				continue
			}
			p.measure(min(now, (p.at/step+1)*step))
		}
		if most := int(time.Hour/p.o.Live) * 5; len(p.pending) > most {
			p.pending = p.pending[len(p.pending)-most:]
		}
		if err := p.flush(ctx); err != nil && ctx.Err() == nil {
			p.o.Log.Warn("demo telemetry waits", "station", p.station.id, "messages", len(p.pending), "error", err)
		}
	}
}

// firstDay is the local midnight at which the station's history begins: that of the first day that the platform has
// statistics of, or some days ago.
func (p *player) firstDay(ctx context.Context) (time.Time, error) {
	now := p.o.Now().In(p.zone)
	query := url.Values{
		"station_id": {p.station.id}, "granularity": {"day"}, "limit": {"1"},
		"from": {"2020-01-01T00:00:00Z"}, "to": {now.UTC().Format(time.RFC3339)},
	}
	var list struct {
		Items []struct{ WindowStart time.Time }
	}
	err := p.api(ctx, http.MethodGet, "/api/v1/stats?"+query.Encode(), "", &list)
	if err != nil && ctx.Err() != nil {
		return time.Time{}, ctx.Err()
	}
	if err == nil && len(list.Items) > 0 {
		return list.Items[0].WindowStart.In(p.zone), nil
	}
	y, m, d := now.Date()
	return time.Date(y, m, d-p.o.Days, 0, 0, 0, 0, p.zone), nil
}

// lastKnown asks for the last timestamp of each device, by name. Where it can't be told all is sent again, and the
// platform takes what it has as repeats.
func (p *player) lastKnown(ctx context.Context) map[string]int64 {
	var document struct {
		Devices []struct {
			DeviceID    string
			ThingsBoard struct{ DeviceName string }
		}
	}
	names := map[string]string{}
	if err := json.Unmarshal([]byte(p.station.document), &document); err == nil {
		for _, d := range document.Devices {
			names[d.DeviceID] = d.ThingsBoard.DeviceName
		}
	}
	var list struct {
		Items []struct {
			DeviceID string
			TS       json.RawMessage
		}
	}
	known := map[string]int64{}
	if err := p.api(ctx, http.MethodGet, "/api/v1/telemetry/latest?station_id="+url.QueryEscape(p.station.id), "", &list); err != nil {
		p.o.Log.Debug("the last telemetry isn't known", "station", p.station.id, "error", err)
		return known
	}
	for _, v := range list.Items {
		if ts, err := readTime(strings.Trim(string(v.TS), `"`)); err == nil {
			known[names[v.DeviceID]] = max(known[names[v.DeviceID]], ts)
		}
	}
	return known
}

// api calls the platform's API and reads the answer into out, where that isn't nil.
func (p *player) api(ctx context.Context, method, path, body string, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(p.o.URL, "/")+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.o.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.client.o.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode >= 300:
		return fmt.Errorf("%s %s answered %d: %.400s", method, path, resp.StatusCode, answer)
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return errors.Join(fmt.Errorf("%s %s answered what can't be read", method, path), err)
	}
	return nil
}
