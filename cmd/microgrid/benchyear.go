package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"math/big"
)

// numericOf is coefficient x 10^exponent.
func numericOf(coefficient int, exponent int32) pgtype.Numeric {
	return pgtype.Numeric{Int: big.NewInt(int64(coefficient)), Exp: exponent, Valid: true}
}

// benchYear measures a year of hourly telemetry of two devices, from the first request to the last settlement.
func benchYear(ctx context.Context, out io.Writer, p *benchPlatform, o benchOptions) error {
	o.stations, o.devices, o.connections, o.points = 1, 2, 1, 1
	c, err := newBenchClient(p.url)
	if err != nil {
		return err
	}
	if err := c.provision(o, "year"); err != nil {
		return err
	}
	start := time.Now().Add(-367 * 24 * time.Hour).Truncate(24 * time.Hour).UnixMilli()
	began := time.Now()
	if err := c.sendYear(start); err != nil {
		return err
	}
	if err := p.settled(ctx, "year-0", 364); err != nil {
		return err
	}
	fmt.Fprintf(out, "a year of two hourly devices, first request to last settlement: %.2f s, peak RSS %.0f MiB\n", time.Since(began).Seconds(), p.peakRSS())
	return nil
}

// sendYear sends 400 messages a request.
func (c *benchClient) sendYear(start int64) error {
	conn := &benchConn{address: c.address}
	defer conn.close()
	o := benchOptions{points: 1}
	var batch []string
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := conn.post(c.request([]byte("["+strings.Join(batch, ",")+"]"), false), false)
		batch = batch[:0]
		return err
	}
	for h := range 366 * 24 {
		for d := range 2 {
			batch = append(batch, string(benchMessage(o, fmt.Sprintf("year-0-%d", d), h, start, 3_600_000)))
		}
		if len(batch) == 400 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// settled waits until a station has that many settlements.
func (p *benchPlatform) settled(ctx context.Context, station string, days int) error {
	db, err := benchDB(ctx, p)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	for range 6000 {
		var n int
		if err := db.QueryRow(ctx, `SELECT count(DISTINCT date) FROM settlements_day WHERE station_id = $1`, station).Scan(&n); err != nil {
			return err
		}
		if n >= days {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("not %d days settled after 5 minutes:\n%s", days, p.out)
}

// counter reads a metric of the platform.
func (p *benchPlatform) counter(c *benchClient, name, label string) float64 {
	r, err := http.Get(c.url + "/metrics")
	if err != nil {
		return 0
	}
	defer func() { _ = r.Body.Close() }()
	lines := bufio.NewScanner(r.Body)
	for lines.Scan() {
		if line := lines.Text(); strings.HasPrefix(line, name+"{") && strings.Contains(line, label) {
			v, _ := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
			return v
		}
	}
	return 0
}
