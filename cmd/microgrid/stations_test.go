package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

func testProvisioning(t *testing.T, c *child) {
	t.Run("the same document again changes nothing", func(t *testing.T) {
		c := c.in(t)
		first := c.provision(document("same", ""))
		require.Equal(t, http.StatusCreated, first.status, "%s", first.body)
		again := c.provision(document("same", ""))
		require.Equal(t, http.StatusOK, again.status, "%s", again.body)
		require.JSONEq(t, string(first.body), string(again.body))
		changed := c.provision(strings.Replace(document("same", ""), `"HTTP"`, `"Renamed"`, 1))
		require.Equal(t, http.StatusCreated, changed.status, "%s", changed.body)
		require.Equal(t, "Renamed", changed.json(t)["name"])
	})
	t.Run("a preview says what would change, and changes nothing", func(t *testing.T) {
		c := c.in(t)
		preview := func(doc string) (changes []map[string]any) {
			t.Helper()
			a := c.call(http.MethodPost, "/api/v1/provisioning/stations/preview", doc, c.as(commands.Admin))
			for _, item := range a.items(t) {
				change, ok := item.(map[string]any)
				require.True(t, ok)
				changes = append(changes, change)
			}
			return changes
		}
		first := preview(document("previewed", ""))
		require.Len(t, first, 5)
		require.Equal(t, map[string]any{"event": "TariffPublished", "tariffId": "previewed-tariff", "version": 1.0, "validFrom": "2020-01-01"}, first[0])
		require.Equal(t, http.StatusNotFound, c.get("/api/v1/stations/previewed").status)
		require.Equal(t, http.StatusNotFound, c.get("/api/v1/tariffs/previewed-tariff").status)

		c.mustProvision("previewed")
		require.Empty(t, preview(document("previewed", "")))
		turned := preview(strings.Replace(document("previewed", ""), `"maxGap": "24h"`, `"maxGap": "24h", "sign": -1`, 1))
		require.Len(t, turned, 1)
		require.Equal(t, "PointMapped", turned[0]["event"])
		mapping, ok := turned[0]["mapping"].(map[string]any)
		require.True(t, ok)
		require.InDelta(t, -1, mapping["sign"], 0)
		other := preview(strings.ReplaceAll(document("previewed", ""), `"deviceId": "meter"`, `"deviceId": "other"`))
		require.Equal(t, map[string]any{"event": "DeviceRemoved", "deviceId": "meter"}, other[0])
		c.call(http.MethodPost, "/api/v1/provisioning/stations/preview", "[]", c.as(commands.Admin)).
			refused(t, http.StatusBadRequest, map[string]string{"body.document": "must be an object"})
	})
	base := document("refused", "")
	replaced := func(old, with string) string {
		require.Contains(t, base, old)
		return strings.Replace(base, old, with, 1)
	}
	for _, k := range []struct {
		name, document string
		places         map[string]string
	}{
		{"broken JSON", base[:100], map[string]string{"body.line 1": "not valid JSON"}},
		{"an array", "[]", map[string]string{"body.document": "must be an object"}},
		{"two keys for one semantic point", document("refused", `{"key": "a", "semantic": "grid.active_power"}, {"key": "b", "semantic": "grid.active_power"}`),
			map[string]string{"body.devices[0].points[1].semantic": ""}},
		{"a tariff with a gap", replaced("08:00-24:00", "09:00-24:00"), map[string]string{"body.tariff.import.periods": "08:00"}},
		{"a tariff with an overlap", replaced("08:00-24:00", "07:45-24:00"), map[string]string{"body.tariff.import.periods": "07:45"}},
		{"an unknown field", replaced(`"name": "HTTP"`, `"name": "HTTP", "colour": "red"`), map[string]string{"body.colour": ""}},
		{"an unknown field of a point", replaced(`"maxGap": "24h"`, `"maxGap": "24h", "gap": 1`), map[string]string{"body.devices[0].points[0].gap": ""}},
		{"a field twice", replaced(`"name": "HTTP"`, `"name": "HTTP", "name": "x"`), map[string]string{"body.name": "twice"}},
		{"a date in a year that no calendar has", replaced("2020-01-01", "0000-01-01"), map[string]string{"body.tariff.validFrom": "a date"}},
		{"a name with U+0000", replaced(`"name": "HTTP"`, `"name": "a\u0000"`), map[string]string{"body.name": ""}},
		{"everything at once", `{"stationId": "no spaces", "name": 7, "timezone": "Mars/Olympus", "currency": "XXY", "ratings": {"gridKw": -1},
			"devices": [{"deviceId": "d", "kind": "toaster", "thingsboard": {"deviceName": ""}, "points": [{"key": "k", "semantic": "grid.import_energy", "unit": "kW", "sign": 2}]}],
			"tariff": {"tariffId": "t", "validFrom": "2020-02-30", "import": {"kind": "fixed", "price": "cheap"}}}`,
			map[string]string{
				"body.stationId": "", "body.name": "", "body.timezone": "IANA", "body.currency": "ISO 4217", "body.ratings.gridKw": "",
				"body.devices[0].kind": "", "body.devices[0].thingsboard.deviceName": "", "body.devices[0].points[0].unit": "",
				"body.devices[0].points[0].sign": "", "body.tariff.validFrom": "", "body.tariff.import.price": "",
			}},
	} {
		t.Run(k.name, func(t *testing.T) {
			c := c.in(t)
			c.provision(k.document).refused(t, http.StatusBadRequest, k.places)
			require.Equal(t, http.StatusNotFound, c.get("/api/v1/stations/refused").status)
		})
	}
}
