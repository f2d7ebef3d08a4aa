//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// folderLock is held by the one process that may run the server of a folder. The kernel lets go of it when that
// process is gone, however it went.
type folderLock struct{ file *os.File }

// lockFolder waits a little for a predecessor that is just stopping.
func lockFolder(ctx context.Context, dir string, wait time.Duration) (*folderLock, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(wait); ; {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		holder, _ := os.ReadFile(file.Name())
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", file.Name(), err), file.Close())
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("%s is in use by another platform process (pid %s): stop it, "+
				"or choose another MICROGRID_DATA_DIR", dir, strings.TrimSpace(string(holder))), file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		case <-time.After(50 * time.Millisecond):
		}
	}
	// Only for the message above.
	if err := file.Truncate(0); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if _, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &folderLock{file: file}, nil
}

func (l *folderLock) release() error { return l.file.Close() }

// recordedPID is the server's process id in the cluster's pid file, 0 if there is none.
func recordedPID(cluster string) int {
	content, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0
	}
	return pid
}

// stopping is how long a server is given for each kind of request to stop: politely first, then without a last
// checkpoint (the next start replays the log), then not asked at all.
var stopping = []struct {
	signal syscall.Signal
	after  time.Duration
}{
	{syscall.SIGINT, 0},
	{syscall.SIGQUIT, 6 * time.Second},
	{syscall.SIGKILL, 9 * time.Second},
}

const stopLimit = 15 * time.Second

// stopLeftOver ends what an earlier run of ours left in the cluster's folder, which is locked by us now: a server whose
// platform was killed, processes whose server was killed, and a pid file that names something else by now.
func stopLeftOver(ctx context.Context, cluster string, log *slog.Logger) error {
	start, stage := time.Now(), 0
	for {
		pids := serverProcesses(cluster)
		if len(pids) == 0 {
			break
		}
		if stage == 0 {
			log.WarnContext(ctx, "stopping the PostgreSQL that an earlier run left behind", "pids", pids)
		}
		for stage < len(stopping) && time.Since(start) >= stopping[stage].after {
			target := pids
			// The server passes a polite request on to its processes; without a server they end by themselves.
			if main := recordedPID(cluster); stopping[stage].signal != syscall.SIGKILL {
				target = slices.DeleteFunc(slices.Clone(pids), func(pid int) bool { return pid != main })
			}
			for _, pid := range target {
				// Gone meanwhile is as good; what may not be signalled is reported below.
				_ = syscall.Kill(pid, stopping[stage].signal)
			}
			stage++
		}
		if time.Since(start) > stopLimit {
			return fmt.Errorf("a PostgreSQL that an earlier run left behind in %s doesn't stop (pids %v): stop it", cluster, pids)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}

	// PostgreSQL itself tells a stale pid file from a live one by whether the number is in use, which after a restart
	// of the machine or of a container it is, by anybody.
	pid := recordedPID(cluster)
	if pid == 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil
	}
	log.WarnContext(ctx, "removing the pid file of an earlier run, its number is another program's now", "pid", pid)
	if err := os.Remove(filepath.Join(cluster, "postmaster.pid")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
