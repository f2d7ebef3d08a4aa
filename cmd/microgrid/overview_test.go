package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

// midday is a zone in which the present day has some hours behind and before it.
func midday(now time.Time) string {
	shanghai := time.FixedZone("", 8*3600)
	if h := now.In(shanghai).Hour(); h >= 3 && h < 22 {
		return "Asia/Shanghai"
	}
	return "America/New_York"
}

func testOverview(t *testing.T, c *child) {
	now := time.Now()
	zone, err := time.LoadLocation(midday(now))
	require.NoError(t, err)
	local := now.In(zone)
	dayStart := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	through := now.Truncate(15 * time.Minute)
	const points = `{"key": "grid_kw", "semantic": "grid.active_power", "maxGap": "24h", "interpolation": "previous"},
		{"key": "pv_kw", "semantic": "pv.active_power", "maxGap": "24h", "interpolation": "previous"}, {"key": "soc", "semantic": "battery.soc"}`
	in := func(id string) string {
		doc := strings.Replace(document(id, points), "Asia/Shanghai", zone.String(), 1)
		return strings.Replace(doc, `"gridKw": 10`, `"gridKw": 10, "pvKw": 10`, 1)
	}
	require.Equal(t, http.StatusCreated, c.provision(in("overview")).status)
	require.Equal(t, http.StatusCreated, c.provision(in("overview-quiet")).status)
	free, _, _ := strings.Cut(in("overview-free"), ",\n\t\t\"tariff\"")
	require.Equal(t, http.StatusCreated, c.provision(free+"}").status)
	body := ""
	for i, from := 0, dayStart; from.Before(now); i, from = i+1, from.Add(15*time.Minute) {
		for _, id := range []string{"overview", "overview-free"} {
			body += fmt.Sprintf(`,{"deviceName": "%s-meter", "ts": %d, "values": {"grid_kw": %d, "pv_kw": 1.5, "soc": %d}}`, id, from.UnixMilli(), i%5-1, 40+i%5)
		}
	}
	last := now.Add(-time.Second).Truncate(time.Second)
	body += fmt.Sprintf(`,{"deviceName": "overview-meter", "ts": %d, "values": {"grid_kw": "-2.5", "pv_kw": 4, "soc": 71.5}}`, last.UnixMilli())
	require.Equal(t, http.StatusAccepted, c.send("["+body[1:]+"]").status)
	for _, id := range []string{"overview", "overview-free"} {
		closed := c.call(http.MethodPost, "/analytics/window-close", fmt.Sprintf(`{"stationId": %q, "windowStart": %q, "windowEnd": %q}`,
			id, dayStart.UTC().Format(time.RFC3339), through.UTC().Format(time.RFC3339)), c.as(commands.Operator))
		require.Equal(t, http.StatusAccepted, closed.status, "%s", closed.body)
	}
	whole := func(a answer) bool {
		return strings.Contains(string(a.body), `"windowEnd":"`+through.UTC().Format(time.RFC3339))
	}
	var o struct {
		Date, Currency   string
		DayStart, DayEnd time.Time
		Today            map[string]any
		Settlement       struct {
			Lines                                 []struct{ Direction, Period, QuantityKwh, Price, Amount string }
			ImportAmount, ExportAmount, NetAmount string
		}
		PriceNow, PriceNext map[string]any
		Power               map[string]map[string]any
		SOC                 map[string]any
		Devices             []map[string]any
	}
	decode := func(t *testing.T, a answer) {
		t.Helper()
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		require.NoError(t, json.Unmarshal(a.body, &o))
	}
	t.Run("the day so far is the sum of its quarters, settled by the domain's rules", func(t *testing.T) {
		c := c.in(t)
		decode(t, c.eventually("/api/v1/overview?station_id=overview", whole))
		require.Equal(t, local.Format(time.DateOnly), o.Date)
		require.True(t, dayStart.Equal(o.DayStart), o.DayStart)
		require.True(t, dayStart.AddDate(0, 0, 1).Equal(o.DayEnd), o.DayEnd)
		day := c.eventually("/api/v1/stats?station_id=overview&granularity=quarter&limit=200&from="+o.DayStart.Format(time.RFC3339)+"&to="+o.DayEnd.Format(time.RFC3339),
			func(a answer) bool { return len(a.items(t)) == int(through.Sub(dayStart)/(15*time.Minute)) })
		imported, exported := 0.0, 0.0
		for _, q := range day.items(t) {
			e, _ := q.(map[string]any)["energyKwh"].(map[string]any)
			var i, x float64
			_, err := fmt.Sscan(fmt.Sprint(e["gridImport"], " ", e["gridExport"]), &i, &x)
			require.NoError(t, err)
			imported, exported = imported+i, exported+x
		}
		energies, _ := o.Today["energyKwh"].(map[string]any)
		require.Equal(t, fmt.Sprintf("%.9f", imported), energies["gridImport"])
		require.Equal(t, fmt.Sprintf("%.9f", exported), energies["gridExport"])
		require.InDelta(t, 1, o.Today["completeness"], 0)
		require.Equal(t, []any{"derived"}, o.Today["flags"])
		require.NotEmpty(t, o.Settlement.Lines)
		sum := 0.0
		for _, l := range o.Settlement.Lines {
			require.Equal(t, "import", l.Direction)
			var q, p, a float64
			_, err := fmt.Sscan(l.QuantityKwh+" "+l.Price+" "+l.Amount, &q, &p, &a)
			require.NoError(t, err)
			require.InDelta(t, q*p, a, 0.0051)
			sum += a
		}
		require.Equal(t, fmt.Sprintf("%.2f", sum), o.Settlement.NetAmount)
		require.Equal(t, "0.00", o.Settlement.ExportAmount, "no export price")
	})
	t.Run("now", func(t *testing.T) {
		c := c.in(t)
		decode(t, c.eventually("/api/v1/overview?station_id=overview", func(a answer) bool { return strings.Contains(string(a.body), "71.5") }))
		at := last.UTC().Format(time.RFC3339)
		require.Equal(t, map[string]map[string]any{
			"grid": {"kw": "-2.500000000", "ts": at, "derived": false}, "pv": {"kw": "4.000000000", "ts": at, "derived": false},
			"load": {"kw": "1.500000000", "ts": at, "derived": true},
		}, o.Power)
		require.Equal(t, map[string]any{"percent": "71.500000000", "ts": at}, o.SOC)
		require.Len(t, o.Devices, 1)
		require.Equal(t, at, o.Devices[0]["latestTs"])
		period, other := "=1+1", "valley"
		if local.Hour() < 8 {
			period, other = other, period
		}
		require.Equal(t, period, o.PriceNow["import"].(map[string]any)["period"])
		require.Equal(t, o.PriceNow["to"], o.PriceNext["from"])
		require.Equal(t, other, o.PriceNext["import"].(map[string]any)["period"])
	})
	t.Run("the fleet says the same in a line", func(t *testing.T) {
		c := c.in(t)
		limited := map[string]string{"Authorization": "Bearer " + token(t, "tenant-demo", commands.Viewer, "overview", "overview-quiet", "overview-free")}
		items := c.call(http.MethodGet, "/api/v1/fleet", "", limited).items(t)
		require.Len(t, items, 3)
		line, _ := items[0].(map[string]any)
		require.Equal(t, "overview", line["stationId"])
		raw, err := json.Marshal(line["power"])
		require.NoError(t, err)
		power, err := json.Marshal(o.Power)
		require.NoError(t, err)
		require.JSONEq(t, string(power), string(raw))
		day, _ := line["today"].(map[string]any)
		require.Equal(t, o.Settlement.NetAmount, day["netAmount"])
		require.Equal(t, o.Today["completeness"], day["completeness"])
		for name, kwh := range day["energyKwh"].(map[string]any) {
			require.Equal(t, o.Today["energyKwh"].(map[string]any)[name], kwh, name)
		}
		spark, _ := line["spark"].([]any)
		require.Len(t, spark, 24)
		require.NotNil(t, spark[22])

		unpriced, _ := items[1].(map[string]any)
		require.Equal(t, "overview-free", unpriced["stationId"])
		require.NotNil(t, unpriced["today"])
		require.Nil(t, unpriced["today"].(map[string]any)["netAmount"])
		quiet, _ := items[2].(map[string]any)
		require.NotContains(t, quiet, "today")
		require.Nil(t, quiet["heardAt"])
		require.Equal(t, map[string]any{"kw": nil, "ts": nil, "derived": false}, quiet["power"].(map[string]any)["grid"])

		first := c.call(http.MethodGet, "/api/v1/fleet?limit=2", "", limited)
		require.Len(t, first.items(t), 2)
		next, _ := first.json(t)["next"].(string)
		require.Len(t, c.call(http.MethodGet, "/api/v1/fleet?limit=2&cursor="+next, "", limited).items(t), 1)
		other := map[string]string{"Authorization": "Bearer " + token(t, "tenant-other", commands.Admin)}
		require.NotContains(t, string(c.call(http.MethodGet, "/api/v1/fleet?limit=1000", "", other).body), "overview")
	})
	t.Run("a station without data, and one without a tariff", func(t *testing.T) {
		c := c.in(t)
		quiet := c.get("/api/v1/overview?station_id=overview-quiet").json(t)
		require.NotContains(t, quiet, "today")
		require.Equal(t, "0.00", quiet["settlement"].(map[string]any)["netAmount"])
		require.NotContains(t, quiet, "soc")
		free := c.eventually("/api/v1/overview?station_id=overview-free", whole).json(t)
		for _, missing := range []string{"settlement", "priceNow", "priceNext"} {
			require.NotContains(t, free, missing)
		}
	})
	t.Run("refused", func(t *testing.T) {
		c := c.in(t)
		c.get("/api/v1/overview?station_id=nothing").refused(t, http.StatusNotFound, nil)
		c.get("/api/v1/fleet?limit=1001").refused(t, http.StatusBadRequest, map[string]string{"query.limit": "1 to 1000"})
		limited := map[string]string{"Authorization": "Bearer " + token(t, "tenant-demo", commands.Viewer, "overview")}
		c.call(http.MethodGet, "/api/v1/overview?station_id=overview-quiet", "", limited).refused(t, http.StatusNotFound, nil)
	})
}
