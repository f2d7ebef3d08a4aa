package main

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

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
