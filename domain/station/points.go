package station

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/microgrid-cloud/microgrid-cloud/domain/document"
)

// decodePoints reads a device's mappings and puts them in order.
func decodePoints(v document.Value, ratings Ratings) []Mapping {
	points := []Mapping{}
	for _, item := range v.Items() {
		o := item.Required().Object("key", "semantic", "unit", "kind", "interpolation", "maxGap", "scale", "offset", "sign",
			"rollover", "step", "validMin", "validMax", "validFrom")
		if !o.Given() {
			continue
		}
		m := decodePoint(o, ratings)
		if m.Semantic == "" {
			continue
		}
		i := slices.IndexFunc(points, func(p Mapping) bool { return p.Semantic == m.Semantic })
		switch {
		case i >= 0 && points[i].Key != m.Key:
			// two keys would be split by sign one by one and so not net: phases are summed before they get here
			o.Field("semantic").Refuse("%s has the key %q already; a device gives a semantic point by one key", m.Semantic, points[i].Key)
		case slices.ContainsFunc(points, func(p Mapping) bool { return p.order(m) == 0 }):
			o.Field("validFrom").Refuse("%s is mapped from the same time already", m.Semantic)
		}
		points = append(points, m)
	}
	slices.SortStableFunc(points, Mapping.order)
	return points
}

func decodePoint(o document.Object, ratings Ratings) Mapping {
	m := Mapping{
		Key:           o.Field("key").Required().Text(),
		Semantic:      decodeSemantic(o.Field("semantic").Required()),
		Interpolation: Linear,
		MaxGap:        Duration{DefaultMaxGap},
		Scale:         decimal.NewFromInt(1),
		Offset:        decimal.NewFromInt(0),
		Step:          decimal.NewFromInt(0),
		Sign:          1,
		Kind:          Gauge,
	}
	class := SemanticClass(m.Semantic)
	m.Unit = Unit(units[class][0])
	if class == Energy {
		m.Kind = Counter
	}
	if v := o.Field("unit"); v.Given() {
		m.Unit = Unit(v.OneOf(units[class]...))
	}
	if v := o.Field("kind"); v.Given() {
		switch kind := PointKind(v.OneOf(string(Gauge), string(Counter))); {
		case m.Semantic == "": // what fits can't be told
		case kind == Gauge && class == Energy:
			v.Refuse("must be counter: %s is an energy", m.Semantic)
		case kind == Counter && class != Energy:
			v.Refuse("must be gauge: %s isn't an energy that is counted", m.Semantic)
		}
	}
	if v := o.Field("interpolation"); v.Given() {
		m.Interpolation = Interpolation(v.OneOf(string(Linear), string(Previous)))
	}
	if v := o.Field("maxGap"); v.Given() {
		if text, ok := v.String(); ok {
			if err := m.MaxGap.UnmarshalText([]byte(text)); err != nil {
				v.Refuse("%s", err)
			}
		}
	}
	if d := o.Field("scale").Decimal(); d != nil {
		m.Scale = *d
	}
	if d := o.Field("offset").Decimal(); d != nil {
		m.Offset = *d
	}
	if d := o.Field("sign").Decimal(); d != nil {
		if !d.Abs().Equal(decimal.NewFromInt(1)) {
			o.Field("sign").Refuse("must be 1 or -1")
		} else {
			m.Sign = d.Sign()
		}
	}
	decodeBounds(o, &m)
	decodeRegister(o, &m)
	if m.Kind == Counter {
		checkCounter(o, m, ratings)
	}
	return m
}

// decodeSemantic reads a name of parts joined by points, such as grid.active_power; "" where it is wrong.
func decodeSemantic(v document.Value) string {
	before := v.Problems()
	s := v.ID()
	if v.Problems() != before || !v.Given() {
		return ""
	}
	if kind := SemanticKind(s); kind == s || kind+"." == s {
		v.Refuse("must be <kind>.<quantity>, such as grid.active_power")
		return ""
	}
	return s
}

func decodeBounds(o document.Object, m *Mapping) {
	m.ValidMin, m.ValidMax = nanos(o.Field("validMin")), nanos(o.Field("validMax"))
	if m.ValidMin != nil && m.ValidMax != nil && m.ValidMin.GreaterThan(*m.ValidMax) {
		o.Field("validMin").Refuse("must not be above validMax")
	}
	v := o.Field("validFrom")
	text, ok := v.String()
	if !ok {
		return
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Nanosecond()%int(time.Millisecond) != 0 || t.Year() < 1970 {
		v.Refuse("must be a time such as 2024-01-31T00:00:00Z, of whole milliseconds")
		return
	}
	m.ValidFrom = t.UTC()
}

// decodeRegister reads what only a counter has.
func decodeRegister(o document.Object, m *Mapping) {
	rollover, step := o.Field("rollover"), o.Field("step")
	if m.Rollover = nanos(rollover); m.Rollover != nil && !m.Rollover.IsPositive() {
		rollover.Refuse("must be above 0")
	}
	if d := nanos(step); d != nil {
		if m.Step = *d; d.IsNegative() {
			step.Refuse("must not be below 0")
		}
	}
	if m.Kind == Counter || m.Semantic == "" {
		return
	}
	if m.Rollover != nil {
		rollover.Refuse("belongs to a counter")
	}
	if m.Step.IsPositive() {
		step.Refuse("belongs to a counter")
	}
}

func checkCounter(o document.Object, m Mapping, ratings Ratings) {
	if !m.Scale.IsPositive() {
		o.Field("scale").Refuse("must be above 0 for a counter")
	}
	if m.Sign < 0 {
		o.Field("sign").Refuse("must be 1 for a counter")
	}
	needed := map[string]struct {
		name   string
		rating *decimal.Decimal
	}{
		Grid: {"gridKw", ratings.GridKw}, Load: {"gridKw", ratings.GridKw}, PV: {"pvKw", ratings.PvKw},
		Battery: {"batteryKw", ratings.BatteryKw}, EVSE: {"evseKw", ratings.EvseKw}, Genset: {"gensetKw", ratings.GensetKw},
	}[SemanticKind(m.Semantic)]
	if needed.rating == nil || !needed.rating.IsPositive() {
		o.Field("semantic").Refuse("a counter of %s needs ratings.%s above 0", SemanticKind(m.Semantic), needed.name)
	}
}
