package queries

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// DeadLetter is an event that a projection can't take, or that follows one.
type DeadLetter struct {
	Projection string    `json:"projection"`
	Stream     string    `json:"stream"`
	Revision   int64     `json:"revision"`
	Position   int64     `json:"position"`
	EventID    string    `json:"eventId"`
	EventType  string    `json:"eventType"`
	Error      string    `json:"error"`
	ParkedAt   time.Time `json:"parkedAt"`
}

// DeadLetters lists a tenant's parked events in the order of the store.
func (db DB) DeadLetters(ctx context.Context, tenant string, limit int) (List[DeadLetter], error) {
	rows, err := db.Pool.Query(ctx, `
		SELECT projection, stream, revision, position, event_id::text, event_type, error, parked_at
		FROM dlq_events WHERE tenant_id = $1 ORDER BY projection, position LIMIT $2`, tenant, limit)
	if err != nil {
		return List[DeadLetter]{}, wrap("dead letters", err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DeadLetter])
	if items == nil {
		items = []DeadLetter{}
	}
	return List[DeadLetter]{Items: items}, wrap("dead letters", err)
}
