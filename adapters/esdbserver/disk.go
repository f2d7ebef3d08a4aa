package esdbserver

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// diskGuard keeps a full disk from harming the store. Appends are refused
// while less than a reserve is free. Should the disk fill up all the same
// (other programs write too), writes that find no room wait for it instead of
// failing, since a failed write of the log could not be taken back; meanwhile
// appends are refused, and all goes on when there is room.
type diskGuard struct {
	dir     string
	reserve uint64
	log     *slog.Logger

	mu      sync.Mutex
	checked time.Time
	free    atomic.Uint64
	stalled atomic.Int32
}

const (
	diskCheckEvery   = 100 * time.Millisecond
	diskRetryEvery   = 100 * time.Millisecond
	reserveShareOfFS = 20
	// The least is what flushes and compactions of what is in memory need.
	leastReserve = 4 * memTableBytes
	mostReserve  = 256 << 20
)

func newDiskGuard(dir string, reserve uint64, log *slog.Logger) *diskGuard {
	g := &diskGuard{dir: dir, reserve: reserve, log: log}
	if usage, err := vfs.Default.GetDiskUsage(dir); err == nil {
		g.free.Store(usage.AvailBytes)
		if reserve == 0 {
			g.reserve = min(max(usage.TotalBytes/reserveShareOfFS, leastReserve), mostReserve)
		}
	}
	return g
}

// admit returns an error while there is no room for more events.
func (g *diskGuard) admit() error {
	if g.stalled.Load() > 0 {
		return fmt.Errorf("disk full: no room left for %s", g.dir)
	}
	g.refresh()
	if free := g.free.Load(); free < g.reserve {
		return fmt.Errorf("disk full: %d bytes are free for %s, %d are kept in reserve", free, g.dir, g.reserve)
	}
	return nil
}

func (g *diskGuard) refresh() {
	if !g.mu.TryLock() {
		return
	}
	defer g.mu.Unlock()
	if time.Since(g.checked) < diskCheckEvery {
		return
	}
	g.checked = time.Now()
	if usage, err := vfs.Default.GetDiskUsage(g.dir); err == nil {
		g.free.Store(usage.AvailBytes)
	}
}

// retry repeats an operation for as long as it fails for lack of room.
func (g *diskGuard) retry(what string, op func() error) error {
	err := op()
	if err == nil || !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	g.stalled.Add(1)
	defer g.stalled.Add(-1)
	g.log.Error("disk full: event store waits for room", "file", what)
	for errors.Is(err, syscall.ENOSPC) {
		time.Sleep(diskRetryEvery)
		err = op()
	}
	g.log.Info("disk has room again", "file", what)
	return err
}

// wrap makes a file system whose writes wait for room.
func (g *diskGuard) wrap(inner vfs.FS) vfs.FS { return &patientFS{FS: inner, guard: g} }

type patientFS struct {
	vfs.FS
	guard *diskGuard
}

func (p *patientFS) Create(name string, c vfs.DiskWriteCategory) (f vfs.File, err error) {
	err = p.guard.retry(name, func() error { f, err = p.FS.Create(name, c); return err })
	return p.file(f, name), err
}

func (p *patientFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := p.FS.OpenReadWrite(name, c, opts...)
	return p.file(f, name), err
}

func (p *patientFS) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (f vfs.File, err error) {
	err = p.guard.retry(newname, func() error { f, err = p.FS.ReuseForWrite(oldname, newname, c); return err })
	return p.file(f, newname), err
}

func (p *patientFS) Rename(oldname, newname string) error {
	return p.guard.retry(newname, func() error { return p.FS.Rename(oldname, newname) })
}

func (p *patientFS) Link(oldname, newname string) error {
	return p.guard.retry(newname, func() error { return p.FS.Link(oldname, newname) })
}

func (p *patientFS) MkdirAll(dir string, perm os.FileMode) error {
	return p.guard.retry(dir, func() error { return p.FS.MkdirAll(dir, perm) })
}

func (p *patientFS) Unwrap() vfs.FS { return p.FS }

func (p *patientFS) file(f vfs.File, name string) vfs.File {
	if f == nil {
		return nil
	}
	return &patientFile{File: f, guard: p.guard, name: name}
}

type patientFile struct {
	vfs.File
	guard *diskGuard
	name  string
}

// Write goes on after the bytes that found room, so that nothing is written twice.
func (f *patientFile) Write(b []byte) (int, error) {
	written := 0
	err := f.guard.retry(f.name, func() error {
		n, err := f.File.Write(b[written:])
		written += n
		return err
	})
	return written, err
}

func (f *patientFile) WriteAt(b []byte, off int64) (int, error) {
	written := 0
	err := f.guard.retry(f.name, func() error {
		n, err := f.File.WriteAt(b[written:], off+int64(written))
		written += n
		return err
	})
	return written, err
}

func (f *patientFile) Sync() error { return f.guard.retry(f.name, f.File.Sync) }

func (f *patientFile) SyncData() error { return f.guard.retry(f.name, f.File.SyncData) }

func (f *patientFile) SyncTo(length int64) (fullSync bool, err error) {
	err = f.guard.retry(f.name, func() error { fullSync, err = f.File.SyncTo(length); return err })
	return fullSync, err
}

func (f *patientFile) Preallocate(offset, length int64) error {
	return f.guard.retry(f.name, func() error { return f.File.Preallocate(offset, length) })
}
