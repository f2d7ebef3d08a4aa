package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

func testTariffs(t *testing.T, c *child) {
	c.mustProvision("priced")
	c.mustProvision("unpriced")
	require.Equal(t, http.StatusCreated, c.provision(strings.Replace(document("shared-price", ""), `"shared-price-tariff"`, `"priced-tariff"`, 1)).status)
	limited := map[string]string{"Authorization": "Bearer " + token(t, "tenant-demo", commands.Viewer, "priced")}
	ids := func(a answer) (all []string) {
		for _, item := range a.items(t) {
			all = append(all, item.(map[string]any)["tariffId"].(string))
		}
		return all
	}
	t.Run("list", func(t *testing.T) {
		c := c.in(t)
		require.Subset(t, ids(c.get("/api/v1/tariffs")), []string{"priced-tariff", "unpriced-tariff"})
		require.Equal(t, []string{"priced-tariff"}, ids(c.call(http.MethodGet, "/api/v1/tariffs", "", limited)))
		other := map[string]string{"Authorization": "Bearer " + token(t, "tenant-other", commands.Admin)}
		require.NotContains(t, ids(c.call(http.MethodGet, "/api/v1/tariffs", "", other)), "priced-tariff")
	})
	t.Run("one, with its versions as they were published", func(t *testing.T) {
		c := c.in(t)
		changed := strings.ReplaceAll(strings.Replace(document("priced", ""), `"2020-01-01"`, `"2030-01-01"`, 1), `"0.7"`, `"0.90"`)
		require.Equal(t, http.StatusCreated, c.provision(changed).status)
		a := c.eventually("/api/v1/tariffs/priced-tariff", func(a answer) bool { return strings.Contains(string(a.body), "2030-01-01") })
		version := func(number, from, price string) string {
			return `{"version": ` + number + `, "validFrom": "` + from + `", "import": {"kind": "tou", "periods": [
				{"name": "=1+1", "price": "` + price + `", "rules": [{"times": ["08:00-24:00"]}]},
				{"name": "valley", "price": "0.3", "rules": [{"times": ["00:00-08:00"]}]}]}}`
		}
		versions := version("1", "2020-01-01", "0.7") + "," + version("2", "2030-01-01", "0.90")
		require.JSONEq(t, `{"tariffId": "priced-tariff", "retired": false, "stations": ["priced", "shared-price"], "versions": [`+versions+`]}`, string(a.body))
		require.JSONEq(t, `{"tariffId": "priced-tariff", "retired": false, "stations": ["priced"], "versions": [`+versions+`]}`,
			string(c.call(http.MethodGet, "/api/v1/tariffs/priced-tariff", "", limited).body))
		c.call(http.MethodGet, "/api/v1/tariffs/unpriced-tariff", "", limited).refused(t, http.StatusNotFound, nil)
		c.get("/api/v1/tariffs/nothing").refused(t, http.StatusNotFound, nil)
	})
	t.Run("prices in steps, of the version of each day", func(t *testing.T) {
		a := c.in(t).get("/api/v1/prices?station_id=priced&from=2029-12-31T00:00:00Z&to=2030-01-01T01:07:00Z") // 08:00 in Shanghai
		require.JSONEq(t, `{"currency": "CNY", "items": [
			{"from": "2029-12-31T00:00:00Z", "to": "2029-12-31T16:00:00Z", "import": {"period": "=1+1", "price": "0.7"}},
			{"from": "2029-12-31T16:00:00Z", "to": "2030-01-01T00:00:00Z", "import": {"period": "valley", "price": "0.3"}},
			{"from": "2030-01-01T00:00:00Z", "to": "2030-01-01T01:07:00Z", "import": {"period": "=1+1", "price": "0.90"}}]}`, string(a.body))
		before := c.in(t).get("/api/v1/prices?station_id=priced&from=2019-01-01T00:00:00Z&to=2019-02-01T00:00:00Z")
		require.JSONEq(t, `{"currency": "CNY", "items": [{"from": "2019-01-01T00:00:00Z", "to": "2019-02-01T00:00:00Z"}]}`, string(before.body))
		require.Len(t, c.in(t).get("/api/v1/prices?station_id=priced&from=2026-01-01T00:00:00Z&to=2027-02-05T00:00:00Z").items(t), 2*400)
	})
	t.Run("prices refused", func(t *testing.T) {
		c := c.in(t)
		c.get("/api/v1/prices?station_id=priced&from=2026-01-01T00:00:00Z&to=2027-02-05T00:00:01Z").refused(t, http.StatusBadRequest, map[string]string{"query.to": "400 days"})
		c.get("/api/v1/prices?station_id=priced&from=x&to=2027-02-05T00:00:01Z").refused(t, http.StatusBadRequest, map[string]string{"query.from": "must be a time"})
		c.get("/api/v1/prices?station_id=nothing&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z").refused(t, http.StatusNotFound, nil)
		c.call(http.MethodGet, "/api/v1/prices?station_id=unpriced&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", "", limited).refused(t, http.StatusNotFound, nil)
	})
}

// What a value means stands beside it as it is mapped at the value's time.
func testLatest(t *testing.T, c *child) {
	points := `{"key": "p", "semantic": "grid.active_power", "unit": "W", "scale": "10", "sign": -1},
		{"key": "p", "semantic": "meter.raw"}, {"key": "t\"1", "semantic": "meter.temperature", "validMax": "120"},
		{"key": "later", "semantic": "meter.later", "validFrom": "2030-01-01T00:00:00Z"}`
	require.Equal(t, http.StatusCreated, c.provision(document("latest", points)).status)
	sent := c.send(`{"deviceName": "latest-meter", "ts": 1709222400000, "values": {"p": "1.50", "t\"1": 121, "later": 1, "note": {"a": [1]}}}`)
	require.Equal(t, http.StatusAccepted, sent.status, "%s", sent.body)
	a := c.eventually("/api/v1/telemetry/latest?station_id=latest", func(a answer) bool { return len(a.items(t)) > 0 })
	var got []map[string]any
	for _, item := range a.items(t) {
		m, _ := item.(map[string]any)
		require.Equal(t, "meter", m["deviceId"])
		require.Equal(t, "2024-02-29T16:00:00Z", m["ts"])
		delete(m, "deviceId")
		delete(m, "ts")
		delete(m, "heardAt")
		got = append(got, m)
	}
	require.ElementsMatch(t, []map[string]any{
		{"key": "later", "value": 1.0, "semantic": nil, "unit": nil, "mapped": nil},
		{"key": "note", "value": map[string]any{"a": []any{1.0}}, "semantic": nil, "unit": nil, "mapped": nil},
		{"key": "p", "value": "1.50", "semantic": "grid.active_power", "unit": "kW", "mapped": "-0.015000000"},
		{"key": "p", "value": "1.50", "semantic": "meter.raw", "unit": "other", "mapped": "1.500000000"},
		{"key": `t"1`, "value": 121.0, "semantic": "meter.temperature", "unit": "other", "mapped": nil, "reason": "out_of_range"},
	}, got)
}
