package tariff_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
)

func TestCoverage(t *testing.T) {
	const a, b = `{"name": "a", "price": "1", "rules": [%s]}`, `{"name": "b", "price": "2", "rules": [%s]}`
	for name, c := range map[string]struct {
		zone, from, holidays string
		a, b                 string // rules; "" leaves the period out
		want                 []string
	}{
		"whole day by one rule that names nothing": {a: `{}`},
		"a span past midnight":                     {a: `{"times": ["22:00-06:00"]}`, b: `{"times": ["06:00-22:00"]}`},
		"a span to 00:00":                          {a: `{"times": ["22:00-00:00", "00:00-06:00"]}`, b: `{"times": ["06:00-22:00"]}`},
		"rules of one period may lie over each other": {a: `{"weekdays": [6, 7]}, {"holidays": true}`, b: `{"weekdays": [1, 2, 3, 4, 5], "holidays": false}`,
			holidays: `"2024-10-01", "2024-10-05"`},
		"gap before midnight": {a: `{"times": ["00:00-12:00"]}`, b: `{"times": ["12:00-23:45"]}`,
			want: []string{"no period holds on 2020-01-01 at 23:45-24:00, and on other days up to 2029-12-31, 3653 in all"}},
		"overlap of a quarter": {a: `{"times": ["00:00-12:15"]}`, b: `{"times": ["12:00-24:00"]}`,
			want: []string{"more than one period (a, b) holds on 2020-01-01 at 12:00-12:15, and on other days up to 2029-12-31, 3653 in all"}},
		"gap and overlap in one day": {a: `{"times": ["00:00-12:15"]}`, b: `{"times": ["12:00-20:00", "21:00-23:00"]}`,
			want: []string{
				"no period holds on 2020-01-01 at 20:00-21:00, 23:00-24:00, and on other days up to 2029-12-31, 3653 in all",
				"more than one period (a, b) holds on 2020-01-01 at 12:00-12:15, and on other days up to 2029-12-31, 3653 in all",
			}},
		"gap on one weekday of one month": {a: `{"months": [1,2,3,4,5,6,8,9,10,11,12]}`, b: `{"months": [7], "weekdays": [1,2,3,4,5,6]}`,
			want: []string{"no period holds on 2020-07-05 at 00:00-24:00, and on other days up to 2029-07-29, 44 in all"}},
		"gap on a leap day alone": {a: `{"holidays": false}`, holidays: `"2024-02-29"`,
			want: []string{"no period holds on 2024-02-29 at 00:00-24:00"}},
		"overlap on a holiday": {a: `{"holidays": true}`, b: `{}`, holidays: `"2024-10-01"`,
			want: []string{"more than one period (a, b) holds on 2024-10-01 at 00:00-24:00"}},
		"gap on the last day": {a: `{"holidays": false}`, holidays: `"2029-12-31"`,
			want: []string{"no period holds on 2029-12-31 at 00:00-24:00"}},
		"days before and after count for nothing": {a: `{"holidays": false}`, holidays: `"2019-12-31", "2030-01-01"`},
		"an hour that the day skips is no gap": {zone: "Europe/Berlin", holidays: `"2024-03-31"`,
			a: `{"holidays": true, "times": ["00:00-02:00", "03:00-24:00"]}`, b: `{"holidays": false}`},
		"in UTC no hour is skipped": {holidays: `"2024-03-31"`,
			a: `{"holidays": true, "times": ["00:00-02:00", "03:00-24:00"]}`, b: `{"holidays": false}`,
			want: []string{"no period holds on 2024-03-31 at 02:00-03:00"}},
		"half an hour is skipped in Lord Howe": {zone: "Australia/Lord_Howe", holidays: `"2024-10-06"`,
			a: `{"holidays": true, "times": ["00:00-02:00", "02:45-24:00"]}`, b: `{"holidays": false}`,
			want: []string{"no period holds on 2024-10-06 at 02:30-02:45"}},
		"midnight is skipped in Beirut": {zone: "Asia/Beirut", holidays: `"2024-03-31"`,
			a: `{"holidays": true, "times": ["01:00-24:00"]}`, b: `{"holidays": false}`},
		"a whole date is skipped in Apia": {zone: "Pacific/Apia", from: "2011-01-01", holidays: `"2011-12-30"`,
			a: `{"holidays": false}`},
		"a repeated hour on a holiday": {zone: "Europe/Berlin", holidays: `"2024-10-27"`,
			a: `{"holidays": true, "times": ["00:00-02:15", "03:00-24:00"]}`, b: `{"holidays": false}`,
			want: []string{"no period holds on 2024-10-27 at 02:15-03:00"}},
		"the first day goes back over midnight": {zone: "Antarctica/Casey", from: "2010-03-05", holidays: `"2010-03-04"`,
			a:    `{"holidays": false}`,
			want: []string{"no period holds on 2010-03-04 at 23:00-24:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			periods := fmt.Sprintf(a, c.a)
			if c.b != "" {
				periods += "," + fmt.Sprintf(b, c.b)
			}
			zoneName, from := c.zone, c.from
			if zoneName == "" {
				zoneName = "UTC"
			}
			if from == "" {
				from = "2020-01-01"
			}
			for _, direction := range []string{"import", "export"} {
				raw := fmt.Sprintf(`{"tariffId": "t", "validFrom": %q, "holidays": [%s], "import": {"kind": "fixed", "price": 1},
					%q: {"kind": "tou", "periods": [%s]}}`, from, c.holidays, direction, periods)
				if direction == "import" {
					raw = fmt.Sprintf(`{"tariffId": "t", "validFrom": %q, "holidays": [%s], "import": {"kind": "tou", "periods": [%s]}}`,
						from, c.holidays, periods)
				}
				d, err := tariff.ParseDocument([]byte(raw), zone(t, zoneName))
				var have []string
				for _, p := range problem.Of(err) {
					require.Equal(t, direction+".periods", p.Location)
					have = append(have, p.Message.String())
				}
				require.Equal(t, c.want, have)
				if err == nil {
					require.NoError(t, d.Coverage(d.ValidFrom, zone(t, zoneName)))
				}
			}
		})
	}
}

// genSpan draws any span, genRule any rule.
var genSpan = rapid.Custom(func(t *rapid.T) tariff.Span {
	from := rapid.IntRange(0, 95).Draw(t, "from")
	to := rapid.IntRange(0, 96).Filter(func(n int) bool { return n != from }).Draw(t, "to")
	return tariff.Span{From: from, To: to}
})

var genRule = rapid.Custom(func(t *rapid.T) tariff.Rule {
	r := tariff.Rule{Times: rapid.SliceOfN(genSpan, 0, 2).Draw(t, "times")}
	if rapid.Bool().Draw(t, "by month") {
		r.Months = rapid.SliceOfN(rapid.IntRange(1, 12), 1, 6).Draw(t, "months")
	}
	if rapid.Bool().Draw(t, "by weekday") {
		r.Weekdays = rapid.SliceOfN(rapid.IntRange(1, 7), 1, 4).Draw(t, "weekdays")
	}
	if rapid.Bool().Draw(t, "by holiday") {
		holiday := rapid.Bool().Draw(t, "holiday")
		r.Holidays = &holiday
	}
	return r
})

// holds reads the rules of the design as plainly as can be, for comparison.
func holds(r tariff.Rule, local time.Time, holidays []calendar.Date) bool {
	weekday := int(local.Weekday())
	if weekday == 0 {
		weekday = 7
	}
	minute := local.Hour()*60 + local.Minute()
	inSpan := len(r.Times) == 0
	for _, s := range r.Times {
		from, to := s.From*15, s.To*15
		inSpan = inSpan || from <= minute && minute < to || from > to && (minute >= from || minute < to)
	}
	return inSpan && (len(r.Months) == 0 || slices.Contains(r.Months, int(local.Month()))) &&
		(len(r.Weekdays) == 0 || slices.Contains(r.Weekdays, weekday)) &&
		(r.Holidays == nil || *r.Holidays == slices.Contains(holidays, calendar.DateOf(local)))
}

// Coverage finds a fault exactly where walking every quarter of the ten years finds one, and where it finds none At
// gives the one period that holds.
func TestCoverageAgreesWithWalkingEveryQuarter(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Antarctica/Casey", "Asia/Beirut"}
	genSpec := rapid.Custom(func(t *rapid.T) tariff.Spec {
		from := rapid.Int32Range(14_500, 14_800).Draw(t, "holiday")
		s := tariff.Spec{Holidays: []calendar.Date{calendar.Date(from), calendar.Date(from + 30)}}
		s.Import.Kind = tariff.TOU
		// the second period is what the first leaves, so that about half of the specs are whole
		first := genRule.Draw(t, "rule")
		s.Import.Periods = []tariff.Period{{Name: "a", Rules: []tariff.Rule{first}}, {Name: "b", Rules: rest(first)}}
		if rapid.Bool().Draw(t, "spoil") {
			s.Import.Periods = append(s.Import.Periods, tariff.Period{Name: "c", Rules: []tariff.Rule{genRule.Draw(t, "rule")}})
		}
		return s
	})
	whole := 0
	for seed := range 12 {
		spec := genSpec.Example(seed)
		z := zone(t, zones[seed%len(zones)])
		from := calendar.Date(14_600)
		start, end := z.DayStart(from), z.DayStart(calendar.DateOf(time.Unix(int64(from)*86400, 0).UTC().AddDate(10, 0, 0)))
		fault := ""
		for at := start; at < end && fault == ""; at += calendar.Quarter {
			local := z.Local(at)
			var names []string
			for _, p := range spec.Import.Periods {
				if slices.ContainsFunc(p.Rules, func(r tariff.Rule) bool { return holds(r, local, spec.Holidays) }) {
					names = append(names, p.Name)
				}
			}
			if len(names) != 1 {
				fault = local.String()
			} else if price, _ := spec.At(time.UnixMilli(at), z); price == nil || price.Period != names[0] {
				t.Fatalf("at %s: %v, want %s", local, price, names[0])
			}
		}
		if fault == "" {
			whole++
		}
		require.Equal(t, fault == "", spec.Coverage(from, z) == nil, "seed %d: %s, %v", seed, fault, spec.Coverage(from, z))
	}
	require.NotZero(t, whole)
	require.NotEqual(t, 12, whole)
}

// rest are the rules that hold wherever the rule doesn't.
func rest(r tariff.Rule) []tariff.Rule {
	var rules []tariff.Rule
	others := func(high int, named []int) []int {
		var others []int
		for n := 1; n <= high; n++ {
			if !slices.Contains(named, n) {
				others = append(others, n)
			}
		}
		return others
	}
	if len(r.Months) > 0 {
		rules = append(rules, tariff.Rule{Months: others(12, r.Months)})
	}
	if left := others(7, r.Weekdays); len(r.Weekdays) > 0 && len(left) > 0 {
		rules = append(rules, tariff.Rule{Weekdays: left})
	}
	if r.Holidays != nil {
		other := !*r.Holidays
		rules = append(rules, tariff.Rule{Holidays: &other})
	}
	var times []tariff.Span
	for slot := range 96 {
		in := len(r.Times) == 0
		for _, s := range r.Times {
			in = in || s.From <= slot && slot < s.To || s.From > s.To && (slot >= s.From || slot < s.To)
		}
		if !in {
			times = append(times, tariff.Span{From: slot, To: slot + 1})
		}
	}
	if len(times) > 0 {
		rules = append(rules, tariff.Rule{Times: times})
	}
	return rules
}

func BenchmarkCoverage(b *testing.B) {
	d := parse(b, seasons, "Europe/Berlin")
	z := zone(b, "Europe/Berlin")
	for b.Loop() {
		if err := d.Coverage(d.ValidFrom, z); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAtDay(b *testing.B) {
	d := parse(b, seasons, "Europe/Berlin")
	z := zone(b, "Europe/Berlin")
	start := time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC)
	for b.Loop() {
		for q := range 96 {
			d.At(start.Add(time.Duration(q)*15*time.Minute), z)
		}
	}
}
