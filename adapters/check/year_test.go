package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
)

func aYear(t *testing.T, mode string) *yearRun {
	t.Helper()
	y, err := readYear()
	require.NoError(t, err)
	return &yearRun{year: y, mode: mode, tariff: "tou", station: "s"}
}

func TestTheYearIsWhole(t *testing.T) {
	y := aYear(t, "power").year
	require.Len(t, y.grid, 8760)
	require.Len(t, y.days, 365)
	require.Len(t, y.months, 12)
}

func TestTheYearsStationsAreWellFormed(t *testing.T) {
	for _, mode := range YearModes {
		for _, tariff := range YearTariffs {
			r := aYear(t, mode)
			r.tariff = tariff
			raw, err := json.Marshal(r.document())
			require.NoError(t, err)
			_, err = station.ParseDocument(raw)
			require.NoError(t, err)
		}
	}
}

func TestShufflingLosesNothing(t *testing.T) {
	plain, mixed := aYear(t, "power").messages(), aYear(t, "shuffled").messages()
	count := map[string]int{}
	for _, m := range mixed {
		count[string(m)]++
	}
	require.Len(t, count, len(plain))
	require.InDelta(t, 1.05, float64(len(mixed))/float64(len(plain)), 0.01)
	require.False(t, slices.IsSortedFunc(mixed[:48], func(a, b json.RawMessage) int { return int(ts(a) - ts(b)) }))
	require.Equal(t, mixed, aYear(t, "shuffled").messages(), "the same each time")
}

func TestCountersPassTheirModulusAndOneIsReplaced(t *testing.T) {
	var before struct{ Values map[string]float64 }
	rollovers, resets := 0, 0
	for i, m := range aYear(t, "counter").messages() {
		if i%2 == 1 {
			continue
		}
		var now struct{ Values map[string]float64 }
		require.NoError(t, json.Unmarshal(m, &now))
		if i > 0 && now.Values["import_kwh"] < before.Values["import_kwh"] {
			rollovers++
		}
		if i > 0 && now.Values["export_kwh"] < before.Values["export_kwh"] {
			resets++
		}
		before = now
	}
	require.Equal(t, 1, rollovers, "the year's import is below the modulus")
	require.Equal(t, 1, resets)
}

func ts(m json.RawMessage) int64 {
	var v struct{ TS int64 }
	if err := json.Unmarshal(m, &v); err != nil {
		panic(fmt.Sprint("a test's message can't be read: ", err))
	}
	return v.TS
}

// answers makes what a platform that computes right would say of the year, from the tables themselves.
func answers(t *testing.T, r *yearRun) (windows, months map[int64]object, settlements []object) {
	t.Helper()
	zone, err := calendar.LoadZone(yearZone)
	require.NoError(t, err)
	windows, months = map[int64]object{}, map[int64]object{}
	for _, d := range r.year.days {
		date, err := calendar.ParseDate(d["date"])
		require.NoError(t, err)
		windows[zone.DayStart(date)] = object{
			"energyKwh":       object{"load": d["load_kwh"], "pv": d["pv_kwh"], "gridImport": d["import_kwh"], "gridExport": d["export_kwh"]},
			"selfConsumption": orNull(d["self_consumption"]), "selfSufficiency": orNull(d["self_sufficiency"]), "completeness": json.Number("1"),
		}
		lines := []any{object{"direction": "export", "period": "all", "quantityKwh": "1", "amount": d["export_amount"]}}
		for _, p := range periods {
			lines = append(lines, object{"direction": "import", "period": p, "quantityKwh": d[p+"_kwh"], "amount": d[p+"_amount"]})
		}
		settlements = append(settlements, object{
			"date": d["date"], "lines": lines, "exportAmount": d["export_amount"],
			"importAmount": d[r.tariff+"_import_amount"], "netAmount": d[r.tariff+"_net"],
		})
	}
	for _, m := range r.year.months {
		date, err := calendar.ParseDate(m["month"] + "-01")
		require.NoError(t, err)
		months[zone.DayStart(date)] = object{
			"energyKwh": object{"gridImport": m["import_kwh"], "gridExport": m["export_kwh"]}, "demandKw": m["max_demand_kw"],
		}
	}
	return windows, months, settlements
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// The tables agree with one another, so that a platform that differs is wrong.
func TestTheYearsMonthsAreTheSumsOfItsDays(t *testing.T) {
	zone, err := calendar.LoadZone(yearZone)
	require.NoError(t, err)
	for _, tariff := range YearTariffs {
		r := aYear(t, "power")
		r.tariff = tariff
		windows, months, settlements := answers(t, r)
		var c comparison
		r.compareDays(&c, zone, windows, byDate(settlements))
		require.NoError(t, r.compareMonths(&c, zone, months, settlements))
		require.Empty(t, c.says)
		perDay, perMonth := 10, 6
		if tariff == "tou" {
			perDay, perMonth = 18, 14
		}
		require.Equal(t, 365*perDay+12*perMonth, c.values)
	}
}

func TestOneWrongDayIsFound(t *testing.T) {
	zone, err := calendar.LoadZone(yearZone)
	require.NoError(t, err)
	r := aYear(t, "power")
	windows, months, settlements := answers(t, r)
	settlements[40]["importAmount"] = "0.01"
	delete(windows, zone.DayStart(mustDate(t, "2017-01-01")))
	var c comparison
	r.compareDays(&c, zone, windows, byDate(settlements))
	require.NoError(t, r.compareMonths(&c, zone, months, settlements))
	require.Len(t, c.says, 3, "the day, its month, and the day without statistics: %v", c.says)
}

func mustDate(t *testing.T, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	require.NoError(t, err)
	return d
}
