package esdbserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// ScavengeOptions bound what a scavenge costs while the store is in use.
type ScavengeOptions struct {
	// BytesPerSecond of events that are looked at or removed. Default 16 MiB.
	BytesPerSecond int64
}

// ScavengeResult says what a scavenge removed.
type ScavengeResult struct {
	Streams     uint64 `json:"streams"`     // looked at
	Events      uint64 `json:"events"`      // removed
	Bytes       uint64 `json:"bytes"`       // of those, before compression
	BytesBefore uint64 `json:"bytesBefore"` // on disk
	BytesAfter  uint64 `json:"bytesAfter"`
}

const (
	defaultScavengeRate = 16 << 20
	scavengeBatchEvents = 1000
	// Positions are compacted in ranges of this many.
	scavengeRangeBits = 18
)

// Scavenge removes for good the events that deletes and stream metadata
// ($maxCount, $maxAge, $tb) have made unreadable, also from $all, and frees
// their space, while the store is in use. A stream's last event is kept, since
// its revision goes on from there; a tombstone is kept too.
func (s *Server) Scavenge(ctx context.Context, o ScavengeOptions) (ScavengeResult, error) {
	if o.BytesPerSecond <= 0 {
		o.BytesPerSecond = defaultScavengeRate
	}
	if !s.scavenging.TryLock() {
		return ScavengeResult{}, errors.New("scavenge: one is running")
	}
	defer s.scavenging.Unlock()
	sc := &scavenger{s: s, ctx: ctx, rate: o.BytesPerSecond, ranges: make(map[uint64]struct{})}
	sc.result.BytesBefore = s.st.db.Metrics().DiskSpaceUsage()
	if err := sc.run(); err != nil {
		return sc.result, fmt.Errorf("scavenge: %w", err)
	}
	sc.result.BytesAfter = s.st.db.Metrics().DiskSpaceUsage()
	s.log.Info("event store scavenged", "streams", sc.result.Streams, "events", sc.result.Events, "bytes", sc.result.Bytes)
	return sc.result, nil
}

type scavenger struct {
	s      *Server
	ctx    context.Context
	rate   int64
	debt   int64 // bytes not yet paid for by waiting
	ranges map[uint64]struct{}
	result ScavengeResult
}

func (sc *scavenger) run() error {
	var names []string
	after := []byte{prefixName}
	for {
		var err error
		if names, after, err = sc.someNames(after); err != nil {
			return err
		}
		if len(names) == 0 {
			break
		}
		for _, name := range names {
			if err := sc.stream(name); err != nil {
				return fmt.Errorf("stream %q: %w", name, err)
			}
			sc.result.Streams++
		}
	}
	return sc.compact()
}

// someNames reads the next streams' names, so that nothing is held open while
// they are worked on.
func (sc *scavenger) someNames(after []byte) (names []string, next []byte, err error) {
	iter, err := sc.s.st.db.NewIter(&pebble.IterOptions{LowerBound: after, UpperBound: []byte{prefixName + 1}})
	if err != nil {
		return nil, nil, err
	}
	for ok := iter.First(); ok && len(names) < 1000; ok = iter.Next() {
		names = append(names, string(iter.Key()[1:]))
		next = append(append(next[:0], iter.Key()...), 0)
	}
	return names, next, errors.Join(iter.Error(), iter.Close())
}

func (sc *scavenger) stream(name string) error {
	st := sc.s.st
	stream, err := st.streams.acquire(name)
	if err != nil {
		return err
	}
	defer st.streams.release(stream)
	head := stream.head()
	end := int64(tombstoneRevision) // first revision to keep
	if isMetastream(name) {
		base, err := st.streams.acquire(name[2:])
		if err != nil {
			return err
		}
		if !base.head().tombstoned {
			end = head.last
		}
		st.streams.release(base)
	} else if !head.tombstoned {
		end = min(head.meta.firstReadable(head.last), head.last)
	}
	if head.number == 0 {
		return nil
	}
	oldest, aged := head.meta.oldestReadable(time.Now())
	if head.tombstoned {
		aged = false
	}
	for {
		done, err := sc.cut(head, end, oldest, aged)
		if err != nil || done {
			return err
		}
	}
}

// cut removes a stream's oldest events, some at a time: those below a
// revision, and after them those that are too old.
func (sc *scavenger) cut(head *streamHead, end, oldest int64, aged bool) (done bool, err error) {
	db := sc.s.st.db
	limit := end
	if aged {
		limit = max(end, head.last)
	}
	index, err := db.NewIter(&pebble.IterOptions{LowerBound: streamKey(head.number, 0), UpperBound: streamKey(head.number, limit)})
	if err != nil {
		return false, err
	}
	batch := db.NewBatch()
	defer func() { err = errors.Join(err, batch.Close()) }()
	done = true
	var removed, bytes int64
	upTo := int64(-1)
	for ok := index.First(); ok; ok = index.Next() {
		if removed >= scavengeBatchEvents || bytes >= 1<<20 {
			done = false
			break
		}
		revision := streamKeyRevision(index.Key())
		position, err := decodeUint64(index.Value())
		if err != nil {
			return false, errors.Join(err, index.Close())
		}
		frame, found, err := readFrame(db, position)
		if err != nil {
			return false, errors.Join(err, index.Close())
		}
		bytes += int64(len(frame))
		if revision >= end {
			view, err := parseFrame(frame)
			if err != nil || !found {
				return false, errors.Join(fmt.Errorf("event at position %d: %w", position, errDamaged), index.Close())
			}
			if view.created >= oldest {
				break
			}
		}
		if err := batch.Delete(eventKey(position), nil); err != nil {
			return false, errors.Join(err, index.Close())
		}
		upTo = revision
		removed++
		sc.ranges[position>>scavengeRangeBits] = struct{}{}
	}
	if err := errors.Join(index.Error(), index.Close()); err != nil {
		return false, err
	}
	if removed > 0 {
		// Index and events go together, so that a crash leaves neither alone.
		if err := batch.DeleteRange(streamKey(head.number, 0), streamKey(head.number, upTo+1), nil); err != nil {
			return false, err
		}
		if err := batch.Commit(pebble.NoSync); err != nil {
			return false, err
		}
		sc.result.Events += uint64(removed)
		sc.result.Bytes += uint64(bytes)
	}
	return done, sc.pay(bytes)
}

// pay waits so that no more than the rate is worked on.
func (sc *scavenger) pay(bytes int64) error {
	sc.debt += bytes
	if sc.debt < sc.rate/10 {
		return sc.ctx.Err()
	}
	pause := time.Duration(float64(sc.debt) / float64(sc.rate) * float64(time.Second))
	sc.debt = 0
	return sc.sleep(pause)
}

func (sc *scavenger) sleep(d time.Duration) error {
	select {
	case <-sc.ctx.Done():
		return sc.ctx.Err()
	case <-sc.s.closing:
		return errClosing
	case <-time.After(d):
		return nil
	}
}

// compact rewrites the files that held what was removed, a part at a time and
// idle for as long as it worked.
func (sc *scavenger) compact() error {
	db := sc.s.st.db
	if sc.result.Events == 0 {
		return nil
	}
	work := func(start, end []byte) error {
		began := time.Now()
		if err := db.Compact(sc.ctx, start, end, false); err != nil {
			return err
		}
		return sc.sleep(time.Since(began))
	}
	for r := range sc.ranges {
		if err := work(eventKey(r<<scavengeRangeBits), eventKey((r+1)<<scavengeRangeBits)); err != nil {
			return err
		}
	}
	return work([]byte{prefixStream}, []byte{prefixStream + 1})
}
