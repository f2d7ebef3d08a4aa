package station_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
)

const tenant = "acme"

func given(events ...event.Payload) station.Station {
	var s station.Station
	for _, e := range events {
		s = s.Apply(e)
	}
	return s
}

// provisioned is a station after one document and then others.
func provisioned(t testing.TB, documents ...string) station.Station {
	t.Helper()
	var s station.Station
	for _, raw := range documents {
		events, err := s.Provision(tenant, parse(t, raw), now)
		require.NoError(t, err)
		for _, e := range events {
			s = s.Apply(e)
		}
	}
	return s
}

func types(events []event.Payload) []string {
	var types []string
	for _, e := range events {
		types = append(types, e.EventType())
	}
	return types
}

const (
	power   = `{"key": "grid_kw", "semantic": "grid.active_power", "interpolation": "previous", "maxGap": "2h"}`
	solar   = `{"key": "pv_kw", "semantic": "pv.active_power"}`
	counter = `{"key": "imp", "semantic": "grid.import_energy"}`
)

func TestTheFirstDocumentRegistersAll(t *testing.T) {
	events, err := given().Provision(tenant, parse(t, with(power+","+counter)), now)
	require.NoError(t, err)
	require.Equal(t, []string{"StationRegistered", "DeviceRegistered", "PointMapped", "PointMapped", "TariffAssigned"}, types(events))
	s := given(events...)
	require.Equal(t, "s1", s.ID)
	require.Equal(t, tenant, s.Tenant)
	require.Len(t, s.Mappings("m1"), 2)
	require.Empty(t, s.Mappings("m2"))
}

func TestADocumentMakesTheFewestEvents(t *testing.T) {
	first := with(power + "," + solar)
	second := strings.NewReplacer(`[{"deviceId"`, `[{"deviceId": "m0", "kind": "sensor", "thingsboard": {"deviceName": "Old"}, "points": []},
		{"deviceId"`)
	edit := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(first) }
	for name, c := range map[string]struct {
		given, when string
		then        []string
	}{
		"the same again":                {first, first, nil},
		"numbers written in other ways": {first, edit(`6.4`, `"6.40"`, `"gridKw": 10`, `"gridKw": 1e1`, `"2h"`, `"120m"`), nil},
		"points in another order":       {first, with(solar + "," + power), nil},
		"another name":                  {first, edit("Harbour", "Port"), []string{"StationChanged"}},
		"another rating":                {first, edit(`"pvKw": 4`, `"pvKw": 5`), []string{"StationChanged"}},
		"a rating less":                 {first, edit(`"pvKw": 4,`, ``), []string{"StationChanged"}},
		"a device more":                 {first, second.Replace(first), []string{"DeviceRegistered"}},
		"a device less":                 {second.Replace(first), first, []string{"DeviceRemoved"}},
		"another kind of device":        {first, edit("grid_meter", "load_meter"), []string{"DeviceChanged"}},
		"another name in ThingsBoard":   {first, edit("Meter 1", "Meter 2"), []string{"DeviceChanged"}},
		"another device of that name":   {first, edit(`"m1"`, `"m9"`), []string{"DeviceRemoved", "DeviceRegistered", "PointMapped", "PointMapped"}},
		"a point more":                  {first, with(power + "," + solar + "," + counter), []string{"PointMapped"}},
		"a point less":                  {first, with(solar), []string{"PointUnmapped"}},
		"another key":                   {first, edit("pv_kw", "pv"), []string{"PointMapped"}},
		"another max gap":               {first, edit("2h", "3h"), []string{"PointMapped"}},
		"without its tariff":            {first, first[:strings.Index(first, `,`+"\n\t\t"+`"tariff"`)] + "}", nil},
		"another tariff":                {first, edit(`"t1"`, `"t2"`), []string{"TariffAssigned"}},
		"another price of that tariff":  {first, edit(`"0.68"`, `"0.70"`), nil},
		"that tariff from a later date": {first, edit(`2020-01-01`, `2021-01-01`), nil},
		"that tariff from an earlier":   {first, edit(`2020-01-01`, `2019-01-01`), []string{"TariffAssigned"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := provisioned(t, c.given)
			events, err := s.Provision(tenant, parse(t, c.when), now)
			require.NoError(t, err)
			require.Equal(t, c.then, types(events))
			for _, e := range events {
				s = s.Apply(e)
			}
			events, err = s.Provision(tenant, parse(t, c.when), now)
			require.NoError(t, err)
			require.Empty(t, events, "the same document again changes nothing")
		})
	}
}

func TestAMappingFromALaterTimeKeepsWhatHeldBefore(t *testing.T) {
	const later = `{"key": "pv_w", "semantic": "pv.active_power", "unit": "W", "validFrom": "2024-06-01T00:00:00Z"}`
	s := provisioned(t, with(solar), with(later))
	require.Len(t, s.Mappings("m1"), 2)
	require.Equal(t, "pv_kw", s.Mappings("m1")[0].Key)
	require.Equal(t, "pv_w", s.Mappings("m1")[1].Key)

	events, err := s.Provision(tenant, parse(t, with(later)), now)
	require.NoError(t, err)
	require.Empty(t, events)

	// a document that says what always holds leaves nothing else
	s = provisioned(t, with(solar), with(later), with(solar))
	require.Len(t, s.Mappings("m1"), 1)
	require.True(t, s.Mappings("m1")[0].ValidFrom.IsZero())
	// and one that doesn't name the point ends what holds
	for _, m := range provisioned(t, with(solar), with(later), with("")).Mappings("m1") {
		require.Equal(t, now, m.ValidUntil)
	}
}

func TestTheTariffOfALocalDate(t *testing.T) {
	at := func(id, from string) string {
		return strings.NewReplacer("t1", id, "2020-01-01", from).Replace(with(""))
	}
	s := provisioned(t, at("a", "2020-01-01"), at("b", "2024-06-01"))
	on := func(s station.Station, day string) string {
		date, err := calendar.ParseDate(day)
		require.NoError(t, err)
		id, _ := s.TariffOn(date)
		return id
	}
	require.Empty(t, on(s, "2019-12-31"))
	require.Equal(t, "a", on(s, "2024-05-31"))
	require.Equal(t, "b", on(s, "2024-06-01"))
	s = provisioned(t, at("a", "2020-01-01"), at("b", "2024-06-01"), at("c", "2022-01-01"))
	require.Equal(t, "a", on(s, "2021-12-31"))
	require.Equal(t, "c", on(s, "2024-06-01"), "the latest document holds from its date on")
}

func TestWhatAStationRefuses(t *testing.T) {
	first := with(power)
	s := provisioned(t, first)
	moved := strings.NewReplacer("Asia/Shanghai", "Asia/Tokyo", "CNY", "JPY").Replace(first)
	_, err := s.Provision(tenant, parse(t, moved), now)
	require.Equal(t, problem.Conflict, problem.KindOf(err))
	require.Equal(t, []string{"timezone", "currency"}, places(err))

	_, err = s.Provision("other", parse(t, first), now)
	require.Equal(t, problem.Conflict, problem.KindOf(err))
	_, err = s.Apply(station.Retired{StationID: "s1"}).Provision(tenant, parse(t, first), now)
	require.Equal(t, problem.Conflict, problem.KindOf(err))
}

func TestRetire(t *testing.T) {
	_, err := given().Retire("sold")
	require.Equal(t, problem.NotFound, problem.KindOf(err))
	s := provisioned(t, with(power))
	events, err := s.Retire("sold")
	require.NoError(t, err)
	require.Equal(t, []event.Payload{station.Retired{StationID: "s1", Reason: "sold"}}, events)
	events, err = s.Apply(events[0]).Retire("sold")
	require.NoError(t, err)
	require.Empty(t, events)
}

func TestRatings(t *testing.T) {
	s := provisioned(t, document(`{"gridKw": "10.5", "batteryKw": 5, "batteryKwh": 40, "gensetKw": "0.25"}`, ""))
	for kind, want := range map[string]string{
		station.Grid: "10.5", station.PV: "0", station.Battery: "5", station.EVSE: "0", station.Genset: "0.25", station.Load: "15.75", "x": "0",
	} {
		require.Equal(t, want, s.RatingFor(kind).String(), kind)
	}
}

func TestEventsAreReadBackAsTheyWereWritten(t *testing.T) {
	registry, err := event.NewRegistry(station.Events())
	require.NoError(t, err)
	events, err := given().Provision(tenant, parse(t, with(power+","+strings.Replace(counter, "}", `, "rollover": 1000, "validFrom": "2024-06-01T00:00:00Z"}`, 1))), now)
	require.NoError(t, err)
	events = append(events, station.PointUnmapped{StationID: "s1", DeviceID: "m1", Semantic: "x.y"}, station.DeviceRemoved{StationID: "s1", DeviceID: "m1"},
		station.PointUnmapped{StationID: "s1", DeviceID: "m1", Semantic: "x.y", ValidFrom: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)})
	for _, want := range events {
		written, err := json.Marshal(want)
		require.NoError(t, err)
		have, err := registry.Decode(want.EventType(), 1, written)
		require.NoError(t, err)
		require.Equal(t, want, have)
	}
}

// Whatever documents came before, a document's own events make a second run of it empty, and no older value of the
// station changes by them.
func TestProvisioningIsIdempotentFromAnyState(t *testing.T) {
	point := rapid.Custom(func(t *rapid.T) string {
		p := map[string]any{"key": "k", "semantic": rapid.SampledFrom([]string{"grid.active_power", "pv.active_power", "x.y"}).Draw(t, "semantic")}
		if rapid.Bool().Draw(t, "scaled") {
			p["scale"] = rapid.IntRange(1, 3).Draw(t, "scale")
		}
		if rapid.Bool().Draw(t, "dated") {
			p["validFrom"] = rapid.SampledFrom([]string{"2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"}).Draw(t, "from")
		}
		raw, _ := json.Marshal(p)
		return string(raw)
	})
	rapid.Check(t, func(t *rapid.T) {
		var s station.Station
		for range rapid.IntRange(1, 4).Draw(t, "documents") {
			d, err := station.ParseDocument([]byte(with(strings.Join(rapid.SliceOfN(point, 0, 4).Draw(t, "points"), ","))))
			if err != nil {
				continue // the same point from the same time twice
			}
			events, err := s.Provision(tenant, d, now)
			if err != nil {
				t.Fatal(err)
			}
			before, _ := json.Marshal(s)
			next := s
			for _, e := range events {
				next = next.Apply(e)
			}
			if after, _ := json.Marshal(s); string(after) != string(before) {
				t.Fatalf("applying events changed an older value: %s, was %s", after, before)
			}
			s = next
			for _, m := range d.Devices[0].Points {
				if !containsMapping(s.Mappings("m1"), m) {
					t.Fatalf("%v isn't mapped", m)
				}
			}
			if events, _ = s.Provision(tenant, d, now); len(events) > 0 {
				t.Fatalf("the same document again: %v", events)
			}
		}
	})
}

func containsMapping(have []station.Mapping, want station.Mapping) bool {
	w, _ := json.Marshal(want)
	for _, m := range have {
		if h, _ := json.Marshal(m); string(h) == string(w) {
			return true
		}
	}
	return false
}

// now is when the documents of these tests come.
var now = time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)

func TestWhatIsRemovedStaysAsHistory(t *testing.T) {
	s := provisioned(t, with(power+","+counter), with(power))
	m := s.Mappings("m1")
	ends := map[string]time.Time{}
	for _, x := range m {
		ends[x.Semantic] = x.ValidUntil
	}
	require.Len(t, ends, 2)
	for semantic, end := range ends {
		if semantic == "grid.active_power" {
			require.Zero(t, end)
		} else {
			require.Equal(t, now, end)
		}
	}
	s = provisioned(t, with(power+","+counter), with(power), with(power+","+counter))
	for _, x := range s.Mappings("m1") {
		require.Zero(t, x.ValidUntil, "%s holds again", x.Semantic)
	}
}
