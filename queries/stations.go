package queries

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
)

// StationSummary is a station as the API shows it, without its devices.
type StationSummary struct {
	StationID string          `json:"stationId"`
	Name      string          `json:"name"`
	Timezone  string          `json:"timezone"`
	Currency  string          `json:"currency"`
	Ratings   json.RawMessage `json:"ratings"`
	Tariffs   json.RawMessage `json:"tariffs" doc:"assigned tariffs by the local date from which they hold"`
	Retired   bool            `json:"retired"`
	Revision  int64           `json:"revision"`
}

// Stations lists a tenant's stations by id; only, unless nil, names those that may be seen.
func (db DB) Stations(ctx context.Context, tenant string, only []string, p Page) (List[StationSummary], error) {
	after := ""
	if p.Cursor != "" {
		parts, err := decodeCursor(p.Cursor, 1)
		if err != nil {
			return List[StationSummary]{}, err
		}
		after = parts[0]
	}
	rows, err := db.Pool.Query(ctx, `
		SELECT station_id, name, timezone, currency, ratings, tariffs, retired, revision
		FROM stations
		WHERE tenant_id = $1 AND station_id > $2 AND ($3::text[] IS NULL OR station_id = ANY($3))
		ORDER BY station_id LIMIT $4`, tenant, after, only, p.Limit+1)
	if err != nil {
		return List[StationSummary]{}, wrap("stations", err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[StationSummary])
	if err != nil {
		return List[StationSummary]{}, wrap("stations", err)
	}
	return page(items, p.Limit, func(s StationSummary) []string { return []string{s.StationID} }), nil
}

// DeviceSummary is a device as the API shows it.
type DeviceSummary struct {
	StationID  string    `json:"stationId"`
	DeviceID   string    `json:"deviceId"`
	Kind       string    `json:"kind"`
	DeviceName string    `json:"deviceName" doc:"ThingsBoard's"`
	TBDeviceID string    `json:"thingsboardDeviceId"`
	HeardAt    time.Time `json:"heardAt,omitzero" doc:"when a message of it came last"`
	LatestTS   time.Time `json:"latestTs,omitzero" doc:"its latest event time"`
}

// Devices lists the devices of a station.
func (db DB) Devices(ctx context.Context, tenant, stationID string) (List[DeviceSummary], error) {
	rows, err := db.Pool.Query(ctx, `
		SELECT d.station_id, d.device_id, d.kind, d.thingsboard_name, d.thingsboard_id, l.heard_at, l.ts
		FROM devices d LEFT JOIN telemetry_latest l USING (tenant_id, station_id, device_id)
		WHERE d.tenant_id = $1 AND d.station_id = $2 ORDER BY d.device_id`, tenant, stationID)
	if err != nil {
		return List[DeviceSummary]{}, wrap("devices", err)
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (DeviceSummary, error) {
		var d DeviceSummary
		var heard, latest *time.Time
		err := row.Scan(&d.StationID, &d.DeviceID, &d.Kind, &d.DeviceName, &d.TBDeviceID, &heard, &latest)
		if heard != nil {
			d.HeardAt, d.LatestTS = heard.UTC(), latest.UTC()
		}
		return d, err
	})
	if items == nil {
		items = []DeviceSummary{}
	}
	return List[DeviceSummary]{Items: items}, wrap("devices", err)
}

// Point is a mapping as the API shows it.
type Point struct {
	StationID string          `json:"stationId"`
	DeviceID  string          `json:"deviceId"`
	Mapping   json.RawMessage `json:"mapping"`
}

// Points lists the mappings of a station.
func (db DB) Points(ctx context.Context, tenant, stationID string) (List[Point], error) {
	rows, err := db.Pool.Query(ctx, `
		SELECT station_id, device_id, mapping FROM point_mappings
		WHERE tenant_id = $1 AND station_id = $2 ORDER BY device_id, semantic, valid_from`, tenant, stationID)
	if err != nil {
		return List[Point]{}, wrap("points", err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Point])
	if items == nil {
		items = []Point{}
	}
	return List[Point]{Items: items}, wrap("points", err)
}

// Catalog names the streams of every station and tariff, and the position up to which they are known.
func (db DB) Catalog(ctx context.Context, stationStream, tariffStream func(tenant, id string) string) (streams []string, position uint64, err error) {
	err = pgx.BeginTxFunc(ctx, db.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var known int64
		if err := tx.QueryRow(ctx, `SELECT coalesce(max(position), 0) FROM processed_events WHERE projection = 'stations'`).Scan(&known); err != nil {
			return err
		}
		position = uint64(known)
		for _, kind := range []struct {
			sql    string
			stream func(tenant, id string) string
		}{
			{`SELECT tenant_id, station_id FROM stations`, stationStream},
			{`SELECT DISTINCT tenant_id, tariff_id FROM tariffs`, tariffStream},
		} {
			rows, err := tx.Query(ctx, kind.sql)
			if err != nil {
				return err
			}
			var tenant, id string
			if _, err := pgx.ForEachRow(rows, []any{&tenant, &id}, func() error {
				streams = append(streams, kind.stream(tenant, id))
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return streams, position, wrap("the catalog of stations", err)
}
