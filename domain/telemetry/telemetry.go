// Package telemetry owns what a device said: the message as it was sent, how it is told from a repeat, the stream it
// belongs to, and how the text of a number becomes an exact sample. It doesn't own what is computed from samples.
package telemetry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/canonical"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
)

// Received is one message of one device, its values as they were sent in canonical form: keys sorted at every depth,
// no white space, numbers as their text, strings escaped in one way only.
type Received struct {
	DeviceID string          `json:"deviceId"`
	TS       int64           `json:"ts"` // epoch milliseconds
	Values   json.RawMessage `json:"values"`
}

// EventType names the event.
func (Received) EventType() string { return "TelemetryReceived" }

// Events are the payloads of this package.
func Events() []event.Definition {
	return []event.Definition{event.Define[Received]().Decoding(decodeReceived), event.Define[Quarantined](), event.Define[Released]()}
}

// AppendJSON writes the event without looking at its values again, which are canonical.
func (r Received) AppendJSON(b []byte) ([]byte, error) {
	device, err := json.Marshal(r.DeviceID)
	if err != nil {
		return nil, err
	}
	b = slices.Grow(b, len(device)+len(r.Values)+50)
	b = append(append(b, `{"deviceId":`...), device...)
	b = strconv.AppendInt(append(b, `,"ts":`...), r.TS, 10)
	return append(append(append(b, `,"values":`...), r.Values...), '}'), nil
}

// decodeReceived reads what AppendJSON wrote, and anything else as encoding/json does.
func decodeReceived(data json.RawMessage) (event.Payload, error) {
	var r Received
	plain := true
	err := canonical.Each(data, func(key, value []byte) {
		switch string(key) {
		case "deviceId":
			plain = plain && len(value) > 1 && value[0] == '"' && bytes.IndexByte(value, '\\') < 0
			if plain {
				r.DeviceID = string(value[1 : len(value)-1])
			}
		case "ts":
			ts, err := strconv.ParseInt(string(value), 10, 64)
			r.TS, plain = ts, plain && err == nil
		case "values":
			r.Values, plain = value, plain && len(value) > 0 && value[0] == '{'
		default:
			plain = false
		}
	})
	if err != nil || !plain || r.Values == nil {
		r = Received{}
		err = json.Unmarshal(data, &r)
	}
	return r, err
}

// ID is the same for a message and its repeats: same device, time and values.
func (r Received) ID(tenant, station string) uuid.UUID {
	return event.ID("telemetry", tenant, station, r.DeviceID, strconv.FormatInt(r.TS, 10), string(r.Values))
}

// Category is the prefix of the names of all telemetry streams.
const Category = "telemetry-"

// Stream is the stream of a station's local day.
func Stream(tenant, station string, day calendar.Date) string {
	return Category + tenant + "." + station + "." + day.Compact()
}

// ParseDayStream takes a stream's name apart that ends in a station's local day, such as one of Stream.
func ParseDayStream(stream string) (tenant, station string, day calendar.Date, err error) {
	_, id, _ := strings.Cut(stream, "-")
	tenant, rest, ok := strings.Cut(id, ".")
	dot := strings.LastIndexByte(rest, '.')
	if !ok || dot < 1 {
		return "", "", 0, fmt.Errorf("stream %q isn't named after a tenant, a station and a day", stream)
	}
	day, err = calendar.ParseCompact(rest[dot+1:])
	return tenant, rest[:dot], day, err
}
