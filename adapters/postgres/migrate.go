package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrate brings the database's schema to the newest of the migrations, in their order, each in a transaction of its
// own. Several processes may call it at once: one migrates, the others wait. A database that a newer platform has
// migrated is refused.
func Migrate(ctx context.Context, pool *pgxpool.Pool, migrations fs.FS, log *slog.Logger) (err error) {
	// goose works through database/sql; closing it leaves the pool open.
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()

	const seconds, patience = 1, 600
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(seconds, patience))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	results, err := provider.Up(ctx)
	for _, r := range results {
		if r.Error == nil && log != nil {
			log.InfoContext(ctx, "migrated the database", "migration", r.Source.Path, "took", r.Duration)
		}
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	at, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	sources := provider.ListSources()
	if newest := sources[len(sources)-1].Version; at > newest {
		return fmt.Errorf("the database is at migration %d, this platform knows %d: run the newer platform that migrated it", at, newest)
	}
	return nil
}
