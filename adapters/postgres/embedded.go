//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// EmbeddedOptions say where and how a private server runs. Only Dir is needed.
type EmbeddedOptions struct {
	Dir            string            // holds the cluster, its lock and its socket; made if missing
	BinDir         string            // of initdb and postgres; empty: looked for on the machine
	User           string            // who runs it when we are root; empty: the cluster's owner, postgres or nobody
	SharedBuffers  int64             // bytes; 0: 96 MiB
	MaxConnections int               // 0: 100
	Settings       map[string]string // any others of postgresql.conf, over ours
	Logger         *slog.Logger      // nil: slog's default
}

// Embedded is a PostgreSQL server of our own: a child process on the machine's programs, reached only by a unix socket
// in a folder that is closed to other users, so it has no password. Its data is as safe as any PostgreSQL's (fsync and
// checksums are on).
//
// It starts again by itself when it dies, is shut down by Close, and on Linux by the kernel when this process dies
// without Close. What even so is left of an earlier run, the next start ends. A folder has one server at a time.
type Embedded struct {
	options EmbeddedOptions
	log     *slog.Logger
	bin     Binaries
	account account
	cluster string
	sockets string
	lock    *folderLock
	output  *serverLog

	ready    atomic.Bool
	cancel   context.CancelFunc // ends the supervisor once it runs
	done     chan struct{}      // the supervisor is gone, and so is the server
	err      error              // why, valid after done
	mu       sync.Mutex
	process  *os.Process // nil: none runs
	closeErr error
	closed   sync.Once
}

const (
	embeddedUser     = "microgrid"
	embeddedDatabase = "microgrid"
	socketName       = ".s.PGSQL.5432"
	socketLimit      = 103 // bytes of a socket's path: 107 on Linux, 103 on macOS
	lockWait         = 3 * time.Second
)

// StartEmbedded starts the server of a folder and returns when it takes connections; a new folder gets a new cluster
// first, which takes a second or two. The context bounds the start only.
func StartEmbedded(ctx context.Context, o EmbeddedOptions) (*Embedded, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.SharedBuffers == 0 {
		o.SharedBuffers = 96 << 20
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = 100
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("embedded PostgreSQL: %w", err)
	}
	o.Dir = dir
	e := &Embedded{
		options: o, log: o.Logger, cluster: filepath.Join(dir, "cluster"),
		done: make(chan struct{}), output: newServerLog(o.Logger),
	}
	if err := e.start(ctx); err != nil {
		return nil, fmt.Errorf("embedded PostgreSQL in %s: %w", dir, err)
	}
	return e, nil
}

func (e *Embedded) start(ctx context.Context) (err error) {
	// Others may pass through, so that the server's user can; what is inside is closed to them.
	if err := errors.Join(os.MkdirAll(e.options.Dir, 0o711), os.Chmod(e.options.Dir, 0o711)); err != nil {
		return err
	}
	if e.lock, err = lockFolder(ctx, e.options.Dir, lockWait); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.lock.release())
		}
	}()
	if err := stopLeftOver(ctx, e.cluster, e.log); err != nil {
		return err
	}
	major, err := clusterMajor(e.cluster)
	if err != nil {
		return err
	}
	found, err := FindBinaries(ctx, e.options.BinDir)
	if err != nil {
		return err
	}
	if e.bin, err = pick(found, major); err != nil {
		return err
	}
	if e.account, err = chooseAccount(e.cluster, e.options.User); err != nil {
		return err
	}
	if err := e.chooseSockets(); err != nil {
		return err
	}
	if e.account, err = e.account.reach(ctx, e.options.Dir, e.bin); err != nil {
		return err
	}
	if len(e.account.caps) > 0 {
		e.log.WarnContext(ctx, "the data folder lies in folders closed to PostgreSQL's user, who keeps one of root's "+
			"capabilities to pass through them", "dir", e.options.Dir, "user", e.account)
	}
	if major == 0 {
		if err := e.initialize(ctx); err != nil {
			return err
		}
	}
	if err := e.writeSettings(); err != nil {
		return err
	}

	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	e.cancel = cancel
	go e.supervise(running)
	if err := e.waitReady(ctx); err != nil {
		return errors.Join(err, e.stop())
	}
	e.ready.Store(true)
	return nil
}

// URL is the connection string of the platform's database, as its owner. It holds for all of the server's runs.
func (e *Embedded) URL() string { return e.url(embeddedDatabase) }

func (e *Embedded) url(database string) string {
	return "postgres://" + embeddedUser + "@/" + database +
		"?host=" + url.QueryEscape(e.sockets) + "&port=5432&sslmode=disable"
}

// PID is the server's process id, 0 while it is down.
func (e *Embedded) PID() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.process == nil {
		return 0
	}
	return e.process.Pid
}

// Close shuts the server down: transactions that are under way are rolled back, what was committed is safe. It returns
// when the server is gone, after some seconds at most, and may be called again.
func (e *Embedded) Close() error {
	e.closed.Do(func() { e.closeErr = errors.Join(e.stop(), e.lock.release()) })
	return e.closeErr
}

// stop ends the supervisor and its server.
func (e *Embedded) stop() error {
	e.cancel()
	start, stage := time.Now(), 0
	for {
		if stage < len(stopping) && time.Since(start) >= stopping[stage].after && e.signal(stopping[stage].signal) {
			stage++
		}
		select {
		case <-e.done:
			return errors.Join(e.err, os.RemoveAll(e.sockets))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (e *Embedded) signal(s syscall.Signal) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.process != nil && e.process.Signal(s) == nil
}

// supervise runs the server until Close, again whenever it dies. It holds its thread: the kernel ends the server with
// the thread that started it (see processAttributes).
func (e *Embedded) supervise(ctx context.Context) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(e.done)
	const shortest, longest = 200 * time.Millisecond, 10 * time.Second
	for pause := shortest; ; pause = min(2*pause, longest) {
		began := time.Now()
		err := e.run(ctx)
		if ctx.Err() != nil {
			e.err = err
			return
		}
		if !e.ready.Load() {
			e.err = err // waitReady reports it
			return
		}
		if time.Since(began) > time.Minute {
			pause = shortest
		}
		e.log.ErrorContext(ctx, "PostgreSQL ended and is started again", "error", err, "after", pause, "output", e.output.tail())
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		// Its own processes may outlive a server that was killed.
		if err := stopLeftOver(ctx, e.cluster, e.log); err != nil {
			e.log.ErrorContext(ctx, "PostgreSQL can't be started again yet", "error", err)
		}
	}
}

// run runs the server once and returns when it is gone.
func (e *Embedded) run(ctx context.Context) error {
	cmd := e.command("postgres", "-D", e.cluster)
	cmd.Stderr = e.output
	// Processes that outlive a killed server keep its error output open.
	cmd.WaitDelay = time.Second

	// The context stops no server: it wants to be asked in its own way, see stop.
	if err := e.launch(ctx, cmd); err != nil || cmd.Process == nil {
		return err
	}
	err := cmd.Wait()
	e.mu.Lock()
	e.process = nil
	e.mu.Unlock()
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

func (e *Embedded) launch(ctx context.Context, cmd *exec.Cmd) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ctx.Err() != nil {
		return nil // asked to stop meanwhile
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	e.process = cmd.Process
	return nil
}

// waitReady returns when the platform's database takes connections.
func (e *Embedded) waitReady(ctx context.Context) error {
	const quiet = 10 * time.Second // after a crash it may have much of its log to replay
	told := time.Now()
	for {
		err := e.ensureDatabase(ctx)
		if err == nil {
			return nil
		}
		if permanent(err) {
			return err
		}
		select {
		case <-e.done:
			return fmt.Errorf("the server ended while it started: %s", e.output.tail())
		case <-ctx.Done():
			return fmt.Errorf("%w while waiting for it to take connections, last: %w: %s", ctx.Err(), err, e.output.tail())
		case <-time.After(10 * time.Millisecond):
		}
		if time.Since(told) > quiet {
			told = time.Now()
			e.log.WarnContext(ctx, "waiting for PostgreSQL to take connections", "error", err, "output", e.output.tail())
		}
	}
}

func (e *Embedded) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, e.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var exists bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, embeddedDatabase).Scan(&exists)
	if err != nil || exists {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{embeddedDatabase}.Sanitize())
	return err
}

func (e *Embedded) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(e.bin.Dir, program), args...)
	cmd.Dir = "/" // the server goes to its cluster itself, see account.reach
	cmd.Env = environment()
	cmd.SysProcAttr = processAttributes(e.account)
	return cmd
}

// environment is ours without what would change the server: settings of libpq and of languages.
func environment() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PG") && !strings.HasPrefix(v, "LC_") && !strings.HasPrefix(v, "LANG") {
			env = append(env, v)
		}
	}
	return append(env, "LC_ALL=C")
}

// clusterMajor is the version that made a cluster, 0 where there is none.
func clusterMajor(cluster string) (int, error) {
	content, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if err == nil {
		return strconv.Atoi(strings.TrimSpace(string(content)))
	}
	entries, listErr := os.ReadDir(cluster)
	switch {
	case errors.Is(listErr, os.ErrNotExist), listErr == nil && len(entries) == 0:
		return 0, nil
	case listErr != nil:
		return 0, listErr
	default:
		return 0, fmt.Errorf("%s isn't empty and isn't a PostgreSQL cluster: move it away, or choose another MICROGRID_DATA_DIR", cluster)
	}
}
