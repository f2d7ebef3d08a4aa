package storebench

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver/internal/wire"
)

// eventCodec decodes the events of reads by hand, as generated decoders do that
// don't go through protobuf's reflection, and all else as usual.
type eventCodec struct{ encoding.CodecV2 }

func (c eventCodec) Unmarshal(data mem.BufferSlice, v any) error {
	if resp, ok := v.(*streams.ReadResp); ok {
		b := data.Materialize()
		if num, _, _ := protowire.ConsumeTag(b); num == 1 {
			return decodeEvent(b, resp)
		}
	}
	return c.CodecV2.Unmarshal(data, v)
}

// eventParts is what the message of one event is made of, allocated at once.
type eventParts struct {
	content    streams.ReadResp_Event
	event      streams.ReadResp_ReadEvent
	position   streams.ReadResp_ReadEvent_CommitPosition
	noPosition streams.ReadResp_ReadEvent_NoPosition
}

type recordParts struct {
	record     streams.ReadResp_ReadEvent_RecordedEvent
	id         shared.UUID
	structured shared.UUID_Structured_
	bits       shared.UUID_Structured
	text       shared.UUID_String_
	stream     shared.StreamIdentifier
}

// decodeEvent decodes a response that holds an event. Its payload stays part
// of b.
func decodeEvent(b []byte, resp *streams.ReadResp) error {
	p := &eventParts{}
	p.content.Event = &p.event
	resp.Content = &p.content
	return wire.Fields(b, func(_ protowire.Number, _ protowire.Type, event []byte, _ uint64) error {
		return wire.Fields(event, func(num protowire.Number, _ protowire.Type, value []byte, varint uint64) (err error) {
			switch num {
			case 1:
				p.event.Event, err = decodeRecord(value)
			case 2:
				p.event.Link, err = decodeRecord(value)
			case 3:
				p.position.CommitPosition = varint
				p.event.Position = &p.position
			case 4:
				p.noPosition.NoPosition = &shared.Empty{}
				p.event.Position = &p.noPosition
			}
			return err
		})
	})
}

func decodeRecord(b []byte) (*streams.ReadResp_ReadEvent_RecordedEvent, error) {
	p := &recordParts{}
	r := &p.record
	r.Metadata = make(map[string]string, 3)
	err := wire.Fields(b, func(num protowire.Number, _ protowire.Type, value []byte, varint uint64) error {
		switch num {
		case 1:
			r.Id = &p.id
			return p.decodeID(value)
		case 2:
			r.StreamIdentifier = &p.stream
			return wire.Fields(value, func(_ protowire.Number, _ protowire.Type, name []byte, _ uint64) error {
				p.stream.StreamName = name
				return nil
			})
		case 3:
			r.StreamRevision = varint
		case 4:
			r.PreparePosition = varint
		case 5:
			r.CommitPosition = varint
		case 6:
			var entry [2]string
			err := wire.Fields(value, func(num protowire.Number, _ protowire.Type, part []byte, _ uint64) error {
				entry[min(num, 2)-1] = string(part)
				return nil
			})
			r.Metadata[entry[0]] = entry[1]
			return err
		case 7:
			r.CustomMetadata = value
		case 8:
			r.Data = value
		}
		return nil
	})
	return r, err
}

func (p *recordParts) decodeID(b []byte) error {
	return wire.Fields(b, func(num protowire.Number, _ protowire.Type, value []byte, _ uint64) error {
		if num == 2 {
			p.text.String_, p.id.Value = string(value), &p.text
			return nil
		}
		p.structured.Structured, p.id.Value = &p.bits, &p.structured
		return wire.Fields(value, func(num protowire.Number, _ protowire.Type, _ []byte, varint uint64) error {
			if num == 1 {
				p.bits.MostSignificantBits = int64(varint)
			} else {
				p.bits.LeastSignificantBits = int64(varint)
			}
			return nil
		})
	})
}

// decoding measures what a client would gain that decodes events by hand: the
// same read over bare gRPC, with either decoder.
func (r *run) decoding(connection string) error {
	address := strings.TrimSuffix(strings.TrimPrefix(connection, "esdb://"), "?tls=false")
	standard := encoding.GetCodecV2(proto.Name)
	measure := func(codec encoding.CodecV2) func() (float64, error) {
		return func() (float64, error) {
			conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
				grpc.WithDefaultCallOptions(grpc.ForceCodecV2(codec)))
			if err != nil {
				return 0, err
			}
			rate, err := r.bareRate(streams.NewStreamsClient(conn))
			return rate, errors.Join(err, conn.Close())
		}
	}
	found, err := inTurn(fewRounds, measure(eventCodec{standard}), measure(standard))
	if err != nil {
		return err
	}
	r.addRounds("catch-up over bare gRPC, decoded by hand", "events/s", found[0].rate, "the standard decoder", found[1].rate)
	return nil
}

func (r *run) bareRate(client streams.StreamsClient) (float64, error) {
	began, count := time.Now(), r.CatchUp/2
	stream, err := client.Read(r.ctx, readAllRequest(count))
	if err != nil {
		return 0, err
	}
	for n := range count {
		resp, err := stream.Recv()
		if err != nil {
			return 0, err
		}
		if got := resp.GetEvent().GetEvent().GetCommitPosition(); got != uint64(n+1) {
			return 0, fmt.Errorf("event %d has position %d", n, got)
		}
	}
	return float64(count) / time.Since(began).Seconds(), nil
}

func readAllRequest(count int) *streams.ReadReq {
	return &streams.ReadReq{Options: &streams.ReadReq_Options{
		StreamOption: &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
			AllOption: &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}},
		}},
		CountOption:  &streams.ReadReq_Options_Count{Count: uint64(count)},
		FilterOption: &streams.ReadReq_Options_NoFilter{NoFilter: &shared.Empty{}},
		UuidOption:   &streams.ReadReq_Options_UUIDOption{Content: &streams.ReadReq_Options_UUIDOption_Structured{Structured: &shared.Empty{}}},
	}}
}
