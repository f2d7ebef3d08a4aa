package storebench

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync/atomic"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// rawPebble commits what an append stores, synced, with nothing around it.
func (r *run) rawPebble(writers, events int) (rate float64, err error) {
	dir, remove, err := r.dir()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	db, err := pebble.Open(filepath.Join(dir, "db"), &pebble.Options{
		FormatMajorVersion: pebble.FormatWALSyncChunks, MemTableSize: 16 << 20, MemTableStopWritesThreshold: 4,
		Logger: noLog{},
	})
	if err != nil {
		return 0, err
	}
	var position atomic.Uint64
	wrapping := make([]byte, 150) // id, stream, type, times and so on
	rate, err = r.hammer(writers, func(w, n int) error {
		batch := db.NewBatch()
		for i := range events {
			at := binary.BigEndian.AppendUint64([]byte{'e'}, position.Add(1))
			index := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64([]byte{'s'}, uint64(w)), uint64(n*events+i))
			if err := errors.Join(batch.Set(at, append(wrapping, payload(n)...), nil), batch.Set(index, at[1:], nil)); err != nil {
				return err
			}
		}
		return errors.Join(batch.Commit(pebble.Sync), batch.Close())
	})
	return rate, errors.Join(err, db.Close())
}

type noLog struct{}

func (noLog) Infof(string, ...any)  {}
func (noLog) Errorf(string, ...any) {}
func (noLog) Fatalf(string, ...any) {}

// nothing is a server that speaks the protocol and stores nothing: appends are
// acknowledged at once, reads are answered with messages built beforehand.
type nothing struct {
	streams.UnimplementedStreamsServer
	serverfeatures.UnimplementedServerFeaturesServer
	position atomic.Uint64
	prebuilt [][]byte
}

func serveNothing(prebuilt [][]byte) (connection string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	n := &nothing{prebuilt: prebuilt}
	s := grpc.NewServer(grpc.ForceServerCodecV2(rawCodec{encoding.GetCodecV2(proto.Name)}), grpc.NumStreamWorkers(64), grpc.SharedWriteBuffer(true))
	streams.RegisterStreamsServer(s, n)
	serverfeatures.RegisterServerFeaturesServer(s, n)
	go func() { _ = s.Serve(listener) }()
	return "esdb://" + listener.Addr().String() + "?tls=false", s.Stop, nil
}

func (n *nothing) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	return &serverfeatures.SupportedMethods{EventStoreServerVersion: "23.10.0"}, nil
}

func (n *nothing) Append(in streams.Streams_AppendServer) error {
	for {
		_, err := in.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	p := n.position.Add(1)
	return in.SendAndClose(&streams.AppendResp{Result: &streams.AppendResp_Success_{Success: &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: p},
		PositionOption: &streams.AppendResp_Success_Position{
			Position: &streams.AppendResp_Position{CommitPosition: p, PreparePosition: p},
		},
	}}})
}

func (n *nothing) Read(req *streams.ReadReq, out streams.Streams_ReadServer) error {
	for i := range req.GetOptions().GetCount() {
		if err := out.SendMsg(raw(n.prebuilt[i%uint64(len(n.prebuilt))])); err != nil {
			return err
		}
	}
	return nil
}

type raw []byte

type rawCodec struct{ encoding.CodecV2 }

func (c rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	if b, ok := v.(raw); ok {
		return mem.BufferSlice{mem.SliceBuffer(b)}, nil
	}
	return c.CodecV2.Marshal(v)
}
