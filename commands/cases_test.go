package commands_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/thingsboard"
	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

type testCase struct {
	Station  json.RawMessage   `json:"station"`
	Messages []json.RawMessage `json:"messages"`
	From     calendar.Date     `json:"from"`
	To       calendar.Date     `json:"to"`
}

type expectedWindow struct {
	Start            string                                `json:"start"`
	Date             calendar.Date                         `json:"date"`
	EnergyKwh        map[string]*string                    `json:"energyKwh"`
	DemandKw         *string                               `json:"demandKw"`
	Completeness     decimal.Decimal                       `json:"completeness"`
	GridCompleteness decimal.Decimal                       `json:"gridCompleteness"`
	Flags            []string                              `json:"flags"`
	Gauges           map[string]map[string]decimal.Decimal `json:"gauges"`
}

type expectedResult struct {
	Quarters []expectedWindow `json:"quarters"`
	Days     []expectedWindow `json:"days"`
}

func readJSON(t *testing.T, file string, into any) {
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, into))
}

// The cases worked out by hand, straight through the arithmetic: all their days in one run, and a run a day that
// takes up what the others carry over.
func TestCasesInTheArithmetic(t *testing.T) {
	files, err := filepath.Glob("../docs/cases/*.case.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".case.json"), func(t *testing.T) {
			var c testCase
			var want expectedResult
			readJSON(t, file, &c)
			readJSON(t, strings.Replace(file, ".case.", ".result.", 1), &want)
			doc, err := station.ParseDocument(c.Station)
			require.NoError(t, err)
			decided, err := station.Station{}.Provision("t", doc, time.Time{})
			require.NoError(t, err)
			var s station.Station
			for _, p := range decided {
				s = s.Apply(p)
			}
			plan, err := statistics.Compile(s)
			require.NoError(t, err)
			byDay := map[calendar.Date][]telemetry.Received{}
			names := map[string]string{}
			for _, d := range s.Devices {
				names[d.ThingsBoard.DeviceName] = d.ID
			}
			first, last := c.From, c.To
			for _, m := range c.Messages {
				items, err := thingsboard.ParseBody(m, thingsboard.Defaults{}, 1)
				require.NoError(t, err)
				require.NoError(t, items[0].Err)
				r := telemetry.Received{DeviceID: names[items[0].DeviceName], TS: items[0].TS, Values: json.RawMessage(items[0].Values)}
				d := plan.Zone.Day(r.TS)
				byDay[d] = append(byDay[d], r)
				first, last = min(first, d), max(last, d)
			}
			tape := func(d calendar.Date) *statistics.Tape {
				tp := plan.NewTape()
				for i, r := range byDay[d] {
					require.NoError(t, tp.Add(r.ID("t", s.ID), uint64(i), uint64(i+1), r))
				}
				return tp
			}
			in := statistics.Input{Start: plan.Zone.DayStart(first), End: plan.Zone.DayStart(last + 1)}
			for d := first; d <= last; d++ {
				in.Tapes = append(in.Tapes, tape(d))
				in.Cuts = append(in.Cuts, plan.Zone.DayStart(d))
			}
			whole := plan.Run(in)
			check := func(quarters []statistics.Window) {
				byStart := map[string]statistics.Window{}
				for _, w := range quarters {
					byStart[fmt.Sprint(w.Start)] = w
				}
				for _, x := range want.Quarters {
					compare(t, x.Start, byStart[ms(x.Start)], x)
				}
				for _, x := range want.Days {
					var parts []statistics.Window
					for at := plan.Zone.DayStart(x.Date); at < plan.Zone.DayStart(x.Date+1); at += calendar.Quarter {
						parts = append(parts, byStart[fmt.Sprint(at)])
					}
					compare(t, x.Date.String(), statistics.Sum(parts), x)
				}
			}
			check(whole.Quarters)
			var daily []statistics.Window
			for d := first; d <= last; d++ {
				i := int(d - first)
				one := statistics.Input{Start: plan.Zone.DayStart(d), End: plan.Zone.DayStart(d + 1), Carry: whole.Carry[i], Tapes: []*statistics.Tape{tape(d)}}
				if d < last {
					one.Ahead = whole.Ahead[i+1]
				}
				daily = append(daily, plan.Run(one).Quarters...)
			}
			check(daily)
		})
	}
}

func ms(rfc3339 string) string {
	var t struct{ T time.Time }
	_ = json.Unmarshal([]byte(`{"T":"`+rfc3339+`"}`), &t)
	return fmt.Sprint(t.T.UnixMilli())
}

func compare(t *testing.T, where string, have statistics.Window, want expectedWindow) {
	t.Helper()
	for q := range have.Energy {
		name := statistics.Quantity(q).String()
		got, _ := have.Energy[q].MarshalJSON()
		need, _ := json.Marshal(want.EnergyKwh[name])
		require.Equal(t, string(need), string(got), "%s %s", where, name)
	}
	got, _ := have.Demand.MarshalJSON()
	need, _ := json.Marshal(want.DemandKw)
	require.Equal(t, string(need), string(got), "%s demand", where)
	require.True(t, want.Completeness.Equal(have.Completeness()), "%s completeness %s, want %s", where, have.Completeness(), want.Completeness)
	require.True(t, want.GridCompleteness.Equal(have.GridCompleteness()), "%s gridCompleteness %s, want %s", where, have.GridCompleteness(), want.GridCompleteness)
	slices.Sort(want.Flags)
	require.Equal(t, want.Flags, have.Flags.Names(), "%s flags", where)
	require.Len(t, have.Gauges, len(want.Gauges), where)
	for _, g := range have.Gauges {
		w := want.Gauges[g.Semantic]
		for name, v := range map[string]string{
			"min": nano(int64(g.Min)), "max": nano(int64(g.Max)), "last": nano(int64(g.Last)), "mean": g.Mean().String(), "count": fmt.Sprint(g.Count),
		} {
			require.True(t, w[name].Equal(decimal.RequireFromString(v)), "%s %s %s: %s, want %s", where, g.Semantic, name, v, w[name])
		}
	}
}

func nano(n int64) string { return decimal.New(n, -9).String() }
