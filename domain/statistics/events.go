package statistics

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
)

// Why a window closed.
const (
	ByWatermark = "watermark" // every device heard from lately has passed its end and the grace period
	BySilence   = "silence"   // the wall clock has, and the station is silent
	ByRequest   = "request"
)

// WindowClosed says that the quarters of a stretch of one day are closed: from now on they have numbers, and what
// still comes for them makes new revisions.
type WindowClosed struct {
	WindowStart time.Time `json:"windowStart"`
	WindowEnd   time.Time `json:"windowEnd"`
	Cause       string    `json:"cause"`
	// Watermark is the event time up to which the station was heard when its windows closed by it.
	Watermark *time.Time `json:"watermark,omitempty"`
}

// EventType names the event.
func (WindowClosed) EventType() string { return "WindowClosed" }

// StatisticCalculated holds the windows of one day whose numbers are new or have changed. An hour stands with its
// quarters and the day with its hours once all of them are closed.
type StatisticCalculated struct {
	Date     calendar.Date `json:"date"`
	Quarters []Revised     `json:"quarters,omitempty"`
	Hours    []Revised     `json:"hours,omitempty"`
	Day      *Revised      `json:"day,omitempty"`
	Inputs   Inputs        `json:"inputs"`
}

// EventType names the event.
func (StatisticCalculated) EventType() string { return "StatisticCalculated" }

// Inputs says from what a calculation was made: the positions of the first and the last telemetry event it read.
type Inputs struct {
	First uint64 `json:"firstPosition"`
	Last  uint64 `json:"lastPosition"`
}

// With are the inputs of a calculation that has also read the tape.
func (in Inputs) With(t *Tape) Inputs {
	switch {
	case !t.any:
		return in
	case in == Inputs{}:
		return Inputs{t.first, t.last}
	}
	return Inputs{min(in.First, t.first), max(in.Last, t.last)}
}

// Windows counts what is new.
func (e StatisticCalculated) Windows() int {
	n := len(e.Quarters) + len(e.Hours)
	if e.Day != nil {
		n++
	}
	return n
}

// Events are the payloads of this package.
func Events() []event.Definition {
	return []event.Definition{event.Define[WindowClosed](), event.Define[StatisticCalculated]()}
}

// Category is the prefix of the names of all statistics streams.
const Category = "statistics-"

// Stream is the stream of a station's local day.
func Stream(tenant, station string, day calendar.Date) string {
	return Category + tenant + "." + station + "." + day.Compact()
}

// Revised is a window's numbers with the count of their revisions, from 1.
type Revised struct {
	Window
	Revision int
}

// windowJSON is the shape of a window in events. Energies that are zero are left out, unknown ones are null.
type windowJSON struct {
	Start         time.Time            `json:"windowStart"`
	End           time.Time            `json:"windowEnd"`
	Revision      int                  `json:"revision"`
	EnergyKwh     energies             `json:"energyKwh"`
	DemandKw      Energy               `json:"demandKw"`
	CoveredMs     int64                `json:"coveredMs"`
	GridCoveredMs int64                `json:"gridCoveredMs"`
	GridDerived   bool                 `json:"gridDerived,omitempty"`
	Flags         []string             `json:"flags,omitempty"`
	Gauges        map[string]GaugeSums `json:"gauges,omitempty"`
}

// GaugeSums is a gauge as it is written: decimal strings, and the sum in place of the mean, so that windows add up.
type GaugeSums struct {
	Min   energy.Quantity `json:"min"`
	Max   energy.Quantity `json:"max"`
	Last  energy.Quantity `json:"last"`
	Sum   energy.Quantity `json:"sum"`
	Count int64           `json:"count"`
}

// MarshalJSON writes the window as events hold it.
func (r Revised) MarshalJSON() ([]byte, error) {
	j := windowJSON{
		Start: time.UnixMilli(r.Start).UTC(), End: time.UnixMilli(r.End).UTC(), Revision: r.Revision,
		EnergyKwh: energies(r.Energy), DemandKw: r.Demand, CoveredMs: r.CoveredMs, GridCoveredMs: r.GridCoveredMs,
		GridDerived: r.GridDerived,
	}
	if r.Flags != 0 {
		j.Flags = r.Flags.Names()
	}
	j.Gauges = r.GaugeMap()
	return json.Marshal(j)
}

// GaugeMap are the gauges by name, as events and read models hold them.
func (w Window) GaugeMap() map[string]GaugeSums {
	if len(w.Gauges) == 0 {
		return nil
	}
	m := make(map[string]GaugeSums, len(w.Gauges))
	for _, g := range w.Gauges {
		m[g.Semantic] = GaugeSums{energy.Of(g.Min), energy.Of(g.Max), energy.Of(g.Last), g.Sum, g.Count}
	}
	return m
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *Revised) UnmarshalJSON(data []byte) error {
	var j windowJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*r = Revised{Revision: j.Revision, Window: Window{
		Start: j.Start.UnixMilli(), End: j.End.UnixMilli(), Energy: j.EnergyKwh, Demand: j.DemandKw,
		CoveredMs: j.CoveredMs, GridCoveredMs: j.GridCoveredMs, GridDerived: j.GridDerived,
	}}
	var err error
	if r.Flags, err = ParseFlags(j.Flags); err != nil {
		return err
	}
	r.Gauges, err = GaugesOf(j.Gauges)
	return err
}

// ParseFlags reads what Names gave.
func ParseFlags(names []string) (Flags, error) {
	var f Flags
	for _, name := range names {
		i := slices.Index(flagNames, name)
		if i < 0 {
			return 0, fmt.Errorf("flag %q is not known", name)
		}
		f |= 1 << i
	}
	return f, nil
}

// GaugesOf reads what GaugeMap gave.
func GaugesOf(m map[string]GaugeSums) ([]Gauge, error) {
	var gauges []Gauge
	for name, g := range m {
		lowest, ok1 := g.Min.Int64()
		highest, ok2 := g.Max.Int64()
		last, ok3 := g.Last.Int64()
		if !ok1 || !ok2 || !ok3 {
			return nil, fmt.Errorf("gauge %q is beyond any sample", name)
		}
		gauges = append(gauges, Gauge{name, energy.Nano(lowest), energy.Nano(highest), energy.Nano(last), g.Sum, g.Count})
	}
	sortGauges(gauges)
	return gauges, nil
}

// MarshalJSON writes a decimal string, or null where the energy is unknown.
func (e Energy) MarshalJSON() ([]byte, error) {
	if !e.Known {
		return []byte("null"), nil
	}
	return append(e.Append([]byte{'"'}), '"'), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Energy) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*e = Energy{}
		return nil
	}
	e.Known = true
	return json.Unmarshal(data, &e.Quantity)
}

type energies [quantities]Energy

// MarshalJSON leaves out what is zero.
func (es energies) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for q, e := range es {
		if e.Known && e.Sign() == 0 {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), quantityNames[q]...), `":`...)
		if !e.Known {
			b = append(b, "null"...)
		} else {
			b = append(e.Append(append(b, '"')), '"')
		}
	}
	return append(b, '}'), nil
}

// UnmarshalJSON takes what is left out for zero.
func (es *energies) UnmarshalJSON(data []byte) error {
	var given map[string]Energy
	if err := json.Unmarshal(data, &given); err != nil {
		return err
	}
	for q := range es {
		es[q] = known(energy.Quantity{})
		if e, ok := given[quantityNames[q]]; ok {
			es[q] = e
		}
	}
	return nil
}
