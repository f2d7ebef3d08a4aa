package projections

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// Quarantine makes the table telemetry_quarantine.
type Quarantine struct{}

// Name of the projection.
func (Quarantine) Name() string { return "quarantine" }

// Prefixes of its streams.
func (Quarantine) Prefixes() []string { return []string{telemetry.QuarantineCategory} }

// Tables that it makes.
func (Quarantine) Tables() []string { return []string{"telemetry_quarantine"} }

// Handle writes a batch.
func (Quarantine) Handle(ctx context.Context, tx pgx.Tx, batch []event.Recorded) error {
	b := &pgx.Batch{}
	for _, e := range batch {
		switch q := e.Payload.(type) {
		case telemetry.Quarantined:
			b.Queue(`
				INSERT INTO telemetry_quarantine (tenant_id, message_id, device_name, device_id, ts, values, reason, position, received_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
				ON CONFLICT (tenant_id, message_id) DO NOTHING`,
				e.Tenant, e.ID, q.DeviceName, q.DeviceID, time.UnixMilli(q.TS).UTC(), []byte(q.Values), q.Reason, int64(e.Position), e.RecordedAt)
		case telemetry.Released:
			b.Queue(`DELETE FROM telemetry_quarantine WHERE tenant_id = $1 AND message_id = $2`, e.Tenant, q.MessageID)
		}
	}
	return tx.SendBatch(ctx, b).Close()
}
