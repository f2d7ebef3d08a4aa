package main

import (
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

// cursorOf is a cursor that no page has given.
func cursorOf(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\x1f")))
}

func testParameters(t *testing.T, c *child) {
	c.mustProvision("parameters")
	const (
		stats       = "/api/v1/stats?station_id=parameters"
		settlements = "/api/v1/settlements?station_id=parameters"
		telemetry   = "/api/v1/telemetry?station_id=parameters"
		prices      = "/api/v1/prices?station_id=parameters"
		csvExport   = "/api/v1/exports/settlements.csv?station_id=parameters"
		times       = "&from=2024-03-01T00:00:00Z&to=2024-03-02T00:00:00Z"
		dates       = "&from=2024-03-01&to=2024-03-02"
	)
	for _, k := range []struct {
		path, place, says string
	}{
		{stats, "query.from", ""},
		{stats + "&from=2024-03-01T00:00:00Z", "query.to", ""},
		{stats + "&from=2024-03-01&to=2024-03-02T00:00:00Z", "query.from", "a time"},
		{stats + "&from=2024-03-01T00:00:00Z&to=soon", "query.to", "a time"},
		{stats + "&from=0000-03-02T00:00:00Z&to=2024-03-01T00:00:00Z", "query.from", "years"},
		{stats + times + "&granularity=week", "query.granularity", ""},
		{stats + times + "&revision=3", "query.revision", ""},
		{stats + times + "&limit=0", "query.limit", "1 to 1000"},
		{stats + times + "&limit=1001", "query.limit", "1 to 1000"},
		{stats + times + "&limit=many", "query.limit", "1 to 1000"},
		{stats + times + "&cursor=%21", "query.cursor", "page before"},
		{stats + times + "&cursor=" + cursorOf("a"), "query.cursor", "page before"},
		{stats + times + "&cursor=" + cursorOf("a", "b"), "query.cursor", "page before"},
		{stats + times + "&cursor=" + cursorOf("9223372036854775807", "1"), "query.cursor", "page before"},
		{stats + times + "&cursor=" + cursorOf("-9223372036854775808", "1"), "query.cursor", "page before"},
		{stats + times + "&granularity=month&cursor=" + cursorOf("9223372036854775807", "1"), "query.cursor", "page before"},
		{stats + times + "&revision=all&cursor=" + cursorOf("1", "9223372036854775807"), "query.cursor", "page before"},
		{"/api/v1/stats?" + times, "query.station_id", ""},
		{settlements, "query.from", ""},
		{settlements + "&from=2024-02-30&to=2024-03-02", "query.from", "a date"},
		{settlements + "&from=2024-03-01&to=2024-03-02T00:00:00Z", "query.to", "a date"},
		{settlements + dates + "&limit=-1", "query.limit", "1 to 1000"},
		{settlements + dates + "&version=7", "query.version", ""},
		{settlements + dates + "&cursor=x", "query.cursor", "page before"},
		{settlements + dates + "&cursor=" + cursorOf("yesterday", "1"), "query.cursor", "page before"},
		{settlements + dates + "&cursor=" + cursorOf("2024-03-01", "one"), "query.cursor", "page before"},
		{settlements + dates + "&version=all&cursor=" + cursorOf("2024-03-01", "9223372036854775807"), "query.cursor", "page before"},
		{settlements + "&from=0000-01-01&to=2024-03-01", "query.from", ""},
		{telemetry + times + "&cursor=" + cursorOf("a", "1", "no uuid"), "query.cursor", "page before"},
		{telemetry + times + "&cursor=" + cursorOf("a", "x", "00000000-0000-0000-0000-000000000000"), "query.cursor", "page before"},
		{telemetry + times + "&cursor=" + cursorOf("a\x00", "1", "00000000-0000-0000-0000-000000000000"), "query.cursor", "page before"},
		{telemetry + times + "&cursor=" + cursorOf("\xff", "1", "00000000-0000-0000-0000-000000000000"), "query.cursor", "page before"},
		{telemetry + times + "&device_id=a%00", "query.device_id", ""},
		{telemetry + times + "&device_id=%ff", "query.device_id", ""},
		{"/api/v1/stations?cursor=" + cursorOf("a\x00"), "query.cursor", "page before"},
		{csvExport + "&from=2024-03-01", "query.to", "a date"},
		{"/api/v1/exports/settlements.csv?" + dates, "query.station_id", "required"},
		{csvExport + dates + "&bom=perhaps", "query.bom", "true or false"},
	} {
		t.Run(k.path, func(t *testing.T) {
			a := c.in(t).get(k.path)
			require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, a.status, "%s", a.body)
			a.refused(t, a.status, map[string]string{k.place: k.says})
		})
	}
	for _, path := range []string{stats, telemetry, prices} {
		for _, to := range []string{"2024-03-01T00:00:00Z", "2024-03-02T00:00:00Z", "2024-03-02T00:00:00.0009Z"} {
			t.Run("no time in it: "+path+" "+to, func(t *testing.T) {
				a := c.in(t).get(path + "&from=2024-03-02T00:00:00.0001Z&to=" + to)
				a.refused(t, http.StatusBadRequest, map[string]string{"query.to": "must be after from, by a millisecond"})
			})
		}
		a := c.get(path + "&from=2024-03-02T00:00:00.0009Z&to=2024-03-02T00:00:00.001Z")
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	}
	for _, path := range []string{settlements, csvExport} {
		t.Run("no day in it: "+path, func(t *testing.T) {
			a := c.in(t).get(path + "&from=2024-03-02&to=2024-03-01")
			a.refused(t, http.StatusBadRequest, map[string]string{"query.to": "must not be before from"})
		})
		a := c.get(path + "&from=2024-03-02&to=2024-03-02")
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	}
	for _, path := range []string{
		"/api/v1/quarantine?device_name=a%00", "/api/v1/quarantine?cursor=" + cursorOf("x"), "/api/v1/dead-letters?limit=x",
	} {
		t.Run(path, func(t *testing.T) {
			a := c.in(t).call(http.MethodGet, path, "", c.as(commands.Admin))
			a.refused(t, http.StatusBadRequest, nil)
		})
	}
	for _, path := range []string{
		stats + "&from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", stats + "&from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z&granularity=year",
		stats + "&from=2024-03-01T00:00:00%2B08:00&to=2024-03-01T00:00:00Z", settlements + "&from=0001-01-01&to=9999-12-31",
		csvExport + "&from=0001-01-01&to=9999-12-31", telemetry + "&from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z",
	} {
		t.Run("all times: "+path, func(t *testing.T) {
			a := c.in(t).get(path)
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		})
	}
	t.Run("no route", func(t *testing.T) { c.in(t).get("/api/v1/nothing").refused(t, http.StatusNotFound, nil) })
	t.Run("no method", func(t *testing.T) {
		a := c.in(t).call(http.MethodDelete, ingestPath, "", nil)
		a.refused(t, http.StatusMethodNotAllowed, nil)
		require.Equal(t, http.MethodPost, a.header.Get("Allow"))
		require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
	})
}

// settled provisions a station with one day of telemetry and n settled days, from 2024-03-01 on.
func (c *child) settled(id string, n int) {
	c.t.Helper()
	c.mustProvision(id)
	day := time.Date(2024, 2, 29, 16, 0, 0, 0, time.UTC) // midnight in Shanghai
	body := fmt.Sprintf(`[{"deviceName": "%[1]s-meter", "ts": %[2]d, "values": {"grid_kw": 1}}, {"deviceName": "%[1]s-meter", "ts": %[3]d, "values": {"grid_kw": 1}}]`,
		id, day.UnixMilli(), day.Add(23*time.Hour).UnixMilli())
	require.Equal(c.t, http.StatusAccepted, c.send(body).status)
	a := c.call(http.MethodPost, "/analytics/window-close", fmt.Sprintf(`{"stationId": %q, "windowStart": %q, "windowEnd": %q}`,
		id, day.Format(time.RFC3339), day.AddDate(0, 0, n).Format(time.RFC3339)), c.as(commands.Operator))
	require.Equal(c.t, http.StatusAccepted, a.status, "%s", a.body)
	c.eventually(fmt.Sprintf("/api/v1/stats?station_id=%s&granularity=day&from=2024-02-29T16:00:00Z&to=2025-01-01T00:00:00Z", id), func(a answer) bool {
		return len(a.items(c.t)) == n
	})
	c.eventually("/api/v1/settlements?limit=1000&station_id="+id+"&from=2024-03-01&to=2024-12-31", func(a answer) bool {
		return len(a.items(c.t)) == n && strings.Contains(string(a.body), "=1+1")
	})
}

func testPages(t *testing.T, c *child) {
	c.settled("pages", 7)
	for _, k := range []struct {
		path string
		key  func(map[string]any) any
	}{
		{"/api/v1/settlements?station_id=pages&from=2024-03-01&to=2024-03-07", func(m map[string]any) any { return m["date"] }},
		{"/api/v1/settlements?station_id=pages&from=2024-03-01&to=2024-03-07&version=all", func(m map[string]any) any { return m["id"] }},
		{"/api/v1/stats?station_id=pages&granularity=day&from=2024-02-29T16:00:00Z&to=2024-03-07T16:00:00Z", func(m map[string]any) any { return m["windowStart"] }},
		{"/api/v1/stats?station_id=pages&granularity=hour&from=2024-02-29T16:00:00Z&to=2024-03-01T16:00:00Z", func(m map[string]any) any { return m["windowStart"] }},
		{"/api/v1/stats?station_id=pages&granularity=hour&from=2024-02-29T16:00:00Z&to=2024-03-01T16:00:00Z&revision=all", func(m map[string]any) any { return fmt.Sprint(m["windowStart"], m["revision"]) }},
		{"/api/v1/telemetry?station_id=pages&from=2024-02-29T16:00:00Z&to=2024-03-07T16:00:00Z", func(m map[string]any) any { return m["messageId"] }},
		{"/api/v1/stations?", func(m map[string]any) any { return m["stationId"] }},
	} {
		t.Run(k.path, func(t *testing.T) {
			c := c.in(t)
			keys := func(items []any) (all []any) {
				for _, i := range items {
					m, ok := i.(map[string]any)
					require.True(t, ok)
					all = append(all, k.key(m))
				}
				return all
			}
			whole := c.get(k.path + "&limit=1000")
			require.Nil(t, whole.json(t)["next"])
			want := keys(whole.items(t))
			require.NotEmpty(t, want)
			for _, limit := range []int{1, 3, len(want)} {
				var got []any
				cursor := ""
				for range len(want) + 1 {
					a := c.get(fmt.Sprintf("%s&limit=%d&cursor=%s", k.path, limit, url.QueryEscape(cursor)))
					items := a.items(t)
					require.LessOrEqual(t, len(items), limit)
					got = append(got, keys(items)...)
					next, more := a.json(t)["next"].(string)
					if cursor = next; !more {
						break
					}
				}
				require.Equal(t, want, got, "limit %d", limit)
				require.Empty(t, cursor)
			}
		})
	}
}

func testExport(t *testing.T, c *child) {
	c.settled("export", 3)
	const path = "/api/v1/exports/settlements.csv?station_id=export&from=2024-03-01&to=2024-03-03"
	plainFile := c.get(path)
	require.Equal(t, http.StatusOK, plainFile.status, "%s", plainFile.body)
	require.Equal(t, "text/csv; charset=utf-8", plainFile.header.Get("Content-Type"))
	require.Contains(t, plainFile.header.Get("Content-Disposition"), "attachment")
	require.True(t, strings.HasPrefix(string(plainFile.body), "stationId,"))
	withBOM := c.get(path + "&bom=true")
	require.Equal(t, "\ufeff"+string(plainFile.body), string(withBOM.body))

	rows, err := csv.NewReader(strings.NewReader(string(plainFile.body))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{
		"stationId", "date", "version", "status", "provisional", "completeness", "tariffId", "tariffVersion",
		"direction", "period", "quantityKwh", "price", "amount", "currency",
	}, rows[0])
	// 1 kW: 16 hours of the period with a formula's name, 8 of the valley; the second day to 15:00 by the last sample's
	// 24 hours; nothing on the third
	for i, want := range [][]string{
		{"import", "'=1+1", "16.000", "0.7", "11.20", "CNY"},
		{"import", "valley", "8.000", "0.3", "2.40", "CNY"},
	} {
		require.Equal(t, append([]string{"export", "2024-03-01"}, want...), append(append([]string{}, rows[i+1][:2]...), rows[i+1][8:]...))
	}
	last := rows[len(rows)-1]
	require.Equal(t, []string{"export", "2024-03-03"}, last[:2])
	require.Equal(t, []string{"", "", "", "", "", "CNY"}, last[8:], "a day without lines has a row of its own")
}
