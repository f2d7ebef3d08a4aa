package projections

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// Statistics makes the table analytics_statistics: a row for every revision of every quarter, hour and day.
type Statistics struct{}

// Name of the projection.
func (Statistics) Name() string { return "statistics" }

// Prefixes of its streams.
func (Statistics) Prefixes() []string { return []string{statistics.Category} }

// Tables that it makes.
func (Statistics) Tables() []string { return []string{"analytics_statistics"} }

// Wants says which events it is made from.
func (Statistics) Wants(eventType string) bool {
	return eventType == (statistics.StatisticCalculated{}).EventType()
}

// The energies' columns, in the order of the domain's quantities.
var statisticsColumns = []string{
	"tenant_id", "station_id", "granularity", "window_start", "revision", "window_end", "local_date",
	"load", "pv", "grid_import", "grid_export", "battery_charge", "battery_discharge", "evse", "genset", "self_consumed",
	"demand_kw", "covered_ms", "grid_covered_ms", "flags", "gauges", "first_position", "last_position",
}

// Handle writes a batch, by COPY.
func (p Statistics) Handle(ctx context.Context, tx pgx.Tx, batch []event.Recorded) error {
	var rows [][]any
	for _, e := range batch {
		s, ok := e.Payload.(statistics.StatisticCalculated)
		if !ok {
			continue
		}
		tenant, station, _, err := telemetry.ParseDayStream(e.Stream)
		if err != nil {
			return err
		}
		add := func(g statistics.Granularity, w statistics.Revised) error {
			row, err := statisticsRow(tenant, station, g, s, w)
			rows = append(rows, row)
			return err
		}
		for _, w := range s.Quarters {
			if err := add(statistics.QuarterHour, w); err != nil {
				return err
			}
		}
		for _, w := range s.Hours {
			if err := add(statistics.Hour, w); err != nil {
				return err
			}
		}
		if s.Day != nil {
			if err := add(statistics.Day, *s.Day); err != nil {
				return err
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"analytics_statistics"}, statisticsColumns, pgx.CopyFromRows(rows))
	return err
}

func statisticsRow(tenant, station string, g statistics.Granularity, s statistics.StatisticCalculated, w statistics.Revised) ([]any, error) {
	row := make([]any, 0, len(statisticsColumns))
	row = append(row, tenant, station, string(g), time.UnixMilli(w.Start).UTC(), w.Revision, time.UnixMilli(w.End).UTC(),
		date(int64(s.Date)))
	for _, e := range w.Energy {
		row = append(row, numeric(e))
	}
	var gauges []byte
	if len(w.Gauges) > 0 {
		var err error
		if gauges, err = json.Marshal(w.GaugeMap()); err != nil {
			return nil, err
		}
	}
	return append(row, numeric(w.Demand), w.CoveredMs, w.GridCoveredMs, w.Flags.Names(), gauges, int64(s.Inputs.First), int64(s.Inputs.Last)), nil
}

func numeric(e statistics.Energy) pgtype.Numeric {
	if !e.Known {
		return pgtype.Numeric{}
	}
	return pgtype.Numeric{Int: e.Big(), Exp: -9, Valid: true}
}
