package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/auth"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/check"
	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

// childVariable makes the test binary be the platform: what is tested is a process that can be killed.
const childVariable = "TEST_MICROGRID_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// child is a platform in a process of its own, everything embedded.
type child struct {
	t       testing.TB
	dir     string
	address string
	env     []string
	cmd     *exec.Cmd
	exited  chan struct{}
}

// newChild starts a platform.
func newChild(t testing.TB, env ...string) *child {
	t.Helper()
	c := newUnstarted(t, env...)
	c.start()
	return c
}

// newUnstarted makes a folder and an address that stay a platform's own over restarts.
func newUnstarted(t testing.TB, env ...string) *child {
	t.Helper()
	if testing.Short() {
		t.Skip("starts whole platforms")
	}
	dir, err := os.MkdirTemp("", "microgrid-e2e-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711)) // PostgreSQL runs as another user when we are root
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &child{t: t, dir: dir, address: free.Addr().String(), env: env, exited: make(chan struct{})}
	require.NoError(t, free.Close())
	close(c.exited)
	t.Cleanup(func() {
		c.stop()
		_ = os.RemoveAll(dir)
	})
	return c
}

func (c *child) url() string { return "http://" + c.address }

func (c *child) start() {
	c.t.Helper()
	self, err := os.Executable()
	require.NoError(c.t, err)
	c.cmd = exec.Command(self, "serve", "--data-dir", filepath.Join(c.dir, "data"), "--listen", c.address, "--log-level", "warn")
	c.cmd.Env = append(append(os.Environ(), childVariable+"=1"), c.env...)
	c.cmd.Stderr = os.Stderr
	require.NoError(c.t, c.cmd.Start())
	c.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait()
		close(exited)
	}(c.cmd, c.exited)
	c.waitReady()
}

func (c *child) waitReady() {
	c.t.Helper()
	for range 1200 {
		select {
		case <-c.exited:
			c.t.Fatal("the platform didn't start")
		case <-time.After(50 * time.Millisecond):
		}
		if r, err := http.Get(c.url() + "/readyz"); err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
	}
	c.t.Fatal("the platform isn't ready within a minute")
}

// kill ends it as a crash does.
func (c *child) kill() {
	require.NoError(c.t, c.cmd.Process.Signal(syscall.SIGKILL))
	<-c.exited
}

func (c *child) stop() {
	select {
	case <-c.exited:
		return
	default:
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.exited:
	case <-time.After(20 * time.Second):
		c.t.Error("the platform didn't stop within 20 s of SIGTERM")
		_ = c.cmd.Process.Kill()
		<-c.exited
	}
}

func (c *child) db() *pgx.Conn {
	c.t.Helper()
	conn, err := pgx.Connect(context.Background(), "host="+filepath.Join(c.dir, "data/postgres/run")+" user=microgrid dbname=microgrid")
	require.NoError(c.t, err)
	c.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func token(t testing.TB, tenant string, role commands.Role, stations ...string) string {
	t.Helper()
	tokens := auth.Tokens{Secret: func() []byte { return []byte("dev-secret-change-me") }}
	text, err := tokens.Make(commands.Principal{
		Tenant: tenant, Role: role, Subject: "test", Stations: stations, ExpiresAt: time.Now().Add(time.Hour),
	}, time.Now())
	require.NoError(t, err)
	return text
}

func (c *child) platform() *check.Platform {
	c.t.Helper()
	var f platformFlags
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	f.addIngest(flags)
	f.addAPI(flags)
	f.url = c.url()
	p, err := f.platform()
	require.NoError(c.t, err)
	return p
}

// answer is what an HTTP call came to.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal(a.body, &m), "%s", a.body)
	return m
}

func (c *child) call(method, path, body string, header map[string]string) answer {
	c.t.Helper()
	r, err := http.NewRequest(method, c.url()+path, strings.NewReader(body))
	require.NoError(c.t, err)
	r.Header.Set("Content-Type", "application/json")
	for k, v := range header {
		r.Header.Set(k, v)
	}
	got, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	require.NoError(c.t, err)
	return answer{got.StatusCode, got.Header, text}
}

func (c *child) as(role commands.Role) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token(c.t, "tenant-demo", role)}
}

// The cases worked out by hand come out of the running platform as they should, and what must be refused is.
func TestCasesOverHTTP(t *testing.T) {
	c := newChild(t)
	var out bytes.Buffer
	equal, err := c.platform().Cases(context.Background(), "../../docs/cases", check.CasesOptions{Parallel: 4, Timeout: time.Minute, Shown: 5, Out: &out})
	require.NoError(t, err)
	require.True(t, equal, out.String())
	t.Log(lastLines(out.String(), 2))

	t.Run("the read models say what the events do", func(t *testing.T) {
		requireVerified(t, c)
	})
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// requireVerified runs microgrid projections verify beside the platform.
func requireVerified(t *testing.T, c *child) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	verify := exec.Command(self, "projections", "verify", "--data-dir", filepath.Join(c.dir, "data"))
	verify.Env = append(os.Environ(), childVariable+"=1")
	text, err := verify.CombinedOutput()
	require.NoError(t, err, "%s", text)
	t.Logf("%s", text)
}

// A platform that is killed again and again while the measured year comes in ends with the same numbers, and with
// every message that it acknowledged once.
func TestMeasuredYearThroughKills(t *testing.T) {
	c := newChild(t)
	done := make(chan struct{})
	kills := 0
	killer := make(chan struct{})
	go func() {
		defer close(killer)
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-time.After(time.Duration(700+i*317%1900) * time.Millisecond):
			}
			if kills == 8 {
				continue
			}
			c.kill()
			kills++
			c.start()
		}
	}()
	var out bytes.Buffer
	equal, err := c.platform().Year(context.Background(), check.YearOptions{
		Modes: []string{"counter"}, Tariffs: []string{"tou"}, Station: "killed", Batch: 100, Timeout: 3 * time.Minute, Shown: 10, Out: &out,
	})
	close(done)
	<-killer
	require.NoError(t, err, out.String())
	require.True(t, equal, out.String())
	t.Logf("%d kills: %s", kills, lastLines(out.String(), 1))
	require.Positive(t, kills)
	c.caughtUp()
	var messages, distinct int
	require.NoError(t, c.db().QueryRow(context.Background(),
		`SELECT count(*), count(DISTINCT message_id) FROM telemetry_points WHERE station_id LIKE 'killed%'`).Scan(&messages, &distinct))
	require.Equal(t, distinct, messages)
	require.Equal(t, 17524, messages)
	requireVerified(t, c)
}

// readModelTables are those that replay makes; the two others say when, and who was working.
const readModelTables = `
	SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
	  AND c.relname NOT IN ('processed_events', 'goose_db_version', 'dlq_events') ORDER BY 1`

// dump is every row of every read model.
func dump(t *testing.T, db *pgx.Conn) map[string][]string {
	t.Helper()
	ctx := context.Background()
	rows, err := db.Query(ctx, readModelTables)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	all := map[string][]string{}
	for _, table := range tables {
		rows, err := db.Query(ctx, `SELECT t::text FROM `+pgx.Identifier{table}.Sanitize()+` t ORDER BY 1`)
		require.NoError(t, err)
		all[table], err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
	}
	return all
}

// killDatabase ends PostgreSQL as a crash does.
func (c *child) killDatabase() error {
	files, err := filepath.Glob(filepath.Join(c.dir, "data/postgres/cluster*/postmaster.pid"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("postmaster.pid: %v, %w", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.Fields(string(text))[0])
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// A database that crashes while telemetry comes in costs nothing: ingest goes on, and the read models follow again by
// themselves. Without it altogether a platform makes the same rows again from the events.
func TestDatabaseLostAndMadeAgain(t *testing.T) {
	c := newChild(t)
	var out bytes.Buffer
	crashes := make(chan error, 1)
	go func() {
		var err error
		for range 2 {
			time.Sleep(1500 * time.Millisecond)
			err = errors.Join(err, c.killDatabase())
		}
		crashes <- err
	}()
	equal, err := c.platform().Year(context.Background(), check.YearOptions{
		Modes: []string{"shuffled"}, Tariffs: []string{"fixed"}, Station: "lost", Batch: 500, Timeout: 3 * time.Minute, Shown: 10, Out: &out,
	})
	require.NoError(t, err, out.String())
	require.True(t, equal, out.String())
	require.NoError(t, <-crashes)
	// late data, windows closed by request, counters that nothing settles, tariffs with versions
	equal, err = c.platform().Cases(context.Background(), "../../docs/cases", check.CasesOptions{Parallel: 4, Timeout: time.Minute, Shown: 5, Out: &out})
	require.NoError(t, err)
	require.True(t, equal, out.String())
	c.caughtUp()
	before := dump(t, c.db())
	require.NotEmpty(t, before["telemetry_points"])
	require.NotEmpty(t, before["statistics_boundaries"])

	c.stop()
	require.NoError(t, os.RemoveAll(filepath.Join(c.dir, "data/postgres")))
	c.start()
	c.kill() // while it reads everything again
	c.start()
	c.caughtUp()
	after := dump(t, c.db())
	for table := range before {
		require.Equal(t, len(before[table]), len(after[table]), table)
		require.Equal(t, before[table], after[table], table)
	}
}

// caughtUp waits until every runner has handled all there is, policies' own events too.
func (c *child) caughtUp() {
	c.t.Helper()
	quiet := 0
	last := ""
	require.Eventually(c.t, func() bool {
		var r readyAnswer
		if json.Unmarshal(c.call(http.MethodGet, "/readyz", "", nil).body, &r) != nil {
			return false
		}
		now := ""
		for _, p := range r.Projections {
			if !p.CaughtUp && p.Position > 0 {
				quiet = 0
			}
			now += fmt.Sprint(p.Projection, p.Position, " ")
		}
		if now == last {
			quiet++
		} else {
			quiet, last = 0, now
		}
		return quiet > 15
	}, 3*time.Minute, 100*time.Millisecond, "the platform doesn't catch up")
}

type readyAnswer struct {
	Projections []struct {
		Projection string `json:"projection"`
		Position   uint64 `json:"position"`
		CaughtUp   bool   `json:"caughtUp"`
	} `json:"projections"`
}
