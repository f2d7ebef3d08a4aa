package esdbserver

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
)

// Export writes every event of a store that no server has open as lines of
// JSON (see EventLine), in the order of $all, and returns how many.
func Export(ctx context.Context, dataDir string, w io.Writer) (uint64, error) {
	st, closeStore, err := openToRead(dataDir)
	if err != nil {
		return 0, err
	}
	n, err := st.export(ctx, w)
	return n, errors.Join(err, closeStore())
}

// Export writes every event as a line of JSON while the store is served; see
// the function Export.
func (s *Server) Export(ctx context.Context, w io.Writer) (uint64, error) {
	return s.st.export(ctx, w)
}

func (st *store) export(ctx context.Context, w io.Writer) (exported uint64, err error) {
	var c chunk
	var line []byte
	out := bufio.NewWriterSize(w, 64<<10)
	for from, more := uint64(0), true; more; {
		if err := ctx.Err(); err != nil {
			return exported, err
		}
		if from, more, err = st.scanAll(&c, from, false, nil, math.MaxInt); err != nil {
			return exported, fmt.Errorf("export: %w", err)
		}
		for _, e := range c.events {
			view, err := parseFrame(e.frame)
			if err != nil {
				return exported, fmt.Errorf("export: event at position %d: %w", e.position, err)
			}
			if line, err = lineOf(view).appendTo(line[:0]); err != nil {
				return exported, fmt.Errorf("export: event at position %d: %w", e.position, err)
			}
			if _, err := out.Write(line); err != nil {
				return exported, err
			}
			exported++
		}
	}
	return exported, out.Flush()
}

// Import makes a store of exported events in an empty or missing directory:
// positions, revisions, ids, times and bytes are as they were. Nothing is left
// when it fails.
func Import(ctx context.Context, dataDir string, r io.Reader) (uint64, error) {
	if err := checkEmpty(dataDir); err != nil {
		return 0, fmt.Errorf("import: %w", err)
	}
	// Built beside and renamed, so that half an import is never taken for a store.
	temp := filepath.Clean(dataDir) + ".import"
	if err := os.RemoveAll(temp); err != nil {
		return 0, err
	}
	n, err := importTo(ctx, temp, r)
	if err == nil {
		if err = os.Remove(dataDir); errors.Is(err, os.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		err = os.Rename(temp, dataDir)
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("import: %w", err), os.RemoveAll(temp))
	}
	return n, syncDir(filepath.Dir(filepath.Clean(dataDir)))
}

// importer writes events as they were, in order.
type importer struct {
	st      *store
	batch   *pebble.Batch
	streams map[string]*importedStream
	next    counters
	n       uint64
}

type importedStream struct {
	number     uint64
	last       int64
	tombstoned bool
}

const (
	importBatchBytes = 4 << 20
	importStreams    = 100_000
)

func importTo(ctx context.Context, dir string, r io.Reader) (n uint64, err error) {
	o, err := Options{DataDir: dir}.withDefaults()
	if err != nil {
		return 0, err
	}
	st, err := openStore(o)
	if err != nil {
		return 0, err
	}
	im := &importer{st: st, next: st.recovered, streams: make(map[string]*importedStream)}
	im.batch = st.db.NewBatch()
	decoder := json.NewDecoder(bufio.NewReaderSize(r, 1<<20))
	decoder.DisallowUnknownFields()
	for err == nil {
		var line EventLine
		if err = decoder.Decode(&line); errors.Is(err, io.EOF) {
			err = im.finish()
			break
		}
		if err == nil {
			err = im.add(&line)
		}
		if err == nil && im.batch.Len() >= importBatchBytes {
			err = errors.Join(im.commit(pebble.NoSync), ctx.Err())
		}
		if err != nil {
			err = fmt.Errorf("event %d of the input: %w", im.n+1, err)
		}
		im.n++
	}
	return im.n, errors.Join(err, im.batch.Close(), st.close())
}

func (im *importer) add(line *EventLine) error {
	r, err := line.record()
	if err != nil {
		return err
	}
	if r.position < im.next.position {
		return fmt.Errorf("position %d doesn't come after %d", r.position, im.next.position-1)
	}
	s, err := im.stream(r.stream)
	if err != nil {
		return err
	}
	switch {
	case s.tombstoned:
		return fmt.Errorf("stream %q goes on after its tombstone", r.stream)
	case r.revision == tombstoneRevision:
		s.tombstoned = true
	case s.last >= 0 && r.revision != s.last+1:
		return fmt.Errorf("stream %q: revision %d follows %d", r.stream, r.revision, s.last)
	default:
		s.last = r.revision
	}
	im.next.position = r.position + 1
	return errors.Join(
		im.batch.Set(eventKey(r.position), encodeFrame(r), nil),
		im.batch.Set(streamKey(s.number, r.revision), encodeUint64(r.position), nil),
	)
}

func (im *importer) stream(name string) (*importedStream, error) {
	if s, ok := im.streams[name]; ok {
		return s, nil
	}
	if len(im.streams) >= importStreams {
		if err := im.commit(pebble.NoSync); err != nil {
			return nil, err
		}
		clear(im.streams)
	}
	head := streamHead{last: -1}
	if err := loadHead(im.st.db, name, &head); err != nil {
		return nil, err
	}
	s := &importedStream{number: head.number, last: head.last, tombstoned: head.tombstoned}
	if s.number == 0 {
		s.number = im.next.stream
		im.next.stream++
		if err := im.batch.Set(nameKey(name), encodeUint64(s.number), nil); err != nil {
			return nil, err
		}
	}
	im.streams[name] = s
	return s, nil
}

func (im *importer) commit(o *pebble.WriteOptions) error {
	if err := im.batch.Set(metaKey(metaNext), im.next.encode(), nil); err != nil {
		return err
	}
	if err := im.batch.Commit(o); err != nil {
		return err
	}
	if err := im.batch.Close(); err != nil {
		return err
	}
	im.batch = im.st.db.NewBatch()
	return nil
}

func (im *importer) finish() error {
	if err := im.commit(pebble.Sync); err != nil {
		return err
	}
	return errors.Join(im.st.db.Flush(), im.st.acked.store(im.next.position-1))
}
