package statistics

import (
	"slices"
	"strings"

	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
)

// Latest is the latest reading of a device's point.
type Latest struct {
	Device string
	TS     int64
	Reading
}

// Power is what flows through a part of a station, in 1e-9 kW. It isn't known where a device of the part has said
// nothing that can be used.
type Power struct {
	energy.Quantity
	Known   bool
	At      int64 // the time of the oldest reading in it
	Derived bool  // from the balance of the others
}

// plus is the sum, which is as old as the older of its parts.
func (p Power) plus(o Power) Power {
	if !p.Known || !o.Known {
		return Power{}
	}
	return Power{Quantity: p.Add(o.Quantity), Known: true, At: min(p.At, o.At)}
}

func (p Power) minus(o Power) Power {
	o.Quantity = o.Neg()
	return p.plus(o)
}

// Flow is what flows through each part of a station by the latest readings: grid, pv, load, battery, evse and genset,
// as far as something is mapped for them. Load and grid follow from the balance where nothing is, as they do in a
// window's energies.
func (p *Plan) Flow(now int64, latest []Latest) map[string]Power {
	flow := map[string]Power{}
	seen := map[string]bool{}
	for _, s := range p.series {
		device, _ := strings.CutSuffix(s.name, "/"+s.semantic)
		kind := station.SemanticKind(s.semantic)
		if s.kind == gauge || s.at(now) == nil || seen[device+"/"+kind] {
			continue // one that has a counter too is counted on once
		}
		seen[device+"/"+kind] = true
		says := powerOf(latest, device, kind+".active_power")
		if sum, begun := flow[kind]; begun {
			says = sum.plus(says)
		}
		flow[kind] = says
	}
	part := func(kind string) Power {
		if says, mapped := flow[kind]; mapped {
			return says
		}
		return Power{Known: true, At: now}
	}
	_, hasGrid := flow[station.Grid]
	_, hasLoad := flow[station.Load]
	own := part(station.PV).plus(part(station.Battery)).plus(part(station.Genset)).minus(part(station.EVSE))
	switch {
	case hasGrid && !hasLoad:
		load := part(station.Grid).plus(own)
		load.Derived = true
		flow[station.Load] = load
	case hasLoad && !hasGrid:
		grid := part(station.Load).minus(own)
		grid.Derived = true
		flow[station.Grid] = grid
	}
	return flow
}

func powerOf(latest []Latest, device, semantic string) Power {
	i := slices.IndexFunc(latest, func(l Latest) bool { return l.Device == device && l.Semantic == semantic })
	if i < 0 || latest[i].Unusable != "" {
		return Power{}
	}
	return Power{Quantity: energy.Of(latest[i].Value), Known: true, At: latest[i].TS}
}

// SOC is the state of charge by the latest readings, the mean of those that can be used, in 1e-9 %; at is the time of the
// oldest of them.
func SOC(latest []Latest) (mean energy.Quantity, at int64, known bool) {
	var sum energy.Quantity
	n := int64(0)
	for _, l := range latest {
		if station.SemanticClass(l.Semantic) != station.SOC || l.Unusable != "" {
			continue
		}
		if n++; n == 1 || l.TS < at {
			at = l.TS
		}
		sum = sum.Add(energy.Of(l.Value))
	}
	if n == 0 {
		return sum, 0, false
	}
	return sum.Quo(n), at, true
}
