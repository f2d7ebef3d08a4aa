package storebench

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/protobuf/proto"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// prebuilt are responses as the store's reads have them.
func prebuilt(n int) ([][]byte, error) {
	out := make([][]byte, n)
	for i := range out {
		id := event(i).EventID
		most, least := esdb.UUIDAsInt64(id)
		position := uint64(i + 1)
		b, err := proto.Marshal(&streams.ReadResp{Content: &streams.ReadResp_Event{Event: &streams.ReadResp_ReadEvent{
			Event: &streams.ReadResp_ReadEvent_RecordedEvent{
				Id: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
					MostSignificantBits: most, LeastSignificantBits: least,
				}}},
				StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte("telemetry-0")},
				StreamRevision:   uint64(i), PreparePosition: position, CommitPosition: position,
				Metadata: map[string]string{"type": "TelemetryReceived", "content-type": "application/json", "created": "17640000000000000"},
				Data:     payload(i),
			},
			Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: position},
		}}})
		if err != nil {
			return nil, err
		}
		out[i] = b
	}
	return out, nil
}

// readRate reads $all and returns events a second.
func (r *run) readRate(connection string, count int) (float64, error) {
	client, err := connect(connection)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	stream, err := client.ReadAll(r.ctx, esdb.ReadAllOptions{From: esdb.Start{}}, uint64(count))
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	n := 0
	for ; ; n++ {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return 0, err
		}
	}
	rate := float64(n) / time.Since(began).Seconds()
	if n != count {
		return 0, fmt.Errorf("read %d events of %d", n, count)
	}
	return rate, client.Close()
}

// catchUp measures a long read, and what the events take on disk.
func (r *run) catchUp() (err error) {
	dir, remove, err := r.dir()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	wire, err := r.fill(dir, r.CatchUp)
	if err != nil {
		return err
	}
	s, err := serve(dir)
	if err != nil {
		return err
	}
	responses, err := prebuilt(10_000)
	if err != nil {
		return err
	}
	null, stopNull, err := serveNothing(responses)
	if err != nil {
		return err
	}
	defer stopNull()
	// Each once before, so that neither pays for the other's cold start.
	for _, connection := range []string{null, s.ConnectionString()} {
		if _, err := r.readRate(connection, r.CatchUp/10); err != nil {
			return err
		}
	}
	found, err := inTurn(fewRounds,
		func() (float64, error) { return r.readRate(s.ConnectionString(), r.CatchUp) },
		func() (float64, error) { return r.readRate(null, r.CatchUp) },
	)
	if err != nil {
		return err
	}
	r.addRounds(fmt.Sprintf("catch-up of %d events", r.CatchUp), "events/s", found[0].rate, "prebuilt responses", found[1].rate)
	if err := errors.Join(r.decoding(s.ConnectionString()), s.Close()); err != nil {
		return err
	}
	onDisk, err := diskUsage(dir)
	if err != nil {
		return err
	}
	n := float64(r.CatchUp)
	r.add(Figure{Name: "bytes on disk an event", Value: float64(onDisk) / n, Unit: "bytes", Against: "uncompressed", Base: float64(wire) / n})
	return nil
}

// fill makes a store by import, which is quicker than appends, and returns the
// events' uncompressed bytes.
func (r *run) fill(dir string, events int) (wire int64, err error) {
	reader, writer := io.Pipe()
	go func() {
		for i := range events {
			e := event(i)
			_, err := fmt.Fprintf(writer, `{"position":%d,"stream":"telemetry-%d","revision":%d,"id":"%s","type":"%s","created":"%s","contentType":"application/json","data":%s}`+"\n",
				i+1, i%256, i/256, e.EventID, e.EventType, time.UnixMilli(1_764_000_000_000+int64(i)*250).UTC().Format(time.RFC3339Nano), e.Data)
			if err != nil {
				return // the import ended
			}
		}
		_ = writer.Close()
	}()
	sample, err := prebuilt(1000)
	if err != nil {
		return 0, err
	}
	for _, b := range sample {
		wire += int64(len(b))
	}
	_, err = esdbserver.Import(r.ctx, dir, reader)
	return wire * int64(events) / int64(len(sample)), errors.Join(err, reader.Close())
}

func diskUsage(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}

// open measures how long a large store takes to open, after a clean stop and
// after a kill with much not yet in tables, and how much memory a server of its own takes
// meanwhile.
func (r *run) open() (err error) {
	if r.Open == 0 {
		return nil
	}
	dir, remove, err := r.dir()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if _, err := r.fill(dir, r.Open); err != nil {
		return err
	}
	name := fmt.Sprintf("opening %d events", r.Open)
	if err := r.opening(dir, name+", clean"); err != nil || r.Child == nil {
		return err
	}
	if err := r.loadChild(dir); err != nil {
		return err
	}
	return r.opening(dir, name+", killed after writing")
}

func (r *run) opening(dir, name string) error {
	began := time.Now()
	s, err := serve(dir)
	if err != nil {
		return err
	}
	r.add(Figure{Name: name, Value: float64(time.Since(began).Milliseconds()), Unit: "ms"})
	return s.Close()
}

// loadChild runs a server in a process of its own, does with it all that is
// measured above, tells its memory and kills it.
func (r *run) loadChild(dir string) (err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return err
	}
	stop, pid, err := r.Child(dir, addr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop(true)) }()
	connection := "esdb://" + addr + "?tls=false"
	if _, err := r.readRate(connection, min(r.CatchUp, r.Open)); err != nil {
		return err
	}
	r.addMemory(pid, "a catch-up")
	for _, load := range append(r.singles(), [2]int{8, 50}, [2]int{64, 20}) {
		if err := r.appendFor(connection, load[0], load[1]); err != nil {
			return err
		}
		r.addMemory(pid, fmt.Sprintf("%d writers, %d events a call", load[0], load[1]))
	}
	return nil
}

// singles are the loads of one event a call.
func (r *run) singles() (loads [][2]int) {
	for _, writers := range r.Writers {
		loads = append(loads, [2]int{writers, 1})
	}
	return loads
}

func (r *run) appendFor(connection string, writers, events int) error {
	measure, done, err := r.appender(connection, writers, events)
	if err != nil {
		return err
	}
	for range manyRounds {
		if _, err := measure(); err != nil {
			return errors.Join(err, done())
		}
	}
	return done()
}

func (r *run) addMemory(pid int, after string) {
	if memory := peakMemory(pid); memory > 0 {
		r.add(Figure{Name: "peak memory after " + after, Value: memory / (1 << 20), Unit: "MiB"})
	}
}

// peakMemory is a process's largest resident set, where the system tells.
func peakMemory(pid int) float64 {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			if err == nil {
				return kb * 1024
			}
		}
	}
	return 0
}
