package tariff_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
)

// On the day on which Berlin's clocks go back the hour from 02:00 comes twice, and so does its price.
func TestStepsOverAChangeOfTheClockAndOfTheTariff(t *testing.T) {
	const berlin = "Europe/Berlin"
	first := parse(t, `{"tariffId": "t", "validFrom": "2026-01-01", "import": {"kind": "tou", "periods": [
		{"name": "night", "price": "0.20", "rules": [{"times": ["22:00-02:30"]}]},
		{"name": "day", "price": "0.30", "rules": [{"times": ["02:30-22:00"]}]}]}}`, berlin)
	second := parse(t, `{"tariffId": "t", "validFrom": "2026-10-26", "import": {"kind": "fixed", "price": "0.25"},
		"export": {"kind": "fixed", "price": "0.08"}}`, berlin)
	inForce := func(d calendar.Date) *tariff.Version {
		switch {
		case d >= second.ValidFrom:
			return &tariff.Version{Spec: second.Spec}
		case d >= calendar.NewDate(2026, 10, 25):
			return &tariff.Version{Spec: first.Spec}
		}
		return nil
	}
	at := func(utc string) int64 {
		when, err := time.Parse(time.RFC3339, utc)
		require.NoError(t, err)
		return when.UnixMilli()
	}
	var got []string
	for _, s := range tariff.Steps(at("2026-10-24T21:50:00Z"), at("2026-10-26T03:07:00Z"), zone(t, berlin), inForce) {
		line := time.UnixMilli(s.From).UTC().Format("02T15:04") + " " + time.UnixMilli(s.To).UTC().Format("02T15:04")
		for _, p := range []*tariff.Price{s.Import, s.Export} {
			if p == nil {
				line += " none"
			} else {
				line += " " + p.Period + "/" + p.PerKwh.String()
			}
		}
		got = append(got, line)
	}
	require.Equal(t, []string{
		"24T21:50 24T22:00 none none",
		"24T22:00 25T00:30 night/0.20 none",
		"25T00:30 25T01:00 day/0.30 none", // 02:30 to 03:00, summer time
		"25T01:00 25T01:30 night/0.20 none",
		"25T01:30 25T21:00 day/0.30 none",
		"25T21:00 25T23:00 night/0.20 none",
		"25T23:00 26T03:07 all/0.25 all/0.08",
	}, got)
}

func BenchmarkStepsOfAYear(b *testing.B) {
	doc := parse(b, `{"tariffId": "t", "validFrom": "2026-01-01", "import": {"kind": "tou", "periods": [
		{"name": "sharp", "price": "1", "rules": [{"times": ["18:00-20:00"]}]},
		{"name": "peak", "price": "2", "rules": [{"times": ["08:00-11:00", "16:00-18:00", "20:00-21:00"]}]},
		{"name": "flat", "price": "3", "rules": [{"times": ["06:00-08:00", "14:00-16:00", "21:00-22:00"]}, {"weekdays": [1,2,3,4,5], "times": ["11:00-14:00"]}]},
		{"name": "valley", "price": "4", "rules": [{"times": ["22:00-06:00"]}]},
		{"name": "deep-valley", "price": "5", "rules": [{"weekdays": [6,7], "times": ["11:00-14:00"]}]}]}}`, "Asia/Shanghai")
	shanghai := zone(b, "Asia/Shanghai")
	v := tariff.Version{Spec: doc.Spec}
	from := shanghai.DayStart(calendar.NewDate(2026, 1, 1))
	for b.Loop() {
		tariff.Steps(from, from+400*96*calendar.Quarter, shanghai, func(calendar.Date) *tariff.Version { return &v })
	}
}
