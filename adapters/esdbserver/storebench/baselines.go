package storebench

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// sync measures what no commit can be quicker than here: writing some bytes
// within a file and syncing them.
func (r *run) sync() (err error) {
	dir, remove, err := r.dir()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if err := os.Mkdir(dir, 0o750); err != nil {
		return err
	}
	f, err := vfs.Default.Create(filepath.Join(dir, "file"), "bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	const size, times = 600, 500
	if _, err := f.Write(make([]byte, size*times)); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	took := make([]float64, times)
	for i := range took {
		began := time.Now()
		if _, err := f.WriteAt(payload(i), int64(i*size)); err != nil {
			return err
		}
		if err := f.SyncData(); err != nil {
			return err
		}
		took[i] = float64(time.Since(began).Microseconds())
	}
	r.add(Figure{Name: "writing and syncing 300 bytes", Value: median(took), Unit: "us"})
	return nil
}

// rawPebble returns a function that measures commits of what an append stores,
// synced, with nothing around it.
func (r *run) rawPebble(writers, events int) (measure func() (float64, error), done func() error, err error) {
	dir, remove, err := r.dir()
	if err != nil {
		return nil, nil, err
	}
	db, err := pebble.Open(filepath.Join(dir, "db"), &pebble.Options{
		FormatMajorVersion: pebble.FormatWALSyncChunks, MemTableSize: 16 << 20, MemTableStopWritesThreshold: 4,
		// Its compactions would take processor time from what is measured next.
		DisableAutomaticCompactions: true, L0StopWritesThreshold: 1 << 20,
		Logger: noLog{},
	})
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	var position atomic.Uint64
	wrapping := make([]byte, 150) // id, stream, type, times and so on
	measure = func() (float64, error) {
		return r.hammer(writers, func(w, n int) error {
			batch := db.NewBatch()
			for i := range events {
				at := binary.BigEndian.AppendUint64([]byte{'e'}, position.Add(1))
				index := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64([]byte{'s'}, uint64(w)), uint64(n*events+i))
				if err := errors.Join(batch.Set(at, append(wrapping[:150:150], payload(n)...), nil), batch.Set(index, at[1:], nil)); err != nil {
					return err
				}
			}
			return errors.Join(batch.Commit(pebble.Sync), batch.Close())
		})
	}
	return measure, func() error { return errors.Join(db.Close(), remove()) }, nil
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
	s := grpc.NewServer(grpc.ForceServerCodecV2(rawCodec{encoding.GetCodecV2(proto.Name)}), grpc.NumStreamWorkers(64))
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
