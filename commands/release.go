package commands

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// Held is a message in quarantine.
type Held struct {
	ID         uuid.UUID
	DeviceName string
	DeviceID   string // ThingsBoard's
	TS         int64
	Values     json.RawMessage
	Position   uint64
}

// Release takes messages out of quarantine once they can be used.
type Release struct {
	Store  Store
	Ingest *Ingest
	// List gives those of a device ("": of all) after a position, in their order.
	List func(ctx context.Context, tenant, deviceName string, after uint64, limit int) ([]Held, error)
	Now  func() time.Time
}

// ReleaseReceipt says what became of the messages in quarantine.
type ReleaseReceipt struct {
	Released int `json:"released"` // taken in now, or known already
	Kept     int `json:"kept"`     // still of no use
}

// Replay takes in what is in quarantine and can be used now. What was taken in before it broke off is known when it is
// asked for again.
func (r Release) Replay(ctx context.Context, tenant, deviceName string) (ReleaseReceipt, error) {
	const atOnce = 200
	var receipt ReleaseReceipt
	after := uint64(0)
	for {
		held, err := r.List(ctx, tenant, deviceName, after, atOnce)
		if err != nil || len(held) == 0 {
			return receipt, err
		}
		after = held[len(held)-1].Position
		messages := make([]Incoming, len(held))
		for i, h := range held {
			messages[i] = Incoming{DeviceName: h.DeviceName, DeviceID: h.DeviceID, TS: h.TS, Values: h.Values}
		}
		taken, _, err := r.Ingest.accept(ctx, tenant, messages)
		if err != nil {
			return receipt, err
		}
		still := map[int]bool{}
		for _, x := range taken.Rejected {
			still[x.Index] = true
		}
		for _, x := range taken.Unusable {
			still[x.Index] = true
		}
		var events []event.Event
		for i, h := range held {
			if still[i] {
				receipt.Kept++
				continue
			}
			now := r.Now().UTC()
			events = append(events, event.Event{
				ID:       event.ID("release", tenant, h.ID.String(), now.Format(time.RFC3339Nano)),
				Metadata: event.Metadata{Tenant: tenant, OccurredAt: now, RecordedAt: now},
				Payload:  telemetry.Released{MessageID: h.ID},
			})
		}
		if len(events) > 0 {
			if _, err := r.Store.Append(ctx, telemetry.QuarantineStream(tenant, r.Now()), Any, events...); err != nil {
				return receipt, err
			}
		}
		receipt.Released += len(events)
	}
}
