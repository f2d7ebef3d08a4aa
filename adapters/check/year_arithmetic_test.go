package check

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// The project's own arithmetic, without a platform around it, gives every day and month of the year in every mode.
func TestTheYearInTheArithmetic(t *testing.T) {
	for _, mode := range YearModes {
		t.Run(mode, func(t *testing.T) {
			r := aYear(t, mode)
			windows, months := computed(t, r)
			_, _, settlements := answers(t, r)
			zone, err := calendar.LoadZone(yearZone)
			require.NoError(t, err)
			var c comparison
			r.compareDays(&c, zone, windows, byDate(settlements))
			require.NoError(t, r.compareMonths(&c, zone, months, settlements))
			require.Empty(t, c.says)
		})
	}
}

func computed(t *testing.T, r *yearRun) (days, months map[int64]object) {
	t.Helper()
	raw, err := json.Marshal(r.document())
	require.NoError(t, err)
	doc, err := station.ParseDocument(raw)
	require.NoError(t, err)
	events, err := station.Station{}.Provision("t", doc, time.Time{})
	require.NoError(t, err)
	var s station.Station
	for _, e := range events {
		s = s.Apply(e)
	}
	plan, err := statistics.Compile(s)
	require.NoError(t, err)
	tape := plan.NewTape()
	for i, m := range r.messages() {
		var v struct {
			DeviceName string
			TS         int64
			Values     json.RawMessage
		}
		require.NoError(t, json.Unmarshal(m, &v))
		received := telemetry.Received{DeviceID: v.DeviceName, TS: v.TS, Values: v.Values}
		require.NoError(t, tape.Add(received.ID("t", s.ID), uint64(i), uint64(i+1), received))
	}
	first := mustDate(t, r.year.days[0]["date"])
	last := mustDate(t, r.year.days[len(r.year.days)-1]["date"])
	out := plan.Run(statistics.Input{Start: plan.Zone.DayStart(first), End: plan.Zone.DayStart(last + 1), Tapes: []*statistics.Tape{tape}})
	days, months = map[int64]object{}, map[int64]object{}
	parts := map[int64][]statistics.Window{}
	for d := first; d <= last; d++ {
		from := (plan.Zone.DayStart(d) - out.Quarters[0].Start) / calendar.Quarter
		to := (plan.Zone.DayStart(d+1) - out.Quarters[0].Start) / calendar.Quarter
		day := statistics.Sum(out.Quarters[from:to])
		days[day.Start] = shown(t, day)
		month := plan.Zone.DayStart(mustDate(t, d.String()[:7]+"-01"))
		parts[month] = append(parts[month], day)
	}
	for start, p := range parts {
		months[start] = shown(t, statistics.Sum(p))
	}
	return days, months
}

// shown is a window as the API writes it, as far as the year compares it.
func shown(t *testing.T, w statistics.Window) object {
	t.Helper()
	energies := object{}
	for q, e := range w.Energy {
		raw, err := e.MarshalJSON()
		require.NoError(t, err)
		var v any
		require.NoError(t, decode(raw, &v))
		energies[statistics.Quantity(q).String()] = v
	}
	raw, err := w.Demand.MarshalJSON()
	require.NoError(t, err)
	var demand any
	require.NoError(t, decode(raw, &demand))
	o := object{"energyKwh": energies, "demandKw": demand, "completeness": w.Completeness().String()}
	if v, ok := w.SelfConsumption(); ok {
		o["selfConsumption"] = v.String()
	}
	if v, ok := w.SelfSufficiency(); ok {
		o["selfSufficiency"] = v.String()
	}
	return o
}
