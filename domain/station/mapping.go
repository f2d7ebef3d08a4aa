package station

import (
	"cmp"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// PointKind says how the samples of a point are read.
type PointKind string

// The kinds of points.
const (
	Gauge   PointKind = "gauge"   // a value of its instant
	Counter PointKind = "counter" // a register that grows by what flowed
)

// Interpolation says what a power was between two samples.
type Interpolation string

// The interpolations.
const (
	Linear   Interpolation = "linear"   // the straight line between them
	Previous Interpolation = "previous" // the earlier of them
)

// DefaultMaxGap is how long two samples may lie apart where the mapping doesn't say.
const DefaultMaxGap = 30 * time.Minute

// Mapping says what a device's source key means from a time on: the sample is (raw x Scale + Offset) x Sign in Unit.
// It holds until the next mapping of the same semantic point of the device. All defaults are filled in.
type Mapping struct {
	Key           string           `json:"key"`
	Semantic      string           `json:"semantic"`
	Unit          Unit             `json:"unit"`
	Kind          PointKind        `json:"kind"`
	Interpolation Interpolation    `json:"interpolation"`
	MaxGap        Duration         `json:"maxGap"`
	Scale         decimal.Decimal  `json:"scale"`
	Offset        decimal.Decimal  `json:"offset"`
	Sign          int              `json:"sign"`               // 1 or -1
	Rollover      *decimal.Decimal `json:"rollover,omitempty"` // kWh at which the counter is 0 again; nil: not known
	Step          decimal.Decimal  `json:"step"`               // kWh, the resolution of a coarse counter; 0: fine
	ValidMin      *decimal.Decimal `json:"validMin,omitempty"` // in kW, kWh or a plain gauge's own unit, inside
	ValidMax      *decimal.Decimal `json:"validMax,omitempty"`
	ValidFrom     time.Time        `json:"validFrom,omitzero"` // UTC; zero: always
	// ValidUntil is when it was unmapped; zero: it holds until another takes its place. No document says it.
	ValidUntil time.Time `json:"validUntil,omitzero"`
}

// UnitExponent is the power of ten that turns a value in the mapping's unit into kW or kWh: -3 for W and Wh, 3 for MW
// and MWh; 0 for a plain gauge, which keeps its unit.
func (m Mapping) UnitExponent() int {
	switch SemanticClass(m.Semantic) {
	case Power, Energy:
		return m.Unit.exponent()
	}
	return 0
}

// SampleUnit is the unit of the mapping's samples: kW, kWh or % for the platform's own points, else the mapping's.
func (m Mapping) SampleUnit() Unit {
	switch SemanticClass(m.Semantic) {
	case Power:
		return KW
	case Energy:
		return KWh
	case SOC:
		return Percent
	}
	return m.Unit
}

// order sorts mappings by semantic point, then by the time from which they hold.
func (m Mapping) order(o Mapping) int {
	return cmp.Or(strings.Compare(m.Semantic, o.Semantic), m.ValidFrom.Compare(o.ValidFrom))
}

// same says whether two mappings say the same: the same numbers, however they are written.
func (m Mapping) same(o Mapping) bool {
	return m.Key == o.Key && m.Semantic == o.Semantic && m.Unit == o.Unit && m.Kind == o.Kind &&
		m.Interpolation == o.Interpolation && m.MaxGap == o.MaxGap && m.Scale.Equal(o.Scale) &&
		m.Offset.Equal(o.Offset) && m.Sign == o.Sign && sameDecimal(m.Rollover, o.Rollover) && m.Step.Equal(o.Step) &&
		sameDecimal(m.ValidMin, o.ValidMin) && sameDecimal(m.ValidMax, o.ValidMax) && m.ValidFrom.Equal(o.ValidFrom) &&
		m.ValidUntil.Equal(o.ValidUntil)
}

func sameDecimal(a, b *decimal.Decimal) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// Duration is a duration that is written like 30m or 2h.
type Duration struct{ time.Duration }

// MarshalText writes hours, minutes and seconds, without those that are zero at the end.
func (d Duration) MarshalText() ([]byte, error) {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return []byte(s), nil
}

// UnmarshalText reads what MarshalText wrote, and any duration above zero of whole milliseconds up to a year.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v <= 0 || v > 366*24*time.Hour || v%time.Millisecond != 0 {
		return problem.Textf("must be a duration such as 30m or 2h, above 0, of whole milliseconds, at most 8784h")
	}
	d.Duration = v
	return nil
}
