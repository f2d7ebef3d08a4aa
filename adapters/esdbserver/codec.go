package esdbserver

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// rawFrame is a message that is already encoded.
type rawFrame []byte

// frameCodec sends frames as they are and everything else as protobuf. gRPC
// writes a frame some time after it was handed over, so its bytes must never
// change.
type frameCodec struct{ encoding.CodecV2 }

func newFrameCodec() frameCodec { return frameCodec{encoding.GetCodecV2(proto.Name)} }

func (c frameCodec) Marshal(v any) (mem.BufferSlice, error) {
	if frame, ok := v.(rawFrame); ok {
		return mem.BufferSlice{mem.SliceBuffer(frame)}, nil
	}
	return c.CodecV2.Marshal(v)
}

// discarded counts the bytes of messages that nobody looks at.
type discarded int

func (c frameCodec) Unmarshal(data mem.BufferSlice, v any) error {
	switch v := v.(type) {
	case *appendMessage:
		return v.decode(data.Materialize())
	case *discarded:
		*v += discarded(data.Len()) + 1
		return nil
	}
	return c.CodecV2.Unmarshal(data, v)
}
