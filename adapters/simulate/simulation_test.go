package simulate

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func aSite(t *testing.T) Site {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	return workshop(zone)
}

func TestASimulationIsTheSameHoweverOneLooks(t *testing.T) {
	site := aSite(t)
	start := time.Date(2026, 6, 1, 0, 0, 0, 0, site.Zone)
	often, seldom := NewSimulation(site, start, Energies{}), NewSimulation(site, start, Energies{})
	for ms := start.UnixMilli(); ms < start.UnixMilli()+6*hours; ms += 5000 {
		r := often.At(ms)
		if ms%(7*minute) == 0 {
			require.Equal(t, r, seldom.At(ms))
		}
	}
}

func TestEnergyBalances(t *testing.T) {
	site := aSite(t)
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, site.Zone)
	s := NewSimulation(site, start, Energies{})
	stored := s.stored
	for ms := start.UnixMilli(); ms < start.UnixMilli()+20*24*hours; ms += minute {
		r := s.At(ms)
		require.Zero(t, r.Grid+r.PV+r.Battery-r.Load-r.EVSE)
		require.True(t, r.PV >= 0 && r.Load >= 0 && r.EVSE >= 0)
		require.GreaterOrEqual(t, r.SOC, site.Battery.Floor-1e-6)
		require.LessOrEqual(t, r.SOC, site.Battery.Ceiling+1e-6)
		require.LessOrEqual(t, max(r.Battery, -r.Battery), watts(site.Battery.Kw))
	}
	e := s.energy
	require.Equal(t, e.Load+e.EVSE, e.Import-e.Export+e.PV+e.Discharged-e.Charged)
	require.Positive(t, e.Import)
	require.Positive(t, e.Export)
	b := site.Battery
	require.InDelta(t, s.stored-stored, float64(e.Charged)*b.Efficiency-float64(e.Discharged)/b.Efficiency, 1e3)
	require.Greater(t, float64(e.Discharged)/3.6e9, 5*b.Kwh, "it is used most days")
}

func TestTheSunKeepsItsHours(t *testing.T) {
	p := Panel{Latitude: 31.2, Longitude: 121.5, Tilt: 20, PeakKw: 10, InverterKw: 10}
	day := func(month time.Month) (kwh float64, noon time.Duration) {
		midnight := time.Date(2026, month, 21, 0, 0, 0, 0, time.UTC).Add(-8 * time.Hour)
		best := 0.0
		for m := range 24 * 60 {
			at := time.Duration(m) * time.Minute
			kw := p.power(midnight.Add(at), 0)
			if kwh += kw / 60; kw > best {
				best, noon = kw, at
			}
		}
		return kwh, noon
	}
	june, noon := day(time.June)
	december, _ := day(time.December)
	require.InDelta(t, 11*60+56, noon.Minutes(), 6, "solar noon in Shanghai on 21 June is at 11:56")
	require.InDelta(t, 65, june, 12)
	require.InDelta(t, 38, december, 10)
	require.Zero(t, p.power(time.Date(2026, 6, 21, 16, 0, 0, 0, time.UTC), 0), "midnight in Shanghai")
	require.Less(t, p.power(time.Date(2026, 6, 21, 4, 0, 0, 0, time.UTC), 1), 0.3*p.power(time.Date(2026, 6, 21, 4, 0, 0, 0, time.UTC), 0))
	require.False(t, math.IsNaN(p.power(time.Date(2026, 6, 20, 21, 51, 0, 0, time.UTC), 0)))
}
