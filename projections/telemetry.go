package projections

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// Partitions makes sure that there are partitions of telemetry_points for the UTC days of some times.
type Partitions interface {
	Ensure(ctx context.Context, tx pgx.Tx, times []time.Time) error
}

// devicesKept bounds the memory of latest values; a device with 20 keys takes about 3 KB.
const devicesKept = 8192

// Telemetry makes the tables telemetry_points and telemetry_latest.
type Telemetry struct {
	partitions Partitions
	latest     *lru.Cache[deviceKey, *latest]
}

type deviceKey struct{ tenant, station, device string }

// latest are a device's latest values by key.
type latest struct {
	ts      int64
	heardAt time.Time
	values  map[string]latestValue
}

type latestValue struct {
	ts  int64
	raw string
}

// NewTelemetry makes the projection.
func NewTelemetry(partitions Partitions) *Telemetry {
	c, _ := lru.New[deviceKey, *latest](devicesKept) // fails only for a size below 1
	return &Telemetry{partitions: partitions, latest: c}
}

// Name of the projection.
func (*Telemetry) Name() string { return "telemetry" }

// Prefixes of its streams.
func (*Telemetry) Prefixes() []string { return []string{telemetry.Category} }

// Tables that it makes.
func (*Telemetry) Tables() []string { return []string{"telemetry_points", "telemetry_latest"} }

// Start forgets what may not have been committed.
func (p *Telemetry) Start(context.Context, pgx.Tx) error {
	p.latest.Purge()
	return nil
}

var pointColumns = []string{"tenant_id", "station_id", "device_id", "ts", "message_id", "position", "values"}

// Handle writes a batch: one row a message, by COPY.
func (p *Telemetry) Handle(ctx context.Context, tx pgx.Tx, batch []event.Recorded) error {
	rows := make([][]any, 0, len(batch))
	times := make([]time.Time, 0, len(batch))
	inBatch := make(map[uuid.UUID]struct{}, len(batch))
	changed := map[deviceKey]*latest{}
	for _, e := range batch {
		m, ok := e.Payload.(telemetry.Received)
		if !ok {
			continue
		}
		tenant, station, _, err := telemetry.ParseDayStream(e.Stream)
		if err != nil {
			return err
		}
		if _, repeat := inBatch[e.ID]; repeat {
			continue
		}
		inBatch[e.ID] = struct{}{}
		at := time.UnixMilli(m.TS).UTC()
		rows = append(rows, []any{tenant, station, m.DeviceID, at, e.ID, int64(e.Position), []byte(m.Values)})
		times = append(times, at)
		l, err := p.device(ctx, tx, deviceKey{tenant, station, m.DeviceID})
		if err != nil {
			return err
		}
		if err := l.take(m, e.RecordedAt); err != nil {
			return fmt.Errorf("%s %d: %w", e.Stream, e.Revision, err)
		}
		changed[deviceKey{tenant, station, m.DeviceID}] = l
	}
	if len(rows) == 0 {
		return nil
	}
	if err := p.partitions.Ensure(ctx, tx, times); err != nil {
		return err
	}
	if err := copyRows(ctx, tx, "telemetry_points", pointColumns, rows); err != nil {
		return err
	}
	return p.saveLatest(ctx, tx, changed)
}

// copyRows inserts by COPY, and one by one where a row is there already: a repeat that the store didn't recognise.
func copyRows(ctx context.Context, tx pgx.Tx, table string, columns []string, rows [][]any) error {
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
		return err
	})
	var pg *pgconn.PgError
	const uniqueViolation = "23505"
	if !errors.As(err, &pg) || pg.Code != uniqueViolation {
		return err
	}
	names, marks := "", ""
	for i, c := range columns {
		if i > 0 {
			names, marks = names+", ", marks+", "
		}
		names += pgx.Identifier{c}.Sanitize()
		marks += "$" + strconv.Itoa(i+1)
	}
	b := &pgx.Batch{}
	for _, r := range rows {
		b.Queue(`INSERT INTO `+table+` (`+names+`) VALUES (`+marks+`) ON CONFLICT DO NOTHING`, r...)
	}
	return tx.SendBatch(ctx, b).Close()
}

func (p *Telemetry) device(ctx context.Context, tx pgx.Tx, k deviceKey) (*latest, error) {
	if l, ok := p.latest.Get(k); ok {
		return l, nil
	}
	l := &latest{values: map[string]latestValue{}}
	rows, err := tx.Query(ctx, `
		SELECT v.key, (v.value->>0)::bigint, (v.value->1)::text, t.ts, t.heard_at
		FROM telemetry_latest t, LATERAL json_each(t.values) v
		WHERE t.tenant_id = $1 AND t.station_id = $2 AND t.device_id = $3`, k.tenant, k.station, k.device)
	if err != nil {
		return nil, err
	}
	var key, raw string
	var ts int64
	var latestTS time.Time
	_, err = pgx.ForEachRow(rows, []any{&key, &ts, &raw, &latestTS, &l.heardAt}, func() error {
		l.values[telemetry.CanonicalKey(key)], l.ts = latestValue{ts, raw}, latestTS.UnixMilli()
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.latest.Add(k, l)
	return l, nil
}

// take keeps what is at least as late as what is known.
func (l *latest) take(m telemetry.Received, at time.Time) error {
	l.ts = max(l.ts, m.TS)
	if at.After(l.heardAt) {
		l.heardAt = at
	}
	return telemetry.EachValue(m.Values, func(key, value []byte) {
		if known, ok := l.values[string(key)]; !ok || m.TS >= known.ts {
			l.values[string(key)] = latestValue{m.TS, string(value)}
		}
	})
}

// json has its keys in order: the same events make the same row.
func (l *latest) json() string {
	b := []byte{'{'}
	for _, key := range slices.Sorted(maps.Keys(l.values)) {
		v := l.values[key]
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), key...), `":[`...)
		b = append(append(strconv.AppendInt(b, v.ts, 10), ','), v.raw...)
		b = append(b, ']')
	}
	return string(append(b, '}'))
}

func (p *Telemetry) saveLatest(ctx context.Context, tx pgx.Tx, changed map[deviceKey]*latest) error {
	var tenants, stations, devices, values []string
	var ts, heard []time.Time
	for k, l := range changed {
		tenants, stations, devices = append(tenants, k.tenant), append(stations, k.station), append(devices, k.device)
		ts, heard, values = append(ts, time.UnixMilli(l.ts).UTC()), append(heard, l.heardAt), append(values, l.json())
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO telemetry_latest (tenant_id, station_id, device_id, ts, heard_at, values)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::json[])
		ON CONFLICT (tenant_id, station_id, device_id) DO UPDATE
		SET ts = excluded.ts, heard_at = excluded.heard_at, values = excluded.values`,
		tenants, stations, devices, ts, heard, values)
	return err
}
