package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/auth"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/config"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/eventstore"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/httpapi"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/observe"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/postgres"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/thingsboard"
	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/commands/policy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/settlement"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
	"github.com/microgrid-cloud/microgrid-cloud/migrations"
	"github.com/microgrid-cloud/microgrid-cloud/projections"
	"github.com/microgrid-cloud/microgrid-cloud/queries"
	"github.com/microgrid-cloud/microgrid-cloud/web"
)

// newRegistry joins the events of all aggregates.
func newRegistry() (*event.Registry, error) {
	return event.NewRegistry(station.Events(), tariff.Events(), telemetry.Events(), statistics.Events(), settlement.Events())
}

// platform is everything that a process runs, put together.
type platform struct {
	config   atomic.Pointer[config.Config]
	log      *slog.Logger
	metrics  *metrics
	embedded *postgres.Embedded
	events   *esdbserver.Server
	pool     *pgxpool.Pool
	// where the two are reached, also by other commands
	connection, databaseURL string
	store                   *eventstore.Store
	runners                 []*projections.Runner
	byName                  map[string]*projections.Runner

	tokens     auth.Tokens
	links      auth.Links
	directory  *commands.Directory
	ingest     *commands.Ingest
	partitions *postgres.DayPartitions
}

// openStores starts or reaches the event store and the database, and brings the schema up to date.
func openStores(ctx context.Context, c config.Config, log *slog.Logger, m *metrics) (_ *platform, err error) {
	p := &platform{log: log, metrics: m, links: auth.Links{Now: time.Now}}
	p.config.Store(&c)
	p.tokens = auth.Tokens{Secret: func() []byte { return []byte(p.config.Load().Auth.JWTSecret) }}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	// PostgreSQL runs as another user when we are root: it must be able to pass through
	if err := os.MkdirAll(c.DataDir, 0o711); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	p.connection, p.databaseURL = c.EventStore.URL, c.Database.URL
	if p.connection == config.Embedded {
		p.events, err = startEvents(ctx, esdbserver.Options{
			DataDir: eventsDir(c), Listen: c.EventStore.Listen, Logger: log, Metrics: m.registry,
		})
		if err != nil {
			return nil, fmt.Errorf("starting the event store: %w", err)
		}
		p.connection = p.events.ConnectionString()
	}
	registry, err := newRegistry()
	if err != nil {
		return nil, err
	}
	if p.store, err = eventstore.Open(p.connection, registry, eventstore.Options{Trace: m.storeCall}); err != nil {
		return nil, err
	}
	if p.databaseURL == config.Embedded {
		p.embedded, err = postgres.StartEmbedded(ctx, postgres.EmbeddedOptions{
			Dir: filepath.Join(c.DataDir, "postgres"), BinDir: c.Database.BinDir, SharedBuffers: int64(c.Database.SharedBuffers), Logger: log,
		})
		if err != nil {
			return nil, fmt.Errorf("starting PostgreSQL: %w", err)
		}
		p.databaseURL = p.embedded.URL()
	}
	// rows are lost together with the checkpoint behind them, and are read again
	p.pool, err = postgres.Open(ctx, p.databaseURL, postgres.Options{AsyncCommit: true, MaxConns: c.Database.MaxConnections, Logger: log})
	if err != nil {
		return nil, err
	}
	if err := postgres.Migrate(ctx, p.pool, migrations.FS, log); err != nil {
		return nil, err
	}
	p.partitions = postgres.NewDayPartitions("telemetry_points")
	return p, nil
}

// startEvents waits a little for a process that was killed just now and still holds the folder.
func startEvents(ctx context.Context, o esdbserver.Options) (*esdbserver.Server, error) {
	for attempt := 0; ; attempt++ {
		s, err := esdbserver.New(o)
		if err == nil || !errors.Is(err, esdbserver.ErrInUse) {
			return s, err
		}
		if attempt == 50 {
			return nil, fmt.Errorf("%w%s", err, whoRuns(filepath.Dir(o.DataDir)))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// close ends everything in the reverse order of its start.
func (p *platform) close() {
	if p.store != nil {
		p.store.Close()
	}
	if p.pool != nil {
		p.pool.Close()
	}
	for _, c := range []struct {
		name  string
		close func() error
	}{
		{"the event store", func() error { return p.closeEvents() }},
		{"PostgreSQL", func() error { return p.closePostgres() }},
	} {
		if err := c.close(); err != nil {
			p.log.Error("closing "+c.name, "error", err)
		}
	}
}

func (p *platform) closeEvents() error {
	if p.events == nil {
		return nil
	}
	return p.events.Close()
}

func (p *platform) closePostgres() error {
	if p.embedded == nil {
		return nil
	}
	return p.embedded.Close()
}

// readModels are the projections, each a set of tables.
func (p *platform) readModels() []projections.ReadModel {
	return []projections.ReadModel{
		projections.Stations{}, projections.NewTelemetry(postgres.NewDayPartitions("telemetry_points")), projections.Quarantine{}, projections.Statistics{},
		projections.Settlements{},
	}
}

// assemble puts the write side, the policies and the projections together.
func (p *platform) assemble() {
	now := time.Now
	current := p.config.Load
	p.directory = commands.NewDirectory(p.store)
	p.ingest = commands.NewIngest(p.store, p.directory, commands.Quarantine{Store: p.store}, now, ingestLimits(*current()),
		commands.AppenderOptions{Messages: current().Ingest.QueueLimit})
	stats := policy.NewStatistics(p.store, p.directory, func() policy.StatisticsOptions {
		s := current().Statistics
		return policy.StatisticsOptions{Grace: s.Grace, IdleTimeout: s.IdleTimeout, MaxSilentDays: s.MaxSilentDays, Workers: s.Workers}
	}, p.log, p.metrics.closed)
	settle := policy.NewSettlements(p.store, p.directory, func() decimal.Decimal { return current().Settlement.ProvisionalBelow },
		now, p.log, p.metrics.settled)
	all := []projections.Projection{postgres.StatisticsPolicy{Statistics: stats}, postgres.SettlementPolicy{Settlements: settle}}
	for _, m := range p.readModels() {
		all = append(all, m)
	}
	p.byName = map[string]*projections.Runner{}
	for _, m := range all {
		r := projections.NewRunner(m, p.store, p.store, p.pool, p.runnerOptions())
		p.runners = append(p.runners, r)
		p.byName[m.Name()] = r
	}
}

func (p *platform) runnerOptions() projections.Options {
	c := p.config.Load().Projections
	return projections.Options{BatchSize: c.BatchSize, BatchWait: c.FlushInterval, Logger: p.log, Observe: p.metrics.projected}
}

func ingestLimits(c config.Config) commands.IngestLimits {
	return commands.IngestLimits{MaxFuture: c.Ingest.MaxFuture, Oldest: c.Ingest.Oldest}
}

// run serves until ctx ends, then drains.
func (p *platform) run(ctx context.Context, listener net.Listener, listening func(address string)) (err error) {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() {
		p.directory.Run(background, p.catalog, p.follow, p.log)
	})
	for _, r := range p.runners {
		wg.Go(func() {
			// what is decided again after a start is decided with all that was configured by then
			if p.directory.Await(background) == nil {
				r.Run(background)
			}
		})
	}
	wg.Go(func() { p.keepPartitions(background) })
	wg.Go(func() {
		if err := p.control(background, listener.Addr().String()); err != nil {
			p.log.Warn("commands can't reach the platform while this runs", "error", err)
		}
	})
	server := &http.Server{
		Handler: p.handler(ctx.Done()), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := announce(*p.config.Load(), running{os.Getpid(), "http://" + listener.Addr().String(), p.connection, p.databaseURL}); err != nil {
		return err
	}
	defer forget(*p.config.Load())
	listening(listener.Addr().String())
	select {
	case err = <-served:
	case <-ctx.Done():
		// requests under way get time to be answered; what they have appended is durable in any case
		drain, cancel := context.WithTimeout(background, 5*time.Second)
		err = server.Shutdown(drain)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
	}
	stop()
	wg.Wait()
	return err
}

func (p *platform) catalog(ctx context.Context) ([]string, uint64, error) {
	return queries.DB{Pool: p.pool}.Catalog(ctx, station.Stream, tariff.Stream)
}

// follow subscribes to streams without decoding their events.
func (p *platform) follow(ctx context.Context, after uint64, prefixes []string, changed func(commands.Change) error) error {
	return p.store.Subscribe(ctx, after, prefixes, func(string) bool { return true }, func(d projections.Delivery) error {
		c := commands.Change{Position: d.Position, CaughtUp: d.CaughtUp}
		if d.Event != nil {
			c.Stream, c.Revision = d.Event.Stream, d.Event.Revision
		}
		return changed(c)
	})
}

// daysAhead is for how many days there always are partitions.
const daysAhead = 3

// keepPartitions makes the partitions of the next days ahead, and drops those that retention has passed.
func (p *platform) keepPartitions(ctx context.Context) {
	for {
		if err := p.maintainPartitions(ctx, time.Now()); err != nil && ctx.Err() == nil {
			p.log.Warn("partitions of telemetry, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Hour):
		}
	}
}

func (p *platform) maintainPartitions(ctx context.Context, now time.Time) error {
	err := pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		return p.partitions.EnsureRange(ctx, tx, now, now.AddDate(0, 0, daysAhead))
	})
	keep := p.config.Load().Telemetry.RetentionDays
	if err != nil || keep == 0 {
		return err
	}
	dropped, err := p.partitions.DropBefore(ctx, p.pool, now.AddDate(0, 0, -keep))
	if len(dropped) > 0 {
		p.log.Info("dropped telemetry past its retention", "partitions", len(dropped), "last", dropped[len(dropped)-1])
	}
	return err
}

// handler is the HTTP surface; what it streams ends when stopping is closed.
func (p *platform) handler(stopping <-chan struct{}) http.Handler {
	current := p.config.Load
	webhook := thingsboard.Webhook{
		Tenant: func(id string) (thingsboard.Secrets, bool) {
			t, ok := current().Tenant(id)
			return thingsboard.Secrets{HMAC: t.Ingest.HMACSecret, Token: t.Ingest.Token, User: t.Ingest.Basic.User, Password: t.Ingest.Basic.Password}, ok
		},
		Window: func() time.Duration { return current().Ingest.ReplayWindow },
		Now:    time.Now,
	}
	limits := newRateLimits(func() float64 { return current().Ingest.RatePerSecond })
	db := queries.DB{Pool: p.pool}
	s := &httpapi.Server{
		Principal: p.tokens.Principal, SignIn: p.signIn,
		Webhook: httpapi.Webhook{
			Authenticate: webhook.Authenticate, Allow: limits.allow, Parse: parseWebhook, Observe: p.metrics.ingested,
			MaxBody:     func() int64 { return int64(current().Ingest.MaxBodyBytes) },
			MaxMessages: func() int { return current().Ingest.MaxMessages },
		},
		Ingest:     p.ingest,
		Quarantine: commands.Release{Store: p.store, Ingest: p.ingest, List: heldIn(db), Now: time.Now},
		Stations:   commands.Stations{Store: p.store, Directory: p.directory, Now: time.Now},
		Windows:    commands.Windows{Store: p.store, Directory: p.directory, Now: time.Now},
		Directory:  p.directory, Queries: db, Health: p, Log: p.log, Version: version,
		Metrics:    httpapi.Metrics{Handler: p.metrics.handler(), Token: func() string { return current().Metrics.Token }},
		Middleware: observe.Middleware(p.log), RequestID: observe.RequestID, Now: time.Now,
		Live: projections.NewLiveTelemetry(p.store, p.store.Head, p.log), Stopping: stopping,
		Replay: p.replayParked, Page: web.Dist(), BasePath: current().HTTP.BasePath,
	}
	return s.Handler()
}

// parseWebhook turns ThingsBoard's messages into those of ingest.
func parseWebhook(h http.Header, body []byte, limit int) ([]commands.Incoming, error) {
	items, err := thingsboard.ParseBody(body, thingsboard.Defaults{
		DeviceName: h.Get("X-Device-Name"), DeviceID: h.Get("X-Device-Id"), TS: h.Get("X-Ts"),
	}, limit)
	if errors.Is(err, thingsboard.ErrTooMany) {
		return nil, fmt.Errorf("%w: %w", httpapi.ErrTooManyMessages, err)
	}
	if err != nil {
		return nil, err
	}
	messages := make([]commands.Incoming, len(items))
	for i, m := range items {
		messages[i] = commands.Incoming{DeviceName: m.DeviceName, DeviceID: m.DeviceID, TS: m.TS, Values: []byte(m.Values), Err: m.Err}
	}
	return messages, nil
}

// heldIn reads the quarantine in pages.
func heldIn(db queries.DB) func(ctx context.Context, tenant, deviceName string, after uint64, limit int) ([]commands.Held, error) {
	return func(ctx context.Context, tenant, deviceName string, after uint64, limit int) ([]commands.Held, error) {
		list, err := db.QuarantineAfter(ctx, tenant, deviceName, int64(after), limit)
		if err != nil {
			return nil, err
		}
		held := make([]commands.Held, len(list))
		for i, q := range list {
			id, err := uuid.Parse(q.MessageID)
			if err != nil {
				return nil, err
			}
			held[i] = commands.Held{
				ID: id, DeviceName: q.DeviceName, DeviceID: q.DeviceID, TS: q.TS.UnixMilli(), Values: []byte(q.Values), Position: uint64(q.Position),
			}
		}
		return held, nil
	}
}
