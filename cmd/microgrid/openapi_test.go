package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

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
