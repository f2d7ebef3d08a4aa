package queries

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
)

// Stats asks for the windows that overlap [From, To).
type Stats struct {
	Tenant       string
	StationID    string
	Granularity  statistics.Granularity // also MONTH and YEAR
	From, To     time.Time
	AllRevisions bool
	Zone         calendar.Zone // of the station; months and years are of local dates
	Page
}

// Months and years are sums of the closed days.
const (
	Month statistics.Granularity = "MONTH"
	Year  statistics.Granularity = "YEAR"
)

// Window is a window as the API shows it. Energies in kWh, demand in kW, as decimal strings; null where unknown.
type Window struct {
	WindowStart      time.Time              `json:"windowStart"`
	WindowEnd        time.Time              `json:"windowEnd"`
	Granularity      statistics.Granularity `json:"granularity"`
	Revision         int                    `json:"revision"`
	EnergyKwh        EnergyKwh              `json:"energyKwh"`
	SelfConsumption  *string                `json:"selfConsumption" doc:"selfConsumed / pv, 0 to 1" example:"0.505833"`
	SelfSufficiency  *string                `json:"selfSufficiency" doc:"(load + evse - gridImport) / (load + evse), 0 to 1" example:"0.292892"`
	DemandKw         *string                `json:"demandKw" doc:"the highest quarter's mean import" example:"4.500000000"`
	Gauges           map[string]Gauge       `json:"gauges"`
	Completeness     json.Number            `json:"completeness" doc:"covered share of the window, 0 to 1"`
	GridCompleteness json.Number            `json:"gridCompleteness"`
	Flags            []string               `json:"flags"`
	FirstPosition    int64                  `json:"firstPosition" doc:"event store position of the first telemetry it was computed from"`
	LastPosition     int64                  `json:"lastPosition"`
}

// EnergyKwh are a window's energies.
type EnergyKwh struct {
	Load             *string `json:"load"`
	PV               *string `json:"pv"`
	GridImport       *string `json:"gridImport"`
	GridExport       *string `json:"gridExport"`
	BatteryCharge    *string `json:"batteryCharge"`
	BatteryDischarge *string `json:"batteryDischarge"`
	EVSE             *string `json:"evse"`
	Genset           *string `json:"genset"`
	SelfConsumed     *string `json:"selfConsumed"`
}

// Gauge sums up a gauge's samples.
type Gauge struct {
	Min   string `json:"min"`
	Max   string `json:"max"`
	Mean  string `json:"mean"`
	Last  string `json:"last"`
	Count int64  `json:"count"`
}

// longestWindow is longer than any day; by it the index finds where to begin.
const longestWindow = 48 * time.Hour

const statColumns = `window_start, window_end, revision, load, pv, grid_import, grid_export, battery_charge,
	battery_discharge, evse, genset, self_consumed, demand_kw, covered_ms, grid_covered_ms, flags, gauges, first_position,
	last_position`

// Stats lists windows in order of time, then of revision.
func (db DB) Stats(ctx context.Context, q Stats) (List[Window], error) {
	if q.Granularity == Month || q.Granularity == Year {
		return db.sums(ctx, q)
	}
	after, revision, err := timeCursor(q.Cursor)
	if err != nil {
		return List[Window]{}, err
	}
	args := pgx.NamedArgs{
		"tenant": q.Tenant, "station": q.StationID, "granularity": string(q.Granularity), "from": q.From, "to": q.To, "earliest": q.From.Add(-longestWindow),
		"after": after, "revision": revision, "limit": q.Limit + 1,
	}
	sql := `
		SELECT DISTINCT ON (window_start) ` + statColumns + `
		FROM analytics_statistics
		WHERE tenant_id = @tenant AND station_id = @station AND granularity = @granularity
		  AND window_start > @earliest AND window_end > @from AND window_start < @to AND window_start > @after
		ORDER BY window_start, revision DESC LIMIT @limit`
	if q.AllRevisions {
		sql = `
		SELECT ` + statColumns + `
		FROM analytics_statistics
		WHERE tenant_id = @tenant AND station_id = @station AND granularity = @granularity
		  AND window_start > @earliest AND window_end > @from AND window_start < @to AND (window_start, revision) > (@after, @revision)
		ORDER BY window_start, revision LIMIT @limit`
	}
	rows, err := db.Pool.Query(ctx, sql, args)
	if err != nil {
		return List[Window]{}, wrap("statistics", err)
	}
	found, err := pgx.CollectRows(rows, scanStat)
	if err != nil {
		return List[Window]{}, wrap("statistics", err)
	}
	items := make([]Window, len(found))
	for i, s := range found {
		items[i] = view(q.Granularity, s)
	}
	return page(items, q.Limit, func(w Window) []string { return timeKey(w.WindowStart, w.Revision) }), nil
}

// stat is a row.
type stat struct {
	statistics.Revised
	statistics.Inputs
}

func scanStat(row pgx.CollectableRow) (stat, error) {
	var s stat
	var start, end time.Time
	var first, last int64
	var flags []string
	var gauges map[string]statistics.GaugeSums
	var energies [10]pgtype.Numeric
	into := []any{&start, &end, &s.Revision}
	for i := range energies {
		into = append(into, &energies[i])
	}
	into = append(into, &s.CoveredMs, &s.GridCoveredMs, &flags, &gauges, &first, &last)
	if err := row.Scan(into...); err != nil {
		return s, err
	}
	s.Start, s.End, s.First, s.Last = start.UnixMilli(), end.UnixMilli(), uint64(first), uint64(last)
	for i := range s.Energy {
		s.Energy[i] = known(energies[i])
	}
	s.Demand = known(energies[9])
	var err error
	if s.Flags, err = statistics.ParseFlags(flags); err != nil {
		return s, err
	}
	s.Gauges, err = statistics.GaugesOf(gauges)
	return s, err
}

// known reads a numeric of nine decimals exactly.
func known(n pgtype.Numeric) statistics.Energy {
	if !n.Valid {
		return statistics.Energy{}
	}
	q, ok := energy.FromBig(decimal.NewFromBigInt(n.Int, n.Exp).Shift(9).BigInt())
	return statistics.Energy{Quantity: q, Known: ok}
}

func view(g statistics.Granularity, s stat) Window {
	w := Window{
		WindowStart: time.UnixMilli(s.Start).UTC(), WindowEnd: time.UnixMilli(s.End).UTC(), Granularity: g, Revision: s.Revision,
		DemandKw: text(s.Demand), Gauges: map[string]Gauge{},
		Completeness: json.Number(s.Completeness().String()), GridCompleteness: json.Number(s.GridCompleteness().String()),
		Flags: s.Flags.Names(), FirstPosition: int64(s.First), LastPosition: int64(s.Last),
		EnergyKwh: EnergyKwh{
			Load: text(s.Energy[statistics.Load]), PV: text(s.Energy[statistics.PV]),
			GridImport: text(s.Energy[statistics.GridImport]), GridExport: text(s.Energy[statistics.GridExport]),
			BatteryCharge: text(s.Energy[statistics.BatteryCharge]), BatteryDischarge: text(s.Energy[statistics.BatteryDischarge]),
			EVSE: text(s.Energy[statistics.EVSE]), Genset: text(s.Energy[statistics.Genset]), SelfConsumed: text(s.Energy[statistics.SelfConsumed]),
		},
	}
	if r, ok := s.SelfConsumption(); ok {
		t := r.StringFixed(6)
		w.SelfConsumption = &t
	}
	if r, ok := s.SelfSufficiency(); ok {
		t := r.StringFixed(6)
		w.SelfSufficiency = &t
	}
	for _, g := range s.Gauges {
		w.Gauges[g.Semantic] = Gauge{
			Min: energy.Of(g.Min).String(), Max: energy.Of(g.Max).String(), Mean: g.Mean().String(), Last: energy.Of(g.Last).String(), Count: g.Count,
		}
	}
	return w
}

func text(e statistics.Energy) *string {
	if !e.Known {
		return nil
	}
	t := e.String()
	return &t
}

// sums adds up days to the months or years that overlap [From, To). A sum's revision counts those of its days, so it
// grows whenever one of them changes.
func (db DB) sums(ctx context.Context, q Stats) (List[Window], error) {
	after, _, err := timeCursor(q.Cursor)
	if err != nil {
		return List[Window]{}, err
	}
	unit := "month"
	if q.Granularity == Year {
		unit = "year"
	}
	var items []Window
	first := q.Zone.Day(max(q.From.UnixMilli(), after.UnixMilli()))
	next := firstPeriod(first, unit)
	for len(items) <= q.Limit {
		at := q.Zone.DayStart(next)
		if at >= q.To.UnixMilli() {
			break
		}
		next = nextPeriod(next, unit)
		if at <= after.UnixMilli() {
			continue
		}
		rows, err := db.Pool.Query(ctx, `
			SELECT DISTINCT ON (window_start) `+statColumns+`
			FROM analytics_statistics
			WHERE tenant_id = @tenant AND station_id = @station AND granularity = 'DAY'
			  AND window_start >= @from AND window_start < @to
			ORDER BY window_start, revision DESC`,
			pgx.NamedArgs{"tenant": q.Tenant, "station": q.StationID, "from": time.UnixMilli(at).UTC(), "to": time.UnixMilli(q.Zone.DayStart(next)).UTC()})
		if err != nil {
			return List[Window]{}, wrap("statistics", err)
		}
		days, err := pgx.CollectRows(rows, scanStat)
		if err != nil {
			return List[Window]{}, wrap("statistics", err)
		}
		if len(days) == 0 {
			later, err := db.nextDay(ctx, q, q.Zone.DayStart(next))
			if err != nil {
				return List[Window]{}, err
			}
			if later == 0 {
				break
			}
			next = firstPeriod(q.Zone.Day(later), unit)
			continue
		}
		sum := add(days)
		sum.Start, sum.End = at, q.Zone.DayStart(next)
		items = append(items, view(q.Granularity, sum))
	}
	return page(items, q.Limit, func(w Window) []string { return timeKey(w.WindowStart, w.Revision) }), nil
}

// add adds up windows that follow each other.
func add(windows []stat) stat {
	sum := stat{Inputs: windows[0].Inputs}
	parts := make([]statistics.Window, len(windows))
	for i, w := range windows {
		parts[i] = w.Window
		sum.Revision += w.Revision
		sum.First, sum.Last = min(sum.First, w.First), max(sum.Last, w.Last)
	}
	sum.Window = statistics.Sum(parts)
	return sum
}

// nextDay is the start of the first day with statistics from an instant on; 0 if there is none.
func (db DB) nextDay(ctx context.Context, q Stats, from int64) (int64, error) {
	var at *time.Time
	err := db.Pool.QueryRow(ctx, `
		SELECT min(window_start) FROM analytics_statistics
		WHERE tenant_id = $1 AND station_id = $2 AND granularity = 'DAY' AND window_start >= $3`,
		q.Tenant, q.StationID, time.UnixMilli(from).UTC()).Scan(&at)
	if err != nil || at == nil {
		return 0, wrap("statistics", err)
	}
	return at.UnixMilli(), nil
}

func firstPeriod(d calendar.Date, unit string) calendar.Date {
	y, m, _ := d.Civil()
	if unit == "year" {
		m = time.January
	}
	return calendar.NewDate(y, m, 1)
}

func nextPeriod(d calendar.Date, unit string) calendar.Date {
	y, m, _ := d.Civil()
	if unit == "year" {
		return calendar.NewDate(y+1, time.January, 1)
	}
	return calendar.NewDate(y, m+1, 1)
}
