package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// DayPartitions looks after a table that is partitioned by range of one column, one partition a UTC day, named after
// the table with the day behind it (telemetry_points_20261124). The column is a timestamptz, or a bigint of epoch
// milliseconds. Partitions are made on demand for any day, as late data may be years old.
//
// Days known to be there cost nothing. It holds for the table that the name leads to in one search_path: use another
// one for another schema. It may be used by several goroutines, and by several processes on one database.
type DayPartitions struct {
	table string

	mu    sync.Mutex
	known map[day]time.Time // until when it is believed to be there
}

// day counts UTC days from 1970-01-01.
type day int64

// believed is how long a partition is taken to be there without a look: another process may drop it.
const believed = 10 * time.Minute

// mostDays bounds one call: each new partition takes some of the database's locks until the transaction ends.
const mostDays = 1000

// NewDayPartitions prepares for a table, whose name may hold a schema.
func NewDayPartitions(table string) *DayPartitions {
	return &DayPartitions{table: table, known: map[day]time.Time{}}
}

// Forget makes all days be looked for again: a database that crashed may have lost the last transactions that it
// acknowledged, where it commits asynchronously.
func (p *DayPartitions) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.known)
}

// Ensure makes the missing partitions for the days of the times. What it makes counts with the transaction. Writers
// and readers of the table go on meanwhile; another transaction that also makes partitions of it waits for this one.
func (p *DayPartitions) Ensure(ctx context.Context, tx pgx.Tx, times []time.Time) error {
	var days []day
	for _, t := range times {
		if d := dayOf(t); len(days) == 0 || days[len(days)-1] != d {
			days = append(days, d)
		}
	}
	slices.Sort(days)
	return p.ensure(ctx, tx, slices.Compact(days))
}

// EnsureRange makes the missing partitions for all days from one time's to another's, both included.
func (p *DayPartitions) EnsureRange(ctx context.Context, tx pgx.Tx, from, to time.Time) error {
	var days []day
	for d := dayOf(from); d <= dayOf(to) && len(days) <= mostDays; d++ {
		days = append(days, d)
	}
	return p.ensure(ctx, tx, days)
}

func (p *DayPartitions) ensure(ctx context.Context, tx pgx.Tx, days []day) error {
	days = p.unknown(days)
	if len(days) == 0 {
		return nil
	}
	if len(days) > mostDays {
		return fmt.Errorf("partitions of %s: more than %d days at once, from %s to %s", p.table, mostDays, days[0], days[len(days)-1])
	}
	parent, err := p.parent(ctx, tx)
	if err != nil {
		return err
	}
	missing, err := p.missing(ctx, tx, parent, days)
	if err != nil || len(missing) == 0 {
		return err
	}
	// One at a time; the second one then finds them there.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('day partitions', $1))`, parent.oid); err != nil {
		return fmt.Errorf("partitions of %s: %w", p.table, err)
	}
	if missing, err = p.missing(ctx, tx, parent, missing); err != nil {
		return err
	}
	for _, d := range missing {
		if err := parent.create(ctx, tx, d); err != nil {
			return fmt.Errorf("partition of %s for %s: %w", p.table, d, err)
		}
	}
	return nil
}

// DropBefore drops the partitions of all days before that of the time, oldest first, and returns their names. Each is
// its own transaction. It doesn't make readers and writers queue up behind a long query: it gives up after some seconds
// with an error of what holds it up, and is called again another time.
func (p *DayPartitions) DropBefore(ctx context.Context, db Beginner, before time.Time) ([]string, error) {
	var old []string
	limit := dayOf(before)
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		parent, err := p.parent(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT c.relname
			FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
			WHERE i.inhparent = $1
			ORDER BY c.relname`, parent.oid)
		if err != nil {
			return err
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, name := range names {
			if d, ok := parent.dayOfName(name); ok && d < limit {
				old = append(old, name)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("partitions of %s: %w", p.table, err)
	}

	var dropped []string
	for _, name := range old {
		err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
			parent, err := p.parent(ctx, tx)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '3s'`); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, "DROP TABLE IF EXISTS "+pgx.Identifier{parent.schema, name}.Sanitize())
			return err
		})
		if err != nil {
			return dropped, fmt.Errorf("drop partition %s, is a long query at work: %w", name, err)
		}
		dropped = append(dropped, name)
	}
	p.mu.Lock()
	clear(p.known)
	p.mu.Unlock()
	return dropped, nil
}

// Beginner is a pool, a connection, or a transaction that then has savepoints.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

func (p *DayPartitions) unknown(days []day) []day {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	return slices.DeleteFunc(slices.Clone(days), func(d day) bool { return now.Before(p.known[d]) })
}

// missing returns the days without a partition. Those that are there for good are remembered; one that was made by
// a transaction that may still be rolled back, ours above all, is not.
func (p *DayPartitions) missing(ctx context.Context, tx pgx.Tx, parent parentTable, days []day) ([]day, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.relname, age(c.xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid)
		FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = $1 AND NOT i.inhdetachpending AND c.relname = ANY($2)`, parent.oid, parent.namesOf(days))
	if err != nil {
		return nil, fmt.Errorf("partitions of %s: %w", p.table, err)
	}
	there := map[day]bool{}
	var name string
	var lasting bool
	_, err = pgx.ForEachRow(rows, []any{&name, &lasting}, func() error {
		if d, ok := parent.dayOfName(name); ok {
			there[d] = lasting
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("partitions of %s: %w", p.table, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	until := time.Now().Add(believed)
	var missing []day
	for _, d := range days {
		lasting, ok := there[d]
		switch {
		case !ok:
			missing = append(missing, d)
			delete(p.known, d)
		case lasting:
			p.known[d] = until
		}
	}
	return missing, nil
}

// parentTable is what the catalog tells of the partitioned table.
type parentTable struct {
	oid    uint32
	schema string
	name   string
	millis bool // the column is a bigint
}

func (p *DayPartitions) parent(ctx context.Context, tx pgx.Tx) (parentTable, error) {
	t := parentTable{}
	var columnType, strategy string
	err := tx.QueryRow(ctx, `
		SELECT c.oid, n.nspname, c.relname, pt.partstrat::text, format_type(a.atttypid, NULL)
		FROM pg_class c
		JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN pg_partitioned_table pt ON pt.partrelid = c.oid
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = pt.partattrs[0]
		WHERE c.oid = $1::text::regclass AND pt.partnatts = 1`, p.table).Scan(&t.oid, &t.schema, &t.name, &strategy, &columnType)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, fmt.Errorf("table %s is not partitioned by one column", p.table)
	}
	if err != nil {
		return t, fmt.Errorf("partitions of %s: %w", p.table, err)
	}
	switch {
	case strategy != "r":
		return t, fmt.Errorf("table %s is not partitioned by range", p.table)
	case columnType == "bigint":
		t.millis = true
	case columnType != "timestamp with time zone":
		return t, fmt.Errorf("table %s is partitioned by a column of type %s, not timestamptz or bigint (epoch milliseconds)", p.table, columnType)
	}
	return t, nil
}

// create makes a day's partition. A table that is made first and attached then locks the others only against other
// changes of the schema; CREATE TABLE … PARTITION OF would wait for every reader and writer, this transaction's
// own connections among them.
func (t parentTable) create(ctx context.Context, tx pgx.Tx, d day) error {
	table := pgx.Identifier{t.schema, t.nameOf(d)}.Sanitize()
	parent := pgx.Identifier{t.schema, t.name}.Sanitize()
	_, err := tx.Exec(ctx, "CREATE TABLE "+table+" (LIKE "+parent+" INCLUDING ALL EXCLUDING IDENTITY)")
	if err == nil {
		_, err = tx.Exec(ctx, "ALTER TABLE "+parent+" ATTACH PARTITION "+table+
			" FOR VALUES FROM ("+t.bound(d)+") TO ("+t.bound(d+1)+")")
	}
	var pg *pgconn.PgError
	const duplicateTable = "42P07"
	if errors.As(err, &pg) && pg.Code == duplicateTable {
		return fmt.Errorf("%w: there is a table of that name that is no partition: drop it, or attach it", err)
	}
	return err
}

// bound is the first value of a day, as SQL.
func (t parentTable) bound(d day) string {
	if t.millis {
		return strconv.FormatInt(int64(d)*24*time.Hour.Milliseconds(), 10)
	}
	return "'" + d.start().Format(time.DateOnly) + " 00:00:00+00'"
}

const dayLayout = "20060102"

func (t parentTable) nameOf(d day) string { return t.name + "_" + d.start().Format(dayLayout) }

func (t parentTable) namesOf(days []day) []string {
	names := make([]string, len(days))
	for i, d := range days {
		names[i] = t.nameOf(d)
	}
	return names
}

func (t parentTable) dayOfName(name string) (day, bool) {
	suffix, ok := strings.CutPrefix(name, t.name+"_")
	if !ok {
		return 0, false
	}
	at, err := time.Parse(dayLayout, suffix)
	return dayOf(at), err == nil
}

func dayOf(t time.Time) day {
	const secondsOfDay = 24 * 60 * 60
	s := t.Unix()
	d := s / secondsOfDay
	if s%secondsOfDay < 0 {
		d--
	}
	return day(d)
}

func (d day) start() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

func (d day) String() string { return d.start().Format(time.DateOnly) }
