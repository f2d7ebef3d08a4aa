package check

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Platform is a running platform: its API, and a way to send it telemetry.
type Platform struct {
	URL   string
	Token string // of a role that may provision stations
	Send  func(ctx context.Context, messages []json.RawMessage) (Receipt, error)
	HTTP  *http.Client // may be nil

	reached atomic.Bool // it has answered before
}

// Receipt is what became of messages that were sent.
type Receipt struct {
	Accepted, Duplicates, Rejected int
	Reason                         string // of the first that was rejected
}

func (r *Receipt) add(o Receipt) {
	r.Accepted += o.Accepted
	r.Duplicates += o.Duplicates
	r.Rejected += o.Rejected
	if r.Reason == "" {
		r.Reason = o.Reason
	}
}

// object is a JSON object whose numbers keep their text.
type object = map[string]any

type answer struct {
	status      int
	contentType string
	body        []byte
}

func (a answer) problem(what string) error {
	return fmt.Errorf("%s answered %d: %.600s", what, a.status, bytes.TrimSpace(a.body))
}

// patience is how long a platform may be busy, or gone after it was there.
const patience = 2 * time.Minute

// call calls the API. It comes back later while it is told to (429, 503), and also when a platform that has answered
// before can't be reached: one that is killed and started again must come to the same numbers.
func (p *Platform) call(ctx context.Context, method, path string, body []byte) (answer, error) {
	client := p.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	for began := time.Now(); ; {
		req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(p.URL, "/")+path, bytes.NewReader(body))
		if err != nil {
			return answer{}, err
		}
		req.Header.Set("Authorization", "Bearer "+p.Token)
		if body != nil {
			req.Header.Set("Content-Type", "application/json")
		}
		a, wait, err := p.once(client, req)
		switch {
		case err != nil && (ctx.Err() != nil || !p.reached.Load() || time.Since(began) > patience):
			return answer{}, fmt.Errorf("%s %s: %w", method, path, err)
		case err == nil && (wait < 0 || time.Since(began) > patience):
			return a, nil
		}
		if err := sleep(ctx, max(wait, 50*time.Millisecond)); err != nil {
			return answer{}, err
		}
	}
}

// once gives the answer and, where it is no last word, how long to wait for another; else a wait < 0.
func (p *Platform) once(client *http.Client, req *http.Request) (answer, time.Duration, error) {
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, time.Second, err
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, time.Second, err
	}
	p.reached.Store(true)
	a := answer{resp.StatusCode, resp.Header.Get("Content-Type"), content}
	if a.status != http.StatusTooManyRequests && a.status != http.StatusServiceUnavailable {
		return a, -1, nil
	}
	if s, err := strconv.ParseFloat(resp.Header.Get("Retry-After"), 64); err == nil && s >= 0 && s < 60 {
		return a, time.Duration(s * float64(time.Second)), nil
	}
	return a, time.Second, nil
}

// provision brings a station to the document's state.
func (p *Platform) provision(ctx context.Context, document []byte) error {
	a, err := p.call(ctx, http.MethodPost, "/api/v1/provisioning/stations", document)
	if err == nil && a.status != http.StatusOK && a.status != http.StatusCreated {
		err = a.problem("provisioning")
	}
	return err
}

// closeWindows closes every window between the two instants, in epoch milliseconds.
func (p *Platform) closeWindows(ctx context.Context, station string, from, to int64) error {
	body, err := json.Marshal(map[string]string{"stationId": station, "windowStart": rfc3339(from), "windowEnd": rfc3339(to)})
	if err != nil {
		return err
	}
	a, err := p.call(ctx, http.MethodPost, "/analytics/window-close", body)
	if err == nil && a.status != http.StatusAccepted {
		err = a.problem("window-close")
	}
	return err
}

// stats gives every window of a granularity that starts between the two instants.
func (p *Platform) stats(ctx context.Context, station, granularity string, from, to int64) ([]object, error) {
	return p.everything(ctx, "/api/v1/stats", url.Values{
		"station_id": {station}, "granularity": {granularity}, "from": {rfc3339(from)}, "to": {rfc3339(to)}, "limit": {"1000"},
	})
}

// settlements gives the latest settlement of each day, both days included.
func (p *Platform) settlements(ctx context.Context, station, from, to string) ([]object, error) {
	return p.everything(ctx, "/api/v1/settlements", url.Values{"station_id": {station}, "from": {from}, "to": {to}, "limit": {"400"}})
}

// everything follows a list's cursors to its end.
func (p *Platform) everything(ctx context.Context, path string, query url.Values) ([]object, error) {
	var out []object
	for {
		a, err := p.call(ctx, http.MethodGet, path+"?"+query.Encode(), nil)
		if err != nil {
			return nil, err
		}
		if a.status != http.StatusOK {
			return nil, a.problem(path)
		}
		var page struct {
			Items []object `json:"items"`
			Next  *string  `json:"next"`
		}
		if err := decode(a.body, &page); err != nil {
			return nil, fmt.Errorf("%s answered what can't be read: %w", path, err)
		}
		out = append(out, page.Items...)
		if page.Next == nil || *page.Next == "" {
			return out, nil
		}
		if *page.Next == query.Get("cursor") {
			return nil, fmt.Errorf("%s gives the cursor %q again", path, *page.Next)
		}
		query.Set("cursor", *page.Next)
	}
}

// decode reads JSON and keeps the text of numbers.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(into)
}

func rfc3339(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
