package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options of a pool.
type Options struct {
	ApplicationName string        // shown in pg_stat_activity; empty: microgrid
	MaxConns        int           // 0: 16
	ReadyTimeout    time.Duration // how long to wait for the database to take connections; 0: 60 s

	// AsyncCommit makes commits return before they are on disk. After a crash the last ones are gone as if they had
	// never been, never in part: right for rows that are written with the checkpoint of what they were made from.
	AsyncCommit bool

	StatementTimeout time.Duration                          // of every statement; 0: none
	Settings         map[string]string                      // any others of the session
	AfterConnect     func(context.Context, *pgx.Conn) error // for each new connection
	Logger           *slog.Logger                           // nil: slog's default
}

// Open connects to any PostgreSQL of at least [MinimumMajor], waiting for one that is just starting. Sessions are in
// UTC. Errors never hold the URL's password.
func Open(ctx context.Context, url string, o Options) (*pgxpool.Pool, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.ReadyTimeout == 0 {
		o.ReadyTimeout = time.Minute
	}
	config, err := poolConfig(url, o)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := ready(ctx, pool, o); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

func poolConfig(url string, o Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("the database's URL (MICROGRID_DATABASE_URL) is not understood: %w", err)
	}
	config.MaxConns = 16
	if o.MaxConns > 0 {
		config.MaxConns = int32(min(o.MaxConns, 10_000))
	}
	config.AfterConnect = o.AfterConnect

	session := config.ConnConfig.RuntimeParams
	session["timezone"] = "UTC"
	if session["application_name"] == "" {
		session["application_name"] = "microgrid"
	}
	if o.ApplicationName != "" {
		session["application_name"] = o.ApplicationName
	}
	if o.AsyncCommit {
		session["synchronous_commit"] = "off"
	}
	if o.StatementTimeout > 0 {
		session["statement_timeout"] = strconv.FormatInt(o.StatementTimeout.Milliseconds(), 10)
	}
	maps.Copy(session, o.Settings)
	return config, nil
}

// ready waits until the database answers and looks at its version.
func ready(ctx context.Context, pool *pgxpool.Pool, o Options) error {
	const longest = 2 * time.Second
	target := pool.Config().ConnConfig
	where := fmt.Sprintf("database %s at %s", target.Database, target.Host)
	ctx, cancel := context.WithTimeout(ctx, o.ReadyTimeout)
	defer cancel()
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, longest) {
		var version int
		err := pool.QueryRow(ctx, `SELECT current_setting('server_version_num')::integer`).Scan(&version)
		if err == nil {
			if version < MinimumMajor*10_000 {
				return fmt.Errorf("%s is PostgreSQL %d, the platform needs %d or newer", where, version/10_000, MinimumMajor)
			}
			return nil
		}
		if permanent(err) {
			return fmt.Errorf("%s refuses us: %w", where, err)
		}
		o.Logger.WarnContext(ctx, "waiting for the database", "database", target.Database, "host", target.Host, "error", err)
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s doesn't answer, check MICROGRID_DATABASE_URL and that it runs: %w", where, err)
		case <-time.After(pause):
		}
	}
}

// permanent tells the answers of a database that waiting doesn't change: who we are, what we ask for.
func permanent(err error) bool {
	var answer *pgconn.PgError
	if !errors.As(err, &answer) {
		return false
	}
	const (
		invalidAuthorization = "28"
		noSuchDatabase       = "3D"
		invalidParameter     = "22"
		accessRule           = "42"
	)
	for _, class := range []string{invalidAuthorization, noSuchDatabase, invalidParameter, accessRule} {
		if strings.HasPrefix(answer.Code, class) {
			return true
		}
	}
	return false
}
