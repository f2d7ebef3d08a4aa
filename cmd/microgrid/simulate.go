package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/simulate"
)

func newSimulateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Send telemetry to a platform as ThingsBoard would",
	}
	cmd.AddCommand(newReplayCommand())
	return cmd
}

type replayFlags struct {
	file, timeColumn, station string
	maps                      []string
	speed                     float64
	duplicates, delayed       string
	disorder, delay           time.Duration
	connectionPerMessage      bool
	batch, concurrency        int
	seed                      uint64
	platform                  platformFlags
}

func newReplayCommand() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay --csv FILE",
		Short: "Play a recording through the webhook",
		Long: `Play a recording through the webhook, with the faults that networks have.

The recording is a CSV with a header. One column holds the time (RFC 3339, or epoch milliseconds): the first, or
the one that --time names. Every other column whose name has the form device/key holds that key's values, and
--map COLUMN=DEVICE/KEY names a column's device and key otherwise (--map COLUMN= leaves it out). A row becomes
one message to each device that has a value in it; an empty cell is no value. Numbers go out as they are written.

The devices must be known to the platform: provision the station first.`,
		Example: `  microgrid simulate replay --csv day.csv --speed 60
  microgrid simulate replay --csv docs/measured-year/telemetry.csv --map grid_kw=m-grid/grid_kw --map pv_kw=m-pv/pv_kw \
    --station house-1 --duplicates 5% --disorder 24h --seed 7`,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.file, "csv", "", "the recording; - is standard input")
	flags.StringVar(&f.timeColumn, "time", "", "the column that holds the time (the first)")
	flags.StringArrayVar(&f.maps, "map", nil, "COLUMN=DEVICE/KEY, may be repeated")
	flags.StringVar(&f.station, "station", "", "put this and a hyphen before every device's name: one recording for several stations")
	flags.Float64Var(&f.speed, "speed", 0, "speed-up: 1 is real time, 60 a minute a second, 0 as fast as possible")
	flags.StringVar(&f.duplicates, "duplicates", "0%", "the part of messages that come twice")
	flags.DurationVar(&f.disorder, "disorder", 0, "shuffle within windows of this length, such as 24h")
	flags.DurationVar(&f.delay, "delay", 0, "how late the delayed messages come")
	flags.StringVar(&f.delayed, "delayed", "5%", "the part of messages that --delay makes late")
	flags.BoolVar(&f.connectionPerMessage, "connection-per-message", false, "a request and a connection for each message, as ThingsBoard's node does")
	flags.IntVar(&f.batch, "batch", 400, "messages a request (1 with --connection-per-message)")
	flags.IntVar(&f.concurrency, "concurrency", 0, "requests at once; each device keeps its order (1, or 8 with --connection-per-message)")
	flags.Uint64Var(&f.seed, "seed", 1, "the same seed makes the same faults")
	_ = cmd.MarkFlagRequired("csv")
	f.platform.addIngest(flags)
	return cmd
}

func (f replayFlags) run(cmd *cobra.Command) error {
	options := simulate.ReplayOptions{
		Faults: simulate.Faults{Disorder: f.disorder, Delay: f.delay, Seed: f.seed},
		Speed:  f.speed, Batch: f.batch, Concurrency: f.concurrency,
	}
	var err error
	if options.Faults.Duplicates, err = parsePart(f.duplicates); err != nil {
		return fmt.Errorf("--duplicates: %w", err)
	}
	if options.Faults.Delayed, err = parsePart(f.delayed); err != nil {
		return fmt.Errorf("--delayed: %w", err)
	}
	switch {
	case f.delay < 0 || f.disorder < 0 || f.speed < 0 || f.batch < 1 || f.concurrency < 0:
		return errors.New("--delay, --disorder, --speed and --concurrency can't be negative, --batch must be at least 1")
	case f.delay == 0:
		options.Faults.Delayed = 0
	}
	if f.connectionPerMessage {
		options.Batch = 1
		if options.Concurrency == 0 {
			options.Concurrency = 8
		}
	}
	columns := simulate.Columns{Time: f.timeColumn, Map: map[string]string{}}
	if f.station != "" {
		columns.DevicePrefix = f.station + "-"
	}
	for _, m := range f.maps {
		column, to, ok := strings.Cut(m, "=")
		if !ok {
			return fmt.Errorf("--map %q isn't COLUMN=DEVICE/KEY", m)
		}
		columns.Map[column] = to
	}
	rec, err := readRecording(cmd.InOrStdin(), f.file, columns)
	if err != nil {
		return fmt.Errorf("%s: %w", f.file, err)
	}
	out := cmd.OutOrStdout()
	if len(rec.LeftOut) > 0 {
		_, _ = fmt.Fprintf(out, "left out, as no device is named for them: %s\n", strings.Join(rec.LeftOut, ", "))
	}
	client := f.platform.client(f.connectionPerMessage)
	s, err := client.Replay(cmd.Context(), rec.Messages, options)
	_, _ = fmt.Fprintf(out, "sent %d, accepted %d, duplicates %d, rejected %d in %.1f s, %.0f messages/s\n",
		s.Sent, s.Accepted, s.Duplicates, s.Rejected, s.Took.Seconds(), s.Rate())
	for _, reason := range s.Reasons {
		_, _ = fmt.Fprintln(out, "rejected:", reason)
	}
	return err
}

func readRecording(stdin io.Reader, file string, columns simulate.Columns) (simulate.Recording, error) {
	if file == "-" {
		return simulate.ReadRecording(stdin, columns)
	}
	r, err := os.Open(file) //nolint:gosec // the user names the file
	if err != nil {
		return simulate.Recording{}, err
	}
	defer func() { _ = r.Close() }()
	return simulate.ReadRecording(r, columns)
}

// parsePart reads 5% or 0.05.
func parsePart(s string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= 1) {
		return 0, fmt.Errorf("%q is no part such as 5%% or 0.05", s)
	}
	return v, nil
}
