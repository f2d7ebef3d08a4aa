package tariff_test

import (
	"encoding/json"
	"strings"
	"testing"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/document"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
)

// seasons is a tariff with all that one can say.
const seasons = `{"tariffId": "tou", "validFrom": "2016-08-01", "holidays": ["2016-10-02", "2016-10-01", "2016-10-01"],
	"import": {"kind": "tou", "periods": [
		{"name": "sharp", "price": "1.4356", "rules": [{"months": [1, 7, 8, 12], "times": ["20:00-22:00"]}]},
		{"name": "peak", "price": 1.1964, "rules": [{"times": ["08:00-11:00", "17:00-20:00"]},
			{"months": [2, 3, 4, 5, 6, 9, 10, 11], "times": ["20:00-22:00"]}]},
		{"name": "flat", "price": "0.7164", "rules": [{"times": ["11:00-17:00"]}]},
		{"name": "valley", "price": "-0.10", "rules": [{"times": ["22:00-08:00"]}]}]},
	"export": {"kind": "fixed", "price": "0.3910"}, "demand": {"pricePerKw": "38.00"}, "capacity": {"pricePerKva": "25"},
	"fixedFee": {"perDay": "0.50", "perMonth": 12}, "taxRate": "0.13"}`

func zone(t testing.TB, name string) calendar.Zone {
	t.Helper()
	z, err := calendar.LoadZone(name)
	require.NoError(t, err)
	return z
}

func date(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	require.NoError(t, err)
	return d
}

func parse(t testing.TB, raw, zoneName string) tariff.Document {
	t.Helper()
	d, err := tariff.ParseDocument([]byte(raw), zone(t, zoneName))
	require.NoError(t, err)
	return d
}

func TestADocumentIsReadAsItIsWritten(t *testing.T) {
	d := parse(t, seasons, "Asia/Shanghai")
	require.Equal(t, "tou", d.TariffID)
	require.Equal(t, []calendar.Date{date(t, "2016-10-01"), date(t, "2016-10-02")}, d.Holidays)
	require.Equal(t, "0.3910", d.Export.Price.String())
	require.Equal(t, "38.00", d.Demand.PricePerKw.String())
	require.Equal(t, "25", d.Capacity.PricePerKva.String())
	require.Equal(t, "0.50", d.FixedFee.PerDay.String())
	require.Equal(t, "0.13", d.TaxRate.String())
	names := []string{}
	for _, p := range d.Import.Prices() {
		names = append(names, p.Period)
	}
	require.Equal(t, []string{"sharp", "peak", "flat", "valley"}, names)

	written, err := json.Marshal(d)
	require.NoError(t, err)
	require.Contains(t, string(written), `"price":"-0.10"`)
	require.Contains(t, string(written), `"times":["22:00-08:00"]`)
	again := parse(t, string(written), "Asia/Shanghai")
	require.Equal(t, d, again)
}

func TestAllProblemsOfATariffAreToldAtOnce(t *testing.T) {
	var problems problem.List
	tariff.Decode(document.Parse([]byte(`{"validFrom": "2016-13-01", "holidays": ["2016-10-01", "soon"],
		"import": {"kind": "tou", "price": "1", "periods": [
			{"name": "", "price": "x", "rules": []},
			{"name": "a", "price": "1", "rules": [{"months": [0, 13], "weekdays": [8, "1"], "holidays": "no", "hours": 1,
				"times": ["08:00-08:00", "8:00-9:00", "24:00-06:00", "00:10-01:00", "23:00-25:00", "00:00-24:15", 5]}]},
			{"name": "a", "price": "1", "rules": [{"months": []}]},
			{"name": "b", "rules": null}]},
		"export": {"kind": "fixed", "periods": []}, "demand": {}, "capacity": {"pricePerKva": "1", "per": 2},
		"fixedFee": {}, "taxRate": "13", "extra": null}`), "tariff", &problems), zone(t, "UTC"))
	var places []string
	for _, p := range problem.Of(problems.Err("it")) {
		places = append(places, p.Location)
	}
	require.ElementsMatch(t, []string{
		"tariff.tariffId", "tariff.validFrom", "tariff.holidays[1]", "tariff.import.price",
		"tariff.import.periods[0].name", "tariff.import.periods[0].price", "tariff.import.periods[0].rules",
		"tariff.import.periods[1].rules[0].months[0]", "tariff.import.periods[1].rules[0].months[1]",
		"tariff.import.periods[1].rules[0].weekdays[0]", "tariff.import.periods[1].rules[0].weekdays[1]",
		"tariff.import.periods[1].rules[0].holidays", "tariff.import.periods[1].rules[0].hours",
		"tariff.import.periods[1].rules[0].times[0]", "tariff.import.periods[1].rules[0].times[1]",
		"tariff.import.periods[1].rules[0].times[2]", "tariff.import.periods[1].rules[0].times[3]",
		"tariff.import.periods[1].rules[0].times[4]", "tariff.import.periods[1].rules[0].times[5]",
		"tariff.import.periods[1].rules[0].times[6]",
		"tariff.import.periods[2].name", "tariff.import.periods[2].rules[0].months",
		"tariff.import.periods[3].price", "tariff.import.periods[3].rules",
		"tariff.export.price", "tariff.export.periods", "tariff.demand.pricePerKw", "tariff.capacity.per",
		"tariff.fixedFee", "tariff.taxRate", "tariff.extra",
	}, places)
}

func TestAGapIsToldBesideWhatElseIsWrong(t *testing.T) {
	raw := strings.NewReplacer(`"11:00-17:00"`, `"11:00-16:45"`, `"38.00"`, `"much"`).Replace(seasons)
	_, err := tariff.ParseDocument([]byte(raw), zone(t, "Asia/Shanghai"))
	require.EqualError(t, err, "the tariff is refused: "+
		"import.periods: no period holds on 2016-08-01 at 16:45-17:00, and on other days up to 2026-07-31, 3652 in all; "+
		"demand.pricePerKw: must be a decimal number such as 0.3910")
}
