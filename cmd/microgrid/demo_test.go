package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startDemo starts the demo and gives what it has printed once its stations live.
func startDemo(t *testing.T, c *child) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	c.cmd = exec.Command(self, "demo", "--data-dir", filepath.Join(c.dir, "data"), "--listen", c.address)
	c.cmd.Env = append(os.Environ(), childVariable+"=1")
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.cmd.Start())
	c.exited = make(chan struct{})
	lines := make(chan string, 100)
	go func(cmd *exec.Cmd, exited chan struct{}) {
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
		_ = cmd.Wait()
		close(exited)
	}(c.cmd, c.exited)
	var printed strings.Builder
	patience := time.After(2 * time.Minute)
	for {
		select {
		case line := <-lines:
			printed.WriteString(line + "\n")
			if strings.Contains(line, "/api/v1/overview") {
				return printed.String()
			}
		case <-c.exited:
			require.FailNow(t, "the demo didn't start", printed.String())
		case <-patience:
			require.FailNow(t, "the demo makes no history", printed.String())
		}
	}
}

// What the demo prints works, and its weeks hold what is promised: a dark day, a new meter, a silence, a late batch.
func TestDemo(t *testing.T) {
	c := newUnstarted(t)
	began := time.Now()
	printed := startDemo(t, c)
	t.Logf("ready after %.1f s", time.Since(began).Seconds())
	require.Contains(t, printed, "Making 28 days of history of two stations")
	require.Less(t, strings.Count(printed, "\n"), 15)
	code := regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(c.url()) + `/sign-in#code=(\S+)$`).FindStringSubmatch(printed)
	require.NotNil(t, code, printed)
	require.Equal(t, http.StatusOK, c.signIn(code[1]).status)
	bearer := regexp.MustCompile(`export TOKEN=(\S+)`).FindStringSubmatch(printed)
	require.NotNil(t, bearer, printed)
	with := map[string]string{"Authorization": "Bearer " + bearer[1]}
	requests := regexp.MustCompile(`'`+regexp.QuoteMeta(c.url())+`(\S+)'`).FindAllStringSubmatch(printed, -1)
	require.Len(t, requests, 3)

	c.caughtUp()
	for _, r := range requests {
		require.Equal(t, http.StatusOK, c.call(http.MethodGet, r[1], "", with).status, r[1])
	}
	week := c.call(http.MethodGet, requests[0][1]+"&version=all", "", with).items(t)
	versions := map[any]int{}
	for _, s := range week {
		m, _ := s.(map[string]any)
		versions[m["date"]]++
	}
	require.Len(t, versions, 7, "a week of settled days")
	require.Equal(t, 8, len(week), "one of them twice: what came late was settled anew")
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	local := time.Now().In(shanghai)
	from := time.Date(local.Year(), local.Month(), local.Day()-28, 0, 0, 0, 0, shanghai).UTC()
	days := c.call(http.MethodGet, "/api/v1/stats?station_id=station-demo-001&granularity=day&from="+from.Format(time.RFC3339)+"&to="+time.Now().UTC().Format(time.RFC3339), "", with).items(t)
	require.GreaterOrEqual(t, len(days), 27, "the last may have ended a moment ago")
	flags, gap := "", 0
	for _, d := range days {
		m, _ := d.(map[string]any)
		flags += fmt.Sprint(m["flags"])
		if m["completeness"].(float64) < 0.99 {
			gap++
		}
	}
	require.Contains(t, flags, "reset")
	require.Equal(t, 1, gap, "a day with a gap")
	both := c.call(http.MethodGet, "/api/v1/fleet", "", with).items(t)
	require.Len(t, both, 2)
	require.Equal(t, "EUR", both[1].(map[string]any)["currency"])

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	heard := map[string]bool{}
	require.NoError(t, c.stream(ctx, "", "", bearer[1], func(e streamed) bool {
		if e.name != "" {
			var d struct{ StationID string }
			require.NoError(t, json.Unmarshal([]byte(e.data), &d))
			heard[d.StationID] = true
		}
		return len(heard) < 2
	}), "both stations live")

	t.Run("a port that is taken is told before anything is started", func(t *testing.T) {
		elsewhere := *c.in(t)
		elsewhere.dir = t.TempDir()
		text, err := elsewhere.run("serve", "--listen", c.address)
		require.Error(t, err)
		require.Contains(t, text, "address already in use")
		require.NoFileExists(t, filepath.Join(elsewhere.dir, "data"))
	})
	t.Run("a folder that is taken is told with whose it is", func(t *testing.T) {
		text, err := c.in(t).run("serve", "--listen", "127.0.0.1:0")
		require.Error(t, err)
		require.Contains(t, text, "another process has it open")
		require.Contains(t, text, fmt.Sprintf("(process %d, at %s)", c.cmd.Process.Pid, c.url()))
	})

	c.stop()
	printed = startDemo(t, c)
	require.Contains(t, printed, "Filling in what the stations measured since "+time.Now().Format("2006-01-02 "), printed)
	require.NotContains(t, printed, "Making")
}
