package tariff_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
)

func given(events ...event.Payload) tariff.Tariff {
	var t tariff.Tariff
	for _, e := range events {
		t = t.Apply(e)
	}
	return t
}

// fixed is a document with one price for all times.
func fixed(t *testing.T, validFrom, price string) tariff.Document {
	return parse(t, `{"tariffId": "t", "validFrom": "`+validFrom+`", "import": {"kind": "fixed", "price": "`+price+`"}}`, "UTC")
}

func published(version int, d tariff.Document) tariff.Published {
	return tariff.Published{TariffID: d.TariffID, Version: version, ValidFrom: d.ValidFrom, Spec: d.Spec}
}

func TestPublish(t *testing.T) {
	first, dearer, later := fixed(t, "2024-01-01", "1"), fixed(t, "2024-01-01", "2"), fixed(t, "2024-06-01", "1")
	for name, c := range map[string]struct {
		given []event.Payload
		when  tariff.Document
		then  []event.Payload
	}{
		"the first version":               {when: first, then: []event.Payload{published(1, first)}},
		"the same again":                  {given: []event.Payload{published(1, first)}, when: first},
		"the same number written longer":  {given: []event.Payload{published(1, first)}, when: fixed(t, "2024-01-01", "1.00")},
		"another price for the same date": {given: []event.Payload{published(1, first)}, when: dearer, then: []event.Payload{published(2, dearer)}},
		"the same price from a later date": {
			given: []event.Payload{published(1, first)}, when: later, then: []event.Payload{published(2, later)}},
		"back to the price before": {
			given: []event.Payload{published(1, first), published(2, dearer)}, when: first, then: []event.Payload{published(3, first)}},
		"the same as a retired tariff says": {given: []event.Payload{published(1, first), tariff.Retired{TariffID: "t"}}, when: first},
	} {
		t.Run(name, func(t *testing.T) {
			then, err := given(c.given...).Publish(c.when)
			require.NoError(t, err)
			require.Equal(t, c.then, then)
		})
	}
	_, err := given(published(1, first), tariff.Retired{TariffID: "t"}).Publish(dearer)
	require.Equal(t, problem.Conflict, problem.KindOf(err))
}

func TestRetire(t *testing.T) {
	_, err := given().Retire()
	require.Equal(t, problem.NotFound, problem.KindOf(err))
	first := published(1, fixed(t, "2024-01-01", "1"))
	then, err := given(first).Retire()
	require.NoError(t, err)
	require.Equal(t, []event.Payload{tariff.Retired{TariffID: "t"}}, then)
	then, err = given(first, tariff.Retired{TariffID: "t"}).Retire()
	require.NoError(t, err)
	require.Empty(t, then)
}

func TestTheVersionInForceIsOfTheLatestDateThenTheLatestNumber(t *testing.T) {
	tr := given(
		published(1, fixed(t, "2024-06-01", "1")), published(2, fixed(t, "2024-01-01", "2")),
		published(3, fixed(t, "2024-06-01", "3")), published(4, fixed(t, "2024-03-01", "4")),
	)
	for on, want := range map[string]int{"2023-12-31": 0, "2024-01-01": 2, "2024-02-29": 2, "2024-03-01": 4, "2024-05-31": 4, "2024-06-01": 3, "2050-01-01": 3} {
		v, ok := tr.InForce(date(t, on))
		require.Equal(t, want > 0, ok)
		require.Equal(t, want, v.Number, on)
	}
}

func TestEventsAreReadBackAsTheyWereWritten(t *testing.T) {
	registry, err := event.NewRegistry(tariff.Events())
	require.NoError(t, err)
	want := published(1, parse(t, seasons, "UTC"))
	written, err := json.Marshal(want)
	require.NoError(t, err)
	have, err := registry.Decode("TariffPublished", 1, written)
	require.NoError(t, err)
	require.Equal(t, want, have)
}

func TestEqualSeesEveryDifference(t *testing.T) {
	spec := parse(t, seasons, "UTC").Spec
	for _, change := range [][2]string{
		{`"1.4356"`, `"1.4357"`}, {`"sharp"`, `"spike"`}, {`"0.3910"`, `"0.3911"`}, {`"38.00"`, `"38.01"`}, {`"25"`, `"26"`}, {`"0.50"`, `"0.51"`},
		{`12}`, `13}`}, {`"0.13"`, `"0.14"`}, {`"2016-10-02"`, `"2016-10-03"`}, {`[1, 7, 8, 12]`, `[7, 1, 8, 12]`},
		{`"22:00-08:00"`, `"22:00-24:00", "00:00-08:00"`}, {`, "taxRate": "0.13"`, ``}, {`, "capacity": {"pricePerKva": "25"}`, ``},
		{`{"kind": "fixed", "price": "0.3910"}`, `null`}, {`"times": ["11:00-17:00"]`, `"times": ["11:00-17:00"], "weekdays": [1, 2, 3, 4, 5, 6, 7]`},
	} {
		require.Contains(t, seasons, change[0])
		other := parse(t, strings.Replace(seasons, change[0], change[1], 1), "UTC").Spec
		require.False(t, spec.Equal(other), change)
		require.False(t, other.Equal(spec), change)
	}
	require.True(t, spec.Equal(parse(t, strings.Replace(seasons, `"1.4356"`, `1.43560`, 1), "UTC").Spec))
}
