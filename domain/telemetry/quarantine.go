package telemetry

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
)

// Why a message is in quarantine.
const (
	UnknownDevice = "unknown_device" // no station has it
	UnusableValue = "unusable_value" // a mapped value is no number that can be used
)

// Quarantined is a message that can't be used as the stations are mapped now, kept as it was sent.
type Quarantined struct {
	DeviceName string          `json:"deviceName,omitempty"`
	DeviceID   string          `json:"deviceId,omitempty"` // ThingsBoard's
	TS         int64           `json:"ts"`
	Values     json.RawMessage `json:"values"`
	Reason     string          `json:"reason"`
}

// EventType names the event.
func (Quarantined) EventType() string { return "TelemetryQuarantined" }

// Released says that a quarantined message was accepted after all.
type Released struct {
	MessageID uuid.UUID `json:"messageId"` // of the Quarantined event
}

// EventType names the event.
func (Released) EventType() string { return "TelemetryReleased" }

// ID is the same for a message and its repeats.
func (q Quarantined) ID(tenant string) uuid.UUID {
	return event.ID("quarantine", tenant, q.DeviceName, q.DeviceID, strconv.FormatInt(q.TS, 10), string(q.Values))
}

// QuarantineCategory is the prefix of the names of all quarantine streams.
const QuarantineCategory = "quarantine-"

// QuarantineStream is the stream of what a tenant's senders sent on a day (UTC).
func QuarantineStream(tenant string, at time.Time) string {
	return QuarantineCategory + tenant + "." + calendar.DateOf(at.UTC()).Compact()
}
