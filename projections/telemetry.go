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

	"github.com/microgrid-cloud/microgrid-cloud/domain/canonical"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// Partitions makes sure that there are partitions of telemetry_points for the UTC days of some times.
type Partitions interface {
	Ensure(ctx context.Context, tx pgx.Tx, times []time.Time) error
	// Forget makes it look again: what was committed may be lost with a crash of the database.
	Forget()
}

// devicesKept bounds the memory of latest values; a device with 20 keys takes about 3 KB.
const devicesKept = 8192

// keysKept bounds a device's latest values: of one that tells ever other keys, the first so many are kept.
const keysKept = 1000

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
	p.partitions.Forget()
	return nil
}

var pointColumns = []string{"tenant_id", "station_id", "device_id", "ts", "message_id", "position", "values"}

// Handle writes a batch: one row a message, by COPY. A repeat that the store didn't recognise makes no row, and says
// nothing about what is latest.
func (p *Telemetry) Handle(ctx context.Context, tx pgx.Tx, batch []event.Recorded) error {
	messages := make([]message, 0, len(batch))
	inBatch := make(map[uuid.UUID]struct{}, len(batch))
	for _, e := range batch {
		m, ok := e.Payload.(telemetry.Received)
		if _, repeat := inBatch[e.ID]; repeat || !ok {
			continue
		}
		inBatch[e.ID] = struct{}{}
		tenant, station, _, err := telemetry.ParseDayStream(e.Stream)
		if err != nil {
			return err
		}
		messages = append(messages, message{deviceKey{tenant, station, m.DeviceID}, time.UnixMilli(m.TS).UTC(), m, e})
	}
	if len(messages) == 0 {
		return nil
	}
	messages, err := p.insert(ctx, tx, messages)
	if err != nil {
		return err
	}
	changed := map[deviceKey]*latest{}
	for _, m := range messages {
		l, err := p.device(ctx, tx, m.device)
		if err != nil {
			return err
		}
		if err := l.take(m.received, m.event.RecordedAt); err != nil {
			return fmt.Errorf("%s %d: %w", m.event.Stream, m.event.Revision, err)
		}
		changed[m.device] = l
	}
	return p.saveLatest(ctx, tx, changed)
}

// message is an event with what its row holds.
type message struct {
	device   deviceKey
	ts       time.Time
	received telemetry.Received
	event    event.Recorded
}

// insert writes the rows of messages that aren't there yet, and gives those.
func (p *Telemetry) insert(ctx context.Context, tx pgx.Tx, messages []message) ([]message, error) {
	times := make([]time.Time, len(messages))
	for i, m := range messages {
		times[i] = m.ts
	}
	if err := p.partitions.Ensure(ctx, tx, times); err != nil {
		return nil, err
	}
	copied, err := copyRows(ctx, tx, "telemetry_points", pointColumns, pointRows(messages))
	if err != nil || copied {
		return messages, err
	}
	known := map[uuid.UUID]bool{}
	for _, m := range messages {
		var there bool
		err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM telemetry_points
				WHERE tenant_id = $1 AND station_id = $2 AND device_id = $3 AND ts = $4 AND message_id = $5)`,
			m.device.tenant, m.device.station, m.device.device, m.ts, m.event.ID).Scan(&there)
		if err != nil {
			return nil, err
		}
		known[m.event.ID] = there
	}
	messages = slices.DeleteFunc(messages, func(m message) bool { return known[m.event.ID] })
	_, err = copyRows(ctx, tx, "telemetry_points", pointColumns, pointRows(messages))
	return messages, err
}

func pointRows(messages []message) [][]any {
	rows := make([][]any, len(messages))
	for i, m := range messages {
		rows[i] = []any{m.device.tenant, m.device.station, m.device.device, m.ts, m.event.ID, int64(m.event.Position), []byte(m.received.Values)}
	}
	return rows
}

// copyRows inserts by COPY; false says that a row is there already, and none was inserted.
func copyRows(ctx context.Context, tx pgx.Tx, table string, columns []string, rows [][]any) (bool, error) {
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
		return err
	})
	var pg *pgconn.PgError
	const uniqueViolation = "23505"
	if errors.As(err, &pg) && pg.Code == uniqueViolation {
		return false, nil
	}
	return err == nil, err
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
		l.values[canonical.Key(key)], l.ts = latestValue{ts, raw}, latestTS.UnixMilli()
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
	return canonical.Each(m.Values, func(key, value []byte) {
		if known, ok := l.values[string(key)]; ok && m.TS >= known.ts || !ok && len(l.values) < keysKept {
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
