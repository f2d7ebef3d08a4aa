package queries

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Telemetry asks for the messages of a station's device with event times in [From, To).
type Telemetry struct {
	Tenant    string
	StationID string
	DeviceID  string // "": all of the station's
	From, To  time.Time
	Page
}

// Message is one message of a device, its values as they were sent.
type Message struct {
	DeviceID  string          `json:"deviceId"`
	TS        time.Time       `json:"ts"`
	Values    json.RawMessage `json:"values"`
	MessageID string          `json:"messageId"`
	Position  int64           `json:"position" doc:"in the event store"`
}

// Telemetry lists messages by device, then time.
func (db DB) Telemetry(ctx context.Context, q Telemetry) (List[Message], error) {
	afterDevice, afterID := "", "00000000-0000-0000-0000-000000000000"
	afterTS := time.Unix(-1<<33, 0).UTC()
	if q.Cursor != "" {
		parts, err := decodeCursor(q.Cursor, 3)
		if err != nil {
			return List[Message]{}, err
		}
		if afterTS, err = instantOf(parts[1]); err != nil {
			return List[Message]{}, err
		}
		id, err := uuid.Parse(parts[2])
		if err != nil {
			return List[Message]{}, errCursor()
		}
		afterDevice, afterID = parts[0], id.String()
	}
	rows, err := db.Pool.Query(ctx, `
		SELECT device_id, ts, values, message_id::text, position
		FROM telemetry_points
		WHERE tenant_id = @tenant AND station_id = @station AND (@device = '' OR device_id = @device)
		  AND ts >= @from AND ts < @to AND (device_id, ts, message_id) > (@afterDevice, @afterTS, @afterID::uuid)
		ORDER BY device_id, ts, message_id LIMIT @limit`,
		pgx.NamedArgs{
			"tenant": q.Tenant, "station": q.StationID, "device": q.DeviceID, "from": q.From, "to": q.To,
			"afterDevice": afterDevice, "afterTS": afterTS, "afterID": afterID, "limit": q.Limit + 1,
		})
	if err != nil {
		return List[Message]{}, wrap("telemetry", err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Message])
	if err != nil {
		return List[Message]{}, wrap("telemetry", err)
	}
	return page(items, q.Limit, func(m Message) []string {
		return []string{m.DeviceID, strconv.FormatInt(m.TS.UnixMilli(), 10), m.MessageID}
	}), nil
}

// Value is the latest value of a device's key.
type Value struct {
	StationID string          `json:"-"`
	DeviceID  string          `json:"deviceId"`
	Key       string          `json:"key"`
	TS        time.Time       `json:"ts"`
	Value     json.RawMessage `json:"value" doc:"as it was sent"`
	HeardAt   time.Time       `json:"heardAt" doc:"when a message of the device came last"`
}

// LatestTelemetry lists the latest value of every key of the devices of stations.
func (db DB) LatestTelemetry(ctx context.Context, tenant string, stationIDs ...string) ([]Value, error) {
	rows, err := db.Pool.Query(ctx, `
		SELECT t.station_id, t.device_id, v.key, to_timestamp((v.value->>0)::numeric / 1000), v.value->1, t.heard_at
		FROM telemetry_latest t, LATERAL json_each(t.values) v
		WHERE t.tenant_id = $1 AND t.station_id = ANY($2)
		ORDER BY t.station_id, t.device_id, v.key`, tenant, stationIDs)
	if err != nil {
		return nil, wrap("the latest telemetry", err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Value])
	for i := range items {
		items[i].TS = items[i].TS.UTC()
	}
	return items, wrap("the latest telemetry", err)
}

// Quarantined is a message that can't be used as the stations are mapped now.
type Quarantined struct {
	MessageID  string          `json:"messageId"`
	DeviceName string          `json:"deviceName"`
	DeviceID   string          `json:"deviceId" doc:"ThingsBoard's"`
	TS         time.Time       `json:"ts"`
	Values     json.RawMessage `json:"values"`
	Reason     string          `json:"reason" enum:"unknown_device,unusable_value"`
	ReceivedAt time.Time       `json:"receivedAt"`
	Position   int64           `json:"position"`
}

// Quarantine lists a tenant's messages in quarantine, in the order in which they came; deviceName "" is all.
func (db DB) Quarantine(ctx context.Context, tenant, deviceName string, p Page) (List[Quarantined], error) {
	after := int64(0)
	if p.Cursor != "" {
		parts, err := decodeCursor(p.Cursor, 1)
		if err != nil {
			return List[Quarantined]{}, err
		}
		if after, err = strconv.ParseInt(parts[0], 10, 64); err != nil {
			return List[Quarantined]{}, errCursor()
		}
	}
	items, err := db.QuarantineAfter(ctx, tenant, deviceName, after, p.Limit+1)
	if err != nil {
		return List[Quarantined]{}, err
	}
	return page(items, p.Limit, func(q Quarantined) []string { return []string{strconv.FormatInt(q.Position, 10)} }), nil
}

// QuarantineAfter lists those that came after a position.
func (db DB) QuarantineAfter(ctx context.Context, tenant, deviceName string, after int64, limit int) ([]Quarantined, error) {
	rows, err := db.Pool.Query(ctx, `
		SELECT message_id::text, device_name, device_id, ts, values, reason, received_at, position
		FROM telemetry_quarantine
		WHERE tenant_id = $1 AND ($2 = '' OR device_name = $2) AND position > $3
		ORDER BY position LIMIT $4`, tenant, deviceName, after, limit)
	if err != nil {
		return nil, wrap("the quarantine", err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Quarantined])
	return items, wrap("the quarantine", err)
}

// QuarantinedDevice is what is in quarantine of a device for one reason.
type QuarantinedDevice struct {
	DeviceName string          `json:"deviceName"`
	DeviceID   string          `json:"deviceId" doc:"ThingsBoard's"`
	Reason     string          `json:"reason" enum:"unknown_device,unusable_value"`
	Messages   int64           `json:"messages"`
	FirstTS    time.Time       `json:"firstTs" doc:"the earliest event time"`
	LastTS     time.Time       `json:"lastTs"`
	ReceivedAt time.Time       `json:"receivedAt" doc:"when the latest message came"`
	Values     json.RawMessage `json:"values" doc:"of the latest message"`
}

// QuarantinedDevices lists the devices with messages in quarantine, those that were heard of last first.
func (db DB) QuarantinedDevices(ctx context.Context, tenant string, limit int) (List[QuarantinedDevice], error) {
	rows, err := db.Pool.Query(ctx, `
		SELECT * FROM (
			SELECT DISTINCT ON (device_name, device_id, reason)
				device_name, device_id, reason, count(*) OVER d, min(ts) OVER d, max(ts) OVER d, received_at, values
			FROM telemetry_quarantine WHERE tenant_id = $1
			WINDOW d AS (PARTITION BY device_name, device_id, reason)
			ORDER BY device_name, device_id, reason, position DESC) q
		ORDER BY received_at DESC, device_name, device_id, reason LIMIT $2`, tenant, limit)
	if err != nil {
		return List[QuarantinedDevice]{}, wrap("the quarantine", err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[QuarantinedDevice])
	for i := range items {
		q := &items[i]
		q.FirstTS, q.LastTS, q.ReceivedAt = q.FirstTS.UTC(), q.LastTS.UTC(), q.ReceivedAt.UTC()
	}
	return List[QuarantinedDevice]{Items: items}, wrap("the quarantine", err)
}
