package esdbserver

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// stream is the head of one stream. What the writer has applied runs ahead of
// what is durable; readers see only what was published after the sync.
type stream struct {
	name string

	loading sync.Once
	loadErr error

	// Owned by the writer once loaded.
	applied streamHead
	inGroup []uint64 // positions of its newest events, those of the group that is being decided

	published atomic.Pointer[streamHead]

	mu      sync.Mutex
	changed chan struct{} // closed at the next publication; nil when nobody waits

	// Owned by the cache.
	users      int
	prev, next *stream
}

// streamHead is a stream's state at one moment.
type streamHead struct {
	number      uint64 // 0 when nothing was ever written
	last        int64  // last revision, -1 when there is none
	tombstoned  bool
	tombstoneAt uint64 // position of the tombstone
	meta        *streamMeta
	metaLast    int64 // last revision of its $$stream
}

func (h *streamHead) facts() streamFacts {
	return streamFacts{
		last: h.last, tombstoned: h.tombstoned,
		softDeleted: h.meta.softDeleted(), hasMeta: h.metaLast >= 0,
	}
}

// head is what readers may see.
func (s *stream) head() *streamHead { return s.published.Load() }

func (s *stream) publish(h *streamHead) {
	s.published.Store(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// wait returns a channel that is closed at the next publication.
func (s *stream) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

// streamCache keeps the heads of recently used streams. A stream in use is
// never evicted, so there is one head a stream however many use it, and one
// that isn't cached has nothing in flight: the disk says it all.
type streamCache struct {
	db  *pebble.DB
	max int

	mu     sync.Mutex
	byName map[string]*stream
	lru    stream // sentinel of the ring; lru.next is the newest
}

func newStreamCache(db *pebble.DB, limit int) *streamCache {
	c := &streamCache{db: db, max: limit, byName: make(map[string]*stream)}
	c.lru.prev, c.lru.next = &c.lru, &c.lru
	return c
}

// acquire returns a stream's head; release must be called when done with it.
func (c *streamCache) acquire(name string) (*stream, error) {
	c.mu.Lock()
	s, ok := c.byName[name]
	if ok {
		s.prev.next, s.next.prev = s.next, s.prev
	} else {
		s = &stream{name: name}
		c.byName[name] = s
	}
	s.prev, s.next = &c.lru, c.lru.next
	s.prev.next, s.next.prev = s, s
	s.users++
	if !ok {
		c.evict()
	}
	c.mu.Unlock()

	s.loading.Do(func() { s.loadErr = c.load(s) })
	if s.loadErr != nil {
		err := s.loadErr
		c.forget(s)
		return nil, fmt.Errorf("stream %q: %w", name, err)
	}
	return s, nil
}

func (c *streamCache) release(s *stream) {
	c.mu.Lock()
	s.users--
	c.mu.Unlock()
}

// forget drops a stream that could not be loaded, so that the next one tries again.
func (c *streamCache) forget(s *stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.users--
	if c.byName[s.name] == s {
		delete(c.byName, s.name)
		s.prev.next, s.next.prev = s.next, s.prev
		s.prev, s.next = s, s
	}
}

// evict looks at a few of the oldest only: when all of those are in use the
// cache grows past its bound rather than make every call search it.
func (c *streamCache) evict() {
	s := c.lru.prev
	for tries := 0; len(c.byName) > c.max && s != &c.lru && tries < 8; tries++ {
		older := s.prev
		if s.users == 0 {
			delete(c.byName, s.name)
			s.prev.next, s.next.prev = s.next, s.prev
			s.prev, s.next = s, s
		}
		s = older
	}
}

// load finds a stream's head on disk.
func (c *streamCache) load(s *stream) error {
	head := streamHead{last: -1, metaLast: -1, meta: noMeta}
	if err := loadHead(c.db, s.name, &head); err != nil {
		return err
	}
	if isMetastream(s.name) {
		head.meta = metastreamMeta
	} else {
		meta := streamHead{last: -1}
		if err := loadHead(c.db, metastreamOf(s.name), &meta); err != nil {
			return err
		}
		if meta.last >= 0 {
			frame, _, found, err := frameAtRevision(c.db, meta.number, meta.last)
			if err != nil {
				return fmt.Errorf("metadata: %w", err)
			}
			if found {
				view, err := parseFrame(frame)
				if err != nil {
					return fmt.Errorf("metadata: %w", err)
				}
				head.meta = parseStreamMeta(view.json, view.data)
			}
			head.metaLast = meta.last
		}
	}
	s.applied = head
	s.published.Store(&head)
	return nil
}

// loadNumber finds a stream's number.
func loadNumber(db *pebble.DB, name string, head *streamHead) error {
	value, closer, err := db.Get(nameKey(name))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	head.number, err = decodeUint64(value)
	return errors.Join(err, closer.Close())
}

// loadHead finds a stream's number, and its last revision by a seek to its end.
func loadHead(db *pebble.DB, name string, head *streamHead) error {
	if err := loadNumber(db, name, head); err != nil || head.number == 0 {
		return err
	}
	iter, err := db.NewIter(&pebble.IterOptions{
		LowerBound: streamKey(head.number, 0), UpperBound: streamKeyEnd(head.number),
	})
	if err != nil {
		return err
	}
	if iter.Last() {
		revision := streamKeyRevision(iter.Key())
		if revision == tombstoneRevision {
			head.tombstoned = true
			if head.tombstoneAt, err = decodeUint64(iter.Value()); err != nil {
				return errors.Join(err, iter.Close())
			}
			if iter.Prev() {
				revision = streamKeyRevision(iter.Key())
			} else {
				revision = -1
			}
		}
		head.last = revision
	}
	return iter.Close()
}
