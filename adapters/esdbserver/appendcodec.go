package esdbserver

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver/internal/wire"
)

// Appends are the busiest call, and most of their cost is protobuf's. So their
// messages are decoded and encoded by hand: straight to what the writer takes,
// without a message, a map and their parts in between. Any encoding that
// protobuf allows is understood.

// appendMessage is an AppendReq: options or an event.
type appendMessage struct {
	kind     appendKind
	stream   string
	expected int64 // noExpectation when it isn't given
	event    proposed
	refused  error // why the event can't be taken
}

type appendKind int

const (
	appendNothing appendKind = iota
	appendOptions
	appendEvent
)

// noExpectation and outOfRange are no expected revisions.
const (
	noExpectation = math.MinInt64
	outOfRange    = math.MinInt64 + 1
)

// expectedRevision keeps revisions beyond what there can be from being taken
// for one of the special ones.
func expectedRevision(revision uint64) int64 {
	if revision > math.MaxInt64 {
		return outOfRange
	}
	return int64(revision)
}

// decode takes a message apart. Its slices become parts of the event.
func (m *appendMessage) decode(b []byte) error {
	*m = appendMessage{expected: noExpectation}
	return wire.Fields(b, func(num protowire.Number, typ protowire.Type, value []byte, _ uint64) error {
		if typ != protowire.BytesType {
			return nil
		}
		switch num {
		case 1:
			m.kind = appendOptions
			return m.decodeOptions(value)
		case 2:
			m.kind = appendEvent
			return m.decodeEvent(value)
		}
		return nil
	})
}

func (m *appendMessage) decodeOptions(b []byte) error {
	return wire.Fields(b, func(num protowire.Number, typ protowire.Type, value []byte, varint uint64) error {
		switch {
		case num == 1 && typ == protowire.BytesType:
			return wire.Fields(value, func(num protowire.Number, typ protowire.Type, value []byte, _ uint64) error {
				if num == 3 && typ == protowire.BytesType {
					m.stream = string(value)
				}
				return nil
			})
		case num == 2 && typ == protowire.VarintType:
			m.expected = expectedRevision(varint)
		case num == 3 && typ == protowire.BytesType:
			m.expected = expectNoStream
		case num == 4 && typ == protowire.BytesType:
			m.expected = expectAny
		case num == 5 && typ == protowire.BytesType:
			m.expected = expectStreamExists
		}
		return nil
	})
}

func (m *appendMessage) decodeEvent(b []byte) error {
	var hasType, hasContentType, hasID bool
	err := wire.Fields(b, func(num protowire.Number, typ protowire.Type, value []byte, _ uint64) error {
		if typ != protowire.BytesType {
			return nil
		}
		switch num {
		case 1:
			hasID = true
			return m.decodeID(value)
		case 2:
			var key, val []byte
			err := wire.Fields(value, func(num protowire.Number, typ protowire.Type, part []byte, _ uint64) error {
				switch {
				case num == 1 && typ == protowire.BytesType:
					key = part
				case num == 2 && typ == protowire.BytesType:
					val = part
				}
				return nil
			})
			if err != nil {
				return err
			}
			// Invalid text would come back to readers, who couldn't decode it.
			if !utf8.Valid(key) || !utf8.Valid(val) {
				return fmt.Errorf("event metadata isn't UTF-8")
			}
			switch string(key) {
			case metadataType:
				m.event.typ, hasType = string(val), true
			case metadataContentType:
				m.event.json, hasContentType = string(val) == contentJSON, true
			}
		case 3:
			m.event.custom = value
		case 4:
			m.event.data = value
		}
		return nil
	})
	if err == nil && m.refused == nil {
		switch {
		case !hasType || !hasContentType:
			m.refused = errMissingMetadata()
		case !hasID:
			m.refused = errInvalid("event id: it is missing")
		}
	}
	return err
}

func (m *appendMessage) decodeID(b []byte) error {
	return wire.Fields(b, func(num protowire.Number, typ protowire.Type, value []byte, _ uint64) error {
		switch {
		case num == 1 && typ == protowire.BytesType:
			var bits [2]uint64
			err := wire.Fields(value, func(num protowire.Number, typ protowire.Type, _ []byte, varint uint64) error {
				if typ == protowire.VarintType && (num == 1 || num == 2) {
					bits[num-1] = varint
				}
				return nil
			})
			binary.BigEndian.PutUint64(m.event.id[:8], bits[0])
			binary.BigEndian.PutUint64(m.event.id[8:], bits[1])
			return err
		case num == 2 && typ == protowire.BytesType:
			id, err := uuid.ParseBytes(value)
			if err != nil {
				m.refused = errInvalid("event id: %v", err)
			}
			m.event.id = id
		}
		return nil
	})
}

// encodeAppended is the AppendResp of a success.
func encodeAppended(revision int64, position uint64) rawFrame {
	success := make([]byte, 0, 48)
	if revision >= 0 {
		success = protowire.AppendTag(success, 1, protowire.VarintType)
		success = protowire.AppendVarint(success, uint64(revision))
	} else {
		success = protowire.AppendTag(success, 2, protowire.BytesType)
		success = protowire.AppendVarint(success, 0)
	}
	if position > 0 {
		success = protowire.AppendTag(success, 3, protowire.BytesType)
		success = protowire.AppendVarint(success, uint64(2*(1+protowire.SizeVarint(position))))
		success = protowire.AppendTag(success, 1, protowire.VarintType)
		success = protowire.AppendVarint(success, position)
		success = protowire.AppendTag(success, 2, protowire.VarintType)
		success = protowire.AppendVarint(success, position)
	} else {
		success = protowire.AppendTag(success, 4, protowire.BytesType)
		success = protowire.AppendVarint(success, 0)
	}
	b := make([]byte, 0, sizeTagged(len(success)))
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	return protowire.AppendBytes(b, success)
}
