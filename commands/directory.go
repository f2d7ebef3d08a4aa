package commands

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
)

// Directory keeps every station and tariff in memory, folded from their streams and kept up to date within a moment of
// any change, so that a message can be given to its station without a look-up. It grows with what is configured, not
// with what is recorded.
type Directory struct {
	store Store

	mu       sync.RWMutex
	stations map[string]*StationEntry // by stream
	devices  map[deviceName]deviceRef
	tariffs  map[string]tariffEntry // by stream
	position uint64
	ready    chan struct{} // closed once everything configured before the start is known
}

// StationEntry is a station as it is configured now. It is never changed, but replaced.
type StationEntry struct {
	Station  station.Station
	Plan     *statistics.Plan
	Zone     calendar.Zone
	revision Expected
	day      atomic.Pointer[dayBounds]
}

type tariffEntry struct {
	tariff.Tariff
	revision Expected
}

type deviceName struct{ tenant, kind, name string }

type deviceRef struct {
	stream   string
	deviceID string
}

// NewDirectory is empty until it is loaded.
func NewDirectory(store Store) *Directory {
	return &Directory{
		store: store, stations: map[string]*StationEntry{}, devices: map[deviceName]deviceRef{}, tariffs: map[string]tariffEntry{},
		ready: make(chan struct{}),
	}
}

// Catalog says which station and tariff streams there are, and up to which position that is known.
type Catalog func(ctx context.Context) (streams []string, position uint64, err error)

// Change is an event's stream and revision, or a position alone.
type Change struct {
	Stream   string
	Revision uint64
	Position uint64
	CaughtUp bool
}

// Follow is a subscription to the streams with one of the prefixes.
type Follow func(ctx context.Context, after uint64, prefixes []string, changed func(Change) error) error

// Run loads the directory and keeps it up to date until ctx ends, through failures of the store.
func (d *Directory) Run(ctx context.Context, catalog Catalog, follow Follow, log *slog.Logger) {
	loaded := false
	for ctx.Err() == nil {
		err := func() error {
			if !loaded {
				streams, position, err := catalog(ctx)
				if err != nil {
					return err
				}
				for _, s := range streams {
					if err := d.Refresh(ctx, s); err != nil {
						return err
					}
				}
				d.position, loaded = position, true
			}
			return follow(ctx, d.position, []string{"station-", "tariff-"}, func(c Change) error {
				if c.Stream != "" {
					if err := d.CatchUp(ctx, c.Stream, c.Revision); err != nil {
						return err
					}
				}
				if c.CaughtUp && !d.Ready() {
					close(d.ready)
				}
				d.position = max(d.position, c.Position)
				return nil
			})
		}()
		if ctx.Err() == nil && err != nil {
			log.Warn("the directory of stations lost its subscription, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// Ready says whether everything configured before the start is known.
func (d *Directory) Ready() bool {
	select {
	case <-d.ready:
		return true
	default:
		return false
	}
}

// NotRead says that the directory isn't ready.
func NotRead() error {
	return problem.New(problem.Unavailable, "the stations are still being read")
}

// Await waits until it is ready.
func (d *Directory) Await(ctx context.Context) error {
	select {
	case <-d.ready:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// CatchUp reads a station's or a tariff's stream, unless it is known up to the revision.
func (d *Directory) CatchUp(ctx context.Context, stream string, revision uint64) error {
	d.mu.RLock()
	known := d.tariffs[stream].revision
	if e := d.stations[stream]; e != nil {
		known = e.revision
	}
	d.mu.RUnlock()
	if known >= Expected(revision) && known > 0 {
		return nil
	}
	return d.Refresh(ctx, stream)
}

// Refresh reads a station's or a tariff's stream.
func (d *Directory) Refresh(ctx context.Context, stream string) error {
	if strings.HasPrefix(stream, "tariff-") {
		l, err := Load(ctx, d.store, stream, tariff.Tariff{}, tariff.Tariff.Apply)
		if err != nil {
			return err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if l.Revision >= d.tariffs[stream].revision {
			d.tariffs[stream] = tariffEntry{l.State, l.Revision}
		}
		return nil
	}
	l, err := Load(ctx, d.store, stream, station.Station{}, station.Station.Apply)
	if err != nil || l.Revision == NoStream {
		return err
	}
	plan, err := statistics.Compile(l.State)
	if err != nil {
		return err
	}
	d.put(stream, &StationEntry{Station: l.State, Plan: plan, Zone: plan.Zone, revision: l.Revision})
	return nil
}

func (d *Directory) put(stream string, e *StationEntry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := d.stations[stream]
	if old != nil {
		if old.revision >= e.revision {
			return
		}
		for _, n := range old.names() {
			if d.devices[n].stream == stream {
				delete(d.devices, n)
			}
		}
	}
	d.stations[stream] = e
	for _, dev := range e.Station.Devices {
		for _, n := range namesOf(e.Station.Tenant, dev) {
			d.devices[n] = deviceRef{stream, dev.ID}
		}
	}
}

func (e *StationEntry) names() []deviceName {
	var all []deviceName
	for _, dev := range e.Station.Devices {
		all = append(all, namesOf(e.Station.Tenant, dev)...)
	}
	return all
}

func namesOf(tenant string, d station.Device) []deviceName {
	if !d.RemovedAt.IsZero() {
		return nil
	}
	names := []deviceName{{tenant, "name", d.ThingsBoard.DeviceName}}
	if d.ThingsBoard.DeviceID != "" {
		names = append(names, deviceName{tenant, "id", d.ThingsBoard.DeviceID})
	}
	return names
}

// Device finds the station and the device that ThingsBoard means, by its id if that is known, else by its name.
func (d *Directory) Device(tenant, name, id string) (*StationEntry, string, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	ref, ok := d.devices[deviceName{tenant, "id", id}]
	if !ok || id == "" {
		if ref, ok = d.devices[deviceName{tenant, "name", name}]; !ok {
			return nil, "", false
		}
	}
	return d.stations[ref.stream], ref.deviceID, true
}

// Station finds a station.
func (d *Directory) Station(tenant, id string) (*StationEntry, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	e, ok := d.stations[station.Stream(tenant, id)]
	return e, ok
}

// Tariff finds a tariff.
func (d *Directory) Tariff(tenant, id string) (tariff.Tariff, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	t, ok := d.tariffs[tariff.Stream(tenant, id)]
	return t.Tariff, ok
}

// InForce is the version of the station's tariff that holds on a local date.
func (d *Directory) InForce(e *StationEntry, date calendar.Date) (tariff.Version, bool) {
	id, _ := e.Station.TariffOn(date)
	t, _ := d.Tariff(e.Station.Tenant, id)
	return t.InForce(date)
}

// Tariffs lists the tenant's tariffs by id.
func (d *Directory) Tariffs(tenant string) []tariff.Tariff {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var found []tariff.Tariff
	for stream, t := range d.tariffs {
		if stream == tariff.Stream(tenant, t.ID) {
			found = append(found, t.Tariff)
		}
	}
	slices.SortFunc(found, func(a, b tariff.Tariff) int { return strings.Compare(a.ID, b.ID) })
	return found
}

// StationsWithTariff lists the tenant's stations that have the tariff on some date.
func (d *Directory) StationsWithTariff(tenant, tariffID string) []*StationEntry {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var found []*StationEntry
	for _, e := range d.stations {
		if e.Station.Tenant != tenant {
			continue
		}
		for _, a := range e.Station.Tariffs {
			if a.TariffID == tariffID {
				found = append(found, e)
				break
			}
		}
	}
	return found
}

// taken refuses a document that names devices which belong to another station of the tenant.
func (d *Directory) taken(tenant string, doc station.Document) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	own := station.Stream(tenant, doc.StationID)
	err := problem.New(problem.Conflict, "station %s can't be provisioned", doc.StationID)
	for i, dev := range doc.Devices {
		for _, n := range namesOf(tenant, dev) {
			ref, ok := d.devices[n]
			if !ok || ref.stream == own {
				continue
			}
			field := "deviceName"
			if n.kind == "id" {
				field = "deviceId"
			}
			err.At(fmt.Sprintf("devices[%d].thingsboard.%s", i, field), "belongs to station %s", d.stations[ref.stream].Station.ID)
		}
	}
	if len(err.Problems) > 0 {
		return err
	}
	return nil
}

// Day is the station's local day that holds the instant.
func (e *StationEntry) Day(ms int64) calendar.Date {
	if d := e.day.Load(); d != nil && d.start <= ms && ms < d.end {
		return d.date
	}
	d := e.Zone.Day(ms)
	e.day.Store(&dayBounds{d, e.Zone.DayStart(d), e.Zone.DayStart(d + 1)})
	return d
}

// dayBounds remembers the day that was asked for last: the next message mostly is of the same.
type dayBounds struct {
	date       calendar.Date
	start, end int64
}
