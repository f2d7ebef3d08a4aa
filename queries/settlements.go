package queries

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
)

// Settlements asks for the days from From to To, both included.
type Settlements struct {
	Tenant      string
	StationID   string
	From, To    calendar.Date
	AllVersions bool
	Page
}

// Settlement is a day's settlement as the API shows it. Quantities, prices and amounts are decimal strings.
type Settlement struct {
	ID                 string           `json:"id"`
	StationID          string           `json:"stationId"`
	Date               string           `json:"date" doc:"local day of the station"`
	Version            int              `json:"version"`
	Status             string           `json:"status" enum:"calculated,frozen,adjusted"`
	Currency           string           `json:"currency"`
	TariffID           string           `json:"tariffId"`
	TariffVersion      int              `json:"tariffVersion"`
	StatisticsRevision int              `json:"statisticsRevision"`
	Completeness       json.Number      `json:"completeness" doc:"of the grid's energies, 0 to 1"`
	Provisional        bool             `json:"provisional"`
	Reasons            []string         `json:"reasons" doc:"why it is provisional"`
	Lines              []SettlementLine `json:"lines"`
	ImportAmount       string           `json:"importAmount"`
	ExportAmount       string           `json:"exportAmount"`
	NetAmount          string           `json:"netAmount"`
	Corrects           *int             `json:"corrects,omitempty" doc:"the version that an adjustment corrects"`
	CalculatedAt       time.Time        `json:"calculatedAt"`
}

// SettlementLine is the energy of one tariff period.
type SettlementLine struct {
	Direction   string `json:"direction" enum:"import,export"`
	Period      string `json:"period"`
	QuantityKwh string `json:"quantityKwh"`
	Price       string `json:"price"`
	Amount      string `json:"amount"`
}

// Settlements lists days in order, then of version.
func (db DB) Settlements(ctx context.Context, q Settlements) (List[Settlement], error) {
	after, version := "-infinity", int64(0)
	if q.Cursor != "" {
		parts, err := decodeCursor(q.Cursor, 2)
		if err != nil {
			return List[Settlement]{}, err
		}
		date, err := calendar.ParseDate(parts[0])
		if err != nil {
			return List[Settlement]{}, errCursor()
		}
		if version, err = strconv.ParseInt(parts[1], 10, 32); err != nil {
			return List[Settlement]{}, errCursor()
		}
		after = date.String()
	}
	distinct, order, past := "DISTINCT ON (date)", "date, version DESC", "date > @after"
	if q.AllVersions {
		distinct, order, past = "", "date, version", "(date, version) > (@after, @version)"
	}
	rows, err := db.Pool.Query(ctx, `
		SELECT `+distinct+` id, station_id, date::text, version, status, currency, tariff_id, tariff_version, statistics_revision,
			completeness::text, provisional, reasons, lines, import_amount, export_amount, net_amount, corrects, calculated_at
		FROM settlements_day
		WHERE tenant_id = @tenant AND station_id = @station AND date >= @from AND date <= @to AND `+past+`
		ORDER BY `+order+` LIMIT @limit`,
		pgx.NamedArgs{
			"tenant": q.Tenant, "station": q.StationID, "from": q.From.String(), "to": q.To.String(), "after": after,
			"version": version, "limit": q.Limit + 1,
		})
	if err != nil {
		return List[Settlement]{}, wrap("settlements", err)
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Settlement, error) {
		var s Settlement
		var completeness string
		err := row.Scan(&s.ID, &s.StationID, &s.Date, &s.Version, &s.Status, &s.Currency, &s.TariffID, &s.TariffVersion,
			&s.StatisticsRevision, &completeness, &s.Provisional, &s.Reasons, &s.Lines, &s.ImportAmount, &s.ExportAmount,
			&s.NetAmount, &s.Corrects, &s.CalculatedAt)
		s.Completeness = json.Number(completeness)
		return s, err
	})
	if err != nil {
		return List[Settlement]{}, wrap("settlements", err)
	}
	return page(items, q.Limit, func(s Settlement) []string { return []string{s.Date, strconv.Itoa(s.Version)} }), nil
}
