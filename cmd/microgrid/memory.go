package main

import (
	"os"
	"runtime/debug"
)

const (
	// The platform's garbage is mostly messages on their way through: letting more of it gather costs little memory and
	// saves a good part of the collector's work.
	gcPercent = 200
	// Near this the collector works harder instead of letting the heap grow. It is soft: what is really in use is bounded
	// by the configuration, not by this.
	memoryLimit = 360 << 20
)

// tuneMemory leaves alone what the environment sets itself.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
