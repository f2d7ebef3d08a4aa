package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

var (
	han     = regexp.MustCompile(`\p{Han}`)
	quoted  = regexp.MustCompile(`"[^"]*"|\[[^]]*]`)
	phrases = regexp.MustCompile(`[a-z]+ [a-z]+`) // names, units and values stand alone
)

// inChinese makes a request in both languages, and checks that the answers differ in their words alone.
func (c *child) inChinese(method, path, body string, header map[string]string) (says string) {
	t := c.t
	t.Helper()
	var answers [2]struct {
		Status int
		Detail string
		Errors []struct{ Location, Message string }
	}
	for i, language := range []string{"en", "zh-CN"} {
		h := maps.Clone(header)
		if h == nil {
			h = map[string]string{}
		}
		if language != "en" { // it is the default
			h["Accept-Language"] = "zh-CN,zh;q=0.9,en;q=0.8"
		}
		a := c.call(method, path, body, h)
		require.Equal(t, "application/problem+json", a.header.Get("Content-Type"), "%s", a.body)
		require.Equal(t, language, a.header.Get("Content-Language"), "%s", a.body)
		require.Contains(t, a.header.Values("Vary"), "Accept-Language")
		require.NoError(t, json.Unmarshal(a.body, &answers[i]), "%s", a.body)
		require.Equal(t, a.status, answers[i].Status)
	}
	en, zh := answers[0], answers[1]
	require.Equal(t, en.Status, zh.Status)
	require.Len(t, zh.Errors, len(en.Errors))
	sentences := []string{zh.Detail}
	for i, e := range zh.Errors {
		require.Equal(t, en.Errors[i].Location, e.Location)
		sentences = append(sentences, e.Message)
	}
	for _, s := range sentences {
		require.Regexp(t, han, s)
		require.NotRegexp(t, phrases, quoted.ReplaceAllString(s, ""))
		require.NotContains(t, s, "%!", "a format and its arguments")
	}
	require.NotRegexp(t, han, en.Detail)
	return strings.Join(sentences, "\n")
}

func testLanguages(t *testing.T, c *child) {
	t.Run("a language is chosen", func(t *testing.T) {
		for accepted, chosen := range map[string]string{
			"": "en", "en": "en", "fr": "en", "*": "en", "en-GB, zh;q=0.9": "en", "zh;q=0, en": "en", "zh;q=x": "en", "\xff": "en", "zh" + strings.Repeat(",zh", 1000): "en",
			"zh-CN": "zh-CN", "zh": "zh-CN", "zh-Hans": "zh-CN", "zh-Hans-SG": "zh-CN", "ZH-cn": "zh-CN", "fr, zh;q=0.9, en;q=0.8": "zh-CN", "zh-TW": "zh-CN",
		} {
			a := c.in(t).call(http.MethodGet, "/api/v1/nothing", "", map[string]string{"Accept-Language": accepted})
			require.Equal(t, chosen, a.header.Get("Content-Language"), accepted)
		}
	})
	t.Run("documents that are refused", func(t *testing.T) {
		files, err := filepath.Glob("../../docs/cases/refused/*.json")
		require.NoError(t, err)
		require.Greater(t, len(files), 20)
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) {
				document, err := os.ReadFile(file)
				require.NoError(t, err)
				t.Log(c.in(t).inChinese(http.MethodPost, "/api/v1/provisioning/stations", string(document), c.as(commands.Admin)))
			})
		}
	})
	t.Run("a document in which much is wrong", func(t *testing.T) {
		told := c.in(t).inChinese(http.MethodPost, "/api/v1/provisioning/stations", `{"stationId": "no spaces", "name": 7, "timezone": "Mars/Olympus",
			"currency": "XXY", "ratings": {"gridKw": -1, "pvKw": "1e99"}, "colour": "red", "devices": [{"deviceId": "d", "deviceId": "e", "kind": "toaster",
			"thingsboard": {"deviceName": ""}, "points": [{"key": "k", "semantic": "grid.import_energy", "unit": "kW", "sign": 2, "maxGap": "soon",
			"validFrom": "now", "validMin": 2, "validMax": 1}, 7]}], "tariff": {"tariffId": null, "validFrom": "2020-02-30", "taxRate": 13, "import": {"kind": "tou",
			"periods": [{"name": "a", "price": [], "rules": [{"times": ["8:00-9:00", "24:00-06:00", "23:00-25:00"], "months": [0], "weekdays": []}]}]}}}`,
			c.as(commands.Admin))
		require.Contains(t, told, "IANA 时区")
		t.Log(told)
	})
	t.Run("documents that are no JSON", func(t *testing.T) {
		for document, says := range map[string]string{
			`{"a" 1}`: "冒号", `{a: 1}`: "此处", `{"a": 1, b}`: "双引号", `{"a": x}`: "应为一个值", `{"a": 1 "b": 2}`: "逗号", `[1 2]`: "逗号", `{"a": tru}`: "true", `{"a": 1.}`: "小数点",
			"{\"a\": \"b\nc\"}": "字符串", `{"a": "\x"}`: "转义", `{"a": "\u12"}`: "十六进制", `{"a": 1e}`: "指数", `{"a": -}`: "数字", `{"a"`: "不完整", `{} {}`: "结束后",
			strings.Repeat("[", 40): "嵌套", `{"a": 'b'}`: `'\''`, `{"a": nul!}`: "'l'",
		} {
			told := c.in(t).inChinese(http.MethodPost, "/api/v1/provisioning/stations/preview", document, c.as(commands.Admin))
			require.Contains(t, told, says, document)
			t.Log(told)
		}
	})
	c.mustProvision("spoken")
	admin, viewer := c.as(commands.Admin), c.as(commands.Viewer)
	future := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Hour).Format(time.RFC3339)
	for _, k := range []struct {
		method, path, body string
		header             map[string]string
		says               string
	}{
		{"GET", "/api/v1/nothing", "", admin, "接口不存在"},
		{"PUT", "/api/v1/stations", "", admin, "请求方法"},
		{"GET", "/assets/nothing.js", "", nil, "文件不存在"},
		{"GET", "/api/v1/stations", "", nil, "缺少令牌"},
		{"GET", "/api/v1/exports/settlements.csv", "", map[string]string{"Authorization": "Bearer x"}, "令牌无效"},
		{"POST", "/api/v1/sign-in", `{"code": "nothing"}`, nil, "链接已被使用"},
		{"POST", "/api/v1/sign-in", `{"code": 7, "more": 1}`, nil, "应为字符串"},
		{"POST", "/api/v1/sign-in", `{`, nil, "JSON 不完整"},
		{"POST", "/api/v1/sign-in", `{} {}`, nil, "文档结束后"},
		{"POST", "/api/v1/sign-in", `x`, map[string]string{"Content-Type": "text/plain"}, "内容类型"},
		{"POST", "/api/v1/sign-in", `{}`, nil, "缺少必填字段 code"},
		{"POST", "/api/v1/sign-in", `{"code": "` + strings.Repeat("x", 300) + `"}`, nil, "200 个字符"},
		{"POST", "/api/v1/sign-in", strings.Repeat(" ", 5000), nil, "4096 字节"},
		{"POST", "/api/v1/provisioning/stations", "", admin, "缺少请求体"},
		{"POST", "/api/v1/provisioning/stations", document("spoken", ""), viewer, "viewer"},
		{"POST", "/api/v1/provisioning/stations", strings.Replace(document("spoken", ""), "Asia/Shanghai", "UTC", 1), admin, "现为 Asia/Shanghai"},
		{"POST", "/api/v1/provisioning/stations", strings.Replace(document("spoken-2", ""), "spoken-2-meter", "spoken-meter", 1), admin, "已属于场站 spoken"},
		{"POST", "/analytics/window-close", `{"stationId": "spoken", "windowStart": "2024-03-01T00:00:01Z"}`, admin, "整点"},
		{"POST", "/analytics/window-close", `{"stationId": "spoken", "windowStart": "2024-03-01T00:00:00Z", "granularity": "DAY"}`, admin, "应为 2024-02-29T16:00:00Z"},
		{"POST", "/analytics/window-close", `{"stationId": "spoken", "windowStart": "` + future + `"}`, admin, "尚未到达"},
		{"POST", "/analytics/window-close", `{"stationId": "spoken", "windowStart": "tomorrow"}`, admin, "RFC 3339"},
		{"POST", "/analytics/window-close", `{"stationId": "spoken", "windowStart": "` + future + `", "granularity": "WEEK"}`, admin, "HOUR, DAY"},
		{"POST", "/analytics/window-close", `{"stationId": "nowhere", "windowStart": "2024-03-01T00:00:00Z"}`, admin, `"nowhere"`},
		{"POST", "/api/v1/quarantine/replay", `{}`, viewer, "admin, operator"},
		{"POST", "/api/v1/quarantine/replay", `{}`, map[string]string{"Authorization": "Bearer " + token(t, "tenant-demo", commands.Admin, "spoken")}, "隔离区属于整个租户"},
		{"POST", "/api/v1/dead-letters/replay", `{"projection": "nothing", "stream": "x-tenant-demo.y"}`, admin, "投影"},
		{"POST", "/api/v1/dead-letters/replay", `{"projection": "nothing", "stream": "x"}`, admin, `流 "x" 不存在`},
		{"POST", "/api/v1/dead-letters/replay", `[]`, admin, "应为对象"},
		{"GET", "/api/v1/stats?station_id=spoken&granularity=week&from=x&to=y", "", viewer, "quarter, hour"},
		{"GET", "/api/v1/stats?station_id=spoken&from=x&to=y", "", viewer, "2016-08-01T00:00:00Z"},
		{"GET", "/api/v1/settlements?station_id=spoken&to=2024-01-01", "", viewer, "缺少必填的查询参数"},
		{"GET", "/api/v1/stations?limit=7000", "", viewer, "1 至 1000"},
		{"GET", "/api/v1/stations?cursor=x", "", viewer, "next"},
		{"GET", "/api/v1/exports/settlements.csv?station_id=spoken&from=2024-01-02&to=2024-01-01", "", viewer, "早于 from"},
		{"GET", "/api/v1/telemetry/stream?last_event_id=x", "", viewer, "id"},
		{"GET", "/api/v1/prices?station_id=spoken&from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "", viewer, "400 天"},
		{"GET", "/api/v1/tariffs/none", "", viewer, "电价方案"},
		{"POST", ingestPath, "{}", nil, "X-Tenant-Id"},
		{"POST", ingestPath, "{}", map[string]string{"X-Tenant-Id": "tenant-demo", "X-Ingest-Token": "wrong"}, "接入令牌"},
		{"POST", ingestPath, "[" + strings.Repeat("{},", 10_000) + "{}]", map[string]string{"X-Tenant-Id": "tenant-demo", "X-Ingest-Token": "dev-ingest-token"}, "10000 条"},
		{"POST", ingestPath, "[]", map[string]string{"X-Tenant-Id": "tenant-demo", "X-Ingest-Token": "dev-ingest-token"}, "不含任何报文"},
	} {
		t.Run(k.method+" "+k.path, func(t *testing.T) {
			says := c.in(t).inChinese(k.method, k.path, k.body, k.header)
			t.Log(says)
			require.Contains(t, says, k.says)
		})
	}
}
