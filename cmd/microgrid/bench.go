package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// benchOptions say how much a benchmark does.
type benchOptions struct {
	stations, devices, points int
	messages                  int
	connections               int
	openEvents                int
	only                      string
}

func newBenchCommand() *cobra.Command {
	var o benchOptions
	c := &cobra.Command{
		Use: "bench", Short: "Measure the platform on this machine, with plain baselines in the same run", Args: cobra.NoArgs,
		Long: "Starts a platform of its own on a temporary folder, loads it through the webhook and prints what it reached beside what plain\n" +
			"PostgreSQL reaches with the same points in the same run. Load generator, platform, event store and PostgreSQL share the machine.",
		RunE: func(cmd *cobra.Command, _ []string) error { return bench(cmd.Context(), cmd.OutOrStdout(), o) },
	}
	f := c.Flags()
	f.IntVar(&o.stations, "stations", 256, "stations")
	f.IntVar(&o.devices, "devices", 1024, "devices, evenly over the stations")
	f.IntVar(&o.points, "points", 20, "points a message")
	f.IntVar(&o.messages, "messages", 100_000, "messages of the throughput runs")
	f.IntVar(&o.connections, "connections", 512, "connections that send at once")
	f.IntVar(&o.openEvents, "open-events", 10_000_000, "events with which the opening of the event store is measured; 0 leaves it out")
	f.StringVar(&o.only, "only", "", "one of: throughput, close, late, year, store")
	return c
}

// benchPlatform is a platform in a process of its own, so that its memory is its own.
type benchPlatform struct {
	cmd *exec.Cmd
	url string
	dir string
	out *strings.Builder
}

func startBenchPlatform(ctx context.Context) (*benchPlatform, error) {
	dir, err := os.MkdirTemp("", "microgrid-bench-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &benchPlatform{dir: dir, out: &strings.Builder{}}
	p.cmd = exec.CommandContext(ctx, self, "serve", "--data-dir", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0")
	p.cmd.Env = append(os.Environ(), "MICROGRID_LOG_FORMAT=json")
	if address := os.Getenv("BENCH_PPROF"); address != "" {
		p.cmd.Env = append(p.cmd.Env, "PPROF_LISTEN="+address)
	}
	endWithUs(p.cmd)
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	logs, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	address := make(chan string, 1)
	go p.readLog(logs, address)
	select {
	case a, ok := <-address:
		if !ok {
			return nil, fmt.Errorf("the platform didn't start:\n%s", p.out)
		}
		p.url = a
	case <-time.After(time.Minute):
		return nil, fmt.Errorf("the platform didn't start within a minute:\n%s", p.out)
	}
	return p, p.waitReady(ctx)
}

// readLog finds the address in the platform's log and keeps its last words.
func (p *benchPlatform) readLog(logs io.Reader, address chan<- string) {
	defer close(address)
	lines := bufio.NewScanner(logs)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Msg     string `json:"msg"`
			Level   string `json:"level"`
			Address string `json:"address"`
		}
		_ = json.Unmarshal(lines.Bytes(), &line)
		if line.Msg == "listening" {
			address <- line.Address
		}
		if line.Level != "INFO" && p.out.Len() < 1<<16 {
			fmt.Fprintln(p.out, lines.Text())
		}
	}
}

func (p *benchPlatform) waitReady(ctx context.Context) error {
	for range 300 {
		r, err := http.Get(p.url + "/readyz")
		if err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("the platform isn't ready:\n%s", p.out)
}

func (p *benchPlatform) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
	_ = os.RemoveAll(p.dir)
}

// peakRSS is the most memory the platform's process had at once, in MiB; 0 where the system doesn't tell.
func (p *benchPlatform) peakRSS() float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}

// bench makes the runs, one after the other. It holds its thread: its children end with the one that started them.
func bench(ctx context.Context, out io.Writer, o benchOptions) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	runs := []struct {
		name string
		run  func(context.Context, io.Writer, *benchPlatform, benchOptions) error
	}{
		{"throughput", benchThroughput}, {"close", benchConnectionClose}, {"late", benchLate}, {"year", benchYear},
	}
	for _, r := range runs {
		if o.only != "" && o.only != r.name {
			continue
		}
		if err := onBenchPlatform(ctx, out, o, r.run); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	if o.only == "" || o.only == "store" {
		return benchStore(ctx, out, o)
	}
	return nil
}

// onBenchPlatform gives a run a fresh platform.
func onBenchPlatform(ctx context.Context, out io.Writer, o benchOptions, run func(context.Context, io.Writer, *benchPlatform, benchOptions) error) error {
	p, err := startBenchPlatform(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	return run(ctx, out, p, o)
}
