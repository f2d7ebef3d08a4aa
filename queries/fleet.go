package queries

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
)

// SoFar sums up a station's closed quarters of [from, to), and lists them, each as it is known now; nil where there are
// none.
func (db DB) SoFar(ctx context.Context, tenant, stationID string, from, to time.Time) (*Window, []statistics.Window, error) {
	rows, err := db.Pool.Query(ctx, `
		SELECT DISTINCT ON (window_start) `+statColumns+`
		FROM analytics_statistics
		WHERE tenant_id = $1 AND station_id = $2 AND granularity = 'QUARTER' AND window_start >= $3 AND window_start < $4
		ORDER BY window_start, revision DESC`, tenant, stationID, from, to)
	if err != nil {
		return nil, nil, wrap("closed quarters", err)
	}
	found, err := pgx.CollectRows(rows, scanStat)
	if err != nil || len(found) == 0 {
		return nil, nil, wrap("closed quarters", err)
	}
	sum := view(statistics.Day, add(found))
	quarters := make([]statistics.Window, len(found))
	for i, s := range found {
		quarters[i] = s.Window
	}
	return &sum, quarters, nil
}

// Span is a stretch of a station's time.
type Span struct {
	StationID string
	From, To  time.Time
}

// SpanSum is what the closed quarters of a span add up to.
type SpanSum struct {
	Span
	Quarters  int64
	CoveredMs int64

	Load, PV, GridImport, GridExport statistics.Energy
}

// Sums adds up the closed quarters of many spans at once, each in a backward scan of its index range, which needs no
// sorting; spans without one are left out.
func (db DB) Sums(ctx context.Context, tenant string, spans []Span) ([]SpanSum, error) {
	ids, from, to := make([]string, len(spans)), make([]time.Time, len(spans)), make([]time.Time, len(spans))
	for i, s := range spans {
		ids[i], from[i], to[i] = s.StationID, s.From, s.To
	}
	rows, err := db.Pool.Query(ctx, `
		SELECT s.n - 1, q.*
		FROM unnest(@ids::text[], @from::timestamptz[], @to::timestamptz[]) WITH ORDINALITY AS s (station_id, span_from, span_to, n),
		LATERAL (
			SELECT count(*) AS quarters, sum(covered_ms)::bigint,
				CASE WHEN count(load) = count(*) THEN sum(load) END, sum(pv),
				CASE WHEN count(grid_import) = count(*) THEN sum(grid_import) END,
				CASE WHEN count(grid_export) = count(*) THEN sum(grid_export) END
			FROM (
				SELECT DISTINCT ON (window_start) *
				FROM analytics_statistics a
				WHERE a.tenant_id = @tenant AND a.station_id = s.station_id AND a.granularity = 'QUARTER'
				  AND a.window_start >= s.span_from AND a.window_start < s.span_to
				ORDER BY window_start DESC, revision DESC
			) latest
		) q
		WHERE q.quarters > 0
		ORDER BY s.n`,
		pgx.NamedArgs{"tenant": tenant, "ids": ids, "from": from, "to": to})
	if err != nil {
		return nil, wrap("sums of quarters", err)
	}
	sums, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (SpanSum, error) {
		var s SpanSum
		var n int64
		var e [4]pgtype.Numeric
		err := row.Scan(&n, &s.Quarters, &s.CoveredMs, &e[0], &e[1], &e[2], &e[3])
		if err == nil {
			s.Span = spans[n]
		}
		for i, into := range []*statistics.Energy{&s.Load, &s.PV, &s.GridImport, &s.GridExport} {
			*into = known(e[i])
		}
		return s, err
	})
	return sums, wrap("sums of quarters", err)
}

// Plus adds the quarters of a later span of the same station.
func (s SpanSum) Plus(o SpanSum) SpanSum {
	s.To, s.Quarters, s.CoveredMs = o.To, s.Quarters+o.Quarters, s.CoveredMs+o.CoveredMs
	s.Load, s.PV = s.Load.Plus(o.Load), s.PV.Plus(o.PV)
	s.GridImport, s.GridExport = s.GridImport.Plus(o.GridImport), s.GridExport.Plus(o.GridExport)
	return s
}

// Completeness is the covered share of the closed quarters.
func (s SpanSum) Completeness() string {
	return statistics.Window{End: s.Quarters * calendar.Quarter, CoveredMs: s.CoveredMs}.Completeness().String()
}

// HourNet is what was imported less what was exported in an hour, in kWh.
type HourNet struct {
	StationID string
	End       time.Time
	Kwh       float64 // to be drawn, not to be added up
}

// NetHours lists the closed hours of stations that began after an instant.
func (db DB) NetHours(ctx context.Context, tenant string, stationIDs []string, after time.Time) ([]HourNet, error) {
	rows, err := db.Pool.Query(ctx, `
		SELECT s.id, h.*
		FROM unnest($2::text[]) AS s (id),
		LATERAL (
			SELECT DISTINCT ON (window_start) window_end, (grid_import - grid_export)::float8 AS net
			FROM analytics_statistics a
			WHERE a.tenant_id = $1 AND a.station_id = s.id AND a.granularity = 'HOUR' AND a.window_start >= $3
			ORDER BY window_start DESC, revision DESC
		) h
		WHERE h.net IS NOT NULL`, tenant, stationIDs, after)
	if err != nil {
		return nil, wrap("hours", err)
	}
	hours, err := pgx.CollectRows(rows, pgx.RowToStructByPos[HourNet])
	return hours, wrap("hours", err)
}
