package esdbserver_test

import (
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/projections"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// dial connects without the client, to see what goes over the wire.
func dial(t testing.TB, s *esdbserver.Server) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(s.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func wantTrailer(t testing.TB, err error, code codes.Code, trailer metadata.MD, pairs ...string) {
	t.Helper()
	if status.Code(err) != code {
		t.Fatalf("got %v, want %v", err, code)
	}
	for i := 0; i < len(pairs); i += 2 {
		if got := trailer.Get(pairs[i]); !slices.Equal(got, []string{pairs[i+1]}) {
			t.Fatalf("trailer %s: got %v, want %s", pairs[i], got, pairs[i+1])
		}
	}
}

func identifier(name string) *shared.StreamIdentifier {
	return &shared.StreamIdentifier{StreamName: []byte(name)}
}

func proposedMessage(id string, metadata map[string]string, size int) *streams.AppendReq {
	return &streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: &streams.AppendReq_ProposedMessage{
		Id: &shared.UUID{Value: &shared.UUID_String_{String_: id}}, Metadata: metadata, Data: make([]byte, size),
	}}}
}

var complete = map[string]string{"type": "T", "content-type": "application/octet-stream"}

// appendRaw sends messages after the options and returns the answer.
func appendRaw(t testing.TB, c streams.StreamsClient, name string, trailer *metadata.MD, messages ...*streams.AppendReq) (*streams.AppendResp, error) {
	t.Helper()
	call, err := c.Append(timeout(t), grpc.Trailer(trailer))
	if err != nil {
		t.Fatal(err)
	}
	options := &streams.AppendReq{Content: &streams.AppendReq_Options_{Options: &streams.AppendReq_Options{
		StreamIdentifier: identifier(name), ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: &shared.Empty{}},
	}}}
	for _, m := range append([]*streams.AppendReq{options}, messages...) {
		if err := call.Send(m); err != nil {
			t.Fatalf("the server answered before the request ended: %v", err)
		}
	}
	return call.CloseAndRecv()
}

func TestErrorTrailers(t *testing.T) {
	s, client := start(t)
	c := streams.NewStreamsClient(dial(t, s))
	mustAppend(t, client, "s", esdb.NoStream{}, events("e", 3)...)
	var trailer metadata.MD

	_, err := c.Delete(timeout(t), &streams.DeleteReq{Options: &streams.DeleteReq_Options{
		StreamIdentifier: identifier("s"), ExpectedStreamRevision: &streams.DeleteReq_Options_Revision{Revision: 7},
	}}, grpc.Trailer(&trailer))
	wantTrailer(t, err, codes.FailedPrecondition, trailer, "exception", "wrong-expected-version",
		"stream-name", "s", "expected-version", "7", "actual-version", "2")
	_, err = c.Delete(timeout(t), &streams.DeleteReq{Options: &streams.DeleteReq_Options{
		StreamIdentifier: identifier("none"), ExpectedStreamRevision: &streams.DeleteReq_Options_StreamExists{StreamExists: &shared.Empty{}},
	}}, grpc.Trailer(&trailer))
	wantTrailer(t, err, codes.FailedPrecondition, trailer, "exception", "wrong-expected-version", "expected-version", "-4", "actual-version", "-1")

	_, err = appendRaw(t, c, "s", &trailer, proposedMessage(uuid.NewString(), map[string]string{"type": "T"}, 1))
	wantTrailer(t, err, codes.InvalidArgument, trailer, "exception", "missing-required-metadata-property",
		"required-metadata-properties", "type,content-type")
	_, err = appendRaw(t, c, "s", &trailer,
		proposedMessage(uuid.NewString(), complete, 600<<10), proposedMessage(uuid.NewString(), complete, 600<<10), proposedMessage(uuid.NewString(), complete, 600<<10))
	wantTrailer(t, err, codes.InvalidArgument, trailer, "exception", "maximum-append-size-exceeded", "maximum-append-size", "1048576")
	_, err = appendRaw(t, c, "s", &trailer, proposedMessage("not an id", complete, 1))
	wantTrailer(t, err, codes.InvalidArgument, trailer)
	for _, name := range []string{"", "$$", strings.Repeat("x", 5000), "\xff"} {
		_, err = appendRaw(t, c, name, &trailer, proposedMessage(uuid.NewString(), complete, 1))
		wantTrailer(t, err, codes.InvalidArgument, trailer)
	}
	_, err = appendRaw(t, c, "$all", &trailer, proposedMessage(uuid.NewString(), complete, 1))
	wantTrailer(t, err, codes.PermissionDenied, trailer, "exception", "access-denied")
	if got := revisions(t, client, "s"); len(got) != 3 {
		t.Fatalf("a refused append wrote something: %v", got)
	}

	if _, err := client.TombstoneStream(timeout(t), "s", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	_, err = appendRaw(t, c, "s", &trailer, proposedMessage(uuid.NewString(), complete, 1))
	wantTrailer(t, err, codes.FailedPrecondition, trailer, "exception", "stream-deleted", "stream-name", "s")
	if _, err := projections.NewProjectionsClient(dial(t, s)).Create(timeout(t), &projections.CreateReq{}); status.Code(err) != codes.Unimplemented {
		t.Fatalf("got %v", err)
	}
}

func TestBatchAppendOverTheWire(t *testing.T) {
	s, client := start(t)
	mustAppend(t, client, "s", esdb.NoStream{}, events("e", 2)...)
	mustAppend(t, client, "gone", esdb.NoStream{}, event("e"))
	if _, err := client.TombstoneStream(timeout(t), "gone", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	call, err := streams.NewStreamsClient(dial(t, s)).BatchAppend(timeout(t))
	if err != nil {
		t.Fatal(err)
	}
	correlation := func(text string) *shared.UUID { return &shared.UUID{Value: &shared.UUID_String_{String_: text}} }
	chunk := func(size int) []*streams.BatchAppendReq_ProposedMessage {
		return []*streams.BatchAppendReq_ProposedMessage{{Id: correlation(uuid.NewString()), Metadata: complete, Data: make([]byte, size)}}
	}
	options := func(name string) *streams.BatchAppendReq_Options {
		return &streams.BatchAppendReq_Options{
			StreamIdentifier: identifier(name), ExpectedStreamPosition: &streams.BatchAppendReq_Options_NoStream{NoStream: &emptypb.Empty{}},
			DeadlineOption: &streams.BatchAppendReq_Options_Deadline{Deadline: durationpb.New(5 * time.Second)},
		}
	}
	send := func(req *streams.BatchAppendReq) {
		t.Helper()
		if err := call.Send(req); err != nil {
			t.Fatal(err)
		}
	}
	// Two appends, their chunks mixed; the second ends first.
	first, second := uuid.NewString(), uuid.NewString()
	send(&streams.BatchAppendReq{CorrelationId: correlation(first), Options: options("first"), ProposedMessages: chunk(10)})
	send(&streams.BatchAppendReq{CorrelationId: correlation(second), Options: options("second"), ProposedMessages: chunk(10)})
	send(&streams.BatchAppendReq{CorrelationId: correlation(second), ProposedMessages: chunk(10), IsFinal: true})
	resp, err := call.Recv()
	if err != nil || resp.GetCorrelationId().GetString_() != second || resp.GetSuccess().GetCurrentRevision() != 1 {
		t.Fatalf("got %v, %v", resp, err)
	}
	send(&streams.BatchAppendReq{CorrelationId: correlation(first), IsFinal: true})
	resp, err = call.Recv()
	if err != nil || resp.GetCorrelationId().GetString_() != first || string(resp.GetStreamIdentifier().GetStreamName()) != "first" {
		t.Fatalf("got %v, %v", resp, err)
	}
	late := options("late")
	late.DeadlineOption = &streams.BatchAppendReq_Options_Deadline{Deadline: durationpb.New(-time.Second)}
	for _, test := range []struct {
		options *streams.BatchAppendReq_Options
		size    int
		code    codes.Code
		detail  string
	}{
		{options("s"), 1, codes.AlreadyExists, "event_store.client.WrongExpectedVersion"},
		{options("gone"), 1, codes.NotFound, "event_store.client.StreamDeleted"},
		{options("big"), 1 << 20, codes.InvalidArgument, "event_store.client.MaximumAppendSizeExceeded"},
		{late, 1, codes.DeadlineExceeded, "event_store.client.Timeout"},
		{options("$all"), 1, codes.PermissionDenied, "event_store.client.AccessDenied"},
		{options(""), 1, codes.InvalidArgument, "event_store.client.BadRequest"},
	} {
		send(&streams.BatchAppendReq{CorrelationId: correlation(uuid.NewString()), Options: test.options, ProposedMessages: chunk(test.size), IsFinal: true})
		resp, err := call.Recv()
		failure := resp.GetError()
		if err != nil || codes.Code(failure.GetCode()) != test.code || len(failure.GetDetails()) != 1 ||
			!strings.HasSuffix(failure.GetDetails()[0].GetTypeUrl(), "/"+test.detail) {
			t.Fatalf("got %v, %v, want %v %s", resp, err, test.code, test.detail)
		}
	}
	if err := call.CloseSend(); err != nil {
		t.Fatal(err)
	}
}

func TestFeaturesAndGossip(t *testing.T) {
	s, _ := start(t)
	conn := dial(t, s)
	features, err := serverfeatures.NewServerFeaturesClient(conn).GetSupportedMethods(timeout(t), &shared.Empty{})
	if err != nil || strings.Count(features.GetEventStoreServerVersion(), ".") != 2 {
		t.Fatalf("got %v, %v", features, err)
	}
	for _, m := range features.GetMethods() {
		if name := m.GetServiceName() + m.GetMethodName(); name != strings.ToLower(name) {
			t.Errorf("%s isn't in lower case", name)
		}
	}
	info, err := gossip.NewGossipClient(conn).Read(timeout(t), &shared.Empty{})
	if err != nil || len(info.GetMembers()) != 1 || info.GetMembers()[0].GetState() != gossip.MemberInfo_Leader || info.GetMembers()[0].GetHttpEndPoint().GetPort() == 0 {
		t.Fatalf("got %v, %v", info, err)
	}
	// A client that looks for a cluster finds a cluster of one.
	c := connect(t, "esdb://"+s.Addr()+","+s.Addr()+"?tls=false")
	mustAppend(t, c, "s", esdb.NoStream{}, event("e"))
}

func TestEmptyAppendNamesNoRevision(t *testing.T) {
	s, _ := start(t)
	var trailer metadata.MD
	resp, err := appendRaw(t, streams.NewStreamsClient(dial(t, s)), "s", &trailer)
	if err != nil || resp.GetSuccess().GetNoStream() == nil || resp.GetSuccess().GetNoPosition() == nil {
		t.Fatalf("got %v, %v", resp, err)
	}
}

func TestLargestEvents(t *testing.T) {
	s := startServer(t, esdbserver.Options{MaxAppendBytes: 15 << 20})
	conn, err := grpc.NewClient(s.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(16<<20)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := streams.NewStreamsClient(conn)
	var trailer metadata.MD
	const size = 15<<20 - 2*len("T")
	if _, err := appendRaw(t, c, "s", &trailer, proposedMessage(uuid.NewString(), complete, size)); err != nil {
		t.Fatal(err)
	}
	read, err := c.Read(timeout(t), &streams.ReadReq{Options: &streams.ReadReq_Options{
		StreamOption: &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{
			StreamIdentifier: identifier("s"), RevisionOption: &streams.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}},
		}},
		CountOption: &streams.ReadReq_Options_Count{Count: 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := read.Recv()
	if err != nil || len(resp.GetEvent().GetEvent().GetData()) != size {
		t.Fatalf("got %d bytes, %v", len(resp.GetEvent().GetEvent().GetData()), err)
	}
}

// Clients ping more often than gRPC's servers suffer by themselves, and while
// they do nothing else.
func TestPingsAreSuffered(t *testing.T) {
	if testing.Short() {
		t.Skip("pings for some seconds")
	}
	t.Parallel()
	s, _ := start(t)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	framer := http2.NewFramer(conn, conn)
	if err := framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	const pings = 5 // gRPC goes after the third that comes too soon, and the first never does
	go func() {
		for range pings {
			time.Sleep(5100 * time.Millisecond)
			if framer.WritePing(false, [8]byte{1}) != nil {
				return
			}
		}
	}()
	for answered := 0; answered < pings; {
		f, err := framer.ReadFrame()
		if err != nil {
			t.Fatalf("after %d pings: %v", answered, err)
		}
		switch f := f.(type) {
		case *http2.GoAwayFrame:
			t.Fatalf("after %d pings the server goes: %s", answered, f.DebugData())
		case *http2.PingFrame:
			if f.IsAck() {
				answered++
			} else if err := framer.WritePing(true, f.Data); err != nil {
				t.Fatal(err)
			}
		}
	}
}
