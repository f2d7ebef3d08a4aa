package settlement_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/settlement"
)

func given(events ...event.Payload) settlement.Settlement {
	var s settlement.Settlement
	for _, e := range events {
		s = s.Apply(e)
	}
	return s
}

// calculation is that of a day with the same import in each quarter.
func calculation(t require.TestingT, imported string, change ...func(*settlement.Input)) settlement.Calculation {
	in := day(t, "UTC", "2024-01-10", fmt.Sprintf(flat, "1", "1"), imported, "0")
	for _, c := range change {
		c(&in)
	}
	c, err := settlement.Calculate(in)
	require.NoError(t, err)
	return c
}

func incomplete(in *settlement.Input) { in.GridCompleteness = decimal.RequireFromString("0.5") }

func newRevision(in *settlement.Input) { in.StatisticsRevision = 2 }

func newTariffVersion(in *settlement.Input) { in.Tariff.Number = 2 }

var noon = time.Date(2024, 2, 1, 12, 0, 0, 0, time.UTC)

func frozen(version int) settlement.Frozen {
	c := settlement.Calculation{}
	return settlement.Frozen{StationID: "s1", Date: c.Date + 19732, Version: version, By: "ada", At: noon}
}

func difference(amount string) settlement.Amounts {
	var a settlement.Amounts
	_ = json.Unmarshal(fmt.Appendf(nil, `{"importAmount": %q, "exportAmount": "0.00", "netAmount": %q}`, amount, amount), &a)
	return a
}

func TestRecalculate(t *testing.T) {
	one, two, three := calculation(t, "1"), calculation(t, "2"), calculation(t, "3")
	first := settlement.Calculated{Version: 1, Calculation: one}
	for name, c := range map[string]struct {
		given []event.Payload
		when  settlement.Calculation
		then  []event.Payload
	}{
		"the first":        {nil, one, []event.Payload{first}},
		"the same again":   {[]event.Payload{first}, calculation(t, "1"), nil},
		"other quantities": {[]event.Payload{first}, two, []event.Payload{settlement.Calculated{Version: 2, Calculation: two}}},
		"another completeness": {[]event.Payload{first}, calculation(t, "1", incomplete),
			[]event.Payload{settlement.Calculated{Version: 2, Calculation: calculation(t, "1", incomplete)}}},
		"only another statistics revision": {[]event.Payload{first}, calculation(t, "1", newRevision),
			[]event.Payload{settlement.Calculated{Version: 2, Calculation: calculation(t, "1", newRevision)}}},
		"only another tariff version": {[]event.Payload{first}, calculation(t, "1", newTariffVersion),
			[]event.Payload{settlement.Calculated{Version: 2, Calculation: calculation(t, "1", newTariffVersion)}}},
		"older statistics":                    {[]event.Payload{first, settlement.Calculated{Version: 2, Calculation: calculation(t, "1", newRevision)}}, two, nil},
		"frozen, the same again":              {[]event.Payload{first, frozen(1)}, one, nil},
		"frozen, another statistics revision": {[]event.Payload{first, frozen(1)}, calculation(t, "1", newRevision), nil},
		"frozen, another completeness":        {[]event.Payload{first, frozen(1)}, calculation(t, "1", incomplete), nil},
		"frozen, other quantities": {[]event.Payload{first, frozen(1)}, two,
			[]event.Payload{settlement.Adjusted{Version: 2, Corrects: 1, Difference: difference("96.00"), Calculation: two}}},
		"adjusted, the same again": {[]event.Payload{first, frozen(1), settlement.Adjusted{Version: 2, Corrects: 1, Calculation: two}}, two, nil},
		"adjusted, once more": {[]event.Payload{first, frozen(1), settlement.Adjusted{Version: 2, Corrects: 1, Calculation: three}}, two,
			[]event.Payload{settlement.Adjusted{Version: 3, Corrects: 2, Difference: difference("-96.00"), Calculation: two}}},
		"adjusted, back to what was frozen": {[]event.Payload{first, frozen(1), settlement.Adjusted{Version: 2, Corrects: 1, Calculation: two}}, one,
			[]event.Payload{settlement.Adjusted{Version: 3, Corrects: 2, Difference: difference("-96.00"), Calculation: one}}},
	} {
		t.Run(name, func(t *testing.T) {
			then, err := given(c.given...).Recalculate(c.when)
			require.NoError(t, err)
			require.Equal(t, written(t, c.then), written(t, then))
		})
	}
}

// written compares payloads as they are stored: decimals have more than one form in memory.
func written(t *testing.T, events []event.Payload) string {
	raw, err := json.Marshal(events)
	require.NoError(t, err)
	return string(raw)
}

func TestFreeze(t *testing.T) {
	whole := settlement.Calculated{Version: 3, Calculation: calculation(t, "1")}
	provisional := settlement.Calculated{Version: 1, Calculation: calculation(t, "1", incomplete)}
	freeze := func(reason string, events ...event.Payload) ([]event.Payload, error) {
		return given(events...).Freeze("ada", noon, reason)
	}

	then, err := freeze("", whole)
	require.NoError(t, err)
	require.Equal(t, []event.Payload{frozen(3)}, then)
	require.Equal(t, settlement.StatusFrozen, given(whole, then[0]).Status)

	then, err = freeze("", whole, frozen(3))
	require.NoError(t, err)
	require.Empty(t, then)

	_, err = freeze(" ", provisional)
	require.Equal(t, problem.Conflict, problem.KindOf(err))
	require.EqualError(t, err, "the day is provisional: reason: is required to freeze a provisional day (grid_completeness_below_threshold)")

	then, err = freeze("the meter was exchanged", provisional)
	require.NoError(t, err)
	require.Equal(t, "the meter was exchanged", then[0].(settlement.Frozen).OverrideReason)

	_, err = freeze("", []event.Payload{}...)
	require.Equal(t, problem.NotFound, problem.KindOf(err))
}

// Whatever is recalculated when, the frozen amounts and all differences add up to the last calculation, versions are
// numbered without a gap, and a decision repeated makes no event.
func TestAdjustmentsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s settlement.Settlement
		var carried decimal.Decimal
		version := 0
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			c := calculation(t, rapid.SampledFrom([]string{"0", "1", "1.5", "2.0004"}).Draw(t, "import"))
			if s.Status == settlement.StatusCalculated && rapid.Bool().Draw(t, "freeze") {
				events, err := s.Freeze("ada", noon, "")
				require.NoError(t, err)
				s, carried = s.Apply(events[0]), s.Net.Decimal
			}
			events, err := s.Recalculate(c)
			require.NoError(t, err)
			for _, e := range events {
				version++
				if a, adjusted := e.(settlement.Adjusted); adjusted {
					require.Equal(t, s.Version, a.Corrects)
					carried = carried.Add(a.Difference.Net.Decimal)
				}
				s = s.Apply(e)
			}
			require.Equal(t, version, s.Version)
			if s.Status != settlement.StatusCalculated {
				require.True(t, s.Net.Equal(carried), "%s carried, %s now", carried, s.Net)
			}
			require.True(t, s.Net.Equal(c.Net.Decimal))
			events, err = s.Recalculate(c)
			require.NoError(t, err)
			require.Empty(t, events)
		}
	})
}

func TestEventsAreReadBackAsTheyWereWritten(t *testing.T) {
	registry, err := event.NewRegistry(settlement.Events())
	require.NoError(t, err)
	c := calculation(t, "1", incomplete)
	for _, want := range []event.Payload{
		settlement.Calculated{Version: 1, Calculation: c}, frozen(1),
		settlement.Adjusted{Version: 2, Corrects: 1, Difference: difference("-1.00"), Calculation: c},
	} {
		raw, err := json.Marshal(want)
		require.NoError(t, err)
		have, err := registry.Decode(want.EventType(), 1, raw)
		require.NoError(t, err)
		require.Equal(t, written(t, []event.Payload{want}), written(t, []event.Payload{have}))
	}
}

func TestTheStoredFormIsTheOneThatClientsRead(t *testing.T) {
	raw, err := json.Marshal(settlement.Calculated{Version: 1, Calculation: calculation(t, "0.5")})
	require.NoError(t, err)
	require.JSONEq(t, `{"version": 1, "stationId": "s1", "date": "2024-01-10", "currency": "CNY", "tariffId": "t", "tariffVersion": 1,
		"statisticsRevision": 1, "completeness": "1", "provisional": false,
		"lines": [{"direction": "import", "period": "all", "quantityKwh": "48.000", "price": "1", "amount": "48.00"}],
		"importAmount": "48.00", "exportAmount": "0.00", "netAmount": "48.00"}`, string(raw))
}

func TestIDs(t *testing.T) {
	date := frozen(1).Date
	require.Equal(t, "settlement-acme.s.1.20240110", settlement.Stream("acme", "s.1", date))
	id, parsed, err := settlement.ParseID(settlement.ID("s.1", date))
	require.NoError(t, err)
	require.Equal(t, "s.1", id)
	require.Equal(t, date, parsed)
	for _, bad := range []string{"", "s1", ".20240110", "s1.2024011", "s1.20241310"} {
		_, _, err := settlement.ParseID(bad)
		require.Equal(t, problem.NotFound, problem.KindOf(err), bad)
	}
}
