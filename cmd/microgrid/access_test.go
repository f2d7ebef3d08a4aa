package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

func testTokens(t *testing.T, c *child) {
	const secret = "dev-secret-change-me"
	good := func() jwt.MapClaims {
		return jwt.MapClaims{"tenant": "tenant-demo", "role": "viewer", "sub": "x", "exp": time.Now().Add(time.Hour).Unix()}
	}
	with := func(key string, value any) jwt.MapClaims {
		m := good()
		m[key] = value
		if value == nil {
			delete(m, key)
		}
		return m
	}
	sign := func(method jwt.SigningMethod, m jwt.MapClaims, key any) string {
		text, err := jwt.NewWithClaims(method, m).SignedString(key)
		require.NoError(t, err)
		return "Bearer " + text
	}
	critical := jwt.NewWithClaims(jwt.SigningMethodHS256, good())
	critical.Header["crit"] = []string{"b64"}
	critical.Header["b64"] = true
	extended, err := critical.SignedString([]byte(secret))
	require.NoError(t, err)
	for _, k := range []struct {
		name, authorization string
		status              int
		says                string
	}{
		{"right", sign(jwt.SigningMethodHS256, good(), []byte(secret)), 200, ""},
		{"none", "", 401, "no token"},
		{"of another scheme", "Basic eDp5", 401, "no token"},
		{"that is nonsense", "Bearer x.y.z", 401, "isn't valid"},
		{"expired", sign(jwt.SigningMethodHS256, with("exp", time.Now().Add(-time.Minute).Unix()), []byte(secret)), 401, "expired"},
		{"that never expires", sign(jwt.SigningMethodHS256, with("exp", nil), []byte(secret)), 401, "exp"},
		{"not yet valid", sign(jwt.SigningMethodHS256, with("nbf", time.Now().Add(time.Hour).Unix()), []byte(secret)), 401, "isn't valid"},
		{"with another secret", sign(jwt.SigningMethodHS256, good(), []byte("wrong")), 401, "isn't valid"},
		{"with HS512", sign(jwt.SigningMethodHS512, good(), []byte(secret)), 401, "isn't valid"},
		{"with extensions that must be understood", "Bearer " + extended, 401, "crit"},
		{"unsigned", sign(jwt.SigningMethodNone, good(), jwt.UnsafeAllowNoneSignatureType), 401, "isn't valid"},
		{"without a tenant", sign(jwt.SigningMethodHS256, with("tenant", nil), []byte(secret)), 401, "no tenant"},
		{"of a tenant that can't be", sign(jwt.SigningMethodHS256, with("tenant", "a.b"), []byte(secret)), 401, "no tenant"},
		{"without a role", sign(jwt.SigningMethodHS256, with("role", nil), []byte(secret)), 401, "role"},
		{"of an unknown role", sign(jwt.SigningMethodHS256, with("role", "root"), []byte(secret)), 401, "role"},
	} {
		t.Run(k.name, func(t *testing.T) {
			c := c.in(t)
			header := map[string]string{}
			if k.authorization != "" {
				header["Authorization"] = k.authorization
			}
			for _, path := range []string{"/api/v1/stations", "/api/v1/exports/settlements.csv?station_id=x&from=2024-03-01&to=2024-03-01"} {
				a := c.call(http.MethodGet, path, "", header)
				if k.status == http.StatusOK {
					require.NotEqual(t, http.StatusUnauthorized, a.status, "%s", a.body)
					continue
				}
				a.refused(t, k.status, nil)
				require.Contains(t, string(a.body), k.says)
				require.Contains(t, a.header.Get("WWW-Authenticate"), "Bearer")
			}
		})
	}
}

func testKeptApart(t *testing.T, c *child) {
	c.mustProvision("apart-1")
	c.mustProvision("apart-2")
	c.eventually("/api/v1/stations?limit=1000", func(a answer) bool {
		return strings.Contains(string(a.body), `"apart-1"`) && strings.Contains(string(a.body), `"apart-2"`)
	})
	paths := func(id string) []string {
		span := "&from=2024-03-01T00:00:00Z&to=2024-03-02T00:00:00Z"
		dates := "&from=2024-03-01&to=2024-03-02"
		return []string{
			"/api/v1/stations/" + id, "/api/v1/devices?station_id=" + id, "/api/v1/points?station_id=" + id,
			"/api/v1/telemetry?station_id=" + id + span, "/api/v1/telemetry/latest?station_id=" + id,
			"/api/v1/stats?station_id=" + id + span, "/api/v1/settlements?station_id=" + id + dates,
			"/api/v1/exports/settlements.csv?station_id=" + id + dates, "/api/v1/overview?station_id=" + id,
			"/api/v1/prices?station_id=" + id + span,
		}
	}
	bearer := func(tenant string, role commands.Role, stations ...string) map[string]string {
		return map[string]string{"Authorization": "Bearer " + token(t, tenant, role, stations...)}
	}
	t.Run("another tenant's station isn't there", func(t *testing.T) {
		for _, path := range paths("apart-1") {
			require.Equal(t, http.StatusOK, c.call(http.MethodGet, path, "", bearer("tenant-demo", commands.Viewer)).status, path)
			c.call(http.MethodGet, path, "", bearer("tenant-other", commands.Admin)).refused(t, http.StatusNotFound, nil)
		}
		require.Empty(t, c.call(http.MethodGet, "/api/v1/stations", "", bearer("tenant-other", commands.Admin)).items(t))
		c.call(http.MethodPost, "/analytics/window-close", `{"stationId": "apart-1", "windowStart": "2024-03-01T00:00:00Z"}`,
			bearer("tenant-other", commands.Admin)).refused(t, http.StatusNotFound, nil)
	})
	t.Run("a station that the token doesn't name isn't there", func(t *testing.T) {
		for _, path := range paths("apart-1") {
			require.Equal(t, http.StatusOK, c.call(http.MethodGet, path, "", bearer("tenant-demo", commands.Viewer, "apart-1")).status, path)
		}
		for _, path := range paths("apart-2") {
			c.call(http.MethodGet, path, "", bearer("tenant-demo", commands.Viewer, "apart-1")).refused(t, http.StatusNotFound, nil)
		}
		items := c.call(http.MethodGet, "/api/v1/stations", "", bearer("tenant-demo", commands.Viewer, "apart-1")).items(t)
		require.Len(t, items, 1)
		c.call(http.MethodPost, "/analytics/window-close", `{"stationId": "apart-2", "windowStart": "2024-03-01T00:00:00Z"}`,
			bearer("tenant-demo", commands.Operator, "apart-1")).refused(t, http.StatusNotFound, nil)
	})
	t.Run("a token that names stations can't provision others", func(t *testing.T) {
		c.call(http.MethodPost, "/api/v1/provisioning/stations", document("apart-2", ""), bearer("tenant-demo", commands.Admin, "apart-1")).
			refused(t, http.StatusForbidden, nil)
		require.Equal(t, http.StatusOK, c.call(http.MethodPost, "/api/v1/provisioning/stations", document("apart-1", ""),
			bearer("tenant-demo", commands.Admin, "apart-1")).status)
	})
	t.Run("a token that names stations can't change what others are billed by", func(t *testing.T) {
		own := bearer("tenant-demo", commands.Admin, "apart-1")
		shared := strings.Replace(document("apart-1", ""), "apart-1-tariff", "apart-2-tariff", 1)
		require.Equal(t, http.StatusCreated, c.call(http.MethodPost, "/api/v1/provisioning/stations", shared, own).status, "as it is, it may be had")
		dearer := strings.Replace(shared, `"0.7"`, `"7"`, 1)
		c.call(http.MethodPost, "/api/v1/provisioning/stations", dearer, own).
			refused(t, http.StatusForbidden, map[string]string{"body.tariff.tariffId": "other stations"})
		require.NotContains(t, string(c.get("/api/v1/tariffs/apart-2-tariff").body), `"7"`)
		require.Equal(t, http.StatusCreated, c.call(http.MethodPost, "/api/v1/provisioning/stations", dearer, bearer("tenant-demo", commands.Admin, "apart-1", "apart-2")).status)
		require.Equal(t, http.StatusCreated, c.provision(document("apart-1", "")).status)
	})
	t.Run("a token that names stations doesn't see what is nobody's yet", func(t *testing.T) {
		for path, role := range map[string]commands.Role{"/api/v1/quarantine": commands.Operator, "/api/v1/dead-letters": commands.Auditor} {
			c.call(http.MethodGet, path, "", bearer("tenant-demo", role, "apart-1")).refused(t, http.StatusForbidden, nil)
		}
		c.call(http.MethodPost, "/api/v1/quarantine/replay", `{}`, bearer("tenant-demo", commands.Operator, "apart-1")).refused(t, http.StatusForbidden, nil)
		c.call(http.MethodPost, "/api/v1/dead-letters/replay", `{"projection": "stations", "stream": "station-tenant-demo.apart-1"}`,
			bearer("tenant-demo", commands.Admin, "apart-1")).refused(t, http.StatusForbidden, nil)
	})
	t.Run("a token that names no station at all sees none", func(t *testing.T) {
		text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"tenant": "tenant-demo", "role": "viewer", "stations": []string{}, "exp": time.Now().Add(time.Hour).Unix(),
		}).SignedString([]byte("dev-secret-change-me"))
		require.NoError(t, err)
		h := map[string]string{"Authorization": "Bearer " + text}
		require.Empty(t, c.call(http.MethodGet, "/api/v1/stations", "", h).items(t))
		c.call(http.MethodGet, "/api/v1/stations/apart-1", "", h).refused(t, http.StatusNotFound, nil)
	})
	t.Run("names of stations and devices are the tenant's own", func(t *testing.T) {
		a := c.call(http.MethodPost, "/api/v1/provisioning/stations", document("apart-1", ""), bearer("tenant-other", commands.Admin))
		require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
		taken := strings.ReplaceAll(document("apart-3", ""), "apart-3-meter", "apart-1-meter")
		c.provision(taken).refused(t, http.StatusConflict, map[string]string{"body.devices[0].thingsboard.deviceName": "apart-1"})
	})
	t.Run("parked events are the tenant's own", func(t *testing.T) {
		c.call(http.MethodPost, "/api/v1/dead-letters/replay", `{"projection": "stations", "stream": "station-tenant-demo.apart-1"}`,
			bearer("tenant-other", commands.Admin)).refused(t, http.StatusNotFound, nil)
	})
}

func testRoles(t *testing.T, c *child) {
	c.mustProvision("roles")
	closing := `{"stationId": "roles", "windowStart": "2024-03-01T00:00:00Z"}`
	for _, k := range []struct {
		method, path, body string
		may                []commands.Role
	}{
		{http.MethodPost, "/api/v1/provisioning/stations", document("roles", ""), []commands.Role{commands.Admin}},
		{http.MethodPost, "/api/v1/provisioning/stations/preview", document("roles", ""), []commands.Role{commands.Admin}},
		{http.MethodPost, "/analytics/window-close", closing, []commands.Role{commands.Admin, commands.Operator}},
		{http.MethodGet, "/api/v1/quarantine", "", []commands.Role{commands.Admin, commands.Operator}},
		{http.MethodGet, "/api/v1/quarantine/devices", "", []commands.Role{commands.Admin, commands.Operator}},
		{http.MethodPost, "/api/v1/quarantine/replay", `{"deviceName": "none"}`, []commands.Role{commands.Admin, commands.Operator}},
		{http.MethodGet, "/api/v1/dead-letters", "", []commands.Role{commands.Admin, commands.Auditor}},
		{http.MethodPost, "/api/v1/dead-letters/replay", `{"projection": "stations", "stream": "station-tenant-demo.roles"}`, []commands.Role{commands.Admin}},
		{http.MethodGet, "/api/v1/stations/roles", "", []commands.Role{commands.Admin, commands.Operator, commands.Viewer, commands.Auditor}},
	} {
		for _, role := range []commands.Role{commands.Admin, commands.Operator, commands.Viewer, commands.Auditor} {
			t.Run(k.path+" as "+string(role), func(t *testing.T) {
				a := c.in(t).call(k.method, k.path, k.body, c.as(role))
				if slices.Contains(k.may, role) {
					require.Less(t, a.status, 300, "%s", a.body)
					return
				}
				a.refused(t, http.StatusForbidden, nil)
			})
		}
	}
}
