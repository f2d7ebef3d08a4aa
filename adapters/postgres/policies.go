package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/microgrid-cloud/microgrid-cloud/commands/policy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
)

// StatisticsPolicy runs the statistics policy as a projection: where it stands is saved with its checkpoint.
type StatisticsPolicy struct{ *policy.Statistics }

// Name of the runner.
func (StatisticsPolicy) Name() string { return "policy-statistics" }

// Prefixes of the streams that it follows.
func (p StatisticsPolicy) Prefixes() []string { return p.Categories() }

// Tables that hold where it stands.
func (StatisticsPolicy) Tables() []string {
	return []string{"statistics_standings", "statistics_boundaries"}
}

// Start takes up where the checkpoint stands.
func (p StatisticsPolicy) Start(ctx context.Context, tx pgx.Tx) error {
	return p.Statistics.Start(ctx, policyState{tx})
}

// Handle takes a batch up.
func (p StatisticsPolicy) Handle(ctx context.Context, tx pgx.Tx, batch []event.Recorded) error {
	return p.Statistics.Handle(ctx, policyState{tx}, batch)
}

// CatchUp calculates what it noted while it caught up.
func (p StatisticsPolicy) CatchUp(ctx context.Context, tx pgx.Tx) (more bool, err error) {
	return p.Statistics.CatchUp(ctx, policyState{tx})
}

// Tick does what time brings.
func (p StatisticsPolicy) Tick(ctx context.Context, tx pgx.Tx, now time.Time) error {
	return p.Statistics.Tick(ctx, policyState{tx}, now)
}

// SettlementPolicy runs the settlement policy as a projection: the days that it knows are saved with its checkpoint.
type SettlementPolicy struct{ *policy.Settlements }

// Name of the runner.
func (SettlementPolicy) Name() string { return "policy-settlement" }

// Prefixes of the streams that it follows.
func (p SettlementPolicy) Prefixes() []string { return p.Categories() }

// Handle takes a batch up.
func (p SettlementPolicy) Handle(ctx context.Context, tx pgx.Tx, batch []event.Recorded) error {
	state := settlementState{tx, map[policy.StationKey]dayRange{}}
	if err := p.Settlements.Handle(ctx, state, batch); err != nil {
		return err
	}
	return state.save(ctx)
}

// Tables that hold what it knows.
func (SettlementPolicy) Tables() []string { return []string{"settlement_days"} }

// settlementState collects what a batch adds to the days of stations.
type settlementState struct {
	tx    pgx.Tx
	added map[policy.StationKey]dayRange
}

type dayRange struct{ first, last calendar.Date }

func (s settlementState) Days(ctx context.Context, key policy.StationKey) (first, last calendar.Date, known bool, err error) {
	r, known := s.added[key]
	var a, b pgtype.Date
	err = s.tx.QueryRow(ctx, `SELECT first, last FROM settlement_days WHERE tenant_id = $1 AND station_id = $2`, key.Tenant, key.Station).Scan(&a, &b)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return r.first, r.last, known, nil
	case err != nil:
		return 0, 0, false, err
	case !known:
		return calendar.DateOf(a.Time), calendar.DateOf(b.Time), true, nil
	}
	return min(r.first, calendar.DateOf(a.Time)), max(r.last, calendar.DateOf(b.Time)), true, nil
}

func (s settlementState) Extend(_ context.Context, key policy.StationKey, first, last calendar.Date) error {
	if r, ok := s.added[key]; ok {
		first, last = min(first, r.first), max(last, r.last)
	}
	s.added[key] = dayRange{first, last}
	return nil
}

func (s settlementState) save(ctx context.Context) error {
	b := &pgx.Batch{}
	for key, r := range s.added {
		b.Queue(`
			INSERT INTO settlement_days (tenant_id, station_id, first, last) VALUES ($1, $2, $3, $4)
			ON CONFLICT (tenant_id, station_id) DO UPDATE
			SET first = least(settlement_days.first, excluded.first), last = greatest(settlement_days.last, excluded.last)
			WHERE settlement_days.first > excluded.first OR settlement_days.last < excluded.last`,
			key.Tenant, key.Station, date(r.first), date(r.last))
	}
	return s.tx.SendBatch(ctx, b).Close()
}

// policyState keeps where the statistics policy stands.
type policyState struct{ tx pgx.Tx }

func (s policyState) LoadStandings(ctx context.Context) (map[policy.StationKey]policy.Standing, error) {
	rows, err := s.tx.Query(ctx, `SELECT tenant_id, station_id, standing FROM statistics_standings`)
	if err != nil {
		return nil, err
	}
	all := map[policy.StationKey]policy.Standing{}
	var key policy.StationKey
	var raw []byte
	_, err = pgx.ForEachRow(rows, []any{&key.Tenant, &key.Station, &raw}, func() error {
		standing := policy.Standing{Devices: map[string]policy.Heard{}}
		if err := json.Unmarshal(raw, &standing); err != nil {
			return err
		}
		all[key] = standing
		return nil
	})
	return all, err
}

func (s policyState) LoadBoundary(ctx context.Context, key policy.StationKey, day calendar.Date) (policy.Boundary, bool, error) {
	var raw []byte
	err := s.tx.QueryRow(ctx, `
		SELECT boundary FROM statistics_boundaries WHERE tenant_id = $1 AND station_id = $2 AND day = $3`,
		key.Tenant, key.Station, date(day)).Scan(&raw)
	if errors.Is(err, pgx.ErrNoRows) {
		return policy.Boundary{}, false, nil
	}
	if err != nil {
		return policy.Boundary{}, false, err
	}
	var b policy.Boundary
	err = json.Unmarshal(raw, &b)
	return b, true, err
}

func (s policyState) Save(ctx context.Context, changes []policy.Changes) error {
	var tenants, stations, standings []string
	var ofTenant, ofStation, boundaries []string
	var days []pgtype.Date
	for _, c := range changes {
		standing, err := json.Marshal(c.Standing)
		if err != nil {
			return err
		}
		tenants, stations, standings = append(tenants, c.Station.Tenant), append(stations, c.Station.Station), append(standings, string(standing))
		for d, b := range c.Boundaries {
			boundary, err := json.Marshal(b)
			if err != nil {
				return err
			}
			ofTenant, ofStation = append(ofTenant, c.Station.Tenant), append(ofStation, c.Station.Station)
			days, boundaries = append(days, date(d)), append(boundaries, string(boundary))
		}
	}
	b := &pgx.Batch{}
	if len(tenants) > 0 {
		b.Queue(`
			INSERT INTO statistics_standings (tenant_id, station_id, standing)
			SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[])
			ON CONFLICT (tenant_id, station_id) DO UPDATE SET standing = excluded.standing`, tenants, stations, standings)
	}
	if len(days) > 0 {
		b.Queue(`
			INSERT INTO statistics_boundaries (tenant_id, station_id, day, boundary)
			SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::jsonb[])
			ON CONFLICT (tenant_id, station_id, day) DO UPDATE SET boundary = excluded.boundary`, ofTenant, ofStation, days, boundaries)
	}
	return s.tx.SendBatch(ctx, b).Close()
}

func date(d calendar.Date) pgtype.Date {
	return pgtype.Date{Time: time.Unix(int64(d)*86400, 0).UTC(), Valid: true}
}
