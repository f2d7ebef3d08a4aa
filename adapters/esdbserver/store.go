package esdbserver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
)

// The data directory holds:
//
//	FORMAT     one line of text naming the version of all that follows
//	acked      how far appends were acknowledged (see acked.go)
//	db/        Pebble's files
const (
	formatFile = "FORMAT"
	dbDir      = "db"
	formatLine = "microgrid event store, format 1"
)

// Keys of the store's own facts.
const (
	metaNext     = "next"     // next position, next stream number: 16 bytes
	metaInstance = "instance" // 16 bytes, chosen when the store was made
)

// store is the files and what is known of them in memory.
type store struct {
	dir      string
	readOnly bool
	db       *pebble.DB
	log      *slog.Logger
	streams  *streamCache
	recent   *recentEvents
	disk     *diskGuard
	acked    *ackedFile

	instance uuid.UUID
	// visible is the last position that is durable and may be read.
	visible atomic.Uint64
	// recovered is what the writer goes on from.
	recovered counters
}

// counters are the writer's next numbers.
type counters struct {
	position uint64
	stream   uint64
}

func (c counters) encode() []byte {
	b := make([]byte, 0, 16)
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, c.position), c.stream)
}

func decodeUint64(b []byte) (uint64, error) {
	if len(b) != 8 {
		return 0, fmt.Errorf("%d bytes where a number of 8 should be: %w", len(b), errDamaged)
	}
	return binary.BigEndian.Uint64(b), nil
}

// openStore opens or makes a data directory. It refuses one that another
// version wrote, that is damaged, or that ends before what was acknowledged.
func openStore(o Options) (*store, error) {
	st, err := openFiles(o, false)
	if err != nil {
		return nil, fmt.Errorf("event store %s: %w", o.DataDir, err)
	}
	if err := st.recover(o); err != nil {
		return nil, errors.Join(fmt.Errorf("event store %s: %w", o.DataDir, err), st.close())
	}
	return st, nil
}

func openFiles(o Options, readOnly bool) (*store, error) {
	if err := checkFormat(o.DataDir, readOnly); err != nil {
		return nil, err
	}
	st := &store{dir: o.DataDir, readOnly: readOnly, log: o.Logger, disk: newDiskGuard(o.DataDir, o.MinFreeBytes, o.Logger)}
	db, err := pebble.Open(filepath.Join(o.DataDir, dbDir), pebbleOptions(o, st.disk, readOnly))
	if err != nil {
		return nil, explainOpen(err)
	}
	st.db = db
	return st, nil
}

func checkFormat(dir string, readOnly bool) error {
	path := filepath.Join(dir, formatFile)
	line, err := os.ReadFile(path)
	switch {
	case err == nil:
		if got := strings.TrimSpace(string(line)); got != formatLine {
			return fmt.Errorf("%s says %q, this program reads %q: use the version of the program that wrote it, "+
				"export its events there and import them here", path, got, formatLine)
		}
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 || readOnly {
		return fmt.Errorf("there is no %s, so this is not an event store: "+
			"choose an empty directory, or one that holds a store", path)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	return writeDurably(path, []byte(formatLine+"\n"))
}

// writeDurably makes a file appear whole or not at all.
func writeDurably(path string, data []byte) error {
	temp := path + ".tmp"
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

const memTableBytes = 16 << 20

func pebbleOptions(o Options, guard *diskGuard, readOnly bool) *pebble.Options {
	opts := &pebble.Options{
		// Columnar blocks and log records that say what was synced before
		// them, so that damage is told from the end of the log.
		FormatMajorVersion:          pebble.FormatWALSyncChunks,
		FS:                          guard.wrap(logFillFS{vfs.Default}),
		CacheSize:                   o.CacheBytes,
		MemTableSize:                memTableBytes,
		MemTableStopWritesThreshold: 3,
		L0CompactionThreshold:       4,
		MaxOpenFiles:                1000,
		ReadOnly:                    readOnly,
		Logger:                      pebbleLog{o.Logger},
	}
	for i := range opts.Levels {
		opts.Levels[i].BlockSize = 32 << 10
		opts.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.ZstdCompression }
	}
	// What was just written is rewritten soon: it isn't worth zstd's time yet.
	opts.Levels[0].Compression = func() *sstable.CompressionProfile { return sstable.SnappyCompression }
	opts.EventListener = &pebble.EventListener{
		BackgroundError: func(err error) { o.Logger.Error("event store background work failed", "error", err) },
		DataCorruption:  damageLog(o.Logger),
	}
	return opts
}

// damageLog tells of each damaged file once, not at every read of it.
func damageLog(log *slog.Logger) func(pebble.DataCorruptionInfo) {
	var told sync.Map
	return func(info pebble.DataCorruptionInfo) {
		if _, again := told.LoadOrStore(info.Path, true); !again {
			log.Error("event store file is damaged", "path", info.Path, "error", firstLine(info.Details))
		}
	}
}

// ErrInUse says that another process has the data directory open, or that one
// which was killed just now isn't quite gone.
var ErrInUse = errors.New("another process has it open")

// explainOpen says what to do about the reasons an open fails for.
func explainOpen(err error) error {
	if isCorruption(err) || errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "object size mismatch") {
		return fmt.Errorf("%w: %w: restore a backup (verify names every damaged file)", errDamaged, briefError{err})
	}
	if strings.Contains(err.Error(), "resource temporarily unavailable") || strings.Contains(err.Error(), "lock held") {
		return fmt.Errorf("%w: %w", ErrInUse, err)
	}
	return err
}

// briefError leaves out the details that Pebble's errors go on with.
type briefError struct{ error }

func (e briefError) Error() string { return firstLine(e.error) }

func (e briefError) Unwrap() error { return e.error }

// recover finds where the store ends and builds what is kept in memory.
func (st *store) recover(o Options) error {
	err := st.findEnd(o)
	if err != nil && !errors.Is(err, errDamaged) {
		return explainOpen(err)
	}
	return err
}

func (st *store) findEnd(o Options) error {
	value, closer, err := st.db.Get(metaKey(metaNext))
	switch {
	case errors.Is(err, pebble.ErrNotFound):
		st.recovered = counters{position: 1, stream: 1}
	case err != nil:
		return err
	default:
		if len(value) != 16 {
			return errors.Join(fmt.Errorf("counters: %w", errDamaged), closer.Close())
		}
		st.recovered = counters{
			position: binary.BigEndian.Uint64(value[:8]), stream: binary.BigEndian.Uint64(value[8:]),
		}
		if err := closer.Close(); err != nil {
			return err
		}
	}
	last := st.recovered.position - 1
	if st.acked, err = openAcked(st.dir, st.readOnly); err != nil {
		return err
	}
	if st.acked.position > last {
		return fmt.Errorf("the files end at position %d but appends were acknowledged up to %d: "+
			"the log in %s was cut or damaged (%w); restore a backup, or remove %s to accept the loss",
			last, st.acked.position, filepath.Join(st.dir, dbDir), errDamaged, st.acked.path)
	}
	st.visible.Store(last)
	st.streams = newStreamCache(st.db, o.CachedStreams)
	st.recent = newRecentEvents(st.recovered.position, o.RecentBytes)
	return st.loadInstance()
}

func (st *store) loadInstance() error {
	value, closer, err := st.db.Get(metaKey(metaInstance))
	if errors.Is(err, pebble.ErrNotFound) {
		st.instance = uuid.New()
		if st.readOnly {
			return nil
		}
		return st.db.Set(metaKey(metaInstance), st.instance[:], pebble.Sync)
	}
	if err != nil {
		return err
	}
	st.instance, err = uuid.FromBytes(value)
	return errors.Join(err, closer.Close())
}

func (st *store) close() error {
	var err error
	if st.acked != nil {
		err = st.acked.close()
	}
	// What only the log holds, the next open would read and write out itself, and
	// wait for a disk that may be busy then. On a full disk it has to.
	if !st.readOnly && st.disk.admit() == nil {
		err = errors.Join(err, st.db.Flush())
	}
	return errors.Join(err, st.db.Close())
}

// frameAt returns a copy of the frame at a position; found is false when it
// was scavenged.
func (st *store) frameAt(position uint64) (frame []byte, found bool, err error) {
	if st.recent != nil {
		if frame, held := st.recent.at(position); held {
			return frame, true, nil
		}
	}
	return readFrame(st.db, position)
}

func readFrame(db *pebble.DB, position uint64) (frame []byte, found bool, err error) {
	value, closer, err := db.Get(eventKey(position))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	frame, err = frameOf(position, append([]byte(nil), value...))
	if err = errors.Join(err, closer.Close()); err != nil {
		return nil, false, err
	}
	return frame, true, nil
}

// frameAtRevision finds a stream's event by revision.
func frameAtRevision(db *pebble.DB, number uint64, revision int64) (frame []byte, position uint64, found bool, err error) {
	value, closer, err := db.Get(streamKey(number, revision))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, 0, false, nil
	}
	if err != nil {
		return nil, 0, false, err
	}
	position, err = decodeUint64(value)
	if err = errors.Join(err, closer.Close()); err != nil {
		return nil, 0, false, err
	}
	frame, found, err = readFrame(db, position)
	return frame, position, found, err
}

// pebbleLog passes on what Pebble says. Its information is of no use to an
// operator, except when asked for.
type pebbleLog struct{ log *slog.Logger }

func (l pebbleLog) Infof(format string, args ...any) {
	l.log.Debug("pebble: " + fmt.Sprintf(format, args...))
}

func (l pebbleLog) Errorf(format string, args ...any) {
	l.log.Warn("pebble: " + fmt.Sprintf(format, args...))
}

// Fatalf is called where Pebble can't go on without risking what is on disk;
// it must not return. The process ends: what was acknowledged is safe, and the
// next start recovers it.
func (l pebbleLog) Fatalf(format string, args ...any) {
	l.log.Error("event store can't go on; ending the process to protect its data: " + fmt.Sprintf(format, args...))
	os.Exit(1)
}
