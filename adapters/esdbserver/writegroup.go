package esdbserver

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/google/uuid"
)

// writeGroup is the writes that share one batch and so one sync.
type writeGroup struct {
	writer   *writer
	batch    *pebble.Batch // nil while nothing is written
	requests []*writeRequest
	held     []*stream // in use until published
	touched  []*stream
	heads    []*streamHead // of touched, as after this group
	first    uint64        // position of the oldest event
	events   []recentEvent
	err      error
	applied  time.Time
}

// decide decides one request and adds what it writes to the batch.
func (g *writeGroup) decide(req *writeRequest) {
	g.requests = append(g.requests, req)
	if failed := g.writer.failure.Load(); failed != nil {
		req.result.err = *failed
		return
	}
	if err := g.write(req); err != nil {
		req.result.err = err
	}
}

func (g *writeGroup) write(req *writeRequest) error {
	s, err := g.acquire(req.stream)
	if err != nil {
		return err
	}
	facts := s.applied.facts()
	if isMetastream(s.name) {
		base, err := g.acquire(s.name[2:])
		if err != nil {
			return err
		}
		facts.tombstoned = facts.tombstoned || base.applied.tombstoned
	}
	if facts.softDeleted || req.kind == writeDelete {
		// Held here, so that nothing can fail once events are in the batch.
		if _, err := g.acquire(metastreamOf(s.name)); err != nil {
			return err
		}
	}
	ids := make([]uuid.UUID, len(req.events), max(1, len(req.events)))
	for i := range req.events {
		ids[i] = req.events[i].id
	}
	if req.kind != writeAppend {
		// A delete is never a repeat of an earlier one: it is decided as an
		// event nobody has seen.
		ids = append(ids, uuid.New())
	}
	v, repeated, err := decide(facts, req.expected, ids, appliedIDs{g, s})
	if err != nil {
		return err
	}
	if req.kind == writeDelete && v == verdictWrite && facts.last < 0 {
		v = verdictWrongVersion // there is nothing to delete
	}
	req.result.verdict = v
	req.result.current = facts.last
	switch v {
	case verdictRepeat:
		req.result.current = repeated
		_, req.result.position, _, err = g.frameAtRevision(s, repeated)
		return err
	case verdictWrite:
		return g.perform(req, s)
	}
	return nil
}

func (g *writeGroup) perform(req *writeRequest, s *stream) (err error) {
	switch req.kind {
	case writeDelete:
		metastream, err := g.acquire(metastreamOf(s.name))
		if err != nil {
			return err
		}
		req.result.position, err = g.append(metastream, metadataEvent(softDeleteMeta()))
		return err
	case writeTombstone:
		return g.tombstone(req, s)
	}
	if len(req.events) == 0 {
		return nil
	}
	subject := s
	if isMetastream(s.name) {
		if subject, err = g.acquire(s.name[2:]); err != nil {
			return err
		}
	}
	before := subject.applied
	if req.result.position, err = g.append(s, req.events...); err != nil {
		return err
	}
	req.result.current = s.applied.last
	if !before.meta.softDeleted() {
		return nil
	}
	raw := before.meta.raw
	if subject != s {
		raw = req.events[len(req.events)-1].data
	}
	return g.undelete(subject, raw, before.last+1)
}

// undelete follows a write to a soft-deleted stream, or to its metadata, with
// metadata that shows the stream again, but only from a revision on.
func (g *writeGroup) undelete(s *stream, raw []byte, from int64) error {
	data, ok := recreatedMeta(raw, from)
	if !ok {
		return nil
	}
	metastream, err := g.acquire(metastreamOf(s.name))
	if err != nil {
		return err
	}
	_, err = g.append(metastream, metadataEvent(data))
	return err
}

func metadataEvent(data []byte) proposed {
	return proposed{id: uuid.New(), typ: typeMetadata, json: true, data: data}
}

// append gives events their revisions and positions. The caller has decided
// that they may be written.
func (g *writeGroup) append(s *stream, events ...proposed) (position uint64, err error) {
	if err := g.number(s); err != nil {
		return 0, err
	}
	now := toTicks(time.Now())
	for i := range events {
		e := &events[i]
		s.applied.last++
		position, err = g.put(s, &record{
			id: e.id, stream: s.name, revision: s.applied.last, created: now,
			typ: e.typ, json: e.json, data: e.data, custom: e.custom,
		})
		if err != nil {
			return 0, err
		}
		s.inGroup = append(s.inGroup, position)
	}
	if isMetastream(s.name) && len(events) > 0 {
		base, err := g.acquire(s.name[2:])
		if err != nil {
			return 0, err
		}
		if newest := events[len(events)-1]; !isMetastream(base.name) {
			base.applied.meta = parseStreamMeta(newest.json, newest.data)
		}
		base.applied.metaLast = s.applied.last
		g.touch(base)
	}
	g.touch(s)
	return position, nil
}

func (g *writeGroup) tombstone(req *writeRequest, s *stream) error {
	if err := g.number(s); err != nil {
		return err
	}
	position, err := g.put(s, &record{
		id: uuid.New(), stream: s.name, revision: tombstoneRevision,
		created: toTicks(time.Now()), typ: typeStreamDeleted,
	})
	if err != nil {
		return err
	}
	s.applied.tombstoned, s.applied.tombstoneAt = true, position
	req.result.position = position
	g.touch(s)
	return nil
}

// number gives a stream its number when it is first written.
func (g *writeGroup) number(s *stream) error {
	g.ensureBatch()
	if s.applied.number != 0 {
		return nil
	}
	s.applied.number = g.writer.next.stream
	g.writer.next.stream++
	return g.batch.Set(nameKey(s.name), encodeUint64(s.applied.number), nil)
}

// put adds one event to the batch.
func (g *writeGroup) put(s *stream, r *record) (position uint64, err error) {
	position = g.writer.next.position
	g.writer.next.position++
	r.position = position
	stored := encodeFrame(r)
	frame := stored[:len(stored)-checksumLen]
	var key [streamKeyLen]byte
	if err := g.batch.Set(appendEventKey(key[:0], position), stored, nil); err != nil {
		return 0, err
	}
	var value [8]byte
	binary.BigEndian.PutUint64(value[:], position)
	if err := g.batch.Set(appendStreamKey(key[:0], s.applied.number, r.revision), value[:], nil); err != nil {
		return 0, err
	}
	stream, typ, err := filterKeys(frame)
	if err != nil {
		return 0, err
	}
	if len(g.events) == 0 {
		g.first = position
	}
	g.events = append(g.events, recentEvent{frame: frame, stream: stream, typ: typ})
	g.writer.ids.add(s.applied.number, r.id, position)
	return position, nil
}

func (g *writeGroup) ensureBatch() {
	if g.batch == nil {
		g.batch = g.writer.st.db.NewBatch()
	}
}

// acquire holds a stream until the group is published.
func (g *writeGroup) acquire(name string) (*stream, error) {
	s, err := g.writer.st.streams.acquire(name)
	if err != nil {
		return nil, err
	}
	g.held = append(g.held, s)
	return s, nil
}

func (g *writeGroup) touch(s *stream) {
	for i := len(g.touched) - 1; i >= 0 && i >= len(g.touched)-4; i-- {
		if g.touched[i] == s {
			return
		}
	}
	g.touched = append(g.touched, s)
}

// apply hands the batch to Pebble without waiting for its sync.
func (g *writeGroup) apply() {
	g.heads = make([]*streamHead, len(g.touched))
	for i, s := range g.touched {
		head := s.applied
		g.heads[i] = &head
		s.inGroup = s.inGroup[:0]
	}
	if g.batch == nil {
		return
	}
	g.applied = time.Now()
	if err := g.batch.Set(metaKey(metaNext), g.writer.next.encode(), nil); err != nil {
		g.err = g.writer.fail(err)
		return
	}
	if err := g.commit(); err != nil {
		g.err = g.writer.fail(err)
	}
}

// commit turns Pebble's panics about its log into errors.
func (g *writeGroup) commit() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("commit: %v", r)
		}
	}()
	if g.writer.noSync {
		return g.writer.st.db.Apply(g.batch, pebble.NoSync)
	}
	return g.writer.st.db.ApplyNoSyncWait(g.batch, pebble.Sync)
}

// publish waits for the sync, makes the group visible and answers.
func (g *writeGroup) publish() {
	w := g.writer
	if g.batch != nil && g.err == nil {
		if !w.noSync {
			if err := g.batch.SyncWait(); err != nil {
				g.err = w.fail(err)
			}
		}
		if g.err == nil {
			w.metrics.synced(time.Since(g.applied), len(g.events))
			if err := g.batch.Close(); err != nil {
				w.st.log.Warn("event store batch", "error", err)
			}
			g.show()
		}
	}
	for _, s := range g.held {
		w.st.streams.release(s)
	}
	for _, req := range g.requests {
		if g.err != nil && req.result.err == nil {
			req.result = writeResult{err: g.err}
		}
		w.pending.Release(req.bytes)
		w.metrics.appended(time.Since(req.since), &req.result)
		close(req.done)
	}
}

// show publishes in the order that keeps a reader's logic sound: who sees an
// event in $all also finds it in its stream.
func (g *writeGroup) show() {
	st := g.writer.st
	last := g.first + uint64(len(g.events)) - 1
	if err := st.acked.store(last); err != nil {
		st.log.Warn("event store can't note how far it acknowledged", "error", err)
	}
	for i, s := range g.touched {
		s.publish(g.heads[i])
	}
	st.visible.Store(last)
	st.recent.add(g.events)
}

// frame finds an event by position: in this group, which a read of the disk
// doesn't show yet, or on disk.
func (g *writeGroup) frame(position uint64) (frame []byte, found bool, err error) {
	if len(g.events) > 0 && position >= g.first {
		return g.events[position-g.first].frame, true, nil
	}
	return readFrame(g.writer.st.db, position)
}

func (g *writeGroup) frameAtRevision(s *stream, revision int64) (frame []byte, position uint64, found bool, err error) {
	earlier := s.applied.last - int64(len(s.inGroup))
	if revision <= earlier || revision > s.applied.last {
		return frameAtRevision(g.writer.st.db, s.applied.number, revision)
	}
	position = s.inGroup[revision-earlier-1]
	frame, found, err = g.frame(position)
	return frame, position, found, err
}

// appliedIDs answers the questions of a decision from all that was decided
// before, durable or not: answers wait for the sync of all before them.
type appliedIDs struct {
	g *writeGroup
	s *stream
}

func (k appliedIDs) revisionOf(id uuid.UUID) (int64, bool, error) {
	if k.s.applied.number == 0 {
		return 0, false, nil
	}
	position, found := k.g.writer.ids.find(k.s.applied.number, id)
	if !found {
		return 0, false, nil
	}
	frame, found, err := k.g.frame(position)
	if err != nil || !found {
		return 0, false, err
	}
	view, err := parseFrame(frame)
	if err != nil {
		return 0, false, err
	}
	return view.revision, view.id == id && string(view.stream) == k.s.name, nil
}

func (k appliedIDs) idAt(revision int64) (uuid.UUID, bool, error) {
	frame, _, found, err := k.g.frameAtRevision(k.s, revision)
	if err != nil || !found {
		return uuid.Nil, false, err
	}
	view, err := parseFrame(frame)
	return view.id, err == nil, err
}
