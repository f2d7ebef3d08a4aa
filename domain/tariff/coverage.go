package tariff

import (
	"strings"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// coverageYears is how long from validFrom on every instant must have its price.
const coverageYears = 10

// Coverage refuses a spec that from validFrom to ten years on leaves a local time without a period, or gives it more
// than one. Only local times that some day of the zone has are looked at: an hour that the clock skips needs no price.
func (s Spec) Coverage(validFrom calendar.Date, zone calendar.Zone) error {
	var out problem.List
	for _, fault := range s.coverage(s.Import, validFrom, zone) {
		out.At("import.periods", "%s", fault)
	}
	if s.Export != nil {
		for _, fault := range s.coverage(*s.Export, validFrom, zone) {
			out.At("export.periods", "%s", fault)
		}
	}
	return out.Err("the tariff is refused")
}

// coverage says in words what is wrong with one of the spec's rates.
func (s Spec) coverage(rate Rate, validFrom calendar.Date, zone calendar.Zone) []problem.Text {
	if rate.Kind != TOU {
		return nil
	}
	c := check{spec: s, rate: rate, seen: map[day]faults{}}
	c.run(validFrom, zone)
	return c.words()
}

// faults are the parts of a day that have no period and that have more than one.
type faults struct{ gaps, overlaps slots }

// fault is where a rate is wrong.
type fault struct {
	date  calendar.Date
	times slots
}

// check looks at every local date of one rate, and works out days that rules can't tell apart only once.
type check struct {
	spec     Spec
	rate     Rate
	seen     map[day]faults
	gaps     []fault
	overlaps []fault
}

// run walks the stretches between the zone's changes: in each the local clock runs evenly, so that a date is whole
// but for the stretch's two ends. A clock that goes back gives the same local times to two stretches.
func (c *check) run(validFrom calendar.Date, zone calendar.Zone) {
	until := midnight(validFrom).AddDate(coverageYears, 0, 0)
	start := time.UnixMilli(zone.DayStart(validFrom))
	end := time.UnixMilli(zone.DayStart(calendar.DateOf(until)))
	for start.Before(end) {
		local := start.In(zone.Location())
		_, offset := local.Zone()
		_, change := local.ZoneBounds()
		if change.IsZero() || change.After(end) {
			change = end
		}
		c.stretch(start.Unix()+int64(offset), change.Unix()+int64(offset))
		start = change
	}
}

// stretch looks at local times [from, to), in seconds since 1970-01-01 of the local clock.
func (c *check) stretch(from, to int64) {
	const slot, day = 15 * 60, 24 * 60 * 60
	for date := floorDiv(from, day); date*day < to; date++ {
		begin := max(from-date*day, 0) / slot
		end := (min(to-date*day, day) + slot - 1) / slot
		c.date(calendar.Date(date), slotRange(int(begin), int(end)))
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (c *check) date(date calendar.Date, part slots) {
	d := c.spec.dayOf(date)
	f, known := c.seen[d]
	if !known {
		f = c.rate.faultsOn(d)
		c.seen[d] = f
	}
	c.gaps = note(c.gaps, date, f.gaps.and(part))
	c.overlaps = note(c.overlaps, date, f.overlaps.and(part))
}

// note adds a date's fault, if it is one, to those found so far; a date that two stretches share stands once.
func note(found []fault, date calendar.Date, times slots) []fault {
	n := len(found)
	switch {
	case times.empty():
		return found
	case n > 0 && found[n-1].date == date:
		found[n-1].times = found[n-1].times.or(times)
		return found
	}
	return append(found, fault{date, times})
}

func (r Rate) faultsOn(d day) faults {
	var once, twice slots
	for _, p := range r.Periods {
		on := p.on(d)
		twice = twice.or(once.and(on))
		once = once.or(on)
	}
	return faults{gaps: slotRange(0, slotsPerDay).minus(once), overlaps: twice}
}

func (c *check) words() []problem.Text {
	var words []problem.Text
	if len(c.gaps) > 0 {
		words = append(words, problem.Textf("no period holds on %s", describe(c.gaps)))
	}
	if len(c.overlaps) > 0 {
		first := c.overlaps[0]
		d := c.spec.dayOf(first.date)
		var names []string
		for _, p := range c.rate.Periods {
			if !p.on(d).and(first.times).empty() {
				names = append(names, p.Name)
			}
		}
		words = append(words, problem.Textf("more than one period (%s) holds on %s", strings.Join(names, ", "), describe(c.overlaps)))
	}
	return words
}

// describe names the times of the first day and how far the fault reaches.
func describe(faults []fault) problem.Text {
	first, last, n := faults[0], faults[len(faults)-1], len(faults)
	if n == 1 {
		return problem.Textf("%s at %s", first.date, first.times)
	}
	return problem.Textf("%s at %s, and on other days up to %s, %d in all", first.date, first.times, last.date, n)
}
