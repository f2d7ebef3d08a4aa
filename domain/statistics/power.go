package statistics

import (
	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
)

// powerQuarter is what a power's samples come to in a quarter, in half-units of 1e-9 kW ms / 2.
type powerQuarter struct {
	positive, negative energy.Quantity
	coveredMs          int64
}

// energies are the two sums as energies, each rounded once.
func (p powerQuarter) energies() (positive, negative energy.Quantity) {
	const halfUnitsPerNanoKWh = 2 * energy.MsPerHour
	return p.positive.Quo(halfUnitsPerNanoKWh), p.negative.Neg().Quo(halfUnitsPerNanoKWh)
}

// reach is the end of what p1 and the next sample (none: last) say about the power from p1 on; none where that is
// p1's own time.
func (p1 sample) reach(next *sample) int64 {
	switch {
	case p1.mapping.previous && next != nil:
		return min(next.t, p1.t+p1.mapping.maxGapMs)
	case p1.mapping.previous:
		return p1.t + p1.mapping.maxGapMs
	case next != nil && next.t-p1.t <= p1.mapping.maxGapMs:
		return next.t
	}
	return p1.t
}

// integrate adds the power between p1 and the next sample to the quarters of [start, end) that it touches.
func integrate(quarters []powerQuarter, start, end int64, p1 sample, next *sample) {
	reach := p1.reach(next)
	from, to := max(p1.t, start), min(reach, end)
	if from >= to {
		return
	}
	at := func(t int64) energy.Nano {
		switch {
		case p1.mapping.previous || t == p1.t:
			return p1.v
		case t == next.t:
			return next.v
		}
		return energy.OnLine(p1.t, p1.v, next.t, next.v, t)
	}
	u, x := from, at(from)
	for u < to {
		q := (u - start) / calendar.Quarter
		v := min(start+(q+1)*calendar.Quarter, to)
		y := at(v)
		positive, negative := energy.Piece(x, y, v-u)
		p := &quarters[q]
		p.positive, p.negative = p.positive.Add(positive), p.negative.Add(negative)
		p.coveredMs += v - u
		u, x = v, y
	}
}
