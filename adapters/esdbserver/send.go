package esdbserver

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
)

// frameSender sends stored events in the form a reader asked for.
type frameSender struct {
	s         *Server
	out       grpc.ServerStream
	stringIDs bool
	resolve   bool
}

func (f *frameSender) send(frame []byte) error {
	frame, err := f.shape(f.out.Context(), frame)
	if err != nil {
		return err
	}
	return f.out.SendMsg(rawFrame(frame))
}

// shape resolves links and turns ids into text, where asked for.
func (f *frameSender) shape(ctx context.Context, frame []byte) ([]byte, error) {
	if !f.resolve && !f.stringIDs {
		return frame, nil
	}
	view, err := parseFrame(frame)
	if err != nil {
		return nil, err
	}
	event, link := view, recordView{}
	if f.resolve && string(view.typ) == typeLink {
		target, ok, err := f.s.resolveLink(ctx, view)
		if err != nil {
			return nil, err
		}
		if ok {
			event, link = target, view
		}
	}
	if link.whole == nil && !f.stringIDs {
		return frame, nil
	}
	return appendReadEvent(nil, event, link, view.position, f.stringIDs), nil
}

// appendReadEvent encodes a ReadResp of an event, of a link, or of both.
func appendReadEvent(b []byte, event, link recordView, position uint64, stringIDs bool) []byte {
	records := [2][]byte{recordBytes(event, stringIDs), recordBytes(link, stringIDs)}
	size := 1 + protowire.SizeVarint(position)
	for _, r := range records {
		if r != nil {
			size += sizeTagged(len(r))
		}
	}
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	for i, r := range records {
		if r != nil {
			b = protowire.AppendTag(b, protowire.Number(i+1), protowire.BytesType)
			b = protowire.AppendBytes(b, r)
		}
	}
	b = protowire.AppendTag(b, 3, protowire.VarintType)
	return protowire.AppendVarint(b, position)
}

func recordBytes(v recordView, stringIDs bool) []byte {
	if v.whole == nil || !stringIDs {
		return v.whole
	}
	text := v.id.String()
	b := make([]byte, 0, len(v.whole)+len(text))
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(sizeTagged(len(text))))
	b = protowire.AppendTag(b, 2, protowire.BytesType)
	b = protowire.AppendString(b, text)
	return append(b, v.whole[len(v.idField):]...)
}

// resolveLink finds the event that a link names. ok is false when the link is
// malformed, which leaves it an ordinary event. A target that is gone, or that
// the reader may not see, gives an empty view.
func (s *Server) resolveLink(ctx context.Context, link recordView) (target recordView, ok bool, err error) {
	number, name, found := bytes.Cut(link.data, []byte("@"))
	if !found || len(name) == 0 {
		return recordView{}, false, nil
	}
	at, err := strconv.ParseUint(string(number), 10, 63)
	if err != nil {
		return recordView{}, false, nil //nolint:nilerr // an event that isn't a link is no error
	}
	revision := int64(at)
	if s.authorize(ctx, opRead, string(name)) != nil {
		return recordView{}, true, nil //nolint:nilerr // as if the target were gone
	}
	r, _, err := s.readable(string(name))
	if err != nil {
		if _, gone := errors.AsType[*apiError](err); gone {
			return recordView{}, true, nil
		}
		return recordView{}, true, err
	}
	var c chunk
	if revision < r.first || revision > r.last {
		return recordView{}, true, nil
	}
	r.last = revision
	if _, _, err := s.st.scanStream(&c, r, revision, false, 1); err != nil || len(c.events) == 0 {
		return recordView{}, true, err
	}
	target, err = parseFrame(c.events[0].frame)
	return target, true, err
}

// idFrom reads an id in either of its forms.
func idFrom(structured bool, msb, lsb int64, text string) (uuid.UUID, error) {
	if !structured {
		return uuid.Parse(text)
	}
	var id uuid.UUID
	for i := range 8 {
		id[i] = byte(uint64(msb) >> (56 - 8*i))
		id[8+i] = byte(uint64(lsb) >> (56 - 8*i))
	}
	return id, nil
}
