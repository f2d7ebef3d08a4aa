// Package storebench measures the embedded event store against what bounds it:
// the same writes put straight into synced Pebble, and a server that
// acknowledges or answers at once without storing anything. Every figure is
// given with its ratio from the same run, since figures alone say more about
// the machine. It owns no numbers that the store must reach; those are set by
// whoever runs it.
package storebench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// Config says how much to measure. Zero values are filled with defaults.
type Config struct {
	// Dir is where stores are made; they are removed afterwards. Default: the
	// system's directory for temporary files.
	Dir string
	// Each is how long each figure of appends is measured. Default 5 s.
	Each time.Duration
	// Writers are the numbers of concurrent writers. Default 1, 8, 64, 256.
	Writers []int
	// CatchUp is how many events a catch-up read is measured with. Default 1,000,000.
	CatchUp int
	// Open is how many events opening is measured with; 0 leaves it out.
	Open int
	// Child runs a server on a directory and address in another process, so
	// that it can be killed and its memory told from the client's. When nil,
	// opening after a kill and memory aren't measured.
	Child func(dir, addr string) (stop func(kill bool) error, pid int, err error)
	// Out receives a line for each figure as it is known.
	Out io.Writer
}

// Figure is one measurement and what it is held against.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Against and Base are what it is compared with; Ratio is Value/Base.
	Against string  `json:"against,omitempty"`
	Base    float64 `json:"base,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"`
}

func (f Figure) String() string {
	s := fmt.Sprintf("%-42s %12.0f %s", f.Name, f.Value, f.Unit)
	if f.Against != "" {
		s += fmt.Sprintf("   %.2f of %s (%.0f)", f.Ratio, f.Against, f.Base)
	}
	return s
}

type run struct {
	Config
	ctx     context.Context
	figures []Figure
}

// Run measures everything the configuration asks for.
func Run(ctx context.Context, c Config) ([]Figure, error) {
	if c.Dir == "" {
		c.Dir = os.TempDir()
	}
	if c.Each == 0 {
		c.Each = 5 * time.Second
	}
	if c.Writers == nil {
		c.Writers = []int{1, 8, 64, 256}
	}
	if c.CatchUp == 0 {
		c.CatchUp = 1_000_000
	}
	if c.Out == nil {
		c.Out = io.Discard
	}
	r := &run{Config: c, ctx: ctx}
	for _, measure := range []func() error{r.appends, r.batches, r.catchUp, r.open} {
		if err := measure(); err != nil {
			return r.figures, err
		}
	}
	return r.figures, nil
}

func (r *run) add(f Figure) {
	if f.Base > 0 {
		f.Ratio = f.Value / f.Base
	}
	r.figures = append(r.figures, f)
	_, _ = fmt.Fprintln(r.Out, f)
}

// dir makes a directory that is removed with the returned function.
func (r *run) dir() (string, func() error, error) {
	path, err := os.MkdirTemp(r.Dir, "storebench")
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(path, "store"), func() error { return os.RemoveAll(path) }, nil
}

// payload is an event's data like a station's: numbers that differ, in a form
// that repeats. It is about 300 bytes.
func payload(n int) []byte {
	ts := 1_764_000_000_000 + int64(n)*250
	return fmt.Appendf(nil, `{"ts":%d,"device":"inverter-%03d","values":{"activePower":%.3f,"reactivePower":%.3f,`+
		`"voltageL1":%.2f,"voltageL2":%.2f,"voltageL3":%.2f,"currentL1":%.3f,"currentL2":%.3f,"currentL3":%.3f,`+
		`"frequency":%.3f,"temperature":%.1f,"energyTotal":%d,"status":"running"}}`,
		ts, n%64, rand.Float64()*50_000, rand.Float64()*5_000, 225+rand.Float64()*10, 225+rand.Float64()*10,
		225+rand.Float64()*10, rand.Float64()*70, rand.Float64()*70, rand.Float64()*70,
		49.9+rand.Float64()*0.2, 20+rand.Float64()*40, 1_000_000+n*3)
}

func event(n int) esdb.EventData {
	return esdb.EventData{EventID: uuid.New(), EventType: "TelemetryReceived", ContentType: esdb.ContentTypeJson, Data: payload(n)}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func serve(dir string) (*esdbserver.Server, error) {
	return esdbserver.New(esdbserver.Options{DataDir: dir, Logger: quiet()})
}

func connect(connection string) (*esdb.Client, error) {
	config, err := esdb.ParseConnectionString(connection)
	if err != nil {
		return nil, err
	}
	config.Logger = esdb.NoopLogging()
	return esdb.NewClient(config)
}

// hammer runs work in a number of goroutines for a while and returns how often
// a second it was done.
func (r *run) hammer(writers int, work func(writer, n int) error) (float64, error) {
	var done atomic.Int64
	var failed error
	var once sync.Once
	var wg sync.WaitGroup
	began := time.Now()
	end := began.Add(r.Each / rounds)
	for w := range writers {
		wg.Go(func() {
			for n := 0; time.Now().Before(end) && r.ctx.Err() == nil; n++ {
				if err := work(w, n); err != nil {
					once.Do(func() { failed = err })
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / time.Since(began).Seconds(), errors.Join(failed, r.ctx.Err())
}

// rounds is how often each figure is measured, in turn with what it is held
// against, so that what else the machine does hits all alike.
const rounds = 5

// inTurn measures several rates in turn and returns their averages.
func inTurn(measures ...func() (float64, error)) ([]float64, error) {
	sums := make([]float64, len(measures))
	for range rounds {
		for i, measure := range measures {
			rate, err := measure()
			if err != nil {
				return nil, err
			}
			sums[i] += rate / rounds
		}
	}
	return sums, nil
}

// appender returns a function that measures appends to a server.
func (r *run) appender(connection string, writers, events int) (measure func() (float64, error), done func() error, err error) {
	client, err := connect(connection)
	if err != nil {
		return nil, nil, err
	}
	measure = func() (float64, error) {
		return r.hammer(writers, func(w, n int) error {
			batch := make([]esdb.EventData, events)
			for i := range batch {
				batch[i] = event(n*events + i)
			}
			_, err := client.AppendToStream(r.ctx, fmt.Sprintf("telemetry-%d", w), esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, batch...)
			return err
		})
	}
	return measure, client.Close, nil
}

// compare measures appends to a new store in turn with the same writes to raw
// Pebble and to a server that stores nothing.
func (r *run) compare(writers, events int) (ours, raw, null float64, err error) {
	dir, remove, err := r.dir()
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	s, err := serve(dir)
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	connection, stopNull, err := serveNothing(nil)
	if err != nil {
		return 0, 0, 0, err
	}
	defer stopNull()
	rawMeasure, closeRaw, err := r.rawPebble(writers, events)
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, closeRaw()) }()
	nullMeasure, closeNull, err := r.appender(connection, writers, events)
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, closeNull()) }()
	ourMeasure, closeOurs, err := r.appender(s.ConnectionString(), writers, events)
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, closeOurs()) }()
	rates, err := inTurn(ourMeasure, rawMeasure, nullMeasure)
	if err != nil {
		return 0, 0, 0, err
	}
	return rates[0], rates[1], rates[2], nil
}

// appends measures one event a call with ever more writers.
func (r *run) appends() error {
	for _, writers := range r.Writers {
		ours, raw, null, err := r.compare(writers, 1)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("appends, %d writers", writers)
		r.add(Figure{Name: name, Value: ours, Unit: "calls/s", Against: "raw synced Pebble", Base: raw})
		r.add(Figure{Name: name, Value: ours, Unit: "calls/s", Against: "a server that stores nothing", Base: null})
	}
	return nil
}

// batches measures fifty events a call.
func (r *run) batches() error {
	const writers, events = 8, 50
	ours, raw, _, err := r.compare(writers, events)
	if err != nil {
		return err
	}
	r.add(Figure{Name: "50 events a call, 8 writers", Value: ours * events, Unit: "events/s", Against: "raw synced Pebble", Base: raw * events})
	return nil
}
