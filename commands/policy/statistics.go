// Package policy owns what follows from an event: whenever telemetry comes or a window is asked to close, statistics
// are calculated; whenever a day's statistics change, it is settled. It decides nothing of its own that an aggregate
// could decide, and keeps no more than it needs to know where it stands.
package policy

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// StationKey names a station.
type StationKey struct{ Tenant, Station string }

// Heard is the latest event time of a device, and when a message of it came last.
type Heard struct {
	TS int64     `json:"ts"`
	At time.Time `json:"at"`
}

// Standing is where a station's statistics stand.
type Standing struct {
	Devices map[string]Heard `json:"devices"`
	// First is the first day that has statistics; no day between it and Closed is without.
	First calendar.Date `json:"first"`
	Begun bool          `json:"begun"`
	// Through is the end of what closed by the watermark or by silence; Closed also of what was asked to. What comes
	// for a time before Closed makes a revision.
	Through int64 `json:"through"`
	Closed  int64 `json:"closed"`
	Latest  int64 `json:"latest"` // event time of all
	// Open says that a sample still to come may change what is closed already, the next at the latest.
	Open bool `json:"open,omitempty"`
	// Dirty are days that something came for, and that are still to be calculated again. Only while the policy catches
	// up do they outlive a batch.
	Dirty DaySet `json:"dirty,omitempty"`
}

// Boundary is what carries over the start of a day, in both directions.
type Boundary struct {
	Carry statistics.Carry `json:"carry,omitempty"`
	Ahead statistics.Ahead `json:"ahead,omitempty"`
}

// State keeps where the policy stands, together with its checkpoint.
type State interface {
	LoadStandings(ctx context.Context) (map[StationKey]Standing, error)
	LoadBoundary(ctx context.Context, s StationKey, day calendar.Date) (Boundary, bool, error)
	Save(ctx context.Context, changes []Changes) error
}

// Changes are what a batch changed of a station.
type Changes struct {
	Station    StationKey
	Standing   Standing
	Boundaries map[calendar.Date]Boundary
}

// StatisticsOptions are the times that windows close by; they may change while the platform runs.
type StatisticsOptions struct {
	Grace         time.Duration
	IdleTimeout   time.Duration
	MaxSilentDays int // how far beyond the last telemetry silence closes windows
	Workers       int
}

// Statistics calculates the windows of all stations.
//
// While it catches up with events that were there when it started it only notes which days they are of, and which
// windows it closed in a former life; it calculates once it has seen them all. So a replay of the whole history
// calculates every day once, from all that is known of it, and finds that nothing is new.
type Statistics struct {
	store     commands.Store
	directory *commands.Directory
	options   func() StatisticsOptions
	log       *slog.Logger
	observe   func(windows int, took time.Duration)

	days     *days
	stations map[StationKey]*stationRun
	live     bool      // it has seen all that was there when it started
	wall     time.Time // as far as the handled events show it
}

// NewStatistics makes the policy.
func NewStatistics(store commands.Store, directory *commands.Directory, options func() StatisticsOptions, log *slog.Logger, observe func(int, time.Duration)) *Statistics {
	return &Statistics{store: store, directory: directory, options: options, log: log, observe: observe, days: newDays()}
}

// Categories are the prefixes of the streams that the policy follows.
func (*Statistics) Categories() []string {
	return []string{telemetry.Category, statistics.Category, "station-"}
}

// Wants says which types of events it follows: its own results aren't news to it.
func (*Statistics) Wants(eventType string) bool {
	return eventType != (statistics.StatisticCalculated{}).EventType()
}

// Start takes up where the checkpoint stands.
func (p *Statistics) Start(ctx context.Context, state State) error {
	standings, err := state.LoadStandings(ctx)
	if err != nil {
		return err
	}
	p.days, p.live = newDays(), false
	p.stations = make(map[StationKey]*stationRun, len(standings))
	for key, s := range standings {
		p.stations[key] = newStationRun(p, key, s)
	}
	return nil
}

// Handle takes a batch of events up and calculates what follows from it.
func (p *Statistics) Handle(ctx context.Context, state State, batch []event.Recorded) error {
	touched := map[*stationRun]struct{}{}
	for _, e := range batch {
		p.wall = later(p.wall, e.RecordedAt)
		run, err := p.take(ctx, e)
		if err != nil {
			return err
		}
		if run != nil {
			touched[run] = struct{}{}
		}
	}
	if p.live {
		return p.work(ctx, state, touched)
	}
	var changes []Changes
	for run := range touched {
		entry, err := p.entry(ctx, run.key)
		if err != nil {
			return err
		}
		run.place(entry)
		changes = append(changes, run.changes())
	}
	return state.Save(ctx, changes)
}

// stationsAtOnce bounds what one transaction of CatchUp holds.
const stationsAtOnce = 64

// CatchUp is called once all that was there at the start has been handled: it calculates what was noted, some stations
// at a time, and says whether there are more. Handle calculates by itself from then on.
func (p *Statistics) CatchUp(ctx context.Context, state State) (more bool, err error) {
	due := p.due()
	for run := range due {
		if more = len(due) > stationsAtOnce; !more {
			break
		}
		delete(due, run)
	}
	if err := p.work(ctx, state, due); err != nil {
		return false, err
	}
	p.live = !more
	return more, nil
}

// Tick closes what silence closes.
func (p *Statistics) Tick(ctx context.Context, state State, now time.Time) error {
	p.wall = later(p.wall, now)
	return p.work(ctx, state, p.due())
}

// due are the stations that have something to calculate.
func (p *Statistics) due() map[*stationRun]struct{} {
	o := p.options()
	due := map[*stationRun]struct{}{}
	for _, run := range p.stations {
		if len(run.Dirty) > 0 || run.Begun && run.closable(p.wall, o) > run.Through || run.wouldTry(p.wall) {
			due[run] = struct{}{}
		}
	}
	return due
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// take notes what an event means for its station.
func (p *Statistics) take(ctx context.Context, e event.Recorded) (*stationRun, error) {
	switch payload := e.Payload.(type) {
	case telemetry.Received:
		run, err := p.ofDay(e.Stream)
		if err != nil {
			return nil, err
		}
		run.heard(payload, e.RecordedAt)
		return run, nil
	case statistics.WindowClosed:
		if payload.Cause != statistics.ByRequest && p.live {
			return nil, nil // just done
		}
		run, err := p.ofDay(e.Stream)
		if err != nil {
			return nil, err
		}
		p.days.forget(e.Stream)
		entry, err := p.entry(ctx, run.key)
		if err != nil {
			return nil, err
		}
		run.closed(entry, payload)
		return run, nil
	case station.PointMapped:
		return p.reconfigured(ctx, e, payload.StationID, payload.ValidFrom)
	case station.PointUnmapped:
		from := payload.At
		if from.IsZero() {
			from = payload.ValidFrom
		}
		return p.reconfigured(ctx, e, payload.StationID, from)
	case station.DeviceRemoved:
		return p.reconfigured(ctx, e, payload.StationID, payload.At)
	case station.Changed:
		return p.reconfigured(ctx, e, payload.StationID, time.Time{})
	}
	return nil, nil
}

func (p *Statistics) of(key StationKey) *stationRun {
	run := p.stations[key]
	if run == nil {
		run = newStationRun(p, key, Standing{Devices: map[string]Heard{}})
		p.stations[key] = run
	}
	return run
}

func (p *Statistics) ofDay(stream string) (*stationRun, error) {
	tenant, id, _, err := telemetry.ParseDayStream(stream)
	if err != nil {
		return nil, err
	}
	return p.of(StationKey{tenant, id}), nil
}

// reconfigured marks what a change of the station's configuration may have changed: everything from a time on.
func (p *Statistics) reconfigured(ctx context.Context, e event.Recorded, id string, from time.Time) (*stationRun, error) {
	key := StationKey{e.Tenant, id}
	if err := p.directory.CatchUp(ctx, e.Stream, e.Revision); err != nil {
		return nil, err
	}
	run := p.stations[key]
	if run == nil || run.Closed == 0 {
		return nil, nil
	}
	entry, err := p.entry(ctx, key)
	if err != nil {
		return nil, err
	}
	first := run.First
	if !from.IsZero() {
		first = max(first, entry.Zone.Day(from.UnixMilli()))
	}
	run.mark(entry.Zone, first, run.Closed)
	return run, nil
}

// entry finds a station's configuration, also where this process hasn't heard of it yet.
func (p *Statistics) entry(ctx context.Context, key StationKey) (*commands.StationEntry, error) {
	if e, ok := p.directory.Station(key.Tenant, key.Station); ok {
		return e, nil
	}
	if err := p.directory.Refresh(ctx, station.Stream(key.Tenant, key.Station)); err != nil {
		return nil, err
	}
	e, ok := p.directory.Station(key.Tenant, key.Station)
	if !ok {
		return nil, fmt.Errorf("station %s of tenant %s isn't registered", key.Station, key.Tenant)
	}
	return e, nil
}

// work brings the touched stations up to date, several at once, and saves where they stand.
func (p *Statistics) work(ctx context.Context, state State, touched map[*stationRun]struct{}) error {
	if len(touched) == 0 {
		return nil
	}
	o := p.options()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan *stationRun)
	var mu sync.Mutex
	var changes []Changes
	var wg sync.WaitGroup
	for range max(1, o.Workers) {
		wg.Go(func() {
			for run := range queue {
				began := time.Now()
				windows, err := run.update(ctx, lockedState{state, &mu}, p.wall, o)
				if err != nil {
					cancel(fmt.Errorf("statistics of station %s: %w", run.key.Station, err))
					continue
				}
				if windows > 0 {
					p.observe(windows, time.Since(began))
				}
				mu.Lock()
				changes = append(changes, run.changes())
				mu.Unlock()
			}
		})
	}
	for run := range touched {
		queue <- run
	}
	close(queue)
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return state.Save(ctx, changes)
}

// lockedState lets several stations share a transaction.
type lockedState struct {
	State
	mu *sync.Mutex
}

func (s lockedState) LoadBoundary(ctx context.Context, key StationKey, day calendar.Date) (Boundary, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.State.LoadBoundary(ctx, key, day)
}
