package projections

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
)

// Stations makes the tables stations, devices, point_mappings and tariffs.
type Stations struct{}

// Name of the projection.
func (Stations) Name() string { return "stations" }

// Prefixes of its streams.
func (Stations) Prefixes() []string { return []string{"station-", "tariff-"} }

// Tables that it makes.
func (Stations) Tables() []string {
	return []string{"stations", "devices", "point_mappings", "tariffs"}
}

// Handle writes a batch.
func (p Stations) Handle(ctx context.Context, tx pgx.Tx, batch []event.Recorded) error {
	for _, e := range batch {
		if err := p.one(ctx, tx, e); err != nil {
			return fmt.Errorf("%s %d: %w", e.Stream, e.Revision, err)
		}
	}
	return nil
}

func (Stations) one(ctx context.Context, tx pgx.Tx, e event.Recorded) error {
	exec := func(sql string, args pgx.NamedArgs) error {
		args["tenant"] = e.Tenant
		_, err := tx.Exec(ctx, sql, args)
		return err
	}
	var err error
	var stationID string
	switch p := e.Payload.(type) {
	case station.Registered:
		stationID = p.StationID
		err = exec(`
			INSERT INTO stations (tenant_id, station_id, name, timezone, currency, ratings, revision)
			VALUES (@tenant, @station, @name, @timezone, @currency, @ratings, @revision)
			ON CONFLICT (tenant_id, station_id) DO UPDATE
			SET name = excluded.name, timezone = excluded.timezone, currency = excluded.currency, ratings = excluded.ratings`,
			pgx.NamedArgs{
				"station": p.StationID, "name": p.Name, "timezone": p.Timezone, "currency": p.Currency, "ratings": p.Ratings,
				"revision": int64(e.Revision),
			})
	case station.Changed:
		stationID = p.StationID
		err = exec(`UPDATE stations SET name = @name, ratings = @ratings WHERE tenant_id = @tenant AND station_id = @station`,
			pgx.NamedArgs{"station": p.StationID, "name": p.Name, "ratings": p.Ratings})
	case station.Retired:
		stationID = p.StationID
		err = exec(`UPDATE stations SET retired = true WHERE tenant_id = @tenant AND station_id = @station`,
			pgx.NamedArgs{"station": p.StationID})
	case station.DeviceRegistered:
		stationID = p.StationID
		err = exec(upsertDevice, pgx.NamedArgs{
			"station": p.StationID, "device": p.DeviceID, "kind": p.Kind, "name": p.ThingsBoard.DeviceName, "id": p.ThingsBoard.DeviceID,
		})
	case station.DeviceChanged:
		stationID = p.StationID
		err = exec(upsertDevice, pgx.NamedArgs{
			"station": p.StationID, "device": p.DeviceID, "kind": p.Kind, "name": p.ThingsBoard.DeviceName, "id": p.ThingsBoard.DeviceID,
		})
	case station.DeviceRemoved:
		stationID = p.StationID
		for _, table := range []string{"devices", "point_mappings"} {
			if err == nil {
				err = exec(`DELETE FROM `+table+` WHERE tenant_id = @tenant AND station_id = @station AND device_id = @device`,
					pgx.NamedArgs{"station": p.StationID, "device": p.DeviceID})
			}
		}
	case station.PointMapped:
		stationID = p.StationID
		mapping, merr := json.Marshal(p.Mapping)
		if merr != nil {
			return merr
		}
		err = exec(`
			INSERT INTO point_mappings (tenant_id, station_id, device_id, semantic, valid_from, key, unit, kind, mapping)
			VALUES (@tenant, @station, @device, @semantic, @from, @key, @unit, @kind, @mapping)
			ON CONFLICT (tenant_id, station_id, device_id, semantic, valid_from) DO UPDATE
			SET key = excluded.key, unit = excluded.unit, kind = excluded.kind, mapping = excluded.mapping`,
			pgx.NamedArgs{
				"station": p.StationID, "device": p.DeviceID, "semantic": p.Semantic, "from": validFrom(p.ValidFrom), "key": p.Key,
				"unit": string(p.Unit), "kind": string(p.Kind), "mapping": mapping,
			})
	case station.PointUnmapped:
		stationID = p.StationID
		err = exec(`
			DELETE FROM point_mappings
			WHERE tenant_id = @tenant AND station_id = @station AND device_id = @device AND semantic = @semantic AND valid_from = @from`,
			pgx.NamedArgs{"station": p.StationID, "device": p.DeviceID, "semantic": p.Semantic, "from": validFrom(p.ValidFrom)})
	case station.TariffAssigned:
		stationID = p.StationID
		err = exec(`
			UPDATE stations
			SET tariffs = coalesce((SELECT jsonb_agg(a ORDER BY a->>'validFrom') FROM jsonb_array_elements(tariffs) a
			                        WHERE a->>'validFrom' < @from), '[]')
			              || jsonb_build_array(jsonb_build_object('tariffId', @tariff::text, 'validFrom', @from::text))
			WHERE tenant_id = @tenant AND station_id = @station`,
			pgx.NamedArgs{"station": p.StationID, "tariff": p.TariffID, "from": p.ValidFrom.String()})
	case tariff.Published:
		return exec(`
			INSERT INTO tariffs (tenant_id, tariff_id, version, valid_from, spec) VALUES (@tenant, @tariff, @version, @from, @spec)
			ON CONFLICT (tenant_id, tariff_id, version) DO UPDATE SET valid_from = excluded.valid_from, spec = excluded.spec`,
			pgx.NamedArgs{"tariff": p.TariffID, "version": p.Version, "from": p.ValidFrom.String(), "spec": p.Spec})
	default:
		return nil
	}
	if err != nil {
		return err
	}
	return exec(`UPDATE stations SET revision = @revision WHERE tenant_id = @tenant AND station_id = @station`,
		pgx.NamedArgs{"station": stationID, "revision": int64(e.Revision)})
}

const upsertDevice = `
	INSERT INTO devices (tenant_id, station_id, device_id, kind, thingsboard_name, thingsboard_id)
	VALUES (@tenant, @station, @device, @kind, @name, @id)
	ON CONFLICT (tenant_id, station_id, device_id) DO UPDATE
	SET kind = excluded.kind, thingsboard_name = excluded.thingsboard_name, thingsboard_id = excluded.thingsboard_id`

// validFrom is -infinity for a mapping that always held.
func validFrom(t time.Time) pgtype.Timestamptz {
	if t.IsZero() {
		return pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	}
	return pgtype.Timestamptz{Time: t, Valid: true}
}
