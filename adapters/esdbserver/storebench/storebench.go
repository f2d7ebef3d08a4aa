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
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
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
	// Each is how long each figure of appends is measured. Default 6 s.
	Each time.Duration
	// Writers are the numbers of concurrent writers. Default 1, 8, 64, 256.
	Writers []int
	// CatchUp is how many events a catch-up read is measured with. Default 1,000,000.
	CatchUp int
	// Open is how many events opening is measured with; 0 leaves it out.
	Open int
	// Child runs a server on a directory and address in another process, so
	// that it can be killed and its memory told from the client's. When nil,
	// memory and opening after a kill aren't measured.
	Child func(dir, addr string) (stop func(kill bool) error, pid int, err error)
	// Out receives a line for each figure as it is known.
	Out io.Writer
}

// Figure is one measurement and what it is held against.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Against and Base are what it is compared with. Ratio is the median of the
	// ratios of single rounds, where there are rounds, else Value/Base.
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
		c.Each = 6 * time.Second
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
	for _, measure := range []func() error{r.sync, r.appends, r.batches, r.catchUp, r.open} {
		if err := measure(); err != nil {
			return r.figures, err
		}
	}
	return r.figures, nil
}

func (r *run) add(f Figure) {
	if f.Base > 0 && f.Ratio == 0 {
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
	return filepath.Join(path, "events"), func() error { return os.RemoveAll(path) }, nil
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
	end := began.Add(r.Each / manyRounds)
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

// Each rate is measured in rounds, in turn with what it is held against, so
// that what else the machine does hits all alike: in many short ones, or in few
// when one takes long.
const (
	manyRounds = 15
	fewRounds  = 5
)

// measured is what was found round by round.
type measured struct {
	rate []float64 // a second
	cpu  []float64 // microseconds of processor time each, all of this process's
}

// inTurn measures several rates in turn.
func inTurn(rounds int, measures ...func() (float64, error)) ([]measured, error) {
	found := make([]measured, len(measures))
	for range rounds {
		for i, measure := range measures {
			began, used := time.Now(), processorTime()
			rate, err := measure()
			if err != nil {
				return nil, err
			}
			found[i].rate = append(found[i].rate, rate)
			found[i].cpu = append(found[i].cpu, float64((processorTime()-used).Microseconds())/(rate*time.Since(began).Seconds()))
		}
	}
	return found, nil
}

// processorTime is what this process used so far.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// addRounds adds a figure that was measured in turn with its base.
func (r *run) addRounds(name, unit string, values []float64, against string, base []float64) {
	ratios := make([]float64, len(values))
	for i := range values {
		ratios[i] = values[i] / base[i]
	}
	r.add(Figure{Name: name, Value: median(values), Unit: unit, Against: against, Base: median(base), Ratio: median(ratios)})
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

// compared is appends to a store, the same writes to raw Pebble, and appends to
// a server that stores nothing.
type compared struct{ ours, raw, null measured }

func (r *run) compare(writers, events int) (c compared, err error) {
	dir, remove, err := r.dir()
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	s, err := serve(dir)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	connection, stopNull, err := serveNothing(nil)
	if err != nil {
		return c, err
	}
	defer stopNull()
	rawMeasure, closeRaw, err := r.rawPebble(writers, events)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, closeRaw()) }()
	nullMeasure, closeNull, err := r.appender(connection, writers, events)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, closeNull()) }()
	ourMeasure, closeOurs, err := r.appender(s.ConnectionString(), writers, events)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, closeOurs()) }()
	found, err := inTurn(manyRounds, ourMeasure, rawMeasure, nullMeasure)
	if err != nil {
		return c, err
	}
	return compared{ours: found[0], raw: found[1], null: found[2]}, nil
}

// oneAfterTheOther is the rate of who makes a call and then a commit, each at
// the rate of the same round: of appends that cost no more than the two. Writers
// that wait for their answers can't overlap them, and many writers that do it
// for one another still need the processor's time for both.
func (c compared) oneAfterTheOther() []float64 {
	rates := make([]float64, len(c.ours.rate))
	for i := range rates {
		rates[i] = 1 / (1/c.null.rate[i] + 1/c.raw.rate[i])
	}
	return rates
}

// appends measures one event a call with ever more writers.
func (r *run) appends() error {
	for _, writers := range r.Writers {
		c, err := r.compare(writers, 1)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("appends, %d writers", writers)
		const nothing = "a server that stores nothing"
		r.addRounds(name, "calls/s", c.ours.rate, "raw synced Pebble", c.raw.rate)
		r.addRounds(name, "calls/s", c.ours.rate, nothing, c.null.rate)
		r.addRounds(name, "calls/s", c.ours.rate, "the two one after the other", c.oneAfterTheOther())
		r.addRounds(name+", processor", "us", c.ours.cpu, nothing, c.null.cpu)
	}
	return nil
}

// batches measures fifty events a call.
func (r *run) batches() error {
	const writers, events = 8, 50
	c, err := r.compare(writers, events)
	if err != nil {
		return err
	}
	for _, calls := range []measured{c.ours, c.raw} {
		for i := range calls.rate {
			calls.rate[i] *= events
		}
	}
	r.addRounds("50 events a call, 8 writers", "events/s", c.ours.rate, "raw synced Pebble", c.raw.rate)
	return nil
}
