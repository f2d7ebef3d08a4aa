package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

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
