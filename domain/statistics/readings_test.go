package statistics_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
)

func TestReadingsAreInTheUnitsOfTheirPoints(t *testing.T) {
	plan := planOf(t, `
		{"key": "p", "semantic": "grid.active_power", "unit": "W", "scale": "2", "offset": "100", "sign": -1},
		{"key": "e", "semantic": "grid.import_energy", "unit": "MWh"},
		{"key": "t\"1", "semantic": "meter.temperature", "unit": "other", "validMin": "-40", "validMax": "120"},
		{"key": "later", "semantic": "grid.export_energy", "validFrom": "2026-01-02T00:00:00Z"}`)
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

	got, err := plan.Readings("d", day, []byte(`{"e":"1.5","later":7,"other":1,"p":350,"t\"1":121}`))
	require.NoError(t, err)
	require.Equal(t, []statistics.Reading{
		{Semantic: "grid.import_energy", Key: "e", Unit: station.KWh, Value: 1_500_000_000_000},
		{Semantic: "grid.active_power", Key: "p", Unit: station.KW, Value: -800_000_000},
		{Semantic: "meter.temperature", Key: `t"1`, Unit: station.Other, Value: 121_000_000_000, Unusable: statistics.UnusableOutOfRange},
	}, got)

	got, err = plan.Readings("d", day+24*time.Hour.Milliseconds(), []byte(`{"later":"x","p":true}`))
	require.NoError(t, err)
	require.Len(t, got, 2)
	for _, r := range got {
		require.Equal(t, statistics.UnusableNoNumber, r.Unusable)
		require.Equal(t, energy.Nano(0), r.Value)
	}
	got, err = plan.Readings("another", day, []byte(`{"p":1}`))
	require.NoError(t, err)
	require.Empty(t, got)
}
