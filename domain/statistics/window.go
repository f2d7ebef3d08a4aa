// Package statistics owns the energy statistics of a station: what its samples come to in quarters, hours and days,
// exactly as docs/rules.md says, and how a day's windows close and are revised. It has no I/O and no clock; where
// samples come from and when windows close is decided by its callers.
package statistics

import (
	"slices"
	"strings"

	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
)

// Quantity names an energy of a window.
type Quantity int

// The energies of a window, in the order in which they are written.
const (
	Load Quantity = iota
	PV
	GridImport
	GridExport
	BatteryCharge
	BatteryDischarge
	EVSE
	Genset
	SelfConsumed
	quantities
)

var quantityNames = [quantities]string{
	"load", "pv", "gridImport", "gridExport", "batteryCharge", "batteryDischarge", "evse", "genset", "selfConsumed",
}

func (q Quantity) String() string { return quantityNames[q] }

// Energy is an energy in 1e-9 kWh (or a demand in 1e-9 kW) that may be unknown.
type Energy struct {
	energy.Quantity
	Known bool
}

func known(q energy.Quantity) Energy { return Energy{q, true} }

// Plus is the sum; a sum with an unknown part is unknown.
func (e Energy) Plus(o Energy) Energy {
	if !e.Known || !o.Known {
		return Energy{}
	}
	return known(e.Add(o.Quantity))
}

func (e Energy) minus(o Energy) Energy {
	if !e.Known || !o.Known {
		return Energy{}
	}
	return known(e.Sub(o.Quantity))
}

// Flags says what a reader of a window's numbers should know.
type Flags uint8

// The flags, in alphabetical order.
const (
	Derived Flags = 1 << iota
	Estimated
	OutOfRange
	Rebased
	Reset
	Rollover
	Spike
)

var flagNames = []string{"derived", "estimated", "out_of_range", "rebased", "reset", "rollover", "spike"}

// Names lists the flags that are set, in alphabetical order.
func (f Flags) Names() []string {
	names := []string{}
	for i, n := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// Gauge sums up the samples of a semantic point that is no energy.
type Gauge struct {
	Semantic       string
	Min, Max, Last energy.Nano
	Sum            energy.Quantity
	Count          int64
}

// Mean is the mean of all samples, rounded once to nine decimals.
func (g Gauge) Mean() energy.Quantity { return g.Sum.Quo(g.Count) }

// merge adds a later window's gauge.
func (g Gauge) merge(later Gauge) Gauge {
	g.Min, g.Max, g.Last = min(g.Min, later.Min), max(g.Max, later.Max), later.Last
	g.Sum, g.Count = g.Sum.Add(later.Sum), g.Count+later.Count
	return g
}

// Granularity is a level of windows.
type Granularity string

// The levels that are calculated; months and years are sums of days.
const (
	QuarterHour Granularity = "QUARTER"
	Hour        Granularity = "HOUR"
	Day         Granularity = "DAY"
)

// Window is what is known of [Start, End), in epoch milliseconds.
type Window struct {
	Start, End    int64
	Energy        [quantities]Energy
	Demand        Energy // the highest quarter's mean import, 1e-9 kW
	CoveredMs     int64
	GridCoveredMs int64
	GridDerived   bool // the grid of a quarter was computed from the others
	Flags         Flags
	Gauges        []Gauge // by name
}

// Equal says whether no number differs.
func (w Window) Equal(o Window) bool {
	return w.Start == o.Start && w.End == o.End && w.Energy == o.Energy && w.Demand == o.Demand &&
		w.CoveredMs == o.CoveredMs && w.GridCoveredMs == o.GridCoveredMs && w.GridDerived == o.GridDerived &&
		w.Flags == o.Flags && slices.Equal(w.Gauges, o.Gauges)
}

// Sum joins windows that follow each other: energies, covered times and gauges add up (a sum with an unknown part is
// unknown), demand is the highest of those that are known, flags unite. A window of no quarters (a date that a zone left out) is not asked
// for.
func Sum(parts []Window) Window {
	w := Window{Start: parts[0].Start, End: parts[len(parts)-1].End}
	for q := range w.Energy {
		w.Energy[q] = known(energy.Quantity{})
	}
	gauges := map[string]Gauge{}
	for _, p := range parts {
		for q := range w.Energy {
			w.Energy[q] = w.Energy[q].Plus(p.Energy[q])
		}
		if p.Demand.Known && (!w.Demand.Known || p.Demand.Cmp(w.Demand.Quantity) > 0) {
			w.Demand = p.Demand
		}
		w.CoveredMs += p.CoveredMs
		w.GridCoveredMs += p.GridCoveredMs
		w.GridDerived = w.GridDerived || p.GridDerived
		w.Flags |= p.Flags
		for _, g := range p.Gauges {
			if earlier, ok := gauges[g.Semantic]; ok {
				g = earlier.merge(g)
			}
			gauges[g.Semantic] = g
		}
	}
	w.Gauges = sortedGauges(gauges)
	return w
}

func sortedGauges(m map[string]Gauge) []Gauge {
	if len(m) == 0 {
		return nil
	}
	gauges := make([]Gauge, 0, len(m))
	for _, g := range m {
		gauges = append(gauges, g)
	}
	sortGauges(gauges)
	return gauges
}

func sortGauges(g []Gauge) {
	slices.SortFunc(g, func(a, b Gauge) int { return strings.Compare(a.Semantic, b.Semantic) })
}

// complete fills in what follows from a quarter's measured energies: what is derived, what was consumed from the
// own PV, and the demand. hasGrid and hasLoad say whether anything is mapped for them.
func (w *Window) complete(hasGrid, hasLoad bool) {
	e := &w.Energy
	switch {
	case !hasGrid && !hasLoad:
		e[Load], e[GridImport], e[GridExport], e[SelfConsumed] = Energy{}, Energy{}, Energy{}, Energy{}
	case !hasLoad:
		e[Load] = e[GridImport].minus(e[GridExport]).Plus(e[PV]).Plus(e[BatteryDischarge]).minus(e[BatteryCharge]).
			Plus(e[Genset]).minus(e[EVSE])
		w.Flags |= Derived
	case !hasGrid:
		net := e[Load].minus(e[PV]).minus(e[BatteryDischarge]).Plus(e[BatteryCharge]).minus(e[Genset]).Plus(e[EVSE])
		e[GridImport] = known(net.Max(energy.Quantity{}))
		e[GridExport] = known(net.Neg().Max(energy.Quantity{}))
		w.Flags |= Derived
		w.GridDerived = true
		w.GridCoveredMs = w.CoveredMs
	}
	if e[GridExport].Known {
		leaving := e[GridExport].Sub(e[BatteryDischarge].Quantity).Max(energy.Quantity{})
		e[SelfConsumed] = known(e[PV].Sub(e[PV].Min(leaving)))
		imported := e[GridImport].Quantity
		w.Demand = known(imported.Add(imported).Add(imported).Add(imported)) // kWh of a quarter / 0.25 h
	}
}
