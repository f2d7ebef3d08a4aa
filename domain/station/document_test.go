package station_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
)

// with is a station document with these points of its device, all ratings given.
func with(points string) string {
	return document(`{"gridKw": 10, "pvKw": 4, "batteryKw": 5, "batteryKwh": 6.4, "evseKw": 7, "gensetKw": 8}`, points)
}

func document(ratings, points string) string {
	return fmt.Sprintf(`{"stationId": "s1", "name": "Harbour", "timezone": "Asia/Shanghai", "currency": "CNY", "ratings": %s,
		"devices": [{"deviceId": "m1", "kind": "grid_meter", "thingsboard": {"deviceName": "Meter 1"}, "points": [%s]}],
		"tariff": {"tariffId": "t1", "validFrom": "2020-01-01", "import": {"kind": "fixed", "price": "0.68"}}}`, ratings, points)
}

func parse(t testing.TB, raw string) station.Document {
	t.Helper()
	d, err := station.ParseDocument([]byte(raw))
	require.NoError(t, err)
	return d
}

func places(err error) []string {
	var places []string
	for _, p := range problem.Of(err) {
		places = append(places, p.Location)
	}
	return places
}

func TestDefaultsAreFilledIn(t *testing.T) {
	points := parse(t, with(`{"key": "a", "semantic": "battery.soc"}, {"key": "b", "semantic": "grid.import_energy"},
		{"key": "c", "semantic": "pv.active_power"}, {"key": "d", "semantic": "room.temperature"}`)).Devices[0].Points
	written, err := json.Marshal(points)
	require.NoError(t, err)
	rest := `"interpolation": "linear", "maxGap": "30m", "scale": "1", "offset": "0", "sign": 1, "step": "0"`
	require.JSONEq(t, `[
		{"key": "a", "semantic": "battery.soc", "unit": "other", "kind": "gauge", `+rest+`},
		{"key": "b", "semantic": "grid.import_energy", "unit": "kWh", "kind": "counter", `+rest+`},
		{"key": "c", "semantic": "pv.active_power", "unit": "kW", "kind": "gauge", `+rest+`},
		{"key": "d", "semantic": "room.temperature", "unit": "other", "kind": "gauge", `+rest+`}]`, string(written))
}

func TestAllThatAPointMaySay(t *testing.T) {
	p := parse(t, with(`{"key": "Zähler 1", "semantic": "grid.export_energy", "unit": "Wh", "kind": "counter", "interpolation": "previous",
		"maxGap": "1h30m", "scale": "0.1", "offset": 3, "sign": "1", "rollover": 1000, "step": "0.5", "validMin": "-1", "validMax": 99.5,
		"validFrom": "2024-01-10T08:00:00.500+08:00"}`)).Devices[0].Points[0]
	require.Equal(t, 90*time.Minute, p.MaxGap.Duration)
	require.Equal(t, "0.1", p.Scale.String())
	require.Equal(t, "1000", p.Rollover.String())
	require.Equal(t, time.Date(2024, 1, 10, 0, 0, 0, 500_000_000, time.UTC), p.ValidFrom)
	require.Equal(t, -3, p.UnitExponent())
	gauge := parse(t, with(`{"key": "h", "semantic": "boiler.heat", "unit": "MWh", "sign": -1, "scale": 0}`)).Devices[0].Points[0]
	require.Equal(t, 0, gauge.UnitExponent(), "a plain gauge keeps its unit")
	require.Equal(t, -1, gauge.Sign)
}

func TestPointsThatAreRefused(t *testing.T) {
	const counter = `"key": "c", "semantic": "grid.import_energy"`
	for name, c := range map[string]struct {
		ratings, points string
		place           string // of the device's points
	}{
		"two keys for one point": {points: `{"key": "a", "semantic": "pv.active_power"}, {"key": "b", "semantic": "pv.active_power"}`, place: "[1].semantic"},
		"two keys for one point, one after the other": {points: `{"key": "a", "semantic": "pv.active_power"},
			{"key": "b", "semantic": "pv.active_power", "validFrom": "2024-01-01T00:00:00Z"}`, place: "[1].semantic"},
		"one key twice from the same time": {points: `{"key": "a", "semantic": "pv.active_power"}, {"key": "a", "semantic": "pv.active_power", "unit": "W"}`,
			place: "[1].validFrom"},
		"an energy as a gauge":         {points: `{` + counter + `, "kind": "gauge"}`, place: "[0].kind"},
		"a power as a counter":         {points: `{"key": "p", "semantic": "grid.active_power", "kind": "counter"}`, place: "[0].kind"},
		"a plain gauge as a counter":   {points: `{"key": "w", "semantic": "water.volume", "kind": "counter"}`, place: "[0].kind"},
		"a power in kWh":               {points: `{"key": "p", "semantic": "grid.active_power", "unit": "kWh"}`, place: "[0].unit"},
		"an energy in kW":              {points: `{` + counter + `, "unit": "kW"}`, place: "[0].unit"},
		"a state of charge in kW":      {points: `{"key": "s", "semantic": "battery.soc", "unit": "kW"}`, place: "[0].unit"},
		"an unknown unit":              {points: `{"key": "s", "semantic": "x.y", "unit": "kw"}`, place: "[0].unit"},
		"a counter that counts down":   {points: `{` + counter + `, "sign": -1}`, place: "[0].sign"},
		"a counter of scale 0":         {points: `{` + counter + `, "scale": 0}`, place: "[0].scale"},
		"a counter of scale below 0":   {points: `{` + counter + `, "scale": "-0.001"}`, place: "[0].scale"},
		"a counter without its rating": {ratings: `{"pvKw": 10}`, points: `{` + counter + `}`, place: "[0].semantic"},
		"a battery's counter, and only its capacity": {ratings: `{"batteryKwh": 10}`,
			points: `{"key": "b", "semantic": "battery.charge_energy"}`, place: "[0].semantic"},
		"a genset's counter, and its rating is 0": {ratings: `{"gensetKw": 0}`, points: `{"key": "g", "semantic": "genset.energy"}`, place: "[0].semantic"},
		"a load's counter, and the grid's rating isn't there": {ratings: `{"pvKw": 10, "batteryKw": 5}`,
			points: `{"key": "l", "semantic": "load.energy"}`, place: "[0].semantic"},
		"a rollover of 0":             {points: `{` + counter + `, "rollover": 0}`, place: "[0].rollover"},
		"a rollover of a power":       {points: `{"key": "p", "semantic": "grid.active_power", "rollover": 10}`, place: "[0].rollover"},
		"a step below 0":              {points: `{` + counter + `, "step": "-0.5"}`, place: "[0].step"},
		"a step of ten decimals":      {points: `{` + counter + `, "step": "0.0000000001"}`, place: "[0].step"},
		"bounds the wrong way":        {points: `{` + counter + `, "validMin": 2, "validMax": 1}`, place: "[0].validMin"},
		"a bound beyond any sample":   {points: `{` + counter + `, "validMax": 9e9}`, place: "[0].validMax"},
		"a sign of 2":                 {points: `{` + counter + `, "sign": 2}`, place: "[0].sign"},
		"a max gap of 0":              {points: `{` + counter + `, "maxGap": "0s"}`, place: "[0].maxGap"},
		"a max gap without a unit":    {points: `{` + counter + `, "maxGap": "30"}`, place: "[0].maxGap"},
		"a max gap as a number":       {points: `{` + counter + `, "maxGap": 30}`, place: "[0].maxGap"},
		"a max gap of microseconds":   {points: `{` + counter + `, "maxGap": "1500us"}`, place: "[0].maxGap"},
		"a max gap of years":          {points: `{` + counter + `, "maxGap": "20000h"}`, place: "[0].maxGap"},
		"a local time":                {points: `{` + counter + `, "validFrom": "2024-01-10T00:00:00"}`, place: "[0].validFrom"},
		"a time of microseconds":      {points: `{` + counter + `, "validFrom": "2024-01-10T00:00:00.0005Z"}`, place: "[0].validFrom"},
		"an interpolation unknown":    {points: `{` + counter + `, "interpolation": "cubic"}`, place: "[0].interpolation"},
		"no key":                      {points: `{"semantic": "x.y"}`, place: "[0].key"},
		"a key of 201 characters":     {points: `{"key": "` + strings.Repeat("ä", 201) + `", "semantic": "x.y"}`, place: "[0].key"},
		"a semantic of one part":      {points: `{"key": "x", "semantic": "power"}`, place: "[0].semantic"},
		"a semantic that breaks off":  {points: `{"key": "x", "semantic": "power."}`, place: "[0].semantic"},
		"a field that nobody knows":   {points: `{` + counter + `, "max_gap": "1h"}`, place: "[0].max_gap"},
		"a point that is no object":   {points: `"grid_kw"`, place: "[0]"},
		"a scale that isn't a number": {points: `{` + counter + `, "scale": "ten"}`, place: "[0].scale"},
	} {
		t.Run(name, func(t *testing.T) {
			raw := with(c.points)
			if c.ratings != "" {
				raw = document(c.ratings, c.points)
			}
			_, err := station.ParseDocument([]byte(raw))
			require.Equal(t, problem.Invalid, problem.KindOf(err))
			require.Equal(t, []string{"devices[0].points" + c.place}, places(err), "%v", err)
		})
	}
}

func TestAllProblemsOfADocumentAreToldAtOnce(t *testing.T) {
	_, err := station.ParseDocument([]byte(`{"stationId": "s 1", "name": "` + strings.Repeat("n", 201) + `", "timezone": "Mars/Olympus",
		"currency": "cny", "ratings": {"gridKw": -1, "pvKw": "much", "windKw": 3, "evseKw": 1e9}, "owner": "me",
		"devices": [
			{"deviceId": "a", "kind": "meter", "thingsboard": {"deviceName": "x", "deviceId": "7"}, "points": [{"key": "", "semantic": 7, "unit": "kw", "kind": "meter", "rollover": 0}]},
			{"deviceId": "a", "kind": "evse", "thingsboard": {"deviceName": "x", "deviceId": "7", "token": "t"}, "points": {}},
			{"kind": "evse", "points": []}, 3],
		"tariff": {"tariffId": "t", "validFrom": "2020-01-01",
			"import": {"kind": "tou", "periods": [{"name": "a", "price": "1", "rules": [{"times": ["00:00-12:10"]}]}]},
			"export": {"kind": "tou", "periods": [{"name": "a", "price": "1", "rules": [{"times": ["00:00-12:00"]}]}]}}}`))
	require.ElementsMatch(t, []string{
		"stationId", "name", "timezone", "currency", "ratings.gridKw", "ratings.pvKw", "ratings.windKw", "ratings.evseKw", "owner",
		"devices[0].kind", "devices[0].points[0].key", "devices[0].points[0].semantic",
		"devices[0].points[0].unit", "devices[0].points[0].kind", "devices[0].points[0].rollover",
		"devices[1].deviceId", "devices[1].thingsboard.deviceName", "devices[1].thingsboard.deviceId", "devices[1].thingsboard.token",
		"devices[1].points", "devices[2].deviceId", "devices[2].thingsboard", "devices[3]",
		"tariff.import.periods[0].rules[0].times[0]", "tariff.export.periods",
	}, places(err))
}

func TestWhatADocumentMustHave(t *testing.T) {
	_, err := station.ParseDocument([]byte(`{}`))
	require.ElementsMatch(t, []string{"stationId", "name", "timezone", "currency", "devices"}, places(err))
	parse(t, `{"stationId": "s1", "name": "S", "timezone": "UTC", "currency": "JPY", "devices": []}`)
}

func TestNamesMayNotTurnWhatFollows(t *testing.T) {
	_, err := station.ParseDocument([]byte(`{"stationId": "s", "name": "Plant \u202e1", "timezone": "UTC", "currency": "EUR",
		"devices": [{"deviceId": "m", "kind": "grid_meter", "thingsboard": {"deviceName": "m\u2066", "deviceId": "m\u2069"},
			"points": [{"key": "k\u202a", "semantic": "grid.active_power"}]}],
		"tariff": {"tariffId": "t", "validFrom": "2024-01-01", "import": {"kind": "tou", "periods": [
			{"name": "peak\u202d", "price": "1", "rules": [{"times": ["00:00-24:00"]}]}]}}}`))
	var places []string
	for _, p := range problem.Of(err) {
		places = append(places, p.Location)
	}
	require.ElementsMatch(t, []string{
		"name", "devices[0].thingsboard.deviceName", "devices[0].thingsboard.deviceId", "devices[0].points[0].key",
		"tariff.import.periods[0].name",
	}, places)
}

func TestZones(t *testing.T) {
	const raw = `{"stationId": "s1", "name": "S", "timezone": %q, "currency": "JPY", "devices": []}`
	for _, name := range []string{"UTC", "Asia/Kathmandu", "Pacific/Chatham", "America/St_Johns", "Etc/GMT+5", "Africa/Monrovia"} {
		parse(t, fmt.Sprintf(raw, name))
	}
	for _, name := range []string{"", "Local", "localtime", "posixrules", "right/Asia/Shanghai", "Asia/Nowhere", "+08:00", "../UTC"} {
		_, err := station.ParseDocument(fmt.Appendf(nil, raw, name))
		require.Equal(t, []string{"timezone"}, places(err), name)
	}
}

func TestADocumentSaysTheSameWrittenBack(t *testing.T) {
	d := parse(t, with(`{"key": "c", "semantic": "grid.import_energy", "rollover": 1000, "validMax": 5, "maxGap": "2h"},
		{"key": "c", "semantic": "grid.import_energy", "rollover": 1000, "validFrom": "2024-01-10T00:00:00Z"},
		{"key": "p", "semantic": "pv.active_power", "unit": "W", "sign": -1}`))
	written, err := json.Marshal(d)
	require.NoError(t, err)
	require.Equal(t, d, parse(t, string(written)))
}

// Whatever is sent, reading it ends, and what is taken can be provisioned.
func FuzzParseDocument(f *testing.F) {
	f.Add(with(power + "," + counter))
	f.Add(`{"stationId": "s", "tariff": {"import": {"kind": "tou", "periods": [{"rules": [{"times": ["22:00-06:00"]}]}]}}}`)
	f.Add(`[[[[`)
	f.Fuzz(func(t *testing.T, raw string) {
		d, err := station.ParseDocument([]byte(raw))
		if err != nil {
			require.NotEmpty(t, places(err))
			return
		}
		_, err = given().Provision(tenant, d, now)
		require.NoError(t, err)
	})
}
