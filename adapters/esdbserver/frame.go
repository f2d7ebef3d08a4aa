package esdbserver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protowire"
)

// A frame is one event as the bytes of a ReadResp message. It is what is
// stored, so that a read copies bytes and decodes nothing. Fields are written
// in the order of their numbers, and id, stream and type come before the
// payload, so that filters look at the first bytes only.

const (
	contentJSON   = "application/json"
	contentBinary = "application/octet-stream"

	metadataType        = "type"
	metadataContentType = "content-type"
	metadataCreated     = "created"

	typeStreamDeleted = "$streamDeleted"
	typeMetadata      = "$metadata"
	typeLink          = "$>"
)

// record is an event on its way to disk.
type record struct {
	id       uuid.UUID
	stream   string
	revision int64
	position uint64
	created  int64 // 100 ns ticks since 1970
	typ      string
	json     bool
	data     []byte
	custom   []byte
}

func sizeTagged(n int) int { return 1 + protowire.SizeBytes(n) }

func sizeMapEntry(key, value int) int { return sizeTagged(sizeTagged(key) + sizeTagged(value)) }

func appendMapEntry(b []byte, key, value string) []byte {
	b = protowire.AppendTag(b, 6, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(sizeTagged(len(key))+sizeTagged(len(value))))
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendString(b, key)
	b = protowire.AppendTag(b, 2, protowire.BytesType)
	return protowire.AppendString(b, value)
}

func sizeUUID(id uuid.UUID) int {
	msb, lsb := uuidBits(id)
	return 1 + protowire.SizeVarint(msb) + 1 + protowire.SizeVarint(lsb)
}

func uuidBits(id uuid.UUID) (msb, lsb uint64) {
	return binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
}

// encodeFrame returns the stored form of an event: the frame and its checksum.
func encodeFrame(r *record) []byte {
	content := contentBinary
	if r.json {
		content = contentJSON
	}
	var createdBuf [20]byte
	created := strconv.AppendInt(createdBuf[:0], r.created, 10)
	structured := sizeUUID(r.id)
	recordLen := sizeTagged(sizeTagged(structured)) +
		sizeTagged(sizeTagged(len(r.stream))) +
		1 + protowire.SizeVarint(uint64(r.revision)) +
		2*(1+protowire.SizeVarint(r.position)) +
		sizeMapEntry(len(metadataType), len(r.typ)) +
		sizeMapEntry(len(metadataContentType), len(content)) +
		sizeMapEntry(len(metadataCreated), len(created))
	if len(r.custom) > 0 {
		recordLen += sizeTagged(len(r.custom))
	}
	if len(r.data) > 0 {
		recordLen += sizeTagged(len(r.data))
	}
	eventLen := sizeTagged(recordLen) + 1 + protowire.SizeVarint(r.position)

	b := make([]byte, 0, sizeTagged(eventLen)+checksumLen)
	b = protowire.AppendTag(b, 1, protowire.BytesType) // ReadResp.event
	b = protowire.AppendVarint(b, uint64(eventLen))
	b = protowire.AppendTag(b, 1, protowire.BytesType) // ReadEvent.event
	b = protowire.AppendVarint(b, uint64(recordLen))

	b = protowire.AppendTag(b, 1, protowire.BytesType) // id
	b = protowire.AppendVarint(b, uint64(sizeTagged(structured)))
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(structured))
	msb, lsb := uuidBits(r.id)
	b = protowire.AppendTag(b, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, msb)
	b = protowire.AppendTag(b, 2, protowire.VarintType)
	b = protowire.AppendVarint(b, lsb)

	b = protowire.AppendTag(b, 2, protowire.BytesType) // stream identifier
	b = protowire.AppendVarint(b, uint64(sizeTagged(len(r.stream))))
	b = protowire.AppendTag(b, 3, protowire.BytesType)
	b = protowire.AppendString(b, r.stream)

	b = protowire.AppendTag(b, 3, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(r.revision))
	b = protowire.AppendTag(b, 4, protowire.VarintType) // prepare
	b = protowire.AppendVarint(b, r.position)
	b = protowire.AppendTag(b, 5, protowire.VarintType) // commit
	b = protowire.AppendVarint(b, r.position)

	b = appendMapEntry(b, metadataType, r.typ)
	b = appendMapEntry(b, metadataContentType, content)
	b = appendMapEntry(b, metadataCreated, string(created))
	if len(r.custom) > 0 {
		b = protowire.AppendTag(b, 7, protowire.BytesType)
		b = protowire.AppendBytes(b, r.custom)
	}
	if len(r.data) > 0 {
		b = protowire.AppendTag(b, 8, protowire.BytesType)
		b = protowire.AppendBytes(b, r.data)
	}

	b = protowire.AppendTag(b, 3, protowire.VarintType) // ReadEvent.commit_position
	b = protowire.AppendVarint(b, r.position)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

const checksumLen = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged marks what failed its checksum or can't be what was written.
var errDamaged = errors.New("damaged")

// frameOf checks a stored event and returns its frame.
func frameOf(position uint64, stored []byte) ([]byte, error) {
	if len(stored) < checksumLen {
		return nil, fmt.Errorf("event at position %d: %d bytes are too few: %w", position, len(stored), errDamaged)
	}
	frame := stored[: len(stored)-checksumLen : len(stored)-checksumLen]
	if crc32.Checksum(frame, castagnoli) != binary.LittleEndian.Uint32(stored[len(frame):]) {
		return nil, fmt.Errorf("event at position %d: checksum doesn't match: %w", position, errDamaged)
	}
	return frame, nil
}

// recordView is a frame taken apart; its slices are parts of the frame.
type recordView struct {
	whole    []byte // the RecordedEvent message
	id       uuid.UUID
	idField  []byte // the id with its tag
	stream   []byte
	revision int64
	position uint64
	typ      []byte
	json     bool
	created  int64
	custom   []byte
	data     []byte
}

var errFrame = fmt.Errorf("not an event's encoding: %w", errDamaged)

// nextField splits the first field off a message.
func nextField(b []byte) (num protowire.Number, value []byte, varint uint64, rest []byte, err error) {
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 {
		return 0, nil, 0, nil, errFrame
	}
	b = b[n:]
	switch typ {
	case protowire.VarintType:
		if varint, n = protowire.ConsumeVarint(b); n < 0 {
			return 0, nil, 0, nil, errFrame
		}
	case protowire.BytesType:
		if value, n = protowire.ConsumeBytes(b); n < 0 {
			return 0, nil, 0, nil, errFrame
		}
	default:
		return 0, nil, 0, nil, errFrame
	}
	return num, value, varint, b[n:], nil
}

// unwrap returns the RecordedEvent message within a frame.
func unwrap(frame []byte) ([]byte, error) {
	_, event, _, _, err := nextField(frame)
	if err != nil {
		return nil, err
	}
	_, rec, _, _, err := nextField(event)
	return rec, err
}

// filterKeys returns the parts of a frame that filters look at.
func filterKeys(frame []byte) (stream, typ []byte, err error) {
	b, err := unwrap(frame)
	if err != nil {
		return nil, nil, err
	}
	for len(b) > 0 {
		num, value, _, rest, err := nextField(b)
		if err != nil {
			return nil, nil, err
		}
		switch num {
		case 2:
			if _, stream, _, _, err = nextField(value); err != nil {
				return nil, nil, err
			}
		case 6: // the first entry is always the type
			if _, typ, err = mapEntry(value); err != nil {
				return nil, nil, err
			}
			return stream, typ, nil
		}
		b = rest
	}
	return nil, nil, errFrame
}

func mapEntry(b []byte) (key, value []byte, err error) {
	if _, key, _, b, err = nextField(b); err != nil {
		return nil, nil, err
	}
	_, value, _, _, err = nextField(b)
	return key, value, err
}

// parseFrame takes a frame apart.
func parseFrame(frame []byte) (recordView, error) {
	var v recordView
	b, err := unwrap(frame)
	if err != nil {
		return v, err
	}
	v.whole = b
	for len(b) > 0 {
		num, value, varint, rest, err := nextField(b)
		if err != nil {
			return v, err
		}
		switch num {
		case 1:
			v.idField = b[:len(b)-len(rest)]
			v.id, err = parseStructuredUUID(value)
		case 2:
			_, v.stream, _, _, err = nextField(value)
		case 3:
			v.revision = int64(varint)
		case 5:
			v.position = varint
		case 6:
			var key, val []byte
			if key, val, err = mapEntry(value); err == nil {
				switch string(key) {
				case metadataType:
					v.typ = val
				case metadataContentType:
					v.json = string(val) == contentJSON
				case metadataCreated:
					v.created, err = strconv.ParseInt(string(val), 10, 64)
				}
			}
		case 7:
			v.custom = value
		case 8:
			v.data = value
		}
		if err != nil {
			return v, errFrame
		}
		b = rest
	}
	return v, nil
}

func parseStructuredUUID(message []byte) (uuid.UUID, error) {
	var id uuid.UUID
	_, structured, _, _, err := nextField(message)
	if err != nil {
		return id, err
	}
	_, _, msb, rest, err := nextField(structured)
	if err != nil {
		return id, err
	}
	_, _, lsb, _, err := nextField(rest)
	if err != nil {
		return id, err
	}
	binary.BigEndian.PutUint64(id[:8], msb)
	binary.BigEndian.PutUint64(id[8:], lsb)
	return id, nil
}
