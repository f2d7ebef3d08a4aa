package projections

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/settlement"
)

// Settlements makes the table settlements_day: a row for every version of every day.
type Settlements struct{}

// Name of the projection.
func (Settlements) Name() string { return "settlements" }

// Prefixes of its streams.
func (Settlements) Prefixes() []string { return []string{"settlement-"} }

// Tables that it makes.
func (Settlements) Tables() []string { return []string{"settlements_day"} }

// Handle writes a batch.
func (Settlements) Handle(ctx context.Context, tx pgx.Tx, batch []event.Recorded) error {
	b := &pgx.Batch{}
	for _, e := range batch {
		switch p := e.Payload.(type) {
		case settlement.Calculated:
			if err := queueSettlement(b, e, settlement.StatusCalculated, p.Version, nil, p.Calculation); err != nil {
				return err
			}
		case settlement.Adjusted:
			if err := queueSettlement(b, e, settlement.StatusAdjusted, p.Version, &p.Corrects, p.Calculation); err != nil {
				return err
			}
		case settlement.Frozen:
			b.Queue(`UPDATE settlements_day SET status = $5 WHERE tenant_id = $1 AND station_id = $2 AND date = $3 AND version = $4`,
				e.Tenant, p.StationID, date(int64(p.Date)), p.Version, string(settlement.StatusFrozen))
		}
	}
	return tx.SendBatch(ctx, b).Close()
}

func queueSettlement(b *pgx.Batch, e event.Recorded, status settlement.Status, version int, corrects *int, c settlement.Calculation) error {
	lines, err := json.Marshal(c.Lines)
	if err != nil {
		return err
	}
	reasons := make([]string, len(c.Reasons))
	for i, r := range c.Reasons {
		reasons[i] = string(r)
	}
	b.Queue(`
		INSERT INTO settlements_day (tenant_id, station_id, date, version, id, status, currency, tariff_id, tariff_version,
			statistics_revision, completeness, provisional, reasons, lines, import_amount, export_amount, net_amount, corrects,
			position, calculated_at)
		VALUES (@tenant, @station, @date, @version, @id, @status, @currency, @tariff, @tariffVersion, @revision, @completeness,
			@provisional, @reasons, @lines, @import, @export, @net, @corrects, @position, @at)
		ON CONFLICT (tenant_id, station_id, date, version) DO NOTHING`,
		pgx.NamedArgs{
			"tenant": e.Tenant, "station": c.StationID, "date": date(int64(c.Date)), "version": version,
			"id": settlement.ID(c.StationID, c.Date), "status": string(status), "currency": c.Currency, "tariff": c.TariffID,
			"tariffVersion": c.TariffVersion, "revision": c.StatisticsRevision, "completeness": c.Completeness.String(),
			"provisional": c.Provisional, "reasons": reasons, "lines": lines, "import": c.Import.String(),
			"export": c.Export.String(), "net": c.Net.String(), "corrects": corrects, "position": int64(e.Position), "at": e.RecordedAt,
		})
	return nil
}

func date(days int64) pgtype.Date {
	return pgtype.Date{Time: time.Unix(days*86400, 0).UTC(), Valid: true}
}
