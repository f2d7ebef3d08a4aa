//go:build unix

package postgres

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// asHelper makes the test binary a platform process that runs the server of a folder until it is killed.
const asHelper = "POSTGRES_TEST_RUN_FOLDER"

// RunIfHelper does so and ends; in a process that is none it does nothing.
func RunIfHelper() {
	dir := os.Getenv(asHelper)
	if dir == "" {
		return
	}
	e, err := StartEmbedded(context.Background(), testOptions(dir))
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println("ready", e.PID())
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	if err := e.Close(); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func testOptions(dir string) EmbeddedOptions {
	return EmbeddedOptions{
		Dir: dir, SharedBuffers: 16 << 20, MaxConnections: 20,
		Settings: map[string]string{"fsync": "off"}, Logger: slog.New(slog.DiscardHandler),
	}
}

func startTest(t *testing.T, o EmbeddedOptions) *Embedded {
	t.Helper()
	e, err := StartEmbedded(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

func query[T any](t *testing.T, e *Embedded, sql string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), e.URL())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	var result T
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&result))
	return result
}

// helper starts a platform process and returns it with its server's process id.
func helper(t *testing.T, dir string) (*exec.Cmd, int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asHelper+"="+dir)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = stdin.Close() }) // its end would let the helper stop by itself
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	text, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	require.True(t, ok, line)
	pid, err := strconv.Atoi(text)
	require.NoError(t, err)
	return cmd, pid
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait(), "it was killed")
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestEmbeddedKeepsItsDataOverRestarts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pg")
	e, err := StartEmbedded(t.Context(), testOptions(dir))
	require.NoError(t, err)
	require.Equal(t, "C", query[string](t, e, `SELECT datcollate::text FROM pg_database WHERE datname = current_database()`))
	require.Equal(t, "UTF8", query[string](t, e, `SHOW server_encoding`))
	require.Equal(t, "on", query[string](t, e, `SHOW data_checksums`))
	require.Empty(t, query[string](t, e, `SHOW listen_addresses`))
	require.Equal(t, 1, query[int](t, e, `WITH made AS (SELECT 1) SELECT count(*) FROM made`))
	conn, err := pgx.Connect(t.Context(), e.URL())
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `CREATE TABLE kept AS SELECT 42 AS answer`)
	require.NoError(t, err)
	pid, url := e.PID(), e.URL()

	// when it is closed with a client still there
	require.NoError(t, e.Close())
	require.NoError(t, e.Close(), "a second time does nothing")
	require.False(t, alive(pid))
	require.NoFileExists(t, filepath.Join(dir, "cluster", "postmaster.pid"))

	// then it comes back with its rows, at the same address
	again := startTest(t, testOptions(dir))
	require.Equal(t, url, again.URL())
	require.Equal(t, 42, query[int](t, again, `SELECT answer FROM kept`))
}

func TestEmbeddedGivesItsFolderToOneProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pg")
	e := startTest(t, testOptions(dir))
	_, err := StartEmbedded(t.Context(), testOptions(dir))
	require.ErrorContains(t, err, "in use by another platform process (pid "+strconv.Itoa(os.Getpid())+")")
	require.Equal(t, 1, query[int](t, e, `SELECT 1`))
}

func TestEmbeddedDiesWithAKilledPlatform(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pg")
	cmd, pid := helper(t, dir)
	require.True(t, alive(pid))
	kill(t, cmd)
	require.Eventually(t, func() bool { return !alive(pid) }, 10*time.Second, 10*time.Millisecond)

	e := startTest(t, testOptions(dir))
	require.Equal(t, 1, query[int](t, e, `SELECT 1`))
}

// TestTortureEmbeddedKilledAnyTime kills a platform at any moment of its life, and its server with it or not.
func TestTortureEmbeddedKilledAnyTime(t *testing.T) {
	rounds := 4
	if os.Getenv("TORTURE") != "" {
		rounds = 200
	}
	dir := filepath.Join(t.TempDir(), "pg")
	for i := range rounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), asHelper+"="+dir)
		var out bytes.Buffer
		cmd.Stdout = &out
		_, err := cmd.StdinPipe() // an end of input would let it stop by itself
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		time.Sleep(time.Duration(i*97%1500) * time.Millisecond)
		if i%2 == 1 {
			for _, pid := range serverProcesses(filepath.Join(dir, "cluster")) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		kill(t, cmd)
		require.NotContains(t, out.String(), "failed")
	}
	e := startTest(t, testOptions(dir))
	require.Equal(t, 1, query[int](t, e, `SELECT 1`))
}

func TestEmbeddedStartsAgainWhenItsServerIsKilled(t *testing.T) {
	e := startTest(t, testOptions(filepath.Join(t.TempDir(), "pg")))
	before := e.PID()
	require.NoError(t, syscall.Kill(before, syscall.SIGKILL))
	require.Eventually(t, func() bool {
		conn, err := pgx.Connect(t.Context(), e.URL())
		if err != nil {
			return false
		}
		return conn.Close(t.Context()) == nil && e.PID() != before
	}, 20*time.Second, 50*time.Millisecond)
}

func TestEmbeddedIsNotMisledByAnotherProgramsNumber(t *testing.T) {
	// given a pid file whose number is in use by another program of the same user, as after a container's restart
	dir := filepath.Join(t.TempDir(), "pg")
	e, err := StartEmbedded(t.Context(), testOptions(dir))
	require.NoError(t, err)
	require.NoError(t, e.Close())
	other := exec.Command("sleep", "60")
	other.SysProcAttr = processAttributes(e.account)
	require.NoError(t, other.Start())
	t.Cleanup(func() {
		require.True(t, alive(other.Process.Pid), "it is left alone")
		_ = other.Process.Kill()
		_ = other.Wait()
	})
	pidFile := filepath.Join(e.cluster, "postmaster.pid")
	require.NoError(t, os.WriteFile(pidFile, fmt.Appendf(nil, "%d\n%s\n1\n5432\n\n\n  1 1\nready\n", other.Process.Pid, e.cluster), 0o600))
	if e.account.drop {
		require.NoError(t, os.Chown(pidFile, int(e.account.uid), int(e.account.gid)))
	}

	again := startTest(t, testOptions(dir))
	require.Equal(t, 1, query[int](t, again, `SELECT 1`))
}

func TestEmbeddedGoesOnAfterAnInterruptedInitdb(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "with [a-z]* pattern")
	unfinished := filepath.Join(dir, "cluster.new-123")
	require.NoError(t, os.MkdirAll(filepath.Join(unfinished, "base"), 0o700))
	e := startTest(t, testOptions(dir))
	require.Equal(t, 1, query[int](t, e, `SELECT 1`))
	require.NoDirExists(t, unfinished)
}

func TestEmbeddedTakesAPathTooLongForASocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 20), "with space 'n quote")
	e := startTest(t, testOptions(dir))
	require.NotContains(t, e.sockets, dir)
	require.Equal(t, 1, query[int](t, e, `SELECT 1`))
	require.NoError(t, e.Close())
	require.NoDirExists(t, e.sockets)
}

func TestEmbeddedOfRootNeedsNoUserPostgres(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can")
	}
	o := testOptions(filepath.Join(t.TempDir(), "pg"))
	o.User = "nobody"
	e := startTest(t, o)
	require.Equal(t, "nobody", e.account.String())
	require.NoError(t, e.Close())

	// the next start takes the cluster's owner, whoever is asked for
	o.User = ""
	again := startTest(t, o)
	require.Equal(t, e.account.uid, again.account.uid)
}

func TestEmbeddedTellsWhyItCannotStart(t *testing.T) {
	bad := testOptions(filepath.Join(t.TempDir(), "bad"))
	bad.Settings = map[string]string{"shared_buffers": "lots", "fsync": "off"}
	foreign := filepath.Join(t.TempDir(), "foreign")
	require.NoError(t, os.MkdirAll(filepath.Join(foreign, "cluster", "photos"), 0o700))
	newer := filepath.Join(t.TempDir(), "newer")
	require.NoError(t, os.MkdirAll(filepath.Join(newer, "cluster"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(newer, "cluster", "PG_VERSION"), []byte("99\n"), 0o600))
	without := testOptions(filepath.Join(t.TempDir(), "without"))
	without.BinDir = t.TempDir()

	for want, o := range map[string]EmbeddedOptions{
		`invalid value for parameter "shared_buffers": "lots"`: bad,
		"isn't a PostgreSQL cluster":                           testOptions(foreign),
		"was made by PostgreSQL 99":                            testOptions(newer),
		"install them with `":                                  without,
	} {
		_, err := StartEmbedded(t.Context(), o)
		require.ErrorContains(t, err, want)
		// and it lets go of the folder
		lock, err := lockFolder(t.Context(), o.Dir, 0)
		require.NoError(t, err)
		require.NoError(t, lock.release())
	}
}

func TestFindBinariesLooksOnlyWhereItIsTold(t *testing.T) {
	old := t.TempDir()
	for name, script := range map[string]string{"postgres": "echo 'postgres (PostgreSQL) 9.6.24'", "initdb": "true"} {
		require.NoError(t, os.WriteFile(filepath.Join(old, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	}
	_, err := FindBinaries(t.Context(), old)
	require.ErrorIs(t, err, ErrNoBinaries)
	require.ErrorContains(t, err, "too old")

	found, err := FindBinaries(t.Context(), "")
	require.NoError(t, err)
	require.GreaterOrEqual(t, found[0].Major, MinimumMajor)
}
