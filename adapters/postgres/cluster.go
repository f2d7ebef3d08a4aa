//go:build unix

package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// plainPath holds nothing that a list of folders, a connection string or a shell would read otherwise.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9/._-]+$`)

// chooseSockets takes the folder of the server's socket: beside the cluster, or where that path is longer than the
// system allows or could be misread, one of our own in the folder for temporary files.
func (e *Embedded) chooseSockets() error {
	e.sockets = filepath.Join(e.options.Dir, "run")
	if len(filepath.Join(e.sockets, socketName)) > socketLimit || !plainPath.MatchString(e.sockets) {
		sum := sha256.Sum256([]byte(e.options.Dir))
		e.sockets = filepath.Join(os.TempDir(), fmt.Sprintf("microgrid-%d-%s", e.account.uid, hex.EncodeToString(sum[:6])))
		if err := e.refuseForeign(e.sockets); err != nil {
			return err
		}
	}
	if len(filepath.Join(e.sockets, socketName)) > socketLimit {
		return fmt.Errorf("the path of the socket %s is longer than %d bytes: choose a shorter MICROGRID_DATA_DIR or TMPDIR",
			filepath.Join(e.sockets, socketName), socketLimit)
	}
	// We hold the folder's lock: what is in there is of an earlier run.
	if err := os.RemoveAll(e.sockets); err != nil {
		return err
	}
	return e.account.own(e.sockets)
}

// refuseForeign: anybody may make a folder in the one for temporary files, and could so stand between us and the
// server.
func (e *Embedded) refuseForeign(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || owner.Uid != e.account.uid && owner.Uid != uint32(os.Geteuid()) {
		return fmt.Errorf("%s belongs to somebody else: remove it, or choose a shorter MICROGRID_DATA_DIR or another TMPDIR", dir)
	}
	return nil
}

// initialize makes the cluster, under another name until it is whole, so that an interrupted one is never taken for
// one. The name is new each time: the initdb of a platform that was killed may still be clearing up its own.
func (e *Embedded) initialize(ctx context.Context) error {
	unfinished, err := os.MkdirTemp(e.options.Dir, "cluster.new-")
	if err != nil {
		return err
	}
	defer func() {
		// Whatever can't be removed now, because such an initdb is still at it, is the next start's.
		for _, dir := range e.unfinishedClusters() {
			_ = os.RemoveAll(dir)
		}
	}()
	if err := e.account.own(unfinished); err != nil {
		return err
	}
	if err := os.Remove(e.cluster); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	e.log.InfoContext(ctx, "making a PostgreSQL cluster", "dir", e.cluster, "version", e.bin.Major)
	args := []string{
		"--pgdata=" + unfinished, "--username=" + embeddedUser, "--encoding=UTF8", "--locale=C",
		"--auth-local=trust", "--auth-host=reject", "--data-checksums", "--no-instructions",
	}
	if e.options.Settings["fsync"] == "off" {
		args = append(args, "--no-sync")
	}

	var out bytes.Buffer
	cmd := e.command("initdb", args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // see supervise
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			ended <- err
			return
		}
		stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
		defer stop()
		ended <- cmd.Wait()
	}()
	if err := <-ended; err != nil {
		return errors.Join(fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(out.String())), ctx.Err())
	}
	if err := os.Rename(unfinished, e.cluster); err != nil {
		return err
	}
	return syncDir(e.options.Dir)
}

func (e *Embedded) unfinishedClusters() []string {
	dirs, err := filepath.Glob(filepath.Join(globLiteral(e.options.Dir), "cluster.new-*"))
	if err != nil {
		return nil
	}
	return dirs
}

// globLiteral escapes what has a meaning in a pattern.
func globLiteral(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// settings are ours: for a small host whose tables are mostly written, and made again from events if they must be.
func (e *Embedded) settings() map[string]string {
	s := map[string]string{
		"listen_addresses":             "",
		"port":                         "5432", // only part of the socket's name
		"unix_socket_directories":      e.sockets,
		"unix_socket_permissions":      "0700",
		"max_connections":              strconv.Itoa(e.options.MaxConnections),
		"shared_buffers":               strconv.FormatInt(e.options.SharedBuffers>>10, 10) + "kB",
		"fsync":                        "on",
		"full_page_writes":             "on",
		"wal_level":                    "minimal", // nobody replicates from here, and a new day's rows needn't be logged twice
		"max_wal_senders":              "0",
		"max_wal_size":                 "1GB",
		"min_wal_size":                 "128MB",
		"wal_compression":              "on",
		"checkpoint_completion_target": "0.9",
		"max_locks_per_transaction":    "512", // a query without dates locks every day's partition
		"effective_io_concurrency":     "16",
		"random_page_cost":             "1.5",
		"jit":                          "off", // compiling takes longer than our queries
		"timezone":                     "UTC",
		"log_timezone":                 "UTC",
		"datestyle":                    "ISO, YMD",
		"log_destination":              "stderr",
		"logging_collector":            "off",
		"log_line_prefix":              "",
		"log_checkpoints":              "off",
		"log_min_error_statement":      "panic", // statements hold customers' data
	}
	if runtime.GOOS != "linux" {
		delete(s, "effective_io_concurrency")
	}
	maps.Copy(s, e.options.Settings)
	return s
}

// writeSettings writes the server's configuration and who may connect, anew at every start.
func (e *Embedded) writeSettings() error {
	var conf strings.Builder
	conf.WriteString("# Written by the platform at every start. Your own settings go to local.conf beside this file.\n")
	s := e.settings()
	for _, name := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&conf, "%s = '%s'\n", name, strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(s[name]))
	}
	conf.WriteString("include_if_exists 'local.conf'\n")
	const access = "# Written by the platform at every start. The socket's folder is closed to other users.\nlocal all all trust\n"

	for name, content := range map[string]string{"postgresql.conf": conf.String(), "pg_hba.conf": access} {
		path := filepath.Join(e.cluster, name)
		if err := os.WriteFile(path+".new", []byte(content), 0o600); err != nil {
			return err
		}
		if e.account.drop {
			if err := os.Chown(path+".new", int(e.account.uid), int(e.account.gid)); err != nil {
				return err
			}
		}
		if err := os.Rename(path+".new", path); err != nil {
			return err
		}
	}
	return nil
}

// serverLog passes the server's messages on to our log and keeps the last ones for an error.
type serverLog struct {
	log *slog.Logger

	mu   sync.Mutex
	rest []byte
	last []string
}

func newServerLog(log *slog.Logger) *serverLog { return &serverLog{log: log} }

const linesKept = 12

// Write takes what the server wrote, in pieces of any length.
func (l *serverLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole && len(l.rest) < 64<<10 {
			return len(p), nil
		}
		l.rest = bytes.Clone(rest)
		text := strings.TrimSpace(string(line))
		if text == "" {
			continue
		}
		if l.last = append(l.last, text); len(l.last) > linesKept {
			l.last = l.last[1:]
		}
		l.log.Log(context.Background(), severity(text), "postgres", "message", text)
	}
}

// severity: an error of a statement is its caller's to report, and a refused connection its client's.
func severity(line string) slog.Level {
	switch {
	case strings.HasPrefix(line, "PANIC:"):
		return slog.LevelError
	case strings.HasPrefix(line, "WARNING:"):
		return slog.LevelWarn
	default:
		return slog.LevelDebug
	}
}

func (l *serverLog) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.last, "; ")
}
