package esdbserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// VerifyReport says what a verification looked at and what it found wrong.
type VerifyReport struct {
	Files        int      `json:"files"`
	Streams      uint64   `json:"streams"`
	Events       uint64   `json:"events"`
	LastPosition uint64   `json:"lastPosition"`
	Problems     []string `json:"problems"` // at most 100
	Damaged      bool     `json:"damaged"`
}

const maxProblems = 100

func (r *VerifyReport) problem(format string, args ...any) {
	r.Damaged = true
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	}
}

// Verify checks a store that no server has open: the checksum of every block
// of every file and of every event, that every stream's revisions follow each
// other, and that $all and the streams hold the same events in the same order.
// The error says why it couldn't look; damage is in the report.
func Verify(ctx context.Context, dataDir string) (*VerifyReport, error) {
	report := &VerifyReport{}
	st, closeStore, err := openToRead(dataDir)
	if err != nil {
		if !errors.Is(err, errDamaged) {
			return nil, err
		}
		report.problem("it can't be opened: %v", err)
		return report, report.blocks(ctx, dataDir, nil)
	}
	err = st.verify(ctx, report)
	return report, errors.Join(err, closeStore())
}

// Verify checks the store while it is served; see the function Verify.
func (s *Server) Verify(ctx context.Context) (*VerifyReport, error) {
	report := &VerifyReport{}
	return report, s.st.verify(ctx, report)
}

// openToRead opens a store without changing it.
func openToRead(dataDir string) (*store, func() error, error) {
	o, err := Options{DataDir: dataDir}.withDefaults()
	if err != nil {
		return nil, nil, err
	}
	st, err := openFiles(o, true)
	if err != nil {
		return nil, nil, fmt.Errorf("event store %s: %w", dataDir, err)
	}
	if err := st.recover(o); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("event store %s: %w", dataDir, err), st.close())
	}
	return st, st.close, nil
}

func (st *store) verify(ctx context.Context, report *VerifyReport) error {
	// What is written meanwhile is left for the next time.
	last := st.visible.Load()
	snapshot := st.db.NewSnapshot()
	err := errors.Join(
		report.blocks(ctx, st.dir, st.db),
		report.allEvents(ctx, snapshot, last),
		report.allStreams(ctx, snapshot, last),
	)
	return errors.Join(err, snapshot.Close())
}

// blocks checks the files block by block, so that each damaged file is named
// and not only the first that a scan runs into. Without an open database it
// looks at every table in the directory.
func (r *VerifyReport) blocks(ctx context.Context, dir string, db *pebble.DB) error {
	paths, err := tablePaths(dir, db)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.Files++
		err := verifyTable(ctx, path)
		if errors.Is(err, os.ErrNotExist) && db != nil {
			continue // compacted away meanwhile; if not, the scan will miss it
		}
		if err != nil {
			r.problem("file %s: %s", path, firstLine(err))
		}
	}
	return nil
}

func tablePaths(dir string, db *pebble.DB) ([]string, error) {
	if db == nil {
		return filepath.Glob(filepath.Join(dir, dbDir, "*.sst"))
	}
	levels, err := db.SSTables()
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, level := range levels {
		for _, table := range level {
			paths = append(paths, filepath.Join(dir, dbDir, fmt.Sprintf("%s.sst", table.BackingSSTNum)))
		}
	}
	return paths, nil
}

func verifyTable(ctx context.Context, path string) error {
	f, err := vfs.Default.Open(path)
	if err != nil {
		return err
	}
	readable, err := sstable.NewSimpleReadable(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	reader, err := sstable.NewReader(ctx, readable, sstable.ReaderOptions{})
	if err != nil {
		return err // the reader has closed the file
	}
	return errors.Join(reader.ValidateBlockChecksums(), reader.Close())
}

const verifyCheckEvery = 4096

// allEvents checks every event's checksum and that it says of itself where it is.
func (r *VerifyReport) allEvents(ctx context.Context, db pebble.Reader, last uint64) error {
	iter, err := db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{prefixEvent}, UpperBound: eventKey(last + 1),
	})
	if err != nil {
		return err
	}
	for ok := iter.First(); ok; ok = iter.Next() {
		if r.Events++; r.Events%verifyCheckEvery == 0 && ctx.Err() != nil {
			return errors.Join(ctx.Err(), iter.Close())
		}
		position := eventKeyPosition(iter.Key())
		r.LastPosition = position
		frame, err := frameOf(position, iter.Value())
		if err != nil {
			r.problem("%v", err)
			continue
		}
		view, err := parseFrame(frame)
		switch {
		case err != nil:
			r.problem("event at position %d: %v", position, err)
		case view.position != position:
			r.problem("event at position %d says that it is at %d", position, view.position)
		}
	}
	return r.scanned(iter, fmt.Sprintf("$all after position %d", r.LastPosition))
}

// scanned closes an iterator; what it couldn't read for damage is a problem.
func (r *VerifyReport) scanned(iter *pebble.Iterator, what string) error {
	err := iter.Close()
	if err != nil && isCorruption(err) {
		r.problem("%s can't be read: %s", what, firstLine(err))
		return nil
	}
	return err
}

// firstLine leaves out the details that Pebble's errors go on with.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// allStreams checks that each stream's index leads to its events, without gap
// and in the order of $all, and that together they are all of $all.
func (r *VerifyReport) allStreams(ctx context.Context, db pebble.Reader, last uint64) error {
	names, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{prefixName}, UpperBound: []byte{prefixName + 1}})
	if err != nil {
		return err
	}
	index, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{prefixStream}, UpperBound: []byte{prefixStream + 1}})
	if err != nil {
		return errors.Join(err, names.Close())
	}
	events, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{prefixEvent}, UpperBound: eventKey(last + 1)})
	if err != nil {
		return errors.Join(err, names.Close(), index.Close())
	}
	var indexed uint64
	for ok := names.First(); ok; ok = names.Next() {
		r.Streams++
		name := string(names.Key()[1:])
		number, err := decodeUint64(names.Value())
		if err != nil {
			r.problem("stream %q: its number: %v", name, err)
			continue
		}
		n, err := r.oneStream(ctx, index, events, name, number, last)
		if err != nil {
			return errors.Join(err, names.Close(), index.Close(), events.Close())
		}
		indexed += n
	}
	err = errors.Join(
		r.scanned(names, "the list of streams"), r.scanned(index, "the index of streams"), r.scanned(events, "$all"),
	)
	if indexed != r.Events && !r.Damaged {
		r.problem("$all has %d events, the streams have %d", r.Events, indexed)
	}
	return err
}

func (r *VerifyReport) oneStream(ctx context.Context, index, events *pebble.Iterator, name string, number, last uint64) (indexed uint64, err error) {
	previous, at := int64(-1), uint64(0)
	for ok := index.SeekGE(streamKey(number, 0)); ok && streamKeyNumber(index.Key()) == number; ok = index.Next() {
		if indexed%verifyCheckEvery == 0 && ctx.Err() != nil {
			return indexed, ctx.Err()
		}
		revision := streamKeyRevision(index.Key())
		position, err := decodeUint64(index.Value())
		if err != nil {
			r.problem("stream %q revision %d: %v", name, revision, err)
			continue
		}
		if position > last {
			break
		}
		indexed++
		if previous >= 0 && revision != previous+1 && revision != tombstoneRevision {
			r.problem("stream %q: revision %d follows %d", name, revision, previous)
		}
		if position <= at {
			r.problem("stream %q revision %d is at position %d, the one before at %d", name, revision, position, at)
		}
		previous, at = revision, position
		key := eventKey(position)
		if !events.SeekGE(key) || string(events.Key()) != string(key) {
			if events.Error() == nil {
				r.problem("stream %q revision %d: there is no event at position %d", name, revision, position)
			}
			continue
		}
		frame, err := frameOf(position, events.Value())
		if err != nil {
			continue // already told of
		}
		view, err := parseFrame(frame)
		if err == nil && (string(view.stream) != name || view.revision != revision) {
			r.problem("stream %q revision %d: the event at position %d belongs to %q revision %d",
				name, revision, position, view.stream, view.revision)
		}
	}
	return indexed, nil
}
