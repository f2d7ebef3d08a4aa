package simulate

import (
	"math"
	"time"
)

// Reading is what the meters of a site show at an instant. Powers are whole watts and balance exactly:
// Load + EVSE = Grid + PV + Battery.
type Reading struct {
	TS                            int64 // epoch milliseconds
	PV, Load, EVSE, Battery, Grid int64 // W; Battery > 0 discharges, Grid > 0 imports
	SOC                           float64
	Energy                        Energies
}

// Energies are counters in W·ms.
type Energies struct {
	Import, Export, PV, Load, EVSE, Charged, Discharged int64
}

// Simulation is a site in the course of time. Whoever starts one of the same site at the same instant sees the same
// readings, at whatever instants they look: inside, time passes in whole minutes, each with the powers of its
// beginning.
type Simulation struct {
	site   Site
	at     int64   // the minute up to which time has passed
	stored float64 // in the battery, W·ms
	energy Energies
}

// NewSimulation starts a site at a whole minute with its battery half full and its counters as they stand.
func NewSimulation(site Site, start time.Time, counters Energies) *Simulation {
	b := site.Battery
	return &Simulation{
		site: site, at: start.UnixMilli() / minute * minute, energy: counters,
		stored: wattMs(b.Kwh) * (b.Floor + b.Ceiling) / 200,
	}
}

// At gives the reading at an instant, which must not be before that of the last call.
func (s *Simulation) At(ts int64) Reading {
	for s.at+minute <= ts {
		s.stored, s.energy = s.after(minute)
		s.at += minute
	}
	part := *s
	part.stored, part.energy = s.after(ts - s.at)
	r := part.powers(ts)
	r.Energy = part.energy
	if b := s.site.Battery; b.Kwh > 0 {
		r.SOC = part.stored / wattMs(b.Kwh) * 100
	}
	return r
}

// after is what is stored and counted once ms more have passed since the minute began.
func (s *Simulation) after(ms int64) (float64, Energies) {
	r, e, stored := s.powers(s.at), s.energy, s.stored
	e.PV += r.PV * ms
	e.Load += r.Load * ms
	e.EVSE += r.EVSE * ms
	if r.Grid > 0 {
		e.Import += r.Grid * ms
	} else {
		e.Export -= r.Grid * ms
	}
	if r.Battery > 0 {
		e.Discharged += r.Battery * ms
		stored -= float64(r.Battery*ms) / s.site.Battery.Efficiency
	} else {
		e.Charged -= r.Battery * ms
		stored -= float64(r.Battery*ms) * s.site.Battery.Efficiency
	}
	return stored, e
}

// powers are those of an instant in the present minute. The battery takes what PV leaves over and gives what is
// lacking, as far as its power and what it holds allow; the grid is the balance.
func (s *Simulation) powers(ts int64) Reading {
	local := time.UnixMilli(ts).In(s.site.Zone)
	r := Reading{TS: ts, PV: watts(s.site.pv(ts, local)), Load: watts(s.site.load(ts, local)), EVSE: watts(s.site.evse(ts, local))}
	lacking := r.Load + r.EVSE - r.PV
	if b := s.site.Battery; b.Kwh > 0 {
		// never more than fits into, or is left in, the battery over a whole minute
		room := (wattMs(b.Kwh)*b.Ceiling/100 - s.stored) / b.Efficiency / float64(minute)
		left := (s.stored - wattMs(b.Kwh)*b.Floor/100) * b.Efficiency / float64(minute)
		limit := float64(watts(b.Kw))
		charge, discharge := int64(upTo(room, limit)), int64(upTo(left, limit))
		r.Battery = max(-charge, min(lacking, discharge))
	}
	r.Grid = lacking - r.Battery
	return r
}

func watts(kw float64) int64 { return int64(math.Round(kw * 1000)) }

func wattMs(kwh float64) float64 { return kwh * 3.6e9 }
