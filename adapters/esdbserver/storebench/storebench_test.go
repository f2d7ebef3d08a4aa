package storebench_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver/storebench"
)

const envDir, envAddr = "STOREBENCH_CHILD_DIR", "STOREBENCH_CHILD_LISTEN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(envDir); dir != "" {
		if _, err := esdbserver.New(esdbserver.Options{DataDir: dir, Listen: os.Getenv(envAddr)}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		select {}
	}
	os.Exit(m.Run())
}

// child runs this test binary as the server.
func child(dir, addr string) (stop func(bool) error, pid int, err error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envDir+"="+dir, envAddr+"="+addr)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, 0, err
	}
	stop = func(bool) error {
		err := cmd.Process.Kill()
		_ = cmd.Wait()
		return err
	}
	for range 1000 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			return stop, cmd.Process.Pid, conn.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, 0, fmt.Errorf("the server on %s didn't come up: %w", addr, stop(true))
}

// TestRun keeps the measurements running. STOREBENCH_FULL=1 measures in full;
// STOREBENCH_OPEN sets how many events opening is measured with.
func TestRun(t *testing.T) {
	c := storebench.Config{Dir: t.TempDir(), Each: 50 * time.Millisecond, Writers: []int{1, 8}, CatchUp: 5000, Open: 5000, Child: child, Out: t.Output()}
	if os.Getenv("STOREBENCH_FULL") != "" {
		c = storebench.Config{Dir: t.TempDir(), Open: 10_000_000, Child: child, Out: t.Output()}
		if n, err := strconv.Atoi(os.Getenv("STOREBENCH_OPEN")); err == nil {
			c.Open = n
		}
	}
	figures, err := storebench.Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		if f.Value <= 0 {
			t.Errorf("%s is %v", f.Name, f.Value)
		}
	}
}
