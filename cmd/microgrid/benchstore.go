package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver/storebench"
)

// benchStore measures the embedded event store against what bounds it: raw Pebble, a server that does nothing, and
// answers made beforehand.
func benchStore(ctx context.Context, out io.Writer, o benchOptions) error {
	_, err := storebench.Run(ctx, storebench.Config{Out: out, Open: o.openEvents, Child: benchStoreChild})
	return err
}

// benchStoreChild runs the event store alone in another process, to be killed and to have its memory told apart.
func benchStoreChild(dir, addr string) (stop func(kill bool) error, pid int, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, 0, err
	}
	// The command's store is in the folder events of its data folder, as the bench's own is.
	cmd := exec.Command(self, "eventstore", "--data-dir", filepath.Dir(dir), "--listen", addr)
	cmd.Stderr = os.Stderr
	endWithUs(cmd)
	if err := cmd.Start(); err != nil {
		return nil, 0, err
	}
	return func(kill bool) error {
		signal := syscall.SIGTERM
		if kill {
			signal = syscall.SIGKILL
		}
		if err := cmd.Process.Signal(signal); err != nil {
			return err
		}
		if err := cmd.Wait(); err != nil && !kill {
			return err
		}
		return nil
	}, cmd.Process.Pid, nil
}
