package esdbserver

import (
	"math/bits"

	"github.com/google/uuid"
)

// recentIDs remembers the newest event ids, oldest forgotten first. It maps a
// hash to a position; who finds one reads the event there and compares, so a
// clash of hashes can make it forget but never confuse. Only the writer uses it.
type recentIDs struct {
	positions map[uint64]uint64
	order     []uint64
	next      int
}

func newRecentIDs(capacity int) *recentIDs {
	return &recentIDs{positions: make(map[uint64]uint64), order: make([]uint64, 0, capacity)}
}

func hashID(stream uint64, id uuid.UUID) uint64 {
	msb, lsb := uuidBits(id)
	h := (msb ^ stream*0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd
	return (bits.RotateLeft64(h, 31) ^ lsb) * 0xc4ceb9fe1a85ec53
}

func (r *recentIDs) add(stream uint64, id uuid.UUID, position uint64) {
	h := hashID(stream, id)
	if _, again := r.positions[h]; again {
		r.positions[h] = position
		return
	}
	if len(r.order) < cap(r.order) {
		r.order = append(r.order, h)
	} else {
		delete(r.positions, r.order[r.next])
		r.order[r.next] = h
		r.next = (r.next + 1) % len(r.order)
	}
	r.positions[h] = position
}

func (r *recentIDs) find(stream uint64, id uuid.UUID) (position uint64, found bool) {
	position, found = r.positions[hashID(stream, id)]
	return position, found
}
