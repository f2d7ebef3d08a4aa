package statistics

import (
	"math"
	"sort"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/canonical"
	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// mapping is how a device's key is read from a time on, in the terms of the calculation.
type mapping struct {
	from, until int64  // epoch ms; until is the start of what replaces it
	source      string // the device's key
	key         string // the same as in canonical JSON
	unit        station.Unit
	conversion  telemetry.Conversion
	previous    bool
	maxGapMs    int64
	step        energy.Nano
	rollover    energy.Nano // 0: none known
	zero        energy.Nano // what raw 0 is read as
	low, high   energy.Nano // the valid range, bounds inside
}

func (m *mapping) inRange(v energy.Nano) bool { return m.low <= v && v <= m.high }

type seriesKind uint8

const (
	gauge seriesKind = iota
	power
	counter
)

// series is one device's one semantic point over time.
type series struct {
	name     string // device and semantic point; what is kept between calculations is found by it
	semantic string
	kind     seriesKind
	rating   energy.Nano
	mappings []*mapping // by time
}

// at is the mapping that holds at an instant, or nil.
func (s *series) at(t int64) *mapping {
	if n := len(s.mappings); n > 0 && s.mappings[n-1].from <= t {
		if m := s.mappings[n-1]; t < m.until {
			return m
		}
		return nil
	}
	i := sort.Search(len(s.mappings), func(i int) bool { return s.mappings[i].from > t }) - 1
	if i < 0 || t >= s.mappings[i].until {
		return nil
	}
	return s.mappings[i]
}

// mappedIn says whether a mapping holds at some instant of [from, to).
func (s *series) mappedIn(from, to int64) bool {
	for _, m := range s.mappings {
		if m.from < to && from < m.until {
			return true
		}
	}
	return false
}

const noSeries = -1

// source is where one device takes one quantity from: its counter where one is mapped, else its power.
type source struct {
	quantity       Quantity
	counter, power int // indexes of series, or noSeries
	negative       bool
}

// Plan is a station's configuration prepared for calculation.
type Plan struct {
	Zone    calendar.Zone
	series  []*series
	byKey   map[string]map[string][]int // device -> key as in canonical JSON -> series
	sources []source
}

// use says what a semantic point of energy gives.
type use struct {
	quantity Quantity
	negative bool
}

var counterUse = map[string]Quantity{
	"grid.import_energy": GridImport, "grid.export_energy": GridExport, "pv.energy": PV, "load.energy": Load,
	"battery.charge_energy": BatteryCharge, "battery.discharge_energy": BatteryDischarge, "evse.energy": EVSE,
	"genset.energy": Genset,
}

var powerUse = map[string][]use{
	"grid.active_power": {{GridImport, false}, {GridExport, true}}, "pv.active_power": {{PV, false}},
	"load.active_power": {{Load, false}}, "battery.active_power": {{BatteryDischarge, false}, {BatteryCharge, true}},
	"evse.active_power": {{EVSE, false}}, "genset.active_power": {{Genset, false}},
}

func kindOf(semantic string) seriesKind {
	if _, ok := counterUse[semantic]; ok {
		return counter
	}
	if _, ok := powerUse[semantic]; ok {
		return power
	}
	return gauge
}

// point is one semantic point of a device with the keys and times that it is read by.
type point struct {
	device, semantic string
	rating           energy.Nano
	keys             []string // of mappings, one each
	mappings         []*mapping
}

func newPlan(zone calendar.Zone, points []point) *Plan {
	p := &Plan{Zone: zone, byKey: map[string]map[string][]int{}}
	type place struct {
		device   string
		quantity Quantity
	}
	sources := map[place]*source{}
	var order []place
	at := func(device string, u use) *source {
		k := place{device, u.quantity}
		if sources[k] == nil {
			sources[k] = &source{quantity: u.quantity, counter: noSeries, power: noSeries}
			order = append(order, k)
		}
		return sources[k]
	}
	for _, pt := range points {
		i := len(p.series)
		s := &series{name: pt.device + "/" + pt.semantic, semantic: pt.semantic, kind: kindOf(pt.semantic), rating: pt.rating, mappings: pt.mappings}
		p.series = append(p.series, s)
		for _, key := range pt.keys {
			if p.byKey[pt.device] == nil {
				p.byKey[pt.device] = map[string][]int{}
			}
			k := canonical.Key(key)
			if known := p.byKey[pt.device][k]; len(known) == 0 || known[len(known)-1] != i {
				p.byKey[pt.device][k] = append(known, i)
			}
		}
		switch s.kind {
		case counter:
			at(pt.device, use{quantity: counterUse[pt.semantic]}).counter = i
		case power:
			for _, u := range powerUse[pt.semantic] {
				src := at(pt.device, u)
				src.power, src.negative = i, u.negative
			}
		}
	}
	for _, k := range order {
		p.sources = append(p.sources, *sources[k])
	}
	return p
}

const forever = math.MaxInt64
