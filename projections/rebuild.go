package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ReadModel is a projection whose tables can be made again from the events alone.
type ReadModel interface {
	Projection
	Tables() []string
}

// Rebuilder makes a read model's tables again beside the live ones, in a schema of their own.
type Rebuilder struct {
	Feed    Feed
	Reader  Reader
	Pool    *pgxpool.Pool
	Options Options
	Logger  *slog.Logger
}

// errReached ends a subscription that has delivered what was asked for.
var errReached = errors.New("reached")

// bounded ends a subscription at a position, or where no more events wait.
type bounded struct {
	feed  Feed
	until uint64 // 0: none
}

func (b bounded) Subscribe(ctx context.Context, after uint64, prefixes []string, wants func(string) bool, deliver func(Delivery) error) error {
	return b.feed.Subscribe(ctx, after, prefixes, wants, func(d Delivery) error {
		if b.until > 0 && d.Position > b.until {
			return errReached
		}
		if err := deliver(d); err != nil {
			return err
		}
		if d.CaughtUp {
			return errReached
		}
		return nil
	})
}

// Rebuild makes the tables anew and swaps them with the live ones. The live runner, in whatever process, goes on
// meanwhile; after the swap it takes up from where the new tables are.
func (b Rebuilder) Rebuild(ctx context.Context, m ReadModel) error {
	schema, err := b.build(ctx, m, 0)
	if err != nil {
		return err
	}
	defer func() { _ = b.drop(context.WithoutCancel(ctx), schema) }()
	return pgx.BeginFunc(ctx, b.Pool, func(tx pgx.Tx) error { return swap(ctx, tx, schema, m) })
}

func scratchSchema(m Projection) string { return "rebuild_" + strings.ReplaceAll(m.Name(), "-", "_") }

// build projects all events up to a position into a fresh schema.
func (b Rebuilder) build(ctx context.Context, m ReadModel, until uint64) (schema string, err error) {
	schema = scratchSchema(m)
	if err := b.drop(ctx, schema); err != nil {
		return "", err
	}
	config := b.Pool.Config().ConnConfig.Copy()
	config.RuntimeParams["search_path"] = pgx.Identifier{schema}.Sanitize() + ", public"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return scratchTables(ctx, tx, schema, m.Tables()) })
	if err != nil {
		return "", fmt.Errorf("making the scratch tables: %w", err)
	}
	r := NewRunner(m, bounded{b.Feed, until}, b.Reader, b.Pool, b.Options)
	for {
		err := r.follow(ctx, conn)
		if errors.Is(err, errReached) {
			return schema, nil
		}
		if ctx.Err() != nil || conn.IsClosed() || !again(err) && err != nil && !isLost(err) {
			return "", errors.Join(err, ctx.Err())
		}
		b.Logger.Warn("rebuild interrupted, going on", "projection", m.Name(), "error", err)
	}
}

// isLost says that a subscription ended, which is no fault of any event.
func isLost(err error) bool { return strings.Contains(err.Error(), "subscri") }

// scratchTables copies the tables' shapes, with a checkpoint and dead letters of their own.
func scratchTables(ctx context.Context, tx pgx.Tx, schema string, tables []string) error {
	if _, err := tx.Exec(ctx, `CREATE SCHEMA `+pgx.Identifier{schema}.Sanitize()); err != nil {
		return err
	}
	for _, t := range append([]string{"processed_events", "dlq_events"}, tables...) {
		var partitioned string
		err := tx.QueryRow(ctx, `
			SELECT coalesce(pg_get_partkeydef(c.oid), '') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = 'public' AND c.relname = $1`, t).Scan(&partitioned)
		if err != nil {
			return fmt.Errorf("table %s: %w", t, err)
		}
		sql := `CREATE TABLE ` + pgx.Identifier{schema, t}.Sanitize() + ` (LIKE ` + pgx.Identifier{"public", t}.Sanitize() + ` INCLUDING ALL)`
		if partitioned != "" {
			sql += ` PARTITION BY ` + partitioned
		}
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("table %s: %w", t, err)
		}
	}
	return nil
}

func (b Rebuilder) drop(ctx context.Context, schema string) error {
	// partition by partition, so that a table of thousands doesn't need thousands of locks at once
	for {
		rows, err := b.Pool.Query(ctx, `
			SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = $1 AND c.relispartition AND c.relkind = 'r' LIMIT 100`, schema)
		if err != nil {
			return err
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, n := range names {
			if _, err := b.Pool.Exec(ctx, `DROP TABLE `+pgx.Identifier{schema, n}.Sanitize()); err != nil {
				return err
			}
		}
		if len(names) == 0 {
			break
		}
	}
	_, err := b.Pool.Exec(ctx, `DROP SCHEMA IF EXISTS `+pgx.Identifier{schema}.Sanitize()+` CASCADE`)
	return err
}

// swap changes places with the live tables, and with the views on them, in one transaction. The old ones are left in
// the scratch schema.
func swap(ctx context.Context, tx pgx.Tx, schema string, m ReadModel) error {
	// the live runner's next batch waits for this, finds the checkpoint moved and begins again from it
	if _, err := tx.Exec(ctx, `SELECT 1 FROM public.processed_events WHERE projection = $1 FOR UPDATE`, m.Name()); err != nil {
		return err
	}
	views, err := viewsOn(ctx, tx, m.Tables())
	if err != nil {
		return err
	}
	for _, v := range views {
		if _, err := tx.Exec(ctx, `DROP VIEW `+pgx.Identifier{"public", v.name}.Sanitize()); err != nil {
			return err
		}
	}
	const parked = "rebuild_swap"
	for _, sql := range []string{`DROP SCHEMA IF EXISTS ` + parked + ` CASCADE`, `CREATE SCHEMA ` + parked} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	for _, t := range m.Tables() {
		for _, move := range [][2]string{{"public", parked}, {schema, "public"}, {parked, schema}} {
			if err := moveTable(ctx, tx, move[0], move[1], t); err != nil {
				return err
			}
		}
	}
	for _, v := range views {
		if _, err := tx.Exec(ctx, `CREATE VIEW `+pgx.Identifier{"public", v.name}.Sanitize()+` AS `+v.definition); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `
		WITH gone AS (DELETE FROM public.dlq_events WHERE projection = $1)
		UPDATE public.processed_events p SET position = s.position, updated_at = now()
		FROM `+pgx.Identifier{schema, "processed_events"}.Sanitize()+` s
		WHERE p.projection = $1 AND s.projection = $1`, m.Name())
	if err != nil {
		return err
	}
	if _, err = tx.Exec(ctx, `INSERT INTO public.dlq_events SELECT * FROM `+pgx.Identifier{schema, "dlq_events"}.Sanitize()); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DROP SCHEMA `+parked)
	return err
}

// moveTable moves a table with its partitions.
func moveTable(ctx context.Context, tx pgx.Tx, from, to, table string) error {
	rows, err := tx.Query(ctx, `
		SELECT p.relid::regclass::oid, c.relname FROM pg_partition_tree($1::regclass) p JOIN pg_class c ON c.oid = p.relid
		ORDER BY p.level DESC`, pgx.Identifier{from, table}.Sanitize())
	if err != nil {
		return err
	}
	names := []string{}
	var oid uint32
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&oid, &name}, func() error { names = append(names, name); return nil }); err != nil {
		return err
	}
	if len(names) == 0 { // a plain table is in no tree
		names = []string{table}
	}
	for _, n := range names {
		if _, err := tx.Exec(ctx, `ALTER TABLE `+pgx.Identifier{from, n}.Sanitize()+` SET SCHEMA `+pgx.Identifier{to}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}

type viewOn struct{ name, definition string }

func viewsOn(ctx context.Context, tx pgx.Tx, tables []string) ([]viewOn, error) {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT v.relname, pg_get_viewdef(v.oid)
		FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid JOIN pg_class v ON v.oid = w.ev_class AND v.relkind = 'v'
		JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace n ON n.oid = t.relnamespace
		WHERE n.nspname = 'public' AND t.relname = ANY($1)`, tables)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (viewOn, error) {
		var v viewOn
		err := row.Scan(&v.name, &v.definition)
		return v, err
	})
}

// Difference is a row that one side has and the other hasn't.
type Difference struct {
	Table   string
	Live    string // "" where only the rebuilt table has the row
	Rebuilt string
}

// Verification is what comparing live tables with rebuilt ones found.
type Verification struct {
	Position    uint64
	Rows        int64
	Different   int64
	Differences []Difference // the first of them
}

const differencesShown = 20

// Verify rebuilds to a scratch schema, up to the position where the live tables are, and compares every row.
func (b Rebuilder) Verify(ctx context.Context, m ReadModel) (Verification, error) {
	var v Verification
	// the snapshot keeps the live tables as they are at its position, however long the rebuild takes
	err := pgx.BeginTxFunc(ctx, b.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(live pgx.Tx) error {
		var position int64
		err := live.QueryRow(ctx, `SELECT position FROM public.processed_events WHERE projection = $1`, m.Name()).Scan(&position)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && position == 0 {
			return nil // nothing was projected yet
		}
		if err != nil {
			return err
		}
		v.Position = uint64(position)
		schema, err := b.build(ctx, m, v.Position)
		if err != nil {
			return err
		}
		defer func() { _ = b.drop(context.WithoutCancel(ctx), schema) }()
		rebuilt, err := b.Pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer rebuilt.Release()
		for _, t := range m.Tables() {
			if err := v.compare(ctx, live, rebuilt.Conn(), schema, t); err != nil {
				return fmt.Errorf("table %s: %w", t, err)
			}
		}
		return nil
	})
	return v, err
}

// compare walks both tables in the same order.
func (v *Verification) compare(ctx context.Context, live pgx.Tx, rebuilt *pgx.Conn, schema, table string) error {
	text := func(s string) string {
		return `SELECT r FROM (SELECT t::text COLLATE "C" AS r FROM ` + pgx.Identifier{s, table}.Sanitize() + ` t) x ORDER BY r`
	}
	a, err := live.Query(ctx, text("public"))
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := rebuilt.Query(ctx, text(schema))
	if err != nil {
		return err
	}
	defer b.Close()
	next := func(rows pgx.Rows) (string, bool, error) {
		if !rows.Next() {
			return "", false, rows.Err()
		}
		var s string
		err := rows.Scan(&s)
		return s, true, err
	}
	x, haveX, err := next(a)
	if err != nil {
		return err
	}
	y, haveY, err := next(b)
	for err == nil && (haveX || haveY) {
		switch {
		case haveX && haveY && x == y:
			v.Rows++
			if x, haveX, err = next(a); err == nil {
				y, haveY, err = next(b)
			}
		case haveX && (!haveY || x < y):
			v.differ(Difference{Table: table, Live: x})
			x, haveX, err = next(a)
		default:
			v.differ(Difference{Table: table, Rebuilt: y})
			y, haveY, err = next(b)
		}
	}
	return err
}

func (v *Verification) differ(d Difference) {
	v.Rows++
	v.Different++
	if len(v.Differences) < differencesShown {
		v.Differences = append(v.Differences, d)
	}
}
