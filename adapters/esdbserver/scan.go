package esdbserver

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// A read runs through the store a chunk at a time. Within a chunk the disk is
// read; between chunks the client is waited for and nothing is held open. So a
// slow client costs one chunk of memory and pins no files.
const (
	chunkBytes  = 256 << 10
	chunkEvents = 4096

	firstSlabBytes = 4 << 10
	slabBytes      = 64 << 10
)

// scanned is one event that a chunk considered.
type scanned struct {
	position uint64
	revision int64
	frame    []byte // nil when a filter left it out
}

// chunk is a part of a read.
type chunk struct {
	events []scanned
	slab   []byte
	bytes  int
}

func (c *chunk) reset() { c.events, c.bytes = c.events[:0], 0 }

func (c *chunk) full(limit int) bool {
	return c.bytes >= chunkBytes || len(c.events) >= min(limit, chunkEvents)
}

// add copies an event's frame into memory of its own. Frames share slabs,
// which live until the last of their frames was sent; they are never reused.
func (c *chunk) add(position uint64, revision int64, frame []byte) {
	if frame != nil {
		if cap(c.slab)-len(c.slab) < len(frame) {
			size := slabBytes
			if c.slab == nil {
				size = firstSlabBytes // a few events don't hold much
			}
			c.slab = make([]byte, 0, max(size, len(frame)))
		}
		start := len(c.slab)
		c.slab = append(c.slab, frame...)
		frame = c.slab[start:len(c.slab):len(c.slab)]
		c.bytes += len(frame)
	}
	c.events = append(c.events, scanned{position, revision, frame})
}

// share adds an event whose frame is in memory already.
func (c *chunk) share(position uint64, revision int64, frame []byte) {
	c.events = append(c.events, scanned{position, revision, frame})
	c.bytes += len(frame)
}

// scanAll reads $all from a position on, or, backwards, from just before it.
// It returns where to go on, and whether there is more of what was visible.
func (st *store) scanAll(c *chunk, from uint64, backwards bool, filter *eventFilter, limit int) (next uint64, more bool, err error) {
	c.reset()
	lower, upper := from, st.visible.Load()+1
	if backwards {
		lower, upper = 0, min(from, upper)
	}
	if lower >= upper {
		return from, false, nil
	}
	iter, err := st.db.NewIter(&pebble.IterOptions{LowerBound: eventKey(lower), UpperBound: eventKey(upper)})
	if err != nil {
		return from, false, err
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	start, step := iter.First, iter.Next
	if backwards {
		start, step = iter.Last, iter.Prev
	}
	matched := 0
	next = from
	for valid := start(); valid; valid = step() {
		if c.full(chunkEvents) || matched >= limit {
			return next, true, nil
		}
		position := eventKeyPosition(iter.Key())
		value, err := iter.ValueAndErr()
		if err != nil {
			return from, false, err
		}
		frame, err := frameOf(position, value)
		if err != nil {
			return from, false, err
		}
		pass, err := filter.matchesFrame(frame)
		if err != nil {
			return from, false, fmt.Errorf("event at position %d: %w", position, err)
		}
		if pass {
			matched++
		} else {
			frame = nil
		}
		c.add(position, 0, frame)
		next = position + 1
		if backwards {
			next = position
		}
	}
	if err := iter.Error(); err != nil {
		return from, false, err
	}
	if !backwards {
		next = upper // the last events before it may have been scavenged
	}
	return next, false, nil
}

// streamRange is what a read of one stream may return.
type streamRange struct {
	number uint64
	first  int64 // lowest revision
	last   int64 // highest revision
	oldest int64 // in ticks; events before it are too old
	hasAge bool
}

// scanStream reads a stream from a revision on, that one included.
func (st *store) scanStream(c *chunk, r streamRange, from int64, backwards bool, limit int) (next int64, more bool, err error) {
	c.reset()
	lower, upper := max(from, r.first), r.last
	if backwards {
		lower, upper = r.first, min(from, r.last)
	}
	if r.number == 0 || lower > upper {
		return from, false, nil
	}
	index, err := st.db.NewIter(&pebble.IterOptions{
		LowerBound: streamKey(r.number, lower), UpperBound: streamKey(r.number, upper+1),
	})
	if err != nil {
		return from, false, err
	}
	var events *pebble.Iterator
	defer func() {
		err = errors.Join(err, index.Close())
		if events != nil {
			err = errors.Join(err, events.Close())
		}
	}()
	start, step := index.First, index.Next
	if backwards {
		start, step = index.Last, index.Prev
	}
	next = from
	considered := 0
	for valid := start(); valid; valid = step() {
		if considered++; c.full(limit) || considered > 4*chunkEvents {
			return next, true, nil
		}
		revision := streamKeyRevision(index.Key())
		position, err := decodeUint64(index.Value())
		if err != nil {
			return from, false, err
		}
		next = revision + 1
		if backwards {
			next = revision - 1
		}
		frame, held := st.recent.at(position)
		if !held {
			if events == nil {
				if events, err = st.db.NewIter(&pebble.IterOptions{
					LowerBound: []byte{prefixEvent}, UpperBound: []byte{prefixEvent + 1},
				}); err != nil {
					return from, false, err
				}
			}
			key := eventKey(position)
			if !events.SeekGE(key) || string(events.Key()) != string(key) {
				if err := events.Error(); err != nil {
					return from, false, err
				}
				continue // scavenged since the index was read
			}
			if frame, err = frameOf(position, events.Value()); err != nil {
				return from, false, err
			}
		}
		if r.hasAge {
			view, err := parseFrame(frame)
			if err != nil {
				return from, false, fmt.Errorf("event at position %d: %w", position, err)
			}
			if view.created < r.oldest {
				continue
			}
		}
		if held {
			c.share(position, revision, frame)
		} else {
			c.add(position, revision, frame)
		}
	}
	return next, false, index.Error()
}
