package statistics_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

var midnight = time.Date(2024, 1, 10, 0, 0, 0, 0, time.UTC)

// planOf is that of a station in UTC with one device, called d.
func planOf(t *testing.T, points string) *statistics.Plan {
	t.Helper()
	doc, err := station.ParseDocument(fmt.Appendf(nil, `{"stationId": "s", "name": "s", "timezone": "UTC", "currency": "CNY",
		"ratings": {"gridKw": 10, "pvKw": 10, "batteryKw": 10, "evseKw": 10, "gensetKw": 10},
		"devices": [{"deviceId": "d", "kind": "sensor", "thingsboard": {"deviceName": "d"}, "points": [%s]}]}`, points))
	require.NoError(t, err)
	decided, err := station.Station{}.Provision("t", doc, time.Time{})
	require.NoError(t, err)
	var s station.Station
	for _, p := range decided {
		s = s.Apply(p)
	}
	plan, err := statistics.Compile(s)
	require.NoError(t, err)
	return plan
}

// quartersOf are the quarters of 2024-01-10 of such a station; values are by minute of that day.
func quartersOf(t *testing.T, points string, values map[int]string) []statistics.Window {
	t.Helper()
	plan := planOf(t, points)
	tape := plan.NewTape()
	position := uint64(0)
	for minute := range 24 * 60 {
		v, ok := values[minute]
		if !ok {
			continue
		}
		r := telemetry.Received{DeviceID: "d", TS: midnight.Add(time.Duration(minute) * time.Minute).UnixMilli(), Values: json.RawMessage(v)}
		require.NoError(t, tape.Add(r.ID("t", "s"), position, position+1, r))
		position++
	}
	start := midnight.UnixMilli()
	out := plan.Run(statistics.Input{Start: start, End: start + 96*calendar.Quarter, Tapes: []*statistics.Tape{tape}})
	return out.Quarters
}

// Two registers may lie further apart than 64 bits of 1e-9 kWh reach.
func TestAnExchangeFromFarBelowZeroIsNoFall(t *testing.T) {
	quarters := quartersOf(t, `{"key": "c", "semantic": "grid.import_energy", "rollover": "8999999999"}`, map[int]string{
		0: `{"c":-4000000000}`, 10: `{"c":5446744075.709551616}`, 20: `{"c":5446744076.709551616}`, 30: `{"c":5446744077.709551616}`,
	})
	require.Equal(t, []string{"derived", "rebased"}, quarters[0].Flags.Names())
	day := statistics.Sum(quarters)
	require.Equal(t, "2.000000000", day.Energy[statistics.GridImport].String())
}

// What a counter is flagged for stands on the station's quarter, also where its quantity still comes from the power.
func TestFlagsOfACounterThatBeginsInAQuarter(t *testing.T) {
	quarters := quartersOf(t, `{"key": "p", "semantic": "grid.active_power", "interpolation": "previous", "maxGap": "24h"},
		{"key": "c", "semantic": "grid.import_energy", "maxGap": "5m", "validFrom": "2024-01-10T00:02:00Z"}`, map[int]string{
		0: `{"p":4}`, 2: `{"c":500}`, 5: `{"c":0}`, 8: `{"c":0.1}`, 11: `{"c":0.2}`, 20: `{"c":1}`,
	})
	require.Equal(t, "1.000000000", quarters[0].Energy[statistics.GridImport].String())
	require.Equal(t, []string{"derived", "estimated", "reset"}, quarters[0].Flags.Names())
	require.Equal(t, []string{"derived", "estimated"}, quarters[1].Flags.Names())
}

// A day on whose morning there was no grid yet has no import, but a highest quarter.
func TestDemandOfADayOnWhichTheGridBegan(t *testing.T) {
	quarters := quartersOf(t, `{"key": "p", "semantic": "grid.active_power", "interpolation": "previous",
		"validFrom": "2024-01-10T12:00:00Z"}`, map[int]string{720: `{"p":4}`, 735: `{"p":6}`, 750: `{"p":-9}`})
	day := statistics.Sum(quarters)
	require.False(t, day.Energy[statistics.GridImport].Known)
	require.True(t, day.Demand.Known)
	require.Equal(t, "6.000000000", day.Demand.String())
	require.False(t, statistics.Sum(quarters[:48]).Demand.Known)
}
