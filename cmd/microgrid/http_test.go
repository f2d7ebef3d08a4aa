package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
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

func testWebhookProof(t *testing.T, c *child) {
	c.mustProvision("proof")
	n := 0
	for _, k := range []struct {
		name   string
		header func(body string) map[string]string
		status int
		says   string
	}{
		{"signed", func(b string) map[string]string { return signed("tenant-demo", "dev-ingest-secret", time.Now(), b) }, 202, ""},
		{"signed almost 300 s ago", func(b string) map[string]string {
			return signed("tenant-demo", "dev-ingest-secret", time.Now().Add(-290*time.Second), b)
		}, 202, ""},
		{"with another secret", func(b string) map[string]string { return signed("tenant-demo", "wrong", time.Now(), b) }, 401, "signature is wrong"},
		{"another body", func(string) map[string]string { return signed("tenant-demo", "dev-ingest-secret", time.Now(), "{}") }, 401, "signature is wrong"},
		{"long ago", func(b string) map[string]string {
			return signed("tenant-demo", "dev-ingest-secret", time.Now().Add(-310*time.Second), b)
		}, 401, "X-Timestamp"},
		{"in the future", func(b string) map[string]string {
			return signed("tenant-demo", "dev-ingest-secret", time.Now().Add(310*time.Second), b)
		}, 401, "X-Timestamp"},
		{"a timestamp that isn't that signed", func(b string) map[string]string {
			h := signed("tenant-demo", "dev-ingest-secret", time.Now().Add(-10*time.Second), b)
			h["X-Timestamp"] = strconv.FormatInt(time.Now().Unix(), 10)
			return h
		}, 401, "signature is wrong"},
		{"no timestamp", func(b string) map[string]string {
			h := signed("tenant-demo", "dev-ingest-secret", time.Now(), b)
			delete(h, "X-Timestamp")
			return h
		}, 401, "X-Timestamp"},
		{"a signature that is no hex", func(b string) map[string]string {
			h := signed("tenant-demo", "dev-ingest-secret", time.Now(), b)
			h["X-Signature"] = "sha256=zz"
			return h
		}, 401, "sha256=<hex>"},
		{"an unknown tenant", func(b string) map[string]string { return signed("tenant-none", "", time.Now(), b) }, 401, ""},
		{"another tenant's secret", func(b string) map[string]string { return signed("tenant-demo", "other-ingest-secret", time.Now(), b) }, 401, ""},
		{"no tenant", func(b string) map[string]string { return map[string]string{"X-Ingest-Token": "dev-ingest-token"} }, 401, "X-Tenant-Id"},
		{"nothing", func(string) map[string]string { return map[string]string{"X-Tenant-Id": "tenant-demo"} }, 401, "no proof"},
		{"a token", func(string) map[string]string {
			return map[string]string{"X-Tenant-Id": "tenant-demo", "X-Ingest-Token": "dev-ingest-token"}
		}, 202, ""},
		{"a wrong token", func(string) map[string]string {
			return map[string]string{"X-Tenant-Id": "tenant-demo", "X-Ingest-Token": "dev-ingest-token2"}
		}, 401, "token is wrong"},
		{"a token of a tenant without one", func(string) map[string]string {
			return map[string]string{"X-Tenant-Id": "tenant-other", "X-Ingest-Token": "dev-ingest-token"}
		}, 401, "token is wrong"},
		{"Basic", func(string) map[string]string { return basic("tenant-demo", "tb", "dev-ingest-password") }, 202, ""},
		{"Basic with a wrong password", func(string) map[string]string { return basic("tenant-demo", "tb", "x") }, 401, "Basic"},
		{"Basic of a tenant without", func(string) map[string]string { return basic("tenant-other", "", "") }, 401, "Basic"},
		{"a token of the API", func(string) map[string]string {
			h := c.as(commands.Admin)
			h["X-Tenant-Id"] = "tenant-demo"
			return h
		}, 401, "Basic"},
	} {
		t.Run(k.name, func(t *testing.T) {
			n++
			body := fmt.Sprintf(`{"deviceName": "proof-meter", "ts": %d, "values": {"grid_kw": 1}}`, 1709222400000+n)
			a := c.in(t).call(http.MethodPost, ingestPath, body, k.header(body))
			if k.status == http.StatusAccepted {
				require.Equal(t, k.status, a.status, "%s", a.body)
				require.JSONEq(t, `{"accepted": 1, "duplicates": 0, "rejected": []}`, string(a.body))
				return
			}
			a.refused(t, k.status, nil)
			require.Contains(t, string(a.body), k.says)
		})
	}
}

func basic(tenant, user, password string) map[string]string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, password)
	return map[string]string{"X-Tenant-Id": tenant, "Authorization": r.Header.Get("Authorization")}
}

func testWebhookBodies(t *testing.T, c *child) {
	c.mustProvision("bodies")
	for _, k := range []struct{ name, body, says string }{
		{"empty", ``, "ends too early"},
		{"cut off", `[{"deviceName": "bodies-meter", "ts": 1709222400000`, "ends too early"},
		{"broken", `{"deviceName": bodies-meter}`, "is not valid JSON"},
		{"NaN", `{"deviceName": "bodies-meter", "ts": 1709222400000, "values": {"grid_kw": NaN}}`, "is not valid JSON"},
		{"Infinity", `{"deviceName": "bodies-meter", "ts": 1709222400000, "values": {"grid_kw": -Infinity}}`, "is not valid JSON"},
		{"two documents", `{"deviceName": "bodies-meter", "ts": 1709222400000, "values": {"grid_kw": 1}} {}`, "after its end"},
		{"a key twice", `{"deviceName": "bodies-meter", "ts": 1709222400000, "values": {"grid_kw": 1, "grid_kw": 2}}`, "duplicate"},
		{"ts twice", `{"deviceName": "bodies-meter", "ts": 1709222400000, "ts": 1709222400001, "values": {"grid_kw": 1}}`, "duplicate"},
		{"not UTF-8", "{\"deviceName\": \"bodies-meter\", \"ts\": 1709222400000, \"values\": {\"grid_kw\": \"\xff\"}}", "UTF-8"},
		{"an empty array", `[]`, "no message"},
		{"a number", `7`, "must be a message object"},
		{"null", `null`, "must be a message object"},
		{"a key that isn't closed after a good message", `[{"deviceName": "bodies-meter", "ts": 1709222400000, "values": {"grid_kw": 1}}, {"x`, "ends too early"},
	} {
		t.Run(k.name, func(t *testing.T) {
			c.in(t).send(k.body).refused(t, http.StatusBadRequest, map[string]string{"body": k.says})
		})
	}
	t.Run("none of it was taken", func(t *testing.T) {
		items := c.in(t).get("/api/v1/telemetry?station_id=bodies&from=2024-01-01T00:00:00Z&to=2025-01-01T00:00:00Z").items(t)
		require.Empty(t, items)
	})
	for _, k := range []struct {
		name, body string
		header     map[string]string
	}{
		{"device and time in headers", `{"grid_kw": 2.5, "other": true}`, map[string]string{"X-Device-Name": "bodies-meter", "X-Ts": "1709222401000"}},
		{"unknown fields beside values", `{"deviceName": "bodies-meter", "deviceType": "meter", "x": {"y": [1]}, "ts": 1709222402000, "values": {"grid_kw": 2.5}}`, nil},
		{"ts as a string", `{"deviceName": "bodies-meter", "ts": "1709222403000", "values": {"grid_kw": "2.5"}}`, nil},
		{"an array", `[{"deviceName": "bodies-meter", "ts": 1709222404000, "values": {"grid_kw": 2.5, "not mapped": null}}]`, nil},
	} {
		t.Run(k.name, func(t *testing.T) {
			h := signed("tenant-demo", "dev-ingest-secret", time.Now(), k.body)
			maps.Copy(h, k.header)
			a := c.in(t).call(http.MethodPost, ingestPath, k.body, h)
			require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
			require.JSONEq(t, `{"accepted": 1, "duplicates": 0, "rejected": []}`, string(a.body))
		})
	}
}

func testWebhookMessages(t *testing.T, c *child) {
	c.mustProvision("messages")
	message := func(ts, value string) string {
		return fmt.Sprintf(`{"deviceName": "messages-meter", "ts": %s, "values": {"grid_kw": %s}}`, ts, value)
	}
	ahead := func(d time.Duration) string { return strconv.FormatInt(time.Now().Add(d).UnixMilli(), 10) }
	n := 0
	for _, k := range []struct {
		name, message, says string
		quarantined         bool
	}{
		{"text for a number", message("1709222400000", `"abc"`), "grid_kw", true},
		{"a number with something behind", message("1709222400001", `"1.5 kW"`), "grid_kw", true},
		{"true", message("1709222400002", `true`), "grid_kw", true},
		{"null", message("1709222400003", `null`), "grid_kw", true},
		{"an object", message("1709222400004", `{"v": 1}`), "grid_kw", true},
		{"NaN as text", message("1709222400005", `"NaN"`), "grid_kw", true},
		{"1e999999999", message("1709222400006", `1e999999999`), "grid_kw", true},
		{"1e-999999999", message("1709222400007", `1e-999999999`), "grid_kw", true},
		{"41 digits", message("1709222400008", "1"+strings.Repeat("0", 40)), "grid_kw", true},
		{"9e9", message("1709222400009", `9e9`), "grid_kw", true},
		{"no key that is mapped", `{"deviceName": "messages-meter", "ts": 1709222400010, "values": {}}`, "values is empty", false},
		{"1970", message("0", "1"), "before 2000-01-01", false},
		{"before 1970", message("-1", "1"), "before 2000-01-01", false},
		{"2099", message("4070908800000", "1"), "ahead of the clock", false},
		{"6 minutes ahead", message(ahead(6*time.Minute), "1"), "ahead of the clock", false},
		{"the end of time", message("9223372036854775807", "1"), "ahead of the clock", false},
		{"beyond the end of time", message("9223372036854775808", "1"), "whole epoch milliseconds", false},
		{"half a millisecond", message("1709222400000.5", "1"), "whole epoch milliseconds", false},
		{"seconds with an exponent", message("1.7e9", "1"), "whole epoch milliseconds", false},
		{"no ts", `{"deviceName": "messages-meter", "values": {"grid_kw": 1}}`, "no ts", false},
		{"no device", `{"ts": 1709222400000, "values": {"grid_kw": 1}}`, "names no device", false},
		{"a device that is a number", `{"deviceName": 1, "ts": 1709222400000, "values": {"grid_kw": 1}}`, "must be a string", false},
		{"an unknown device", `{"deviceName": "nobody's", "ts": 1709222400000, "values": {"grid_kw": 1}}`, "not known", true},
		{"a device of another tenant", `{"deviceName": "elsewhere-meter", "ts": 1709222400000, "values": {"grid_kw": 1}}`, "not known", true},
		{"the character U+0000 in a value", `{"deviceName": "messages-meter", "ts": 1709222400000, "values": {"note": "a\u0000b"}}`, "U+0000", false},
		{"the character U+0000 in a key", `{"deviceName": "messages-meter", "ts": 1709222400000, "values": {"a\u0000": 1}}`, "U+0000", false},
		{"the character U+0000 in a device", `{"deviceName": "messages-meter\u0000", "ts": 1709222400000, "values": {"grid_kw": 1}}`, "U+0000", false},
		{"an array", `[1]`, "must be an object", false},
	} {
		t.Run(k.name, func(t *testing.T) {
			c := c.in(t)
			alone := c.send("[" + k.message + "]")
			alone.refused(t, http.StatusBadRequest, map[string]string{"body[0]": k.says})
			require.InDelta(t, 0, alone.json(t)["accepted"], 0)
			n++
			good := message(strconv.Itoa(1709222500000+n), "1")
			batch := c.send("[" + good + "," + k.message + "]")
			require.Equal(t, http.StatusAccepted, batch.status, "%s", batch.body)
			var receipt commands.Receipt
			require.NoError(t, json.Unmarshal(batch.body, &receipt))
			require.Equal(t, 1, receipt.Accepted)
			require.Len(t, receipt.Rejected, 1)
			require.Equal(t, 1, receipt.Rejected[0].Index)
			require.Contains(t, receipt.Rejected[0].Reason, k.says)
			require.Equal(t, k.quarantined, receipt.Rejected[0].Quarantined)
		})
	}
	t.Run("the clock's own minute", func(t *testing.T) {
		require.Equal(t, http.StatusAccepted, c.in(t).send(message(ahead(4*time.Minute), "1")).status)
	})
	t.Run("a value that is no sample beside one that is", func(t *testing.T) {
		c := c.in(t)
		require.Equal(t, http.StatusCreated, c.provision(document("two-keys",
			`{"key": "grid_kw", "semantic": "grid.active_power"}, {"key": "soc", "semantic": "battery.soc"}`)).status)
		a := c.send(`{"deviceName": "two-keys-meter", "ts": 1709222400000, "values": {"grid_kw": 1, "soc": "full"}}`)
		require.Equal(t, http.StatusAccepted, a.status)
		require.JSONEq(t, `{"accepted": 1, "duplicates": 0, "rejected": [], "unusable": [{"index": 0, "key": "soc"}]}`, string(a.body))
	})
}

func testWebhookLarge(t *testing.T, c *child) {
	t.Run("10 MiB", func(t *testing.T) {
		c.in(t).send(strings.Repeat(" ", 10<<20)).refused(t, http.StatusRequestEntityTooLarge, nil)
	})
	t.Run("10 MiB of unknown length", func(t *testing.T) {
		body := struct{ *strings.Reader }{strings.NewReader(strings.Repeat(" ", 10<<20))}
		r, err := http.NewRequest(http.MethodPost, c.url()+ingestPath, body)
		require.NoError(t, err)
		r.ContentLength = -1
		got, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		_ = got.Body.Close()
		require.Equal(t, http.StatusRequestEntityTooLarge, got.StatusCode)
	})
	t.Run("more messages than one request may hold", func(t *testing.T) {
		a := c.in(t).send("[" + strings.Repeat("{},", 10_000) + "{}]")
		a.refused(t, http.StatusRequestEntityTooLarge, nil)
		require.Contains(t, string(a.body), "more messages")
	})
	t.Run("as many as one request may hold", func(t *testing.T) {
		a := c.in(t).send("[" + strings.Repeat("{},", 9_999) + "{}]")
		a.refused(t, http.StatusBadRequest, map[string]string{"body[9999]": "no ts"})
	})
	t.Run("a station's document of 2 MiB", func(t *testing.T) {
		c.in(t).provision(strings.Repeat(" ", 2<<20)).refused(t, http.StatusRequestEntityTooLarge, nil)
	})
}

func testWebhookDuplicates(t *testing.T, c *child) {
	c.mustProvision("duplicates")
	first := `{"deviceName": "duplicates-meter", "ts": 1709222400000, "values": {"grid_kw": 1.50, "b": "ü"}}`
	again := `{"values": {"b": "\u00fc", "grid_kw": 1.50}, "ts": "1709222400000", "deviceName": "duplicates-meter"}`
	other := `{"deviceName": "duplicates-meter", "ts": 1709222400000, "values": {"grid_kw": 1.5, "b": "ü"}}`
	receipt := func(body, want string) {
		t.Helper()
		a := c.send(body)
		require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
		require.JSONEq(t, want, string(a.body))
	}
	receipt(first, `{"accepted": 1, "duplicates": 0, "rejected": []}`)
	receipt(again, `{"accepted": 0, "duplicates": 1, "rejected": []}`)
	receipt("["+other+","+first+","+other+"]", `{"accepted": 1, "duplicates": 2, "rejected": []}`)
	c.eventually("/api/v1/telemetry?station_id=duplicates&from=2024-01-01T00:00:00Z&to=2025-01-01T00:00:00Z", func(a answer) bool {
		return len(a.items(t)) == 2
	})
}

func testQuarantine(t *testing.T, c *child) {
	c.mustProvision("before")
	unknown := `{"deviceName": "later-meter", "ts": 1709222400000, "values": {"grid_kw": 4.25}}`
	c.send(unknown).refused(t, http.StatusBadRequest, map[string]string{"body[0]": "not known"})
	batch := c.send(`[{"deviceName": "before-meter", "ts": 1709222400000, "values": {"grid_kw": 1}}, ` + unknown + `]`)
	require.Equal(t, http.StatusAccepted, batch.status)
	require.JSONEq(t, `{"accepted": 1, "duplicates": 0, "rejected": [{"index": 1, "reason": "device \"later-meter\" is not known", "quarantined": true}]}`, string(batch.body))

	held := func(n int) {
		t.Helper()
		require.Eventually(t, func() bool {
			a := c.call(http.MethodGet, "/api/v1/quarantine?device_name=later-meter", "", c.as(commands.Operator))
			return len(a.items(t)) == n
		}, 10*time.Second, 50*time.Millisecond)
	}
	held(1) // sent twice, kept once
	c.send("["+unknown+`, {"deviceName": "later-meter", "ts": 1709222401000, "values": {"grid_kw": 4.5}}]`).refused(t, http.StatusBadRequest, nil)
	held(2) // one kept before beside one that isn't
	replay := func(want string) {
		t.Helper()
		a := c.call(http.MethodPost, "/api/v1/quarantine/replay", `{"deviceName": "later-meter"}`, c.as(commands.Operator))
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		require.JSONEq(t, want, string(a.body))
	}
	replay(`{"released": 0, "kept": 2}`)
	c.mustProvision("later")
	replay(`{"released": 2, "kept": 0}`)
	held(0)
	a := c.eventually("/api/v1/telemetry/latest?station_id=later", func(a answer) bool { return strings.Contains(string(a.body), "4.5") })
	value, ok := a.items(t)[0].(map[string]any)
	require.True(t, ok)
	require.Equal(t, "grid_kw", value["key"])
	require.InDelta(t, 4.5, value["value"], 0)
	require.Equal(t, "2024-02-29T16:00:01Z", value["ts"])
}

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
		{http.MethodPost, "/analytics/window-close", closing, []commands.Role{commands.Admin, commands.Operator}},
		{http.MethodGet, "/api/v1/quarantine", "", []commands.Role{commands.Admin, commands.Operator}},
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
		{stats + "&from=2024-03-02T00:00:00Z&to=2024-03-01T00:00:00Z", "query.to", "after from"},
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
		{settlements + "&from=2024-03-02&to=2024-03-01", "query.to", "before"},
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
		{csvExport + "&from=2024-03-02&to=2024-03-01", "query.to", "before"},
		{"/api/v1/exports/settlements.csv?" + dates, "query.station_id", "required"},
		{csvExport + dates + "&bom=perhaps", "query.bom", "true or false"},
	} {
		t.Run(k.path, func(t *testing.T) {
			a := c.in(t).get(k.path)
			require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, a.status, "%s", a.body)
			a.refused(t, a.status, map[string]string{k.place: k.says})
		})
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
		c.in(t).call(http.MethodDelete, ingestPath, "", nil).refused(t, http.StatusMethodNotAllowed, nil)
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

func testOperations(t *testing.T, c *child) {
	t.Run("healthz", func(t *testing.T) {
		a := c.in(t).call(http.MethodGet, "/healthz", "", nil)
		require.Equal(t, http.StatusOK, a.status)
		require.JSONEq(t, `{"status": "ok"}`, string(a.body))
	})
	t.Run("readyz", func(t *testing.T) {
		a := c.in(t).call(http.MethodGet, "/readyz", "", nil)
		require.Equal(t, http.StatusOK, a.status)
		var r struct {
			Ready       bool
			Parts       []struct{ Name string }
			Projections []struct{ Projection string }
		}
		require.NoError(t, json.Unmarshal(a.body, &r))
		require.True(t, r.Ready)
		var parts, runners []string
		for _, p := range r.Parts {
			parts = append(parts, p.Name)
		}
		for _, p := range r.Projections {
			runners = append(runners, p.Projection)
		}
		require.Subset(t, parts, []string{"eventstore", "database", "directory"})
		require.Subset(t, runners, []string{"stations", "telemetry", "quarantine", "statistics", "settlements"})
	})
	t.Run("metrics", func(t *testing.T) {
		c := c.in(t)
		c.settled("metrics", 1)
		a := c.call(http.MethodGet, "/metrics", "", nil)
		require.Equal(t, http.StatusOK, a.status)
		text := "\n" + string(a.body)
		for _, name := range []string{
			`microgrid_ingest_messages_total{outcome="accepted",tenant="tenant-demo"} `, `microgrid_ingest_seconds_count{outcome="accepted"} `,
			`microgrid_eventstore_call_seconds_count{ok="true",operation="append"} `, `microgrid_projection_lag_seconds{projection="telemetry"} `,
			`microgrid_projection_events_total{projection="telemetry"} `, `microgrid_projection_batch_seconds_count{projection="telemetry"} `,
			"microgrid_close_seconds_count ", "microgrid_settle_seconds_count ", "microgrid_windows_calculated_total ", "microgrid_build_info{",
		} {
			require.Contains(t, text, "\n"+name)
			require.NotContains(t, text, "\n"+name+"0\n")
		}
		require.NotContains(t, text, "tenant-none", "names that anyone makes up make no series")
	})
	t.Run("the id of a request comes back", func(t *testing.T) {
		c := c.in(t)
		for _, path := range []string{"/healthz", "/api/v1/stations", "/api/v1/nothing"} {
			require.Equal(t, "abc-123", c.call(http.MethodGet, path, "", map[string]string{"X-Request-Id": "abc-123"}).header.Get("X-Request-Id"))
		}
		made := c.call(http.MethodGet, "/healthz", "", nil).header.Get("X-Request-Id")
		require.Len(t, made, 36)
		forged := c.call(http.MethodGet, "/healthz", "", map[string]string{"X-Request-Id": `a" level=error`}).header.Get("X-Request-Id")
		require.Len(t, forged, 36)
	})
}

func testOpenAPI(t *testing.T, c *child) {
	a := c.call(http.MethodGet, "/openapi.json", "", nil)
	require.Equal(t, http.StatusOK, a.status)
	doc := a.json(t)
	version, _ := doc["openapi"].(string)
	require.True(t, strings.HasPrefix(version, "3.1."), version)
	paths, _ := doc["paths"].(map[string]any)
	for _, p := range []string{
		ingestPath, "/analytics/window-close", "/api/v1/stats", "/api/v1/telemetry", "/api/v1/telemetry/latest", "/api/v1/telemetry/stream", "/api/v1/settlements",
		"/api/v1/overview", "/api/v1/fleet", "/api/v1/tariffs", "/api/v1/tariffs/{id}", "/api/v1/prices",
		"/api/v1/exports/settlements.csv", "/api/v1/provisioning/stations", "/api/v1/stations", "/api/v1/stations/{id}", "/api/v1/devices",
		"/api/v1/points", "/api/v1/quarantine", "/api/v1/quarantine/replay", "/api/v1/dead-letters", "/api/v1/dead-letters/replay",
		"/api/v1/projections", "/api/v1/me", "/api/v1/sign-in", "/healthz", "/readyz", "/metrics",
	} {
		require.Contains(t, paths, p)
	}
	ids := map[string]bool{}
	for path, item := range paths {
		operations, _ := item.(map[string]any)
		for method, o := range operations {
			operation, _ := o.(map[string]any)
			where := method + " " + path
			id, _ := operation["operationId"].(string)
			require.NotEmpty(t, id, where)
			require.False(t, ids[id], "the id %s is that of two operations", id)
			ids[id] = true
			require.NotEmpty(t, operation["summary"], where)
			require.NotEmpty(t, operation["responses"], where)
			for name := range strings.SplitSeq(path, "/") {
				if !strings.HasPrefix(name, "{") {
					continue
				}
				require.Contains(t, fmt.Sprint(operation["parameters"]), "name:"+strings.Trim(name, "{}"), where)
			}
		}
	}
	requireReferences(t, doc, doc)
	t.Run("the example of a station is accepted", func(t *testing.T) {
		example := dig(doc, "paths", "/api/v1/provisioning/stations", "post", "requestBody", "content", "application/json", "example")
		require.NotNil(t, example)
		raw, err := json.Marshal(example)
		require.NoError(t, err)
		got := c.in(t).provision(string(raw))
		require.Equal(t, http.StatusCreated, got.status, "%s", got.body)
	})
	t.Run("the example of telemetry is accepted", func(t *testing.T) {
		raw, err := json.Marshal(dig(doc, "paths", ingestPath, "post", "requestBody", "content", "application/json", "example"))
		require.NoError(t, err)
		got := c.in(t).send(string(raw))
		require.Equal(t, http.StatusAccepted, got.status, "%s", got.body)
	})
	t.Run("the examples of parameters are accepted", func(t *testing.T) {
		for _, path := range []string{"/api/v1/stats", "/api/v1/settlements", "/api/v1/prices"} {
			q := url.Values{}
			parameters, _ := dig(doc, "paths", path, "get", "parameters").([]any)
			for _, p := range parameters {
				m, _ := p.(map[string]any)
				example := m["example"]
				if example == nil {
					example = dig(m, "schema", "examples")
					if list, ok := example.([]any); ok && len(list) > 0 {
						example = list[0]
					}
				}
				if m["required"] == true {
					require.NotNil(t, example, "%s %v", path, m["name"])
				}
				if example != nil {
					q.Set(fmt.Sprint(m["name"]), fmt.Sprint(example))
				}
			}
			got := c.in(t).get(path + "?" + q.Encode())
			require.Equal(t, http.StatusOK, got.status, "%s", got.body)
		}
	})
}

func dig(v any, path ...string) any {
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

// requireReferences follows every $ref of a document.
func requireReferences(t *testing.T, doc, at any) {
	t.Helper()
	switch x := at.(type) {
	case map[string]any:
		if ref, ok := x["$ref"].(string); ok {
			require.NotNil(t, dig(doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...), ref)
		}
		for _, v := range x {
			requireReferences(t, doc, v)
		}
	case []any:
		for _, v := range x {
			requireReferences(t, doc, v)
		}
	}
}
