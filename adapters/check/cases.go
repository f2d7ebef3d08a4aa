package check

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
)

// CasesOptions say how a folder of cases is checked.
type CasesOptions struct {
	// Prefix goes before the ids of stations, devices and tariffs, so that a folder can be checked again on a
	// platform that has seen it: telemetry can't be taken back.
	Prefix   string
	Parallel int           // cases at once, 4 by default
	Timeout  time.Duration // how long a case may take to come out equal, a minute by default
	Shown    int           // differences shown a case, 15 by default
	Out      io.Writer
}

// Cases checks every NN.case.json of a folder against its NN.result.json, and that every document in the folder
// refused, where there is one, is refused with the place named. It writes what differs and a closing figure, and
// tells whether all was equal. The error is of what kept it from checking.
func (p *Platform) Cases(ctx context.Context, folder string, o CasesOptions) (bool, error) {
	if o.Parallel <= 0 {
		o.Parallel = 4
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.Shown <= 0 {
		o.Shown = 15
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.case.json"))
	if err != nil {
		return false, err
	}
	documents, err := filepath.Glob(filepath.Join(folder, "refused", "*.json"))
	if err != nil {
		return false, err
	}
	if len(files)+len(documents) == 0 {
		return false, fmt.Errorf("%s holds no *.case.json and no refused/*.json", folder)
	}
	slices.SortFunc(files, natural)
	began := time.Now()
	results := make([]comparison, len(files))
	var mu sync.Mutex
	titles := readTitles(folder)
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(o.Parallel)
	for i, file := range files {
		group.Go(func() error {
			number := strings.TrimSuffix(filepath.Base(file), ".case.json")
			if err := p.checkCase(gctx, file, o, &results[i]); err != nil {
				if gctx.Err() != nil {
					return gctx.Err()
				}
				results[i].differs("%s", err)
			}
			mu.Lock()
			defer mu.Unlock()
			report(o.Out, number, titles[number], results[i].says, o.Shown)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return false, err
	}
	var total comparison
	wrong := 0
	for _, r := range results {
		total.values += r.values
		total.unequal += r.unequal
		total.says = append(total.says, r.says...)
		if len(r.says) > 0 {
			wrong++
		}
	}
	if len(files) > 0 {
		_, _ = fmt.Fprintf(o.Out, "%d of %d cases equal: %s; %.1f s\n", len(files)-wrong, len(files), &total, time.Since(began).Seconds())
	}
	accepted, err := p.refused(ctx, documents, o)
	return wrong == 0 && accepted == 0, err
}

func report(out io.Writer, number, title string, says []string, shown int) {
	if len(says) == 0 {
		return
	}
	_, _ = fmt.Fprintf(out, "case %s differs: %s\n", number, title)
	for i, s := range says {
		if i == shown {
			_, _ = fmt.Fprintf(out, "  … and %d more\n", len(says)-shown)
			break
		}
		_, _ = fmt.Fprintln(out, " ", s)
	}
}

// a case: a station with its tariff, messages in the order of their arrival, and the local days to compare.
type testCase struct {
	Station  json.RawMessage   `json:"station"`
	Messages []json.RawMessage `json:"messages"`
	From     calendar.Date     `json:"from"`
	To       calendar.Date     `json:"to"`
}

// what the rules give.
type expected struct {
	Quarters    []object `json:"quarters"`
	Days        []object `json:"days"`
	Settlements []object `json:"settlements"`
}

func (p *Platform) checkCase(ctx context.Context, file string, o CasesOptions, c *comparison) error {
	var tc testCase
	var want expected
	if err := readJSON(file, &tc); err != nil {
		return err
	}
	if err := readJSON(strings.TrimSuffix(file, ".case.json")+".result.json", &want); err != nil {
		return err
	}
	if err := tc.rename(o.Prefix); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var station struct{ StationID, Timezone string }
	if err := json.Unmarshal(tc.Station, &station); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	zone, err := calendar.LoadZone(station.Timezone)
	if err != nil {
		return err
	}
	if err := p.provision(ctx, tc.Station); err != nil {
		return err
	}
	if err := p.sendCase(ctx, station.StationID, tc.Messages); err != nil {
		return err
	}
	from, to := zone.DayStart(tc.From), zone.DayStart(tc.To+1)
	if err := p.closeWindows(ctx, station.StationID, from, to); err != nil {
		return err
	}
	deadline := time.Now().Add(o.Timeout)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		got, err := p.read(ctx, station.StationID, from, to, tc.From.String(), tc.To.String())
		if err != nil {
			return err
		}
		*c = comparison{}
		c.all(got, want, zone)
		if len(c.says) == 0 || time.Now().After(deadline) {
			return nil
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// sendCase sends the messages in their order, in batches of sizes that change, the same for the same station. That
// some can't be used is what some cases are about.
func (p *Platform) sendCase(ctx context.Context, station string, messages []json.RawMessage) error {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(station))
	r := rand.New(rand.NewPCG(hash.Sum64(), 1)) //nolint:gosec // the same each time
	sizes := []int{1, 2, 3, 7, 40, 200}
	for len(messages) > 0 {
		n := min(sizes[r.IntN(len(sizes))], len(messages))
		if _, err := p.Send(ctx, messages[:n]); err != nil {
			return err
		}
		messages = messages[n:]
	}
	return nil
}

// reading is what a platform says of some days of a station.
type reading struct {
	quarters, days map[int64]object
	settlements    map[string]object
}

func (p *Platform) read(ctx context.Context, station string, from, to int64, first, last string) (reading, error) {
	quarters, err := p.stats(ctx, station, "quarter", from, to)
	if err != nil {
		return reading{}, err
	}
	days, err := p.stats(ctx, station, "day", from, to)
	if err != nil {
		return reading{}, err
	}
	settlements, err := p.settlements(ctx, station, first, last)
	return reading{byStart(quarters), byStart(days), byDate(settlements)}, err
}

func (c *comparison) all(got reading, want expected, zone calendar.Zone) {
	for _, x := range want.Quarters {
		start := show(x["start"])
		t, _ := time.Parse(time.RFC3339, start)
		if w, ok := got.quarters[t.UnixMilli()]; ok {
			c.window(start, w, x)
		} else {
			c.differs("quarter %s is missing", start)
		}
	}
	if n := len(got.quarters); n > len(want.Quarters) {
		c.differs("there are %d quarters, want %d", n, len(want.Quarters))
	}
	for _, x := range want.Days {
		name := show(x["date"])
		date, _ := calendar.ParseDate(name)
		if w, ok := got.days[zone.DayStart(date)]; ok {
			c.window(name, w, x)
		} else {
			c.differs("day %s is missing", name)
		}
	}
	expected := byDate(want.Settlements)
	for _, x := range want.Settlements {
		name := show(x["date"])
		if s, ok := got.settlements[name]; ok {
			c.settlement("settlement "+name, s, x)
		} else {
			c.differs("settlement %s is missing", name)
		}
	}
	for name := range got.settlements {
		if expected[name] == nil {
			c.differs("settlement %s isn't expected", name)
		}
	}
}

func readJSON(file string, into any) error {
	data, err := os.ReadFile(file) //nolint:gosec // the user names the folder
	if err != nil {
		return err
	}
	if err := decode(data, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// readTitles reads what each case shows; a folder may have no titles.
func readTitles(folder string) map[string]string {
	data, _ := os.ReadFile(filepath.Join(folder, "TITLES.tsv")) //nolint:gosec // the user names the folder
	titles := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if number, title, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			titles[number] = title
		}
	}
	return titles
}

// natural puts 9 before 10.
func natural(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
