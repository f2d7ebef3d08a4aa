package statistics

import (
	"math"

	"github.com/shopspring/decimal"

	"github.com/microgrid-cloud/microgrid-cloud/domain/canonical"
	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// Compile prepares a station's configuration for calculation.
func Compile(s station.Station) (*Plan, error) {
	zone, err := s.Zone()
	if err != nil {
		return nil, err
	}
	var points []point
	for _, d := range s.Devices {
		for _, m := range d.Points { // by semantic point, then time
			n := len(points)
			if n == 0 || points[n-1].device != d.ID || points[n-1].semantic != m.Semantic {
				rating := nano(s.RatingFor(station.SemanticKind(m.Semantic)))
				points = append(points, point{device: d.ID, semantic: m.Semantic, rating: rating})
				n++
			}
			p := &points[n-1]
			compiled := compileMapping(m)
			if k := len(p.mappings); k > 0 {
				p.mappings[k-1].until = min(p.mappings[k-1].until, compiled.from)
			}
			p.keys, p.mappings = append(p.keys, m.Key), append(p.mappings, compiled)
		}
	}
	return newPlan(zone, points), nil
}

func compileMapping(m station.Mapping) *mapping {
	c := &mapping{
		from: math.MinInt64, until: forever, source: m.Key, key: canonical.Key(m.Key), unit: m.SampleUnit(),
		conversion: telemetry.NewConversion(m.Scale, m.Offset, m.Sign, m.UnitExponent()),
		previous:   m.Interpolation == station.Previous,
		maxGapMs:   m.MaxGap.Milliseconds(), step: nano(m.Step),
		low: -energy.Limit, high: energy.Limit,
	}
	if !m.ValidFrom.IsZero() {
		c.from = m.ValidFrom.UnixMilli()
	}
	if !m.ValidUntil.IsZero() {
		c.until = m.ValidUntil.UnixMilli()
	}
	if m.Rollover != nil {
		c.rollover = nano(*m.Rollover)
	}
	if m.ValidMin != nil {
		c.low = nano(m.ValidMin.RoundCeil(9))
	}
	if m.ValidMax != nil {
		c.high = nano(m.ValidMax.RoundFloor(9))
	}
	c.zero, _ = c.conversion.Value([]byte("0"))
	return c
}

// nano is a decimal in 1e-9, held within what a sample can be.
func nano(d decimal.Decimal) energy.Nano {
	b := d.Shift(9).Round(0).BigInt()
	if !b.IsInt64() || energy.Nano(b.Int64()) > energy.Limit || energy.Nano(b.Int64()) < -energy.Limit {
		return energy.Nano(b.Sign()) * energy.Limit
	}
	return energy.Nano(b.Int64())
}
