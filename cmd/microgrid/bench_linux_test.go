package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestThePlatformOfABenchEndsWithIt(t *testing.T) {
	if testing.Short() {
		t.Skip("starts whole platforms")
	}
	dir, err := os.MkdirTemp("", "microgrid-e2e-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o711)) // PostgreSQL runs as another user when we are root
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "bench", "--only", "throughput")
	cmd.Env = append(os.Environ(), childVariable+"=1", "TMPDIR="+dir)
	require.NoError(t, cmd.Start())
	var platform running
	started := awaits(func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "microgrid-bench-*", "data", "running.json"))
		if len(found) == 0 {
			return false
		}
		raw, err := os.ReadFile(found[0])
		return err == nil && json.Unmarshal(raw, &platform) == nil &&
			strings.Contains(metricsAt(platform.Address), `microgrid_ingest_messages_total{outcome="accepted"`)
	})
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	require.True(t, started, "the bench loads a platform")

	ended := awaits(func() bool { return metricsAt(platform.Address) == "" })
	if !ended {
		_ = syscall.Kill(platform.PID, syscall.SIGTERM)
	}
	require.True(t, ended, "process %d lives on", platform.PID)
}

// metricsAt is empty where nothing answers.
func metricsAt(url string) string {
	r, err := http.Get(url + "/metrics")
	if err != nil {
		return ""
	}
	defer func() { _ = r.Body.Close() }()
	text, _ := io.ReadAll(r.Body)
	return string(text)
}

// awaits says whether something comes true within 20 seconds.
func awaits(holds func() bool) bool {
	for range 400 {
		if holds() {
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}
