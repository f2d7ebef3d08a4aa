package esdbserver

import (
	"encoding/binary"
	"math"
)

// Keys are laid out so that an append writes at the end of two ranges and a
// read runs through one of them:
//
//	e | position                   the event as it goes over the wire, and its checksum
//	s | stream number | revision   the event's position
//	n | stream name                the stream's number
//	m | name                       the store's own facts (see store.go)
//	p | …                          persistent subscriptions (see persistent_store.go)
//
// Numbers are big-endian, so that the order of keys is the order of numbers.
const (
	prefixEvent  = 'e'
	prefixStream = 's'
	prefixName   = 'n'
	prefixMeta   = 'm'
	prefixGroup  = 'p'
)

const (
	eventKeyLen  = 1 + 8
	streamKeyLen = 1 + 8 + 8
)

// tombstoneRevision is the revision of the event that ends a stream for good.
const tombstoneRevision = math.MaxInt64

func appendEventKey(dst []byte, position uint64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, prefixEvent), position)
}

func eventKey(position uint64) []byte {
	return appendEventKey(make([]byte, 0, eventKeyLen), position)
}

func eventKeyPosition(key []byte) uint64 { return binary.BigEndian.Uint64(key[1:]) }

func appendStreamKey(dst []byte, number uint64, revision int64) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, prefixStream), number)
	return binary.BigEndian.AppendUint64(dst, uint64(revision))
}

func streamKey(number uint64, revision int64) []byte {
	return appendStreamKey(make([]byte, 0, streamKeyLen), number, revision)
}

// streamKeyEnd is the first key after all of a stream's.
func streamKeyEnd(number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{prefixStream}, number+1)
}

func streamKeyNumber(key []byte) uint64  { return binary.BigEndian.Uint64(key[1:]) }
func streamKeyRevision(key []byte) int64 { return int64(binary.BigEndian.Uint64(key[9:])) }

func nameKey(name string) []byte {
	return append(append(make([]byte, 0, 1+len(name)), prefixName), name...)
}

func metaKey(name string) []byte { return append([]byte{prefixMeta}, name...) }

func encodeUint64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
