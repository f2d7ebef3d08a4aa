package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
	"github.com/microgrid-cloud/microgrid-cloud/projections"
)

const (
	heartbeat = 15 * time.Second      // so that both ends learn of a dead connection
	pace      = 50 * time.Millisecond // between two writes: many messages cost one
	slowest   = 10 * time.Second      // for a reader to take a write; then it is ended, and may resume
)

// liveMessage is the data of an event of the stream.
type liveMessage struct {
	StationID  string          `json:"stationId"`
	DeviceID   string          `json:"deviceId"`
	TS         time.Time       `json:"ts"`
	ReceivedAt time.Time       `json:"receivedAt"`
	Values     json.RawMessage `json:"values" doc:"as they were sent"`
	Points     []livePoint     `json:"points" doc:"what they say of the points that are mapped"`
}

// livePoint is a semantic point's value.
type livePoint struct {
	Semantic string  `json:"semantic" example:"grid.active_power"`
	Key      string  `json:"key"`
	Value    *string `json:"value" doc:"in unit, after scale, offset and sign; null: it counts for nothing" example:"2.275800000"`
	Unit     string  `json:"unit" example:"kW"`
	Reason   string  `json:"reason,omitempty" enum:"no_number,out_of_range" doc:"why it counts for nothing"`
}

func pointOf(r statistics.Reading) livePoint {
	p := livePoint{Semantic: r.Semantic, Key: r.Key, Unit: string(r.Unit), Reason: r.Unusable}
	if r.Unusable == "" {
		v := energy.Of(r.Value).String()
		p.Value = &v
	}
	return p
}

// streamTelemetry sends telemetry as it is recorded, as server-sent events. It stands outside huma, which answers with
// one body.
func (s *Server) streamTelemetry(w http.ResponseWriter, r *http.Request) {
	ctx, ok := s.authorized(w, r)
	if !ok {
		return
	}
	wanted, err := s.wanted(ctx, r.URL.Query().Get("station_id"))
	if err != nil {
		writeFailure(w, r, failureOf(err))
		return
	}
	leftOff, err := lastEventID(r)
	if err != nil {
		writeFailure(w, r, failureOf(err))
		return
	}
	ctx, cancel := context.WithDeadline(ctx, principal(ctx).ExpiresAt)
	defer cancel()
	go func() {
		select {
		case <-s.Stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	position, leave, err := s.Live.Join(ctx, leftOff)
	if err != nil {
		writeFailure(w, r, failureOf(err))
		return
	}
	defer leave()
	out := eventWriter{w: w, control: http.NewResponseController(w), s: s, wanted: wanted}
	_ = out.control.SetReadDeadline(time.Time{}) // the server's is for requests
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx passes it on at once
	if err := out.send(position, nil); err != nil {
		return
	}
	if err := s.follow(ctx, position, &out); err != nil {
		s.Log.Debug("stream of telemetry ended", "reason", err)
	}
}

// follow writes everything after a position until ctx ends or the reader is lost.
func (s *Server) follow(ctx context.Context, position uint64, out *eventWriter) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		messages, upTo, changed, known := s.Live.After(position)
		if !known {
			err := s.Live.CatchUp(ctx, position, out.wanted.prefixes(), func(at uint64, m *projections.LiveMessage) error {
				position = at
				return out.send(at, []*projections.LiveMessage{m})
			})
			if err != nil {
				return err
			}
			continue
		}
		if err := out.send(upTo, messages); err != nil {
			return err
		}
		position = upTo
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-beat.C:
			if err := out.beat(position); err != nil {
				return err
			}
		case <-changed:
			select {
			case <-ctx.Done():
			case <-time.After(pace):
			}
		}
	}
}

// wanted is whose telemetry a reader gets.
type wanted struct {
	tenant   string
	stations []string // nil: all of the tenant's
}

func (s *Server) wanted(ctx context.Context, stationID string) (wanted, error) {
	p := principal(ctx)
	if stationID == "" {
		return wanted{p.Tenant, p.Stations}, nil
	}
	_, err := s.station(ctx, stationID)
	return wanted{p.Tenant, []string{stationID}}, err
}

func (f wanted) has(m *projections.LiveMessage) bool {
	return m.Tenant == f.tenant && (f.stations == nil || slices.Contains(f.stations, m.StationID))
}

// prefixes are those of the streams to read: a few stations' own, or the tenant's.
func (f wanted) prefixes() []string {
	of := telemetry.Category + f.tenant + "."
	if n := len(f.stations); n == 0 || n > 20 {
		return []string{of}
	}
	prefixes := make([]string, len(f.stations))
	for i, id := range f.stations {
		prefixes[i] = of + id + "."
	}
	return prefixes
}

// lastEventID is where a reader goes on; 0: now.
func lastEventID(r *http.Request) (uint64, error) {
	place, id := "header.Last-Event-ID", r.Header.Get("Last-Event-ID")
	if id == "" {
		place, id = "query.last_event_id", r.URL.Query().Get("last_event_id")
	}
	if id == "" {
		return 0, nil
	}
	position, err := strconv.ParseUint(id, 10, 63)
	if err != nil {
		return 0, problem.New(problem.Invalid, "the request is refused").At(place, "must be the id of an event of this stream, not %.40q", id)
	}
	return position, nil
}

// eventWriter writes server-sent events.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	s       *Server
	wanted  wanted
	buffer  []byte
	begun   bool // an id was written
}

// send writes those of the messages that are wanted. Where there are none, and nothing was sent before, the position
// alone is: whoever is cut off before the first message knows where to go on.
func (e *eventWriter) send(upTo uint64, messages []*projections.LiveMessage) error {
	for _, m := range messages {
		if m != nil && e.wanted.has(m) {
			e.buffer = fmt.Appendf(e.buffer, "id: %d\nevent: telemetry\ndata: ", m.Position)
			e.buffer = append(append(e.buffer, m.Text(func() []byte { return e.s.encode(m) })...), "\n\n"...)
			e.begun = true
		}
		if len(e.buffer) > 32<<10 {
			if err := e.flush(); err != nil {
				return err
			}
		}
	}
	if !e.begun {
		e.buffer = fmt.Appendf(e.buffer, "id: %d\n\n", upTo)
		e.begun = true
	}
	return e.flush()
}

// beat writes a comment, and the position that the reader is at, past all that wasn't wanted.
func (e *eventWriter) beat(position uint64) error {
	e.buffer = fmt.Appendf(e.buffer, ": heartbeat\nid: %d\n\n", position)
	return e.flush()
}

func (e *eventWriter) flush() error {
	if len(e.buffer) == 0 {
		return nil
	}
	defer func() { e.buffer = e.buffer[:0] }()
	_ = e.control.SetWriteDeadline(time.Now().Add(slowest)) // recorders in tests have none
	if _, err := e.w.Write(e.buffer); err != nil {
		return err
	}
	return e.control.Flush()
}

// encode is a message as it is sent, with its points as they are mapped now.
func (s *Server) encode(m *projections.LiveMessage) []byte {
	live := liveMessage{
		StationID: m.StationID, DeviceID: m.DeviceID, TS: time.UnixMilli(m.TS).UTC(), ReceivedAt: m.ReceivedAt.UTC(), Values: m.Values,
		Points: []livePoint{},
	}
	if e, ok := s.Directory.Station(m.Tenant, m.StationID); ok {
		readings, _ := e.Plan.Readings(m.DeviceID, m.TS, m.Values) // it was canonical when it was recorded
		for _, r := range readings {
			live.Points = append(live.Points, pointOf(r))
		}
	}
	text, err := json.Marshal(live)
	if err != nil { // its values aren't JSON: nobody but the platform writes to the store
		s.Log.Error("telemetry that can't be shown", "station", m.StationID, "position", m.Position, "error", err)
		return []byte("null")
	}
	return text
}

func describeStream(api huma.API) {
	registry := api.OpenAPI().Components.Schemas
	api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "stream-telemetry", Method: http.MethodGet, Path: "/api/v1/telemetry/stream", Tags: []string{"telemetry"},
		Summary: "Follow telemetry as it is recorded, as server-sent events",
		Description: "Each event has the type telemetry, its position in the event store as id, and as data an object of the schema below. " +
			"A block with an id alone says how far the stream is. With the last id as Last-Event-ID nothing is missed and nothing comes twice; without one the " +
			"stream begins now. A comment comes every 15 s. The stream ends when the token expires, when the reader takes nothing for 10 s, and when " +
			"the platform stops.",
		Parameters: []*huma.Param{
			{Name: "station_id", In: "query", Description: "without it all stations that the token may see", Schema: &huma.Schema{Type: "string"}},
			{Name: "last_event_id", In: "query", Description: "where a header can't be sent", Schema: &huma.Schema{Type: "string"}},
			{Name: "Last-Event-ID", In: "header", Schema: &huma.Schema{Type: "string"}},
		},
		Responses: map[string]*huma.Response{"200": {Description: "events", Content: map[string]*huma.MediaType{
			"text/event-stream": {Schema: registry.Schema(reflect.TypeFor[liveMessage](), true, "LiveMessage")},
		}}},
	})
}
