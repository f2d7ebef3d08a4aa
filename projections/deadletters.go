package projections

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

var errFollows = errors.New("an earlier event of its stream is parked")

// oneByOne handles a batch's events singly. One that can't be projected is parked, and so is everything that follows
// it in its stream: later events may build on it. Everything else goes on.
func (r *Runner) oneByOne(ctx context.Context, conn *pgx.Conn, batch []Delivery) error {
	for _, d := range batch {
		err := r.commit(ctx, conn, []Delivery{d})
		if err == nil {
			continue
		}
		if again(err) || ctx.Err() != nil {
			return err
		}
		r.options.Logger.Error("an event can't be projected and is parked", "projection", r.projection.Name(),
			"stream", d.Event.Stream, "revision", d.Event.Revision, "type", d.Type, "error", err)
		before := r.position.Load()
		parking := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if err := r.park(ctx, tx, d, err); err != nil {
				return err
			}
			return r.advance(ctx, tx, before, d.Position)
		})
		if parking != nil {
			return parking
		}
		r.position.Store(d.Position)
		r.parked[d.Event.Stream] = true
	}
	return nil
}

func (r *Runner) park(ctx context.Context, tx pgx.Tx, d Delivery, cause error) error {
	e := d.Event
	_, err := tx.Exec(ctx, `
		INSERT INTO dlq_events (projection, tenant_id, stream, revision, position, event_id, event_type, error)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (projection, stream, revision) DO UPDATE SET error = excluded.error`,
		r.projection.Name(), e.Tenant, e.Stream, int64(e.Revision), int64(e.Position), e.ID, d.Type, cause.Error())
	if err != nil {
		return fmt.Errorf("parking: %w", err)
	}
	return nil
}

// ReplayParked projects the parked events of a stream again, in their order, and takes those off the list that can be
// projected now. It stops at the first that still can't, with a conflict, and writes down why: while it followed another,
// that wasn't known. A running runner learns of it at its next batch.
func (r *Runner) ReplayParked(ctx context.Context, stream string) (replayed int, err error) {
	conn, err := r.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	for {
		done, err := r.replayNext(ctx, conn.Conn(), stream)
		if err != nil || done {
			return replayed, err
		}
		replayed++
	}
}

func (r *Runner) replayNext(ctx context.Context, conn *pgx.Conn, stream string) (done bool, err error) {
	var cause error
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := r.lockCheckpoint(ctx, tx); err != nil {
			return err
		}
		var revision int64
		err := tx.QueryRow(ctx, `
			SELECT revision FROM dlq_events WHERE projection = $1 AND stream = $2 ORDER BY revision LIMIT 1`,
			r.projection.Name(), stream).Scan(&revision)
		if errors.Is(err, pgx.ErrNoRows) {
			done = true
			return nil
		}
		if err != nil {
			return err
		}
		e, err := r.readAgain(ctx, stream, uint64(revision))
		if err == nil {
			err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { return r.projection.Handle(ctx, tx, []event.Recorded{e}) })
		}
		switch {
		case err == nil:
			_, err = tx.Exec(ctx, `DELETE FROM dlq_events WHERE projection = $1 AND stream = $2 AND revision = $3`,
				r.projection.Name(), stream, revision)
			return err
		case again(err):
			return err
		}
		cause = problem.New(problem.Conflict, "%s %d still can't be projected: %s", stream, revision, err)
		_, err = tx.Exec(ctx, `UPDATE dlq_events SET error = $4 WHERE projection = $1 AND stream = $2 AND revision = $3`,
			r.projection.Name(), stream, revision, err.Error())
		return err
	})
	return done, errors.Join(err, cause)
}

func (r *Runner) readAgain(ctx context.Context, stream string, revision uint64) (e event.Recorded, err error) {
	stop := errors.New("read")
	err = r.reader.Read(ctx, stream, revision, func(got event.Recorded) error { e = got; return stop })
	switch {
	case errors.Is(err, stop):
		return e, nil
	case err == nil:
		return e, errors.New("the event isn't in its stream any more")
	}
	return e, fmt.Errorf("reading it again: %w", err)
}

// loadParked reads which streams are parked, with the checkpoint's row locked against a replay at the same time.
func (r *Runner) loadParked(ctx context.Context, tx pgx.Tx) error {
	if err := r.lockCheckpoint(ctx, tx); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT stream FROM dlq_events WHERE projection = $1`, r.projection.Name())
	if err != nil {
		return err
	}
	streams, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	r.parked = map[string]bool{}
	for _, s := range streams {
		r.parked[s] = true
	}
	return nil
}

func (r *Runner) lockCheckpoint(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT position FROM processed_events WHERE projection = $1 FOR UPDATE`, r.projection.Name())
	return err
}
