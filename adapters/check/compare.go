package check

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// comparison counts the values that were compared and says which differ.
type comparison struct {
	values, unequal int      // values compared, and those of them that differ
	says            []string // what differs, of values and of whole windows, settlements and lines
}

// differs notes something that isn't a value but a whole that is missing or too much.
func (c *comparison) differs(format string, args ...any) {
	c.says = append(c.says, fmt.Sprintf(format, args...))
}

// equal compares as decimals where both are numbers, as sets where both are lists.
func (c *comparison) equal(where, what string, have, want any) {
	c.values++
	if !same(have, want) {
		c.unequal++
		c.differs("%s %s: have %s, want %s", where, what, show(have), show(want))
	}
}

func same(have, want any) bool {
	switch w := want.(type) {
	case nil:
		return have == nil
	case bool:
		h, ok := have.(bool)
		return ok && h == w
	case []any:
		h, ok := have.([]any)
		return ok && slices.Equal(sorted(h), sorted(w))
	}
	h, hok := number(have)
	w, wok := number(want)
	if hok && wok {
		return h.Equal(w)
	}
	return have == want
}

func number(v any) (decimal.Decimal, bool) {
	text, ok := v.(string)
	if n, is := v.(json.Number); is {
		text, ok = string(n), true
	}
	if !ok {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(text)
	return d, err == nil
}

func sorted(list []any) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = fmt.Sprint(v)
	}
	slices.Sort(out)
	return out
}

func show(v any) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprint(v)
}

// window compares an expected window of a result file with one of the statistics. What the file doesn't say isn't
// compared, but a gauge that isn't in it is one too many.
func (c *comparison) window(where string, have, want object) {
	energies, _ := have["energyKwh"].(object)
	needed, _ := want["energyKwh"].(object)
	for _, name := range keys(needed) {
		c.equal(where, name, energies[name], needed[name])
	}
	for _, field := range []string{"demandKw", "completeness", "gridCompleteness", "flags", "selfConsumption", "selfSufficiency"} {
		if need, ok := want[field]; ok {
			c.equal(where, field, have[field], need)
		}
	}
	gauges, _ := have["gauges"].(object)
	expected, _ := want["gauges"].(object)
	for _, name := range keys(expected) {
		got, _ := gauges[name].(object)
		need, _ := expected[name].(object)
		for _, field := range keys(need) {
			c.equal(where, name+" "+field, got[field], need[field])
		}
	}
	for name := range gauges {
		if _, ok := expected[name]; !ok {
			c.differs("%s names the gauge %s, of which there is no sample", where, name)
		}
	}
}

// settlement compares a day's money.
func (c *comparison) settlement(where string, have, want object) {
	for _, field := range []string{"importAmount", "exportAmount", "netAmount", "provisional"} {
		c.equal(where, field, have[field], want[field])
	}
	got, _ := have["lines"].([]any)
	need, _ := want["lines"].([]any)
	if len(got) != len(need) {
		c.differs("%s has %d lines, want %d: have %s, want %s", where, len(got), len(need), show(have["lines"]), show(want["lines"]))
		return
	}
	for i := range need {
		h, _ := got[i].(object)
		w, _ := need[i].(object)
		for _, field := range []string{"direction", "period", "quantityKwh", "price", "amount"} {
			c.equal(fmt.Sprintf("%s line %d", where, i+1), field, h[field], w[field])
		}
	}
}

func keys(o object) []string {
	return slices.Sorted(maps.Keys(o))
}

// byStart indexes windows by their start, whatever way the instant is written.
func byStart(windows []object) map[int64]object {
	out := map[int64]object{}
	for _, w := range windows {
		if t, err := time.Parse(time.RFC3339Nano, show(w["windowStart"])); err == nil {
			out[t.UnixMilli()] = w
		}
	}
	return out
}

func byDate(settlements []object) map[string]object {
	out := map[string]object{}
	for _, s := range settlements {
		out[show(s["date"])] = s
	}
	return out
}

// String is the closing figure, as "98 of 100 values equal, 2 differ".
func (c *comparison) String() string {
	return fmt.Sprintf("%d of %d values equal, %d differ", c.values-c.unequal, c.values, len(c.says))
}
