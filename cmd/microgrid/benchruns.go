package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
)

// benchThroughput measures points a second from the webhook to the read model, and the plain ways into the same table.
func benchThroughput(ctx context.Context, out io.Writer, p *benchPlatform, o benchOptions) error {
	db, err := benchDB(ctx, p)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	rate, ingest, err := p.throughput(ctx, db, o, "keep", false)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, p.out)
	}
	insert, err := benchInsert(ctx, db, 3*time.Second)
	if err != nil {
		return err
	}
	copied, err := benchCopy(ctx, db, 1_000_000)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "webhook to read model, keep-alive: %.0f points/s (%d points a message, %d devices of %d stations)\n", rate, o.points, o.devices, o.stations)
	fmt.Fprintf(out, "  ingest alone (acknowledged):     %.0f points/s\n", ingest)
	fmt.Fprintf(out, "  INSERT a point:                  %.0f points/s, ratio %.1f\n", insert, rate/insert)
	fmt.Fprintf(out, "  COPY a row a point:              %.0f points/s, ratio %.2f\n", copied, rate/copied)
	fmt.Fprintf(out, "  peak RSS of the platform:        %.0f MiB\n", p.peakRSS())
	return nil
}

// benchConnectionClose measures the same with a connection a message, as ThingsBoard sends.
func benchConnectionClose(ctx context.Context, out io.Writer, p *benchPlatform, o benchOptions) error {
	db, err := benchDB(ctx, p)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	rate, ingest, err := p.throughput(ctx, db, o, "close", true)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "webhook to read model, a connection a message: %.0f points/s (ingest alone %.0f), peak RSS %.0f MiB\n", rate, ingest, p.peakRSS())
	return nil
}

// throughput sends all messages and waits until the last is in the read model.
func (p *benchPlatform) throughput(ctx context.Context, db *pgx.Conn, o benchOptions, prefix string, closing bool) (toReadModel, acknowledged float64, err error) {
	c, err := newBenchClient(p.url)
	if err != nil {
		return 0, 0, err
	}
	if err := c.provision(o, prefix); err != nil {
		return 0, 0, err
	}
	count := o.messages / o.devices
	start := time.Now().Add(-48 * time.Hour).Truncate(24 * time.Hour).UnixMilli()
	began := time.Now()
	sent, err := c.send(ctx, o, prefix, count, start, 60_000, closing)
	if err != nil {
		return 0, 0, err
	}
	want := int64(count * o.devices)
	for {
		var rows int64
		if err := db.QueryRow(ctx, `SELECT count(*) FROM telemetry_points WHERE station_id LIKE $1`, prefix+"-%").Scan(&rows); err != nil {
			return 0, 0, err
		}
		if rows == want {
			break
		}
		if time.Since(began) > 5*time.Minute {
			return 0, 0, fmt.Errorf("%d of %d messages in the read model after 5 minutes", rows, want)
		}
		time.Sleep(50 * time.Millisecond)
	}
	points := float64(want) * float64(o.points)
	return points / time.Since(began).Seconds(), points / sent.Seconds(), nil
}

const benchTable = `
	CREATE TABLE bench_points (tenant_id text, station_id text, device_id text, key text, ts timestamptz, value numeric,
		PRIMARY KEY (tenant_id, station_id, device_id, key, ts)) PARTITION BY RANGE (ts);
	CREATE TABLE bench_points_day PARTITION OF bench_points FOR VALUES FROM ('2026-01-01') TO ('2026-01-02')`

func benchRow(i int) []any {
	device := i % 1024
	return []any{
		benchTenant, fmt.Sprintf("station-%d", device/4), fmt.Sprintf("device-%d", device), fmt.Sprintf("key_%02d", i/1024%20),
		time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i/20480) * time.Second), fmt.Sprintf("%d.%03d", i%50, i%1000),
	}
}

// benchInsert is the plainest way: one INSERT a point, each its own transaction.
func benchInsert(ctx context.Context, db *pgx.Conn, long time.Duration) (float64, error) {
	if _, err := db.Exec(ctx, benchTable); err != nil {
		return 0, err
	}
	began, n := time.Now(), 0
	for time.Since(began) < long {
		if _, err := db.Exec(ctx, `INSERT INTO bench_points VALUES ($1, $2, $3, $4, $5, $6::text::numeric)`, benchRow(n)...); err != nil {
			return 0, err
		}
		n++
	}
	rate := float64(n) / time.Since(began).Seconds()
	_, err := db.Exec(ctx, `DROP TABLE bench_points`)
	return rate, err
}

// benchCopy is COPY of one row a point into a day's partition, in batches of 10,000.
func benchCopy(ctx context.Context, db *pgx.Conn, points int) (float64, error) {
	if _, err := db.Exec(ctx, benchTable); err != nil {
		return 0, err
	}
	const batch = 10_000
	prepared := make([][]any, 0, batch)
	var took time.Duration
	for i := range points {
		row := benchRow(i)
		row[5] = numericOf(i%50*1000+i%1000, -3)
		prepared = append(prepared, row)
		if len(prepared) == batch {
			began := time.Now()
			if _, err := db.CopyFrom(ctx, pgx.Identifier{"bench_points"}, []string{"tenant_id", "station_id", "device_id", "key", "ts", "value"}, pgx.CopyFromRows(prepared)); err != nil {
				return 0, err
			}
			took += time.Since(began)
			prepared = prepared[:0]
		}
	}
	_, err := db.Exec(ctx, `DROP TABLE bench_points`)
	return float64(points) / took.Seconds(), err
}

// benchLate measures messages into days that were closed a year ago: each makes statistics, and what hangs on them, anew.
func benchLate(ctx context.Context, out io.Writer, p *benchPlatform, o benchOptions) error {
	o.stations, o.devices, o.connections = 16, 64, 64
	c, err := newBenchClient(p.url)
	if err != nil {
		return err
	}
	if err := c.provision(o, "late"); err != nil {
		return err
	}
	// a message every five minutes for a day and a half, a year ago
	const history, late, minute = 36 * 12, 100, 60_000
	start := time.Now().Add(-366 * 24 * time.Hour).Truncate(24 * time.Hour).UnixMilli()
	if _, err := c.send(ctx, o, "late", history, start, 5*minute, false); err != nil {
		return err
	}
	for s := range o.stations {
		if err := p.settled(ctx, fmt.Sprintf("late-%d", s), 1); err != nil {
			return err
		}
	}
	handled := func() float64 {
		return p.counter(c, "microgrid_projection_events_total", `projection="policy-statistics"`)
	}
	if err := p.wait(ctx, func() bool { return handled() >= float64(o.devices*history) }); err != nil {
		return err
	}
	before, began := handled(), time.Now()
	if _, err := c.send(ctx, o, "late", late, start+minute, 5*minute, false); err != nil {
		return err
	}
	want := float64(o.devices * late)
	if err := p.wait(ctx, func() bool { return handled() >= before+want }); err != nil {
		return err
	}
	fmt.Fprintf(out, "late messages into a year-old day:   %.0f messages/s, calculated anew (%d devices of %d stations, %d messages in the day)\n",
		want/time.Since(began).Seconds(), o.devices, o.stations, o.devices/o.stations*288)
	return nil
}

// wait asks until it is so, for five minutes at most.
func (p *benchPlatform) wait(ctx context.Context, so func() bool) error {
	for range 15_000 {
		if so() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("not done after 5 minutes:\n%s", p.out)
}
