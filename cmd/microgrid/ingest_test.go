package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

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
	t.Run("a message that no append could hold, among others", func(t *testing.T) {
		c := c.in(t)
		c.mustProvision("large")
		for _, device := range []string{"large-meter", "unknown-large"} {
			long := strings.Repeat("x", 1<<20)
			a := c.send(fmt.Sprintf(`[{"deviceName": "large-meter", "ts": 1709222400000, "values": {"grid_kw": 1}},
				{"deviceName": %q, "ts": 1709222400000, "values": {"grid_kw": 1, "note": %q}}]`, device, long))
			require.Equal(t, http.StatusAccepted, a.status, "%.300s", a.body)
			require.Contains(t, string(a.body), "more than 262144")
			require.Contains(t, string(a.body), `"quarantined":false`)
		}
	})
	t.Run("a document that no append could hold", func(t *testing.T) {
		var devices []string
		for i := range 6000 {
			devices = append(devices, fmt.Sprintf(`{"deviceId":"d%d","kind":"sensor","thingsboard":{"deviceName":"many-%d"},"points":[{"key":"k","semantic":"user.k"}]}`, i, i))
		}
		a := c.in(t).provision(`{"stationId":"many","name":"many","timezone":"UTC","currency":"EUR","devices":[` + strings.Join(devices, ",") + `]}`)
		a.refused(t, http.StatusUnprocessableEntity, nil)
		require.Contains(t, string(a.body), "at once")
	})
	t.Run("a document in which more is wrong than anybody reads", func(t *testing.T) {
		a := c.in(t).provision(`{"devices":[` + strings.Repeat("0,", 20_000) + `0]}`)
		require.Equal(t, http.StatusBadRequest, a.status)
		require.Less(t, len(a.body), 100_000)
		require.Contains(t, string(a.body), " more")
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
	device := func() map[string]any {
		for _, item := range c.call(http.MethodGet, "/api/v1/quarantine/devices", "", c.as(commands.Operator)).items(t) {
			if d, ok := item.(map[string]any); ok && d["deviceName"] == "later-meter" {
				return d
			}
		}
		return nil
	}
	require.Subset(t, device(), map[string]any{
		"reason": "unknown_device", "messages": 2.0, "firstTs": "2024-02-29T16:00:00Z", "lastTs": "2024-02-29T16:00:01Z",
		"values": map[string]any{"grid_kw": 4.5},
	})
	require.NotContains(t, device(), "stationId")
	replay := func(want string) {
		t.Helper()
		a := c.call(http.MethodPost, "/api/v1/quarantine/replay", `{"deviceName": "later-meter"}`, c.as(commands.Operator))
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		require.JSONEq(t, want, string(a.body))
	}
	replay(`{"released": 0, "kept": 2}`)
	c.mustProvision("later")
	require.Equal(t, "later", device()["stationId"])
	replay(`{"released": 2, "kept": 0}`)
	held(0)
	require.Nil(t, device())
	a := c.eventually("/api/v1/telemetry/latest?station_id=later", func(a answer) bool { return strings.Contains(string(a.body), "4.5") })
	value, ok := a.items(t)[0].(map[string]any)
	require.True(t, ok)
	require.Equal(t, "grid_kw", value["key"])
	require.InDelta(t, 4.5, value["value"], 0)
	require.Equal(t, "2024-02-29T16:00:01Z", value["ts"])
}
