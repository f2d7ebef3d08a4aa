//go:build unix

// Package pgtest gives tests a PostgreSQL database of their own, on a real server that the test's process starts when
// the first test asks for one. It doesn't own any table; tests migrate what they need.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/postgres"
)

var (
	server    *postgres.Embedded
	errServer error
	start     sync.Once
	databases atomic.Int64
)

const prefix = "microgrid-pgtest-"

// Main runs a package's tests and stops the server after them: func TestMain(m *testing.M) { pgtest.Main(m) }.
// Without it the server ends with the process all the same, and a later run removes its folder.
func Main(m *testing.M) {
	code := m.Run()
	if server != nil {
		if err := errors.Join(server.Close(), os.RemoveAll(folder(os.Getpid()))); err != nil {
			fmt.Fprintln(os.Stderr, "stop the tests' PostgreSQL:", err)
		}
	}
	os.Exit(code)
}

// URL makes an empty database for the test and drops it at its end.
func URL(t testing.TB) string {
	t.Helper()
	start.Do(func() { server, errServer = startServer() })
	if errServer != nil {
		t.Fatalf("tests need a PostgreSQL server: %v", errServer)
	}
	name := "test_" + strconv.FormatInt(databases.Add(1), 10)
	admin(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { admin(t, "DROP DATABASE "+name+" WITH (FORCE)") })

	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// Pool opens an empty database for the test.
func Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), URL(t), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Close waits for all connections, and a test that failed may still hold one.
		closed := make(chan struct{})
		go func() { pool.Close(); close(closed) }()
		select {
		case <-closed:
		case <-time.After(5 * time.Second):
			t.Error("the test still holds a connection of its pool")
		}
	})
	return pool
}

func admin(t testing.TB, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // the test's own is over in its cleanup
	defer cancel()
	conn, err := pgx.Connect(ctx, server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

// startServer starts one whose data may be lost: tests make it anew each time, so nothing waits for a disk.
func startServer() (*postgres.Embedded, error) {
	if err := sweep(); err != nil {
		return nil, err
	}
	return postgres.StartEmbedded(context.Background(), postgres.EmbeddedOptions{
		Dir:           folder(os.Getpid()),
		BinDir:        os.Getenv("MICROGRID_DATABASE_BIN_DIR"),
		SharedBuffers: 32 << 20,
		Settings:      map[string]string{"fsync": "off", "full_page_writes": "off"},
		Logger:        slog.New(slog.DiscardHandler),
	})
}

func folder(pid int) string { return filepath.Join(os.TempDir(), prefix+strconv.Itoa(pid)) }

// sweep removes the folders of processes that are gone.
func sweep() error {
	old, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range old {
		pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(dir), prefix))
		if err != nil || pid != os.Getpid() && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		// Another user's can't be removed, and isn't in the way.
		_ = os.RemoveAll(dir)
	}
	return nil
}
