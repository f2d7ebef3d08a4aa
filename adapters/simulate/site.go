package simulate

import (
	"math"
	"time"
)

// Site is a microgrid as it stands there. All of it but the battery's charge is a function of time and seed.
type Site struct {
	Seed    uint64
	Zone    *time.Location
	Panel   Panel
	Workday [24]float64 // mean load in kW by local hour
	DayOff  [24]float64 // the same on Saturdays and Sundays
	Battery Battery     // without a battery zero
	Charger Charger     // without a charger zero
	// Cloudiness is the part of the sky under clouds on a mean day
	Cloudiness float64
	Overcast   func(local time.Time) bool
}

// Battery stores what the site has too much of and gives it back before the grid is asked.
type Battery struct {
	Kw, Kwh float64
	Floor   float64 // of the state of charge, in %
	Ceiling float64
	// Efficiency of each way, in and out
	Efficiency float64
}

// Charger charges cars that come at their drivers' hours.
type Charger struct {
	Kw     float64
	Visits []Visit
}

// Visit is a car that may come on a day.
type Visit struct {
	Hour         float64 // local, about
	Spread       float64 // hours earlier or later
	Chance       float64 // on a workday
	ChanceDayOff float64
	Kwh          float64 // it takes about this, from half to one and a half
}

// The channels of noise.
const (
	weather int64 = iota
	clouds
	puffs
	household
	appliances
	flicker
	visits
)

const (
	minute = int64(60_000)
	hours  = 60 * minute
)

func dayOff(local time.Time) bool {
	return local.Weekday() == time.Saturday || local.Weekday() == time.Sunday
}

// cover is the part of the sky under clouds.
func (s *Site) cover(ms int64, local time.Time) float64 {
	fast := 0.28*noise(s.Seed, clouds, ms, 50*minute) + 0.16*noise(s.Seed, puffs, ms, 7*minute)
	if s.Overcast != nil && s.Overcast(local) {
		return upTo(0.97+0.1*fast, 1)
	}
	return upTo(s.Cloudiness+0.4*noise(s.Seed, weather, ms, 31*hours)+fast, 1)
}

func (s *Site) pv(ms int64, local time.Time) float64 {
	if s.Panel.PeakKw == 0 {
		return 0
	}
	return s.Panel.power(local, s.cover(ms, local))
}

func (s *Site) load(ms int64, local time.Time) float64 {
	curve := &s.Workday
	if dayOff(local) {
		curve = &s.DayOff
	}
	at := float64(local.Hour()) + float64(local.Minute())/60 + float64(local.Second())/3600
	h := int(at)
	mean := curve[h] + (curve[(h+1)%24]-curve[h])*(at-float64(h))
	wander := 1 + 0.15*noise(s.Seed, household, ms, 47*minute) + 0.1*noise(s.Seed, appliances, ms, 11*minute) +
		0.03*noise(s.Seed, flicker, ms, minute/2)
	return math.Max(mean*wander, 0)
}

// evse is the charger's power: each car takes its full power, then less and less in its last twenty minutes.
func (s *Site) evse(ms int64, local time.Time) float64 {
	const taper = 1.0 / 3
	y, m, d := local.Date()
	best := 0.0
	for back := range 2 { // a car that came yesterday may still charge
		midnight := time.Date(y, m, d-back, 0, 0, 0, 0, s.Zone)
		day := midnight.Unix()
		for i, v := range s.Charger.Visits {
			comes := v.Chance
			if dayOff(midnight) {
				comes = v.ChanceDayOff
			}
			n := int64(i)
			if chance(s.Seed, visits, day, n, 0) >= comes {
				continue
			}
			begin := v.Hour + v.Spread*(2*chance(s.Seed, visits, day, n, 1)-1)
			full := v.Kwh * (0.5 + chance(s.Seed, visits, day, n, 2)) / s.Charger.Kw
			since := float64(ms-midnight.UnixMilli())/float64(hours) - begin
			switch {
			case since >= 0 && since < full:
				best = math.Max(best, s.Charger.Kw)
			case since >= full && since < full+taper:
				best = math.Max(best, s.Charger.Kw*(1-0.85*(since-full)/taper))
			}
		}
	}
	return best // one plug: who comes while another charges waits in vain
}
