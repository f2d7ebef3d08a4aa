package tariff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// slotsPerDay is the number of quarters that a local clock can show; the edges of all periods lie between them.
const slotsPerDay = 96

// Span is a part of the local day, [From, To) in quarters since 00:00. Where To is before From it passes midnight:
// it then means the date's first hours and its last, each on their own date.
type Span struct{ From, To int }

// ParseSpan reads 08:00-11:00, 22:00-06:00 or 00:00-24:00.
func ParseSpan(s string) (Span, error) {
	if len(s) != len("00:00-00:00") || s[5] != '-' {
		return Span{}, problem.Textf("%q is not a span of time such as 08:00-11:00", s)
	}
	from, err := parseClock(s[:5])
	if err != nil {
		return Span{}, err
	}
	to, err := parseClock(s[6:])
	switch {
	case err != nil:
		return Span{}, err
	case from == slotsPerDay:
		return Span{}, problem.Textf("%q begins at 24:00, where the day has ended", s)
	case from == to:
		return Span{}, problem.Textf("%q ends where it begins; the whole day is 00:00-24:00", s)
	}
	return Span{from, to}, nil
}

func parseClock(s string) (slot int, err error) {
	digit := func(i int) int { return int(s[i]) - '0' }
	for _, i := range []int{0, 1, 3, 4} {
		if digit(i) < 0 || digit(i) > 9 {
			return 0, problem.Textf("%q is not a time of day such as 08:00", s)
		}
	}
	hour, minute := digit(0)*10+digit(1), digit(3)*10+digit(4)
	switch {
	case s[2] != ':' || minute > 59 || hour*60+minute > 24*60:
		return 0, problem.Textf("%q is not a time of day from 00:00 to 24:00", s)
	case minute%15 != 0:
		return 0, problem.Textf("%q is not on a quarter of an hour", s)
	}
	return hour*4 + minute/15, nil
}

// clock writes a slot's beginning.
func clock(slot int) string { return fmt.Sprintf("%02d:%02d", slot/4, slot%4*15) }

// String writes what ParseSpan reads.
func (s Span) String() string { return clock(s.From) + "-" + clock(s.To) }

// MarshalText writes String.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Span) UnmarshalText(text []byte) error {
	v, err := ParseSpan(string(text))
	*s = v
	return err
}

// slots is a set of the local day's quarters.
type slots struct{ low, high uint64 }

// slotRange is the set [from, to).
func slotRange(from, to int) slots {
	below := func(n int) slots { return slots{1<<min(n, 64) - 1, 1<<max(n-64, 0) - 1} }
	return below(to).minus(below(from))
}

func (s slots) or(o slots) slots    { return slots{s.low | o.low, s.high | o.high} }
func (s slots) and(o slots) slots   { return slots{s.low & o.low, s.high & o.high} }
func (s slots) minus(o slots) slots { return slots{s.low &^ o.low, s.high &^ o.high} }
func (s slots) empty() bool         { return s == slots{} }

func (s slots) has(slot int) bool {
	if slot < 64 {
		return s.low>>slot&1 == 1
	}
	return s.high>>(slot-64)&1 == 1
}

// String lists the set's spans.
func (s slots) String() string {
	var spans []string
	for from := 0; from < slotsPerDay; {
		to := from
		for to < slotsPerDay && s.has(to) {
			to++
		}
		if to > from {
			spans = append(spans, Span{from, to}.String())
		}
		from = to + 1
	}
	return strings.Join(spans, ", ")
}

// day is what rules can tell of a local date.
type day struct {
	month   time.Month
	weekday int // 1 Monday to 7 Sunday
	holiday bool
}

func (s Spec) dayOf(date calendar.Date) day {
	t := midnight(date)
	_, holiday := slices.BinarySearch(s.Holidays, date)
	return day{t.Month(), (int(t.Weekday())+6)%7 + 1, holiday}
}

func midnight(date calendar.Date) time.Time { return time.Unix(int64(date)*86400, 0).UTC() }

// on is the part of a day on which the rule holds.
func (r Rule) on(d day) slots {
	if len(r.Months) > 0 && !slices.Contains(r.Months, int(d.month)) ||
		len(r.Weekdays) > 0 && !slices.Contains(r.Weekdays, d.weekday) ||
		r.Holidays != nil && *r.Holidays != d.holiday {
		return slots{}
	}
	if len(r.Times) == 0 {
		return slotRange(0, slotsPerDay)
	}
	var on slots
	for _, t := range r.Times {
		if t.From < t.To {
			on = on.or(slotRange(t.From, t.To))
		} else {
			on = on.or(slotRange(t.From, slotsPerDay)).or(slotRange(0, t.To))
		}
	}
	return on
}

// on is the part of a day on which the period holds.
func (p Period) on(d day) slots {
	var on slots
	for _, r := range p.Rules {
		on = on.or(r.on(d))
	}
	return on
}

// At is the price in force at an instant for import and for export. Import is nil where no period holds, which
// Coverage excludes for ten years; export is nil where there is no export price.
func (s Spec) At(t time.Time, zone calendar.Zone) (imported, exported *Price) {
	local := t.In(zone.Location())
	d := s.dayOf(calendar.DateOf(local))
	slot := (local.Hour()*60 + local.Minute()) / 15
	imported = s.Import.at(d, slot)
	if s.Export != nil {
		exported = s.Export.at(d, slot)
	}
	return imported, exported
}

func (r Rate) at(d day, slot int) *Price {
	if r.Kind == Fixed {
		return &Price{WholeYear, *r.Price}
	}
	for _, p := range r.Periods {
		if p.on(d).has(slot) {
			return &Price{p.Name, p.Price}
		}
	}
	return nil
}
