package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/config"
)

// running is what a platform, or an event store alone, leaves in its data folder, so that other commands reach what it
// runs embedded.
type running struct {
	PID        int    `json:"pid"`
	Address    string `json:"address"`
	EventStore string `json:"eventstore"` // a connection string, or unix:/path
	Database   string `json:"database"`
}

func runningFile(c config.Config) string { return filepath.Join(c.DataDir, "running.json") }

// whoRuns names the platform that runs on a data folder, to be put behind an error; nothing where that isn't known.
func whoRuns(dataDir string) string {
	var r running
	raw, err := os.ReadFile(filepath.Join(dataDir, "running.json")) //nolint:gosec // in the folder that the user named
	if err != nil || json.Unmarshal(raw, &r) != nil || syscall.Kill(r.PID, 0) != nil {
		return ""
	}
	return fmt.Sprintf(" (process %d, at %s)", r.PID, r.Address)
}

// announce writes the file; forget removes it.
func announce(c config.Config, r running) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(runningFile(c), raw, 0o600)
}

func forget(c config.Config) { _ = os.Remove(runningFile(c)) }

// attach points a configuration at what a running platform has embedded; nothing changes where none runs.
func attach(c config.Config) (config.Config, error) {
	raw, err := os.ReadFile(runningFile(c))
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	var r running
	if err := json.Unmarshal(raw, &r); err != nil {
		return c, fmt.Errorf("%s: %w", runningFile(c), err)
	}
	if syscall.Kill(r.PID, 0) != nil {
		return c, nil //nolint:nilerr // left by one that was killed
	}
	if c.EventStore.URL == config.Embedded {
		c.EventStore.URL = r.EventStore
	}
	if c.Database.URL == config.Embedded && r.Database != "" {
		c.Database.URL = r.Database
	}
	return c, nil
}
