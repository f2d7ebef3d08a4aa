package storebench

import (
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/protobuf/proto"
)

// The figure is worth something only if both decoders come to the same.
func TestEventsDecodeAsProtobufDoes(t *testing.T) {
	responses, err := prebuilt(3)
	if err != nil {
		t.Fatal(err)
	}
	resolved := &streams.ReadResp{}
	if err := proto.Unmarshal(responses[0], resolved); err != nil {
		t.Fatal(err)
	}
	link := proto.CloneOf(resolved.GetEvent().GetEvent())
	link.Id = &shared.UUID{Value: &shared.UUID_String_{String_: "6f0f0b0e-6a6c-4f5e-9d53-0e8f0b1c2d3e"}}
	link.CustomMetadata = []byte("m")
	resolved.GetEvent().Link = link
	resolved.GetEvent().Position = &streams.ReadResp_ReadEvent_NoPosition{NoPosition: &shared.Empty{}}
	withLink, err := proto.Marshal(resolved)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range append(responses, withLink) {
		var want, got streams.ReadResp
		if err := proto.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		if err := decodeEvent(b, &got); err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(&want, &got) {
			t.Fatalf("got %v, want %v", &got, &want)
		}
	}
}
