//go:build unix

package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/postgres"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/postgres/pgtest"
	"github.com/microgrid-cloud/microgrid-cloud/migrations"
)

func TestMain(m *testing.M) {
	postgres.RunIfHelper()
	pgtest.Main(m)
}

func TestOpenSetsTheSession(t *testing.T) {
	pool, err := postgres.Open(t.Context(), pgtest.URL(t), postgres.Options{
		AsyncCommit: true, ApplicationName: "projections", StatementTimeout: 90 * time.Second, MaxConns: 3,
		Settings: map[string]string{"work_mem": "8MB"},
	})
	require.NoError(t, err)
	defer pool.Close()
	require.EqualValues(t, 3, pool.Config().MaxConns)
	for setting, want := range map[string]string{
		"synchronous_commit": "off", "application_name": "projections", "statement_timeout": "90s",
		"timezone": "UTC", "work_mem": "8MB",
	} {
		var have string
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT current_setting($1)`, setting).Scan(&have))
		require.Equal(t, want, have, setting)
	}
}

func TestOpenTellsWhatIsWrong(t *testing.T) {
	url := pgtest.URL(t)
	for name, c := range map[string]struct{ url, want string }{
		"no URL":      {"postgres://%zz", "MICROGRID_DATABASE_URL"},
		"no database": {strings.Replace(url, "/test_", "/missing_", 1), "does not exist"},
		"nobody home": {"postgres://u:hidden@127.0.0.1:1/db", "doesn't answer"},
	} {
		_, err := postgres.Open(t.Context(), c.url, postgres.Options{ReadyTimeout: 300 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
		require.ErrorContains(t, err, c.want, name)
		require.NotContains(t, err.Error(), "hidden", name)
	}
}

func TestMigrateFromSeveralReplicasAtOnce(t *testing.T) {
	pool := pgtest.Pool(t)
	files := fstest.MapFS{
		"0001_one.sql": {Data: []byte("-- +goose Up\nCREATE TABLE one (id integer);\nINSERT INTO one VALUES (1);\nSELECT pg_sleep(0.2);\n")},
		"0002_two.sql": {Data: []byte("-- +goose Up\nINSERT INTO one VALUES (2);\n")},
	}
	var replicas errgroup.Group
	for range 3 {
		replicas.Go(func() error { return postgres.Migrate(t.Context(), pool, files, nil) })
	}
	require.NoError(t, replicas.Wait())
	var rows int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM one`).Scan(&rows))
	require.Equal(t, 2, rows)

	// and an older platform keeps away from it
	delete(files, "0002_two.sql")
	require.ErrorContains(t, postgres.Migrate(t.Context(), pool, files, nil), "run the newer platform")
}

func TestMigrationsApply(t *testing.T) {
	pool := pgtest.Pool(t)
	require.NoError(t, postgres.Migrate(t.Context(), pool, migrations.FS, nil))
	require.NoError(t, postgres.Migrate(t.Context(), pool, migrations.FS, nil), "again")
}

// dayTable makes a table partitioned by a column of the type.
func dayTable(t *testing.T, columnType string) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.Pool(t)
	_, err := pool.Exec(t.Context(), `
		CREATE TABLE points (
			station text NOT NULL, at `+columnType+` NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, val json,
			PRIMARY KEY (station, at)
		) PARTITION BY RANGE (at)`)
	require.NoError(t, err)
	return pool
}

func partitions(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
		SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'points'::regclass ORDER BY 1`)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return names
}

func in(t *testing.T, pool *pgxpool.Pool, do func(tx pgx.Tx) error) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(t.Context(), pool, do))
}

func at(text string) time.Time {
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return parsed
}

func TestDayPartitionsHoldDaysFromEdgeToEdge(t *testing.T) {
	for columnType, value := range map[string]func(time.Time) any{
		"timestamptz": func(t time.Time) any { return t },
		"bigint":      func(t time.Time) any { return t.UnixMilli() },
	} {
		pool := dayTable(t, columnType)
		days := postgres.NewDayPartitions("points")
		times := []time.Time{
			at("2026-11-24T23:59:59.999Z"), at("2026-11-25T00:00:00+08:00"), // the same UTC day
			at("1969-12-31T23:59:59.999Z"), at("2016-02-29T12:00:00Z"),
		}
		in(t, pool, func(tx pgx.Tx) error {
			if err := days.Ensure(t.Context(), tx, times); err != nil {
				return err
			}
			for _, at := range times {
				if _, err := tx.Exec(t.Context(), `INSERT INTO points (station, at) VALUES ('s', $1)`, value(at)); err != nil {
					return err
				}
			}
			return nil
		})
		require.Equal(t, []string{"points_19691231", "points_20160229", "points_20261124"}, partitions(t, pool), columnType)
	}
}

func TestDayPartitionsForgetWhatWasRolledBack(t *testing.T) {
	pool := dayTable(t, "timestamptz")
	days := postgres.NewDayPartitions("points")
	day := []time.Time{at("2026-11-24T12:00:00Z")}
	undone := fmt.Errorf("undone")
	for range 2 { // also when it was asked for twice in the transaction
		err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			require.NoError(t, days.Ensure(t.Context(), tx, day))
			require.NoError(t, pgx.BeginFunc(t.Context(), tx, func(tx pgx.Tx) error { return days.Ensure(t.Context(), tx, day) }))
			return undone
		})
		require.ErrorIs(t, err, undone)
	}
	in(t, pool, func(tx pgx.Tx) error {
		if err := days.Ensure(t.Context(), tx, day); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO points (station, at) VALUES ('s', $1)`, day[0])
		return err
	})
}

func TestDayPartitionsThatAreKnownCostNothing(t *testing.T) {
	pool := dayTable(t, "timestamptz")
	days := postgres.NewDayPartitions("points")
	day := []time.Time{at("2026-11-24T12:00:00Z")}
	in(t, pool, func(tx pgx.Tx) error { return days.Ensure(t.Context(), tx, day) })
	in(t, pool, func(tx pgx.Tx) error { return days.Ensure(t.Context(), tx, day) }) // sees that it is there for good
	require.NoError(t, days.Ensure(t.Context(), nil, day), "the database isn't asked")
}

func TestDayPartitionsOfSeveralRunnersWithReadersAndWriters(t *testing.T) {
	pool := dayTable(t, "timestamptz")
	first := at("2026-01-01T00:00:00Z")
	in(t, pool, func(tx pgx.Tx) error {
		return postgres.NewDayPartitions("points").EnsureRange(t.Context(), tx, first, first)
	})
	// given a transaction that has read and written the table and stays open
	open, err := pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = open.Exec(t.Context(), `INSERT INTO points (station, at) SELECT 'open', $1 FROM (SELECT count(*) FROM points) n`, first)
	require.NoError(t, err)

	// when runners make overlapping days
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	runners, ctx := errgroup.WithContext(ctx)
	for i := range 4 {
		runners.Go(func() error {
			return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
				from := first.AddDate(0, 0, i*3)
				return postgres.NewDayPartitions("points").EnsureRange(ctx, tx, from, from.AddDate(0, 0, 9))
			})
		})
	}
	require.NoError(t, runners.Wait())
	require.NoError(t, open.Commit(t.Context()))
	require.Len(t, partitions(t, pool), 19)
}

func TestDayPartitionsDropBefore(t *testing.T) {
	pool := dayTable(t, "bigint")
	days := postgres.NewDayPartitions("points")
	in(t, pool, func(tx pgx.Tx) error {
		return days.EnsureRange(t.Context(), tx, at("2026-11-20T00:00:00Z"), at("2026-11-24T00:00:00Z"))
	})
	_, err := pool.Exec(t.Context(), `CREATE TABLE points_20000101 (id integer); CREATE TABLE points_archive (id integer)`)
	require.NoError(t, err)

	dropped, err := days.DropBefore(t.Context(), pool, at("2026-11-23T15:00:00Z"))
	require.NoError(t, err)
	require.Equal(t, []string{"points_20261120", "points_20261121", "points_20261122"}, dropped)
	require.Equal(t, []string{"points_20261123", "points_20261124"}, partitions(t, pool))
	var others int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_class WHERE relname IN ('points_20000101', 'points_archive')`).Scan(&others))
	require.Equal(t, 2, others, "what is no partition stays")

	// late data for a dropped day finds its place again
	in(t, pool, func(tx pgx.Tx) error { return days.Ensure(t.Context(), tx, []time.Time{at("2026-11-20T01:00:00Z")}) })
	require.Contains(t, partitions(t, pool), "points_20261120")
}

func TestDayPartitionsDropDoesNotWaitForLong(t *testing.T) {
	pool := dayTable(t, "bigint")
	days := postgres.NewDayPartitions("points")
	in(t, pool, func(tx pgx.Tx) error {
		return days.EnsureRange(t.Context(), tx, at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z"))
	})
	reader, err := pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = reader.Exec(t.Context(), `SELECT count(*) FROM points`)
	require.NoError(t, err)
	dropped, err := days.DropBefore(t.Context(), pool, at("2026-11-24T00:00:00Z"))
	require.ErrorContains(t, err, "is a long query at work")
	require.Empty(t, dropped)
	require.NoError(t, reader.Rollback(t.Context()))
}

func TestDayPartitionsRefuse(t *testing.T) {
	pool := dayTable(t, "timestamptz")
	_, err := pool.Exec(t.Context(), `
		CREATE TABLE plain (at timestamptz);
		CREATE TABLE dated (at date) PARTITION BY RANGE (at);
		CREATE TABLE listed (at bigint) PARTITION BY LIST (at);
		CREATE TABLE points_20261124 (id integer)`)
	require.NoError(t, err)
	day := []time.Time{at("2026-11-24T12:00:00Z")}
	for table, want := range map[string]string{
		"plain":   "not partitioned",
		"dated":   "column of type date",
		"listed":  "not partitioned by range",
		"missing": "does not exist",
		"points":  "no partition",
	} {
		err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			return postgres.NewDayPartitions(table).Ensure(t.Context(), tx, day)
		})
		require.ErrorContains(t, err, want, table)
	}
	err = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		return postgres.NewDayPartitions("points").EnsureRange(t.Context(), tx, at("1970-01-01T00:00:00Z"), day[0])
	})
	require.ErrorContains(t, err, "more than")
}

func ExampleDayPartitions() {
	points := postgres.NewDayPartitions("telemetry_points")

	// In a projection: in the transaction that writes the rows, before them.
	write := func(ctx context.Context, tx pgx.Tx, times []time.Time) error {
		return points.Ensure(ctx, tx, times)
	}
	// In a nightly job: a week ahead, so that live data finds its day ready; and the retention.
	maintain := func(ctx context.Context, pool *pgxpool.Pool, now time.Time, retentionDays int) error {
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			return points.EnsureRange(ctx, tx, now, now.AddDate(0, 0, 7))
		})
		if err != nil {
			return err
		}
		_, err = points.DropBefore(ctx, pool, now.AddDate(0, 0, -retentionDays))
		return err
	}
	_, _ = write, maintain
	// Output:
}
