package esdbserver

import (
	"bytes"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"
)

func drawID(t *rapid.T) uuid.UUID {
	return uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
}

// What is decoded by hand is what protobuf decodes.
func TestAppendMessagesDecodeAsProtobufDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := drawID(t)
		msb, lsb := uuidBits(id)
		wireID := &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
			MostSignificantBits: int64(msb), LeastSignificantBits: int64(lsb),
		}}}
		if rapid.Bool().Draw(t, "text") {
			wireID = &shared.UUID{Value: &shared.UUID_String_{String_: id.String()}}
		}
		data, custom := rapid.SliceOf(rapid.Byte()).Draw(t, "data"), rapid.SliceOf(rapid.Byte()).Draw(t, "custom")
		metadata := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "metadata")
		metadata["type"] = rapid.String().Draw(t, "type")
		metadata["content-type"] = rapid.SampledFrom([]string{contentJSON, contentBinary, ""}).Draw(t, "content type")
		wire, err := proto.Marshal(&streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{
			ProposedMessage: &streams.AppendReq_ProposedMessage{Id: wireID, Metadata: metadata, Data: data, CustomMetadata: custom},
		}})
		if err != nil {
			t.Skip("not what protobuf takes")
		}
		var m appendMessage
		if err := m.decode(wire); err != nil || m.kind != appendEvent || m.refused != nil {
			t.Fatalf("got %+v, %v", m, err)
		}
		if m.event.id != id || m.event.typ != metadata["type"] || m.event.json != (metadata["content-type"] == contentJSON) ||
			!bytes.Equal(m.event.data, data) || !bytes.Equal(m.event.custom, custom) {
			t.Fatalf("got %+v", m.event)
		}
	})
}

func TestAppendOptionsDecode(t *testing.T) {
	for want, options := range map[int64]*streams.AppendReq_Options{
		0:                  {ExpectedStreamRevision: &streams.AppendReq_Options_Revision{Revision: 0}},
		7:                  {ExpectedStreamRevision: &streams.AppendReq_Options_Revision{Revision: 7}},
		outOfRange:         {ExpectedStreamRevision: &streams.AppendReq_Options_Revision{Revision: 1<<64 - 1}},
		expectNoStream:     {ExpectedStreamRevision: &streams.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}},
		expectAny:          {ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: &shared.Empty{}}},
		expectStreamExists: {ExpectedStreamRevision: &streams.AppendReq_Options_StreamExists{StreamExists: &shared.Empty{}}},
		noExpectation:      {},
	} {
		options.StreamIdentifier = &shared.StreamIdentifier{StreamName: []byte("s")}
		wire, err := proto.Marshal(&streams.AppendReq{Content: &streams.AppendReq_Options_{Options: options}})
		if err != nil {
			t.Fatal(err)
		}
		var m appendMessage
		if err := m.decode(wire); err != nil || m.kind != appendOptions || m.stream != "s" || m.expected != want {
			t.Errorf("got %+v, %v, want %d", m, err, want)
		}
	}
}

// Nothing that comes over the wire makes the decoder fall over.
func TestAppendMessagesOfAnyBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m appendMessage
		_ = m.decode(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	})
}

func TestAppendedEncodesAsProtobufDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		revision := rapid.Int64Min(-1).Draw(t, "revision")
		position := rapid.Uint64().Draw(t, "position")
		var got streams.AppendResp
		if err := proto.Unmarshal(encodeAppended(revision, position), &got); err != nil {
			t.Fatal(err)
		}
		want := &streams.AppendResp_Success{
			CurrentRevisionOption: &streams.AppendResp_Success_NoStream{NoStream: &shared.Empty{}},
			PositionOption:        &streams.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}},
		}
		if revision >= 0 {
			want.CurrentRevisionOption = &streams.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(revision)}
		}
		if position > 0 {
			want.PositionOption = &streams.AppendResp_Success_Position{
				Position: &streams.AppendResp_Position{CommitPosition: position, PreparePosition: position},
			}
		}
		if !proto.Equal(got.GetSuccess(), want) {
			t.Fatalf("got %v, want %v", got.GetSuccess(), want)
		}
	})
}

// A frame is what protobuf reads as the event, comes apart as it was put
// together, and shows any flipped bit.
func TestFramesAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &record{
			id: drawID(t), stream: rapid.StringN(1, 50, -1).Draw(t, "stream"), revision: rapid.Int64Min(0).Draw(t, "revision"),
			position: rapid.Uint64Min(1).Draw(t, "position"), created: rapid.Int64().Draw(t, "created"),
			typ: rapid.String().Draw(t, "type"), json: rapid.Bool().Draw(t, "json"),
			data: rapid.SliceOf(rapid.Byte()).Draw(t, "data"), custom: rapid.SliceOf(rapid.Byte()).Draw(t, "custom"),
		}
		stored := encodeFrame(r)
		frame, err := frameOf(r.position, stored)
		if err != nil {
			t.Fatal(err)
		}
		v, err := parseFrame(frame)
		if err != nil || v.id != r.id || string(v.stream) != r.stream || v.revision != r.revision || v.position != r.position ||
			v.created != r.created || string(v.typ) != r.typ || v.json != r.json || !bytes.Equal(v.data, r.data) || !bytes.Equal(v.custom, r.custom) {
			t.Fatalf("got %+v, %v", v, err)
		}
		if stream, typ, err := filterKeys(frame); err != nil || string(stream) != r.stream || string(typ) != r.typ {
			t.Fatalf("got %q, %q, %v", stream, typ, err)
		}
		for _, b := range [][]byte{frame, appendReadEvent(nil, v, recordView{}, r.position, true)} {
			var resp streams.ReadResp
			if err := proto.Unmarshal(b, &resp); err != nil {
				t.Fatal(err)
			}
			e := resp.GetEvent().GetEvent()
			id, err := eventID(e.GetId())
			if err != nil || id != r.id || e.GetStreamRevision() != uint64(r.revision) || resp.GetEvent().GetCommitPosition() != r.position ||
				e.GetMetadata()["type"] != r.typ || !bytes.Equal(e.GetData(), r.data) || !bytes.Equal(e.GetCustomMetadata(), r.custom) {
				t.Fatalf("got %v, %v", &resp, err)
			}
		}
		stored[rapid.IntRange(0, len(stored)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := frameOf(r.position, stored); err == nil {
			t.Fatal("a flipped bit wasn't found")
		}
	})
}
