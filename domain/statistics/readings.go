package statistics

import (
	"slices"

	"github.com/microgrid-cloud/microgrid-cloud/domain/canonical"
	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
)

// Reading is what a key of a message says of a semantic point.
type Reading struct {
	Semantic string
	Key      string
	Unit     station.Unit
	Value    energy.Nano // in 1e-9 of the unit
	Unusable string      // why there is no value that counts; empty: there is one
}

// Why a value counts for nothing.
const (
	UnusableNoNumber   = "no_number"
	UnusableOutOfRange = "out_of_range"
)

// Readings are what a device's message says of the semantic points that are mapped at its time, in the order of its keys.
func (p *Plan) Readings(device string, ts int64, values []byte) ([]Reading, error) {
	var all []Reading
	_, err := p.read(device, ts, values, func(i int, by *mapping, v energy.Nano, ok bool) {
		r := Reading{Semantic: p.series[i].semantic, Key: by.source, Unit: by.unit, Value: v}
		switch {
		case !ok:
			r.Unusable = UnusableNoNumber
		case !by.inRange(v):
			r.Unusable = UnusableOutOfRange
		}
		all = append(all, r)
	})
	return all, err
}

// Unusable lists the keys of a message that are mapped at its time and hold no sample, and counts all its keys.
func (p *Plan) Unusable(device string, ts int64, values []byte) (keys []string, total int) {
	total, _ = p.read(device, ts, values, func(_ int, by *mapping, _ energy.Nano, ok bool) { // canonical: it was just made so
		if !ok && !slices.Contains(keys, by.key) {
			keys = append(keys, by.key)
		}
	})
	return keys, total
}

// read reads every value of a message by each mapping that holds for it, and counts the keys. What isn't ok is no sample.
func (p *Plan) read(device string, ts int64, values []byte, got func(series int, by *mapping, v energy.Nano, ok bool)) (keys int, err error) {
	byKey := p.byKey[device]
	err = canonical.Each(values, func(key, value []byte) {
		keys++
		for _, i := range byKey[string(key)] {
			if m := p.series[i].at(ts); m != nil && m.key == string(key) {
				v, ok := m.conversion.Value(value)
				got(i, m, v, ok)
			}
		}
	})
	return keys, err
}
