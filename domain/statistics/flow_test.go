package statistics_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
)

func TestFlow(t *testing.T) {
	says := func(semantic string, ts int64, kw float64) statistics.Latest {
		return statistics.Latest{Device: "d", TS: ts, Reading: statistics.Reading{Semantic: semantic, Value: energy.Nano(kw * 1e9)}}
	}
	unusable := says("pv.active_power", 5, 0)
	unusable.Unusable = statistics.UnusableOutOfRange
	for _, c := range []struct {
		name, mapped string
		latest       []statistics.Latest
		flow         string
	}{
		{"all is metered", "grid.active_power pv.active_power load.active_power battery.active_power evse.active_power genset.active_power",
			[]statistics.Latest{
				says("grid.active_power", 1, -2), says("pv.active_power", 2, 5), says("load.active_power", 3, 1), says("battery.active_power", 4, -1.5),
				says("evse.active_power", 5, 0.5), says("genset.active_power", 6, 0),
			}, "battery -1.5@4, evse 0.5@5, genset 0@6, grid -2@1, load 1@3, pv 5@2"},
		{"load follows from the balance", "grid.active_power pv.active_power battery.active_power evse.active_power",
			[]statistics.Latest{says("grid.active_power", 10, -2), says("pv.active_power", 20, 5), says("battery.active_power", 30, -1.5), says("evse.active_power", 40, 0.5)},
			"battery -1.5@30, evse 0.5@40, grid -2@10, load 1@10 derived, pv 5@20"},
		{"grid follows from the balance", "load.active_power pv.active_power", []statistics.Latest{says("load.active_power", 10, 3), says("pv.active_power", 8, 5)},
			"grid -2@8 derived, load 3@10, pv 5@8"},
		{"what is unusable isn't known, nor what would follow from it", "grid.active_power pv.active_power",
			[]statistics.Latest{says("grid.active_power", 10, 3), unusable}, "grid 3@10, load unknown derived, pv unknown"},
		{"a part with a counter alone is there", "grid.active_power pv.energy", []statistics.Latest{says("grid.active_power", 10, 3)},
			"grid 3@10, load unknown derived, pv unknown"},
		{"a counter beside a power changes nothing", "pv.energy pv.active_power", []statistics.Latest{says("pv.active_power", 10, 3)}, "pv 3@10"},
		{"nothing was heard", "load.active_power", nil, "grid unknown derived, load unknown"},
		{"gauges don't flow", "battery.soc", []statistics.Latest{says("battery.soc", 1, 50)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var points []string
			for i, semantic := range strings.Fields(c.mapped) {
				points = append(points, fmt.Sprintf(`{"key": "k%d", "semantic": %q}`, i, semantic))
			}
			flow := planOf(t, strings.Join(points, ",")).Flow(100, c.latest)
			var got []string
			for _, kind := range slices.Sorted(maps.Keys(flow)) {
				p := flow[kind]
				text := kind + " unknown"
				if p.Known {
					v, _ := p.Int64()
					text = fmt.Sprintf("%s %v@%d", kind, float64(v)/1e9, p.At)
				}
				if p.Derived {
					text += " derived"
				}
				got = append(got, text)
			}
			require.Equal(t, c.flow, strings.Join(got, ", "))
		})
	}
}

func TestSOCIsTheMeanOfAllBatteries(t *testing.T) {
	soc := func(device string, ts int64, percent energy.Nano, unusable string) statistics.Latest {
		return statistics.Latest{Device: device, TS: ts, Reading: statistics.Reading{Semantic: "battery.soc", Value: percent, Unusable: unusable}}
	}
	_, _, known := statistics.SOC([]statistics.Latest{soc("a", 1, 50, statistics.UnusableNoNumber)})
	require.False(t, known)
	mean, at, known := statistics.SOC([]statistics.Latest{soc("a", 7, 50, ""), soc("b", 5, 61, ""), soc("c", 1, 99, statistics.UnusableOutOfRange)})
	require.True(t, known)
	require.Equal(t, energy.Of(energy.Nano(56)), mean) // 55.5 away from zero
	require.EqualValues(t, 5, at)
}
