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
type Statistics struct {
	store     commands.Store
	directory *commands.Directory
	options   func() StatisticsOptions
	log       *slog.Logger
	observe   func(windows int, took time.Duration)

	days     *days
	stations map[StationKey]*stationRun
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
	p.days = newDays()
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
	return p.work(ctx, state, touched)
}

// Tick closes what silence closes.
func (p *Statistics) Tick(ctx context.Context, state State, now time.Time) error {
	p.wall = later(p.wall, now)
	o := p.options()
	due := map[*stationRun]struct{}{}
	for _, run := range p.stations {
		if run.Begun && run.closable(p.wall, o) > run.Through || run.Open && run.unseen && !p.wall.Before(run.nextTry) {
			due[run] = struct{}{}
		}
	}
	return p.work(ctx, state, due)
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
		if payload.Cause != statistics.ByRequest {
			return nil, nil // its own
		}
		run, err := p.ofDay(e.Stream)
		if err != nil {
			return nil, err
		}
		p.days.forget(e.Stream)
		return run, p.asked(ctx, run, payload)
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

// asked takes up a request that closed windows.
func (p *Statistics) asked(ctx context.Context, run *stationRun, w statistics.WindowClosed) error {
	entry, err := p.entry(ctx, run.key)
	if err != nil {
		return err
	}
	day := entry.Zone.Day(w.WindowStart.UnixMilli())
	run.dirty[day] = struct{}{}
	run.Closed = max(run.Closed, w.WindowEnd.UnixMilli())
	return nil
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
	for d := first; entry.Zone.DayStart(d) < run.Closed; d++ {
		run.dirty[d] = struct{}{}
	}
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
