package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

const ingestPath = "/ingest/thingsboard/telemetry"

// What may be sent to a platform and how it answers, over real HTTP: one platform for all of it.
func TestHTTP(t *testing.T) {
	c := newChild(t, `MICROGRID_TENANTS=[
		{"id": "tenant-demo", "ingest": {"hmacSecret": "dev-ingest-secret", "token": "dev-ingest-token", "basic": {"user": "tb", "password": "dev-ingest-password"}}},
		{"id": "tenant-other", "ingest": {"hmacSecret": "other-ingest-secret"}}]`)
	for _, part := range []struct {
		name string
		test func(*testing.T, *child)
	}{
		{"webhook proof of who sends", testWebhookProof},
		{"webhook bodies", testWebhookBodies},
		{"webhook values and times", testWebhookMessages},
		{"webhook large and long bodies", testWebhookLarge},
		{"webhook duplicates", testWebhookDuplicates},
		{"quarantine", testQuarantine},
		{"tokens", testTokens},
		{"sign-in", testSignIn},
		{"stream of telemetry", testStream},
		{"latest telemetry", testLatest},
		{"tariffs and prices", testTariffs},
		{"overview and fleet", testOverview},
		{"tenants and stations are kept apart", testKeptApart},
		{"roles", testRoles},
		{"provisioning", testProvisioning},
		{"closing windows", testWindowClose},
		{"parameters", testParameters},
		{"pages", testPages},
		{"exports", testExport},
		{"operations", testOperations},
		{"languages", testLanguages},
		{"OpenAPI", testOpenAPI},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, c.in(t)) })
	}
}

// in reports to a subtest.
func (c *child) in(t *testing.T) *child {
	of := *c
	of.t = t
	return &of
}

// signed proves who sends a body, as a sender that can sign does.
func signed(tenant, secret string, at time.Time, body string) map[string]string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(stamp + "." + body))
	return map[string]string{"X-Tenant-Id": tenant, "X-Timestamp": stamp, "X-Signature": "sha256=" + hex.EncodeToString(mac.Sum(nil))}
}

// send sends telemetry of the demo tenant.
func (c *child) send(body string) answer {
	c.t.Helper()
	return c.call(http.MethodPost, ingestPath, body, signed("tenant-demo", "dev-ingest-secret", time.Now(), body))
}

// refused checks that an answer is a problem with a status and, of each place, what is said there.
func (a answer) refused(t *testing.T, status int, places map[string]string) {
	t.Helper()
	require.Equal(t, status, a.status, "%s", a.body)
	require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
	var p struct {
		Status int
		Title  string
		Errors []struct{ Location, Message string }
	}
	require.NoError(t, json.Unmarshal(a.body, &p), "%s", a.body)
	require.Equal(t, status, p.Status)
	require.Equal(t, http.StatusText(status), p.Title)
	for place, says := range places {
		found := ""
		for _, e := range p.Errors {
			if e.Location == place {
				found += e.Message + "\n"
			}
		}
		require.NotEmpty(t, found, "nothing is said of %s in %s", place, a.body)
		require.Contains(t, found, says, place)
	}
}

// document is a station that is accepted as it stands: one meter that gives the grid's power.
func document(id string, points string) string {
	if points == "" {
		points = `{"key": "grid_kw", "semantic": "grid.active_power", "interpolation": "previous", "maxGap": "24h"}`
	}
	return fmt.Sprintf(`{"stationId": %[1]q, "name": "HTTP", "timezone": "Asia/Shanghai", "currency": "CNY", "ratings": {"gridKw": 10},
		"devices": [{"deviceId": "meter", "kind": "grid_meter", "thingsboard": {"deviceName": "%[1]s-meter"}, "points": [%[2]s]}],
		"tariff": {"tariffId": "%[1]s-tariff", "validFrom": "2020-01-01", "import": {"kind": "tou", "periods": [
			{"name": "=1+1", "price": "0.7", "rules": [{"times": ["08:00-24:00"]}]},
			{"name": "valley", "price": "0.3", "rules": [{"times": ["00:00-08:00"]}]}]}}}`, id, points)
}

func (c *child) provision(doc string) answer {
	c.t.Helper()
	return c.call(http.MethodPost, "/api/v1/provisioning/stations", doc, c.as(commands.Admin))
}

func (c *child) mustProvision(id string) {
	c.t.Helper()
	a := c.provision(document(id, ""))
	require.Contains(c.t, []int{http.StatusOK, http.StatusCreated}, a.status, "%s", a.body)
}

func (c *child) get(path string) answer {
	c.t.Helper()
	return c.call(http.MethodGet, path, "", c.as(commands.Viewer))
}

// eventually asks until what is read has followed what was written.
func (c *child) eventually(path string, right func(answer) bool) answer {
	c.t.Helper()
	var last answer
	for range 200 {
		if last = c.get(path); right(last) {
			return last
		}
		time.Sleep(50 * time.Millisecond)
	}
	require.FailNow(c.t, "it doesn't come", "%s answers %d %s", path, last.status, last.body)
	return last
}

func (a answer) items(t testing.TB) []any {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	items, ok := a.json(t)["items"].([]any)
	require.True(t, ok, "%s", a.body)
	return items
}
