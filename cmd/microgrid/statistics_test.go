package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

func testWindowClose(t *testing.T, c *child) {
	c.mustProvision("close")
	hour := time.Now().UTC().Truncate(time.Hour)
	at := func(h time.Time) string { return h.Format(time.RFC3339) }
	for _, k := range []struct {
		name, body string
		status     int
		places     map[string]string
	}{
		{"off the grid", `{"stationId": "close", "windowStart": "2024-03-01T00:15:00Z"}`, 400, map[string]string{"body.windowStart": "start of an hour"}},
		{"off the quarters", `{"stationId": "close", "windowStart": "2024-03-01T00:00:01Z", "windowEnd": "2024-03-01T01:00:00Z"}`, 400, map[string]string{"body.windowStart": "quarter"}},
		{"an end off the quarters", `{"stationId": "close", "windowStart": "2024-03-01T00:00:00Z", "windowEnd": "2024-03-01T01:00:01Z"}`, 400, map[string]string{"body.windowEnd": "quarter"}},
		{"a day that begins elsewhere", `{"stationId": "close", "windowStart": "2024-03-01T00:00:00Z", "granularity": "DAY"}`, 400, map[string]string{"body.windowStart": "2024-02-29T16:00:00Z"}},
		{"backwards", `{"stationId": "close", "windowStart": "2024-03-01T01:00:00Z", "windowEnd": "2024-03-01T01:00:00Z"}`, 400, map[string]string{"body.windowEnd": "after"}},
		{"too long", `{"stationId": "close", "windowStart": "2000-03-01T01:00:00Z", "windowEnd": "2024-03-01T01:00:00Z"}`, 400, map[string]string{"body.windowEnd": "days"}},
		{"an hour that isn't over", `{"stationId": "close", "windowStart": "` + at(hour) + `"}`, 422, map[string]string{"body.windowEnd": "future"}},
		{"an end in the future", `{"stationId": "close", "windowStart": "` + at(hour.Add(-time.Hour)) + `", "windowEnd": "` + at(hour.Add(time.Hour)) + `"}`, 422, map[string]string{"body.windowEnd": "future"}},
		{"the year 2099", `{"stationId": "close", "windowStart": "2099-03-01T00:00:00Z"}`, 422, map[string]string{"body.windowEnd": "future"}},
		{"an unknown station", `{"stationId": "none", "windowStart": "2024-03-01T00:00:00Z"}`, 404, nil},
		{"no station", `{"windowStart": "2024-03-01T00:00:00Z"}`, 422, map[string]string{"body": "stationId"}},
		{"an unknown granularity", `{"stationId": "close", "windowStart": "2024-03-01T00:00:00Z", "granularity": "WEEK"}`, 422, map[string]string{"body.granularity": ""}},
		{"no time", `{"stationId": "close", "windowStart": "yesterday"}`, 422, map[string]string{"body.windowStart": ""}},
		{"broken JSON", `{"stationId": `, 400, nil},
		{"no body", ``, 400, nil},
	} {
		t.Run(k.name, func(t *testing.T) {
			c.in(t).call(http.MethodPost, "/analytics/window-close", k.body, c.as(commands.Operator)).refused(t, k.status, k.places)
		})
	}
	t.Run("an hour, once", func(t *testing.T) {
		c := c.in(t)
		body := `{"stationId": "close", "windowStart": "2024-03-01T00:00:00Z"}`
		first := c.call(http.MethodPost, "/analytics/window-close", body, c.as(commands.Operator))
		require.Equal(t, http.StatusAccepted, first.status, "%s", first.body)
		require.JSONEq(t, `{"stationId": "close", "closed": [{"windowStart": "2024-03-01T00:00:00Z", "windowEnd": "2024-03-01T01:00:00Z"}]}`, string(first.body))
		again := c.call(http.MethodPost, "/analytics/window-close", body, c.as(commands.Operator))
		require.Equal(t, http.StatusAccepted, again.status)
		require.JSONEq(t, `{"stationId": "close", "closed": []}`, string(again.body))
		longer := c.call(http.MethodPost, "/analytics/window-close", strings.Replace(body, "}", `, "windowEnd": "2024-03-01T01:15:00Z"}`, 1), c.as(commands.Operator))
		require.JSONEq(t, `{"stationId": "close", "closed": [{"windowStart": "2024-03-01T01:00:00Z", "windowEnd": "2024-03-01T01:15:00Z"}]}`, string(longer.body))
	})
}
