package policy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/commands/policy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// memory is the event store's model: streams, revisions and one order over all.
type memory struct {
	mu      sync.Mutex
	all     []event.Recorded
	streams map[string][]int
	crash   int // the so manieth append from now on ends the process; 0: none does
}

var errCrash = errors.New("crash")

func newMemory() *memory { return &memory{streams: map[string][]int{}} }

func (m *memory) Append(_ context.Context, stream string, expected commands.Expected, events ...event.Event) (commands.Appended, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.crash == 1 {
		return commands.Appended{}, errCrash
	}
	m.crash = max(0, m.crash-1)
	last := commands.Expected(len(m.streams[stream]) - 1)
	if expected != commands.Any && expected != last {
		return commands.Appended{}, commands.ErrWrongRevision
	}
	for _, e := range events {
		m.streams[stream] = append(m.streams[stream], len(m.all))
		m.all = append(m.all, event.Recorded{Event: e, Stream: stream, Revision: uint64(len(m.streams[stream]) - 1), Position: uint64(len(m.all) + 1)})
	}
	return commands.Appended{Revision: uint64(len(m.streams[stream]) - 1), Position: uint64(len(m.all))}, nil
}

func (m *memory) Read(_ context.Context, stream string, from uint64, yield func(event.Recorded) error) error {
	m.mu.Lock()
	var events []event.Recorded
	for _, i := range m.streams[stream] {
		if m.all[i].Revision >= from {
			events = append(events, m.all[i])
		}
	}
	m.mu.Unlock()
	for _, e := range events {
		if err := yield(e); err != nil {
			return err
		}
	}
	return nil
}

// kept is the policy's state as the database keeps it: through JSON.
type kept struct {
	standings  map[policy.StationKey][]byte
	boundaries map[string][]byte
}

func (k *kept) LoadStandings(context.Context) (map[policy.StationKey]policy.Standing, error) {
	all := map[policy.StationKey]policy.Standing{}
	for key, raw := range k.standings {
		s := policy.Standing{Devices: map[string]policy.Heard{}}
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, err
		}
		all[key] = s
	}
	return all, nil
}

func (k *kept) LoadBoundary(_ context.Context, s policy.StationKey, day calendar.Date) (policy.Boundary, bool, error) {
	raw, ok := k.boundaries[s.Station+day.String()]
	var b policy.Boundary
	if !ok {
		return b, false, nil
	}
	err := json.Unmarshal(raw, &b)
	return b, true, err
}

func (k *kept) Save(_ context.Context, changes []policy.Changes) error {
	for _, c := range changes {
		raw, err := json.Marshal(c.Standing)
		if err != nil {
			return err
		}
		k.standings[c.Station] = raw
		for d, b := range c.Boundaries {
			if k.boundaries[c.Station.Station+d.String()], err = json.Marshal(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// plant is the station of the property: powers of both interpolations, counters, a gauge, over the edge of days.
const plant = `{"stationId":"s","name":"s","timezone":"Europe/Berlin","currency":"EUR","ratings":{"gridKw":20,"pvKw":10},"devices":[
 {"deviceId":"grid","kind":"grid_meter","thingsboard":{"deviceName":"grid"},"points":[
  {"key":"imp","semantic":"grid.import_energy","unit":"kWh","kind":"counter","maxGap":"1h","rollover":"1000","step":"0.1"},
  {"key":"p","semantic":"grid.active_power","interpolation":"previous","maxGap":"50h"}]},
 {"deviceId":"pv","kind":"pv_inverter","thingsboard":{"deviceName":"pv"},"points":[
  {"key":"e","semantic":"pv.energy","unit":"kWh","kind":"counter"},
  {"key":"p","semantic":"battery.active_power","interpolation":"linear","maxGap":"7h"},
  {"key":"soc","semantic":"battery.soc","validMin":0,"validMax":100}]}]}`

// world is a platform without its edges.
type world struct {
	t        require.TestingT
	store    *memory
	state    *kept
	dir      *commands.Directory
	policy   *policy.Statistics
	entry    *commands.StationEntry
	handled  int
	live     bool // the policy has been told that it has seen all there was
	received []telemetry.Received
	clock    time.Time
}

func newWorld(t require.TestingT) *world {
	w := &world{t: t, store: newMemory(), state: &kept{map[policy.StationKey][]byte{}, map[string][]byte{}}, clock: time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)}
	w.dir = commands.NewDirectory(w.store)
	stations := commands.Stations{Store: w.store, Directory: w.dir, Now: func() time.Time { return w.clock }}
	_, err := stations.Provision(context.Background(), commands.Issuer{Tenant: "t"}, []byte(plant))
	require.NoError(t, err)
	w.entry, _ = w.dir.Station("t", "s")
	w.restart()
	return w
}

// restart loses all that is in memory.
func (w *world) restart() {
	w.policy = policy.NewStatistics(w.store, w.dir, func() policy.StatisticsOptions {
		return policy.StatisticsOptions{Grace: 5 * time.Minute, IdleTimeout: 30 * time.Minute, MaxSilentDays: 31, Workers: 1}
	}, slog.Default(), func(int, time.Duration) {})
	require.NoError(w.t, w.policy.Start(context.Background(), w.state))
	w.live = w.handled == len(w.store.all)
	w.catchUp()
}

// catchUp tells the policy that it has seen all there is, if it has.
func (w *world) catchUp() {
	for more := w.live; more; {
		var err error
		more, err = w.policy.CatchUp(context.Background(), w.state)
		require.NoError(w.t, err)
	}
}

func (w *world) send(messages ...telemetry.Received) {
	for _, m := range messages {
		_, err := w.store.Append(context.Background(), telemetry.Stream("t", "s", w.entry.Day(m.TS)), commands.Any, event.Event{
			ID: m.ID("t", "s"), Metadata: event.Metadata{Tenant: "t", RecordedAt: w.clock}, Payload: m,
		})
		require.NoError(w.t, err)
		w.received = append(w.received, m)
	}
}

// handle delivers up to n of the events that the policy hasn't seen.
func (w *world) handle(n int) {
	var batch []event.Recorded
	checkpoint := w.handled
	for w.handled < len(w.store.all) && len(batch) < n {
		if e := w.store.all[w.handled]; w.policy.Wants(e.Payload.EventType()) {
			batch = append(batch, e)
		}
		w.handled++
	}
	var err error
	if len(batch) > 0 {
		err = w.policy.Handle(context.Background(), w.state, batch)
	}
	w.store.crash = 0
	if errors.Is(err, errCrash) {
		w.handled = checkpoint
		w.restart()
		return
	}
	require.NoError(w.t, err)
	if !w.live && w.handled == len(w.store.all) {
		w.live = true
		w.catchUp()
	}
}

func (w *world) handleAll() {
	for w.handled < len(w.store.all) {
		w.handle(1 << 20)
	}
}

func (w *world) close(from, to int64) {
	_, err := commands.Windows{Store: w.store, Directory: w.dir, Now: func() time.Time { return w.clock }}.Close(context.Background(),
		commands.Issuer{Tenant: "t"}, commands.CloseWindow{StationID: "s", Start: time.UnixMilli(from), End: time.UnixMilli(to)})
	require.NoError(w.t, err)
}

// expected is what one run over everything gives, in the order of the store.
func (w *world) expected(first, last calendar.Date) []statistics.Window {
	lo, hi := first, last
	for _, m := range w.received {
		lo, hi = min(lo, w.entry.Day(m.TS)), max(hi, w.entry.Day(m.TS))
	}
	in := statistics.Input{Start: w.entry.Zone.DayStart(lo), End: w.entry.Zone.DayStart(hi + 1)}
	for d := lo; d <= hi; d++ {
		tape := w.entry.Plan.NewTape()
		require.NoError(w.t, w.store.Read(context.Background(), telemetry.Stream("t", "s", d), 0, func(e event.Recorded) error {
			return tape.Add(e.ID, e.Revision, e.Position, e.Payload.(telemetry.Received))
		}))
		in.Tapes = append(in.Tapes, tape)
	}
	all := w.entry.Plan.Run(in).Quarters
	from := (w.entry.Zone.DayStart(first) - in.Start) / calendar.Quarter
	to := (w.entry.Zone.DayStart(last+1) - in.Start) / calendar.Quarter
	return all[from:to]
}

func (w *world) day(d calendar.Date) statistics.StationDay {
	day := statistics.NewStationDay(w.entry.Zone, d)
	require.NoError(w.t, w.store.Read(context.Background(), statistics.Stream("t", "s", d), 0, func(e event.Recorded) error {
		day.Apply(e.Payload)
		return nil
	}))
	return day
}

// check compares every closed window with what one run over everything gives.
func (w *world) check(first, last calendar.Date) {
	want := w.expected(first, last)
	i := 0
	for d := first; d <= last; d++ {
		day := w.day(d)
		latest := map[int64]statistics.Revised{}
		for _, q := range day.Quarters() {
			latest[q.Start] = q
		}
		for at := w.entry.Zone.DayStart(d); at < w.entry.Zone.DayStart(d+1); at += calendar.Quarter {
			if day.Closed(at) {
				have := latest[at]
				require.NotZero(w.t, have.Revision, "%s is closed and has no numbers", time.UnixMilli(at).UTC())
				if !have.Equal(want[i]) {
					a, _ := json.Marshal(have)
					b, _ := json.Marshal(statistics.Revised{Window: want[i], Revision: have.Revision})
					require.Equal(w.t, string(b), string(a), "%s", time.UnixMilli(at).UTC())
				}
			}
			i++
		}
		if d, ok := day.Latest(); ok {
			sum := statistics.Sum(windowsOf(day.Quarters()))
			require.True(w.t, d.Equal(sum), "the day isn't the sum of its quarters")
		}
	}
}

func windowsOf(revised []statistics.Revised) []statistics.Window {
	all := make([]statistics.Window, len(revised))
	for i, r := range revised {
		all[i] = r.Window
	}
	return all
}

func message(device string, ts int64, values string) telemetry.Received {
	return telemetry.Received{DeviceID: device, TS: ts, Values: json.RawMessage(values)}
}

// Order of arrival, batches, repeats, requests to close and restarts change nothing of what closed windows say.
func TestArrivalChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rt)
		first, _ := calendar.ParseDate("2024-03-29") // a day of 23 hours is near
		last := first + 4
		start := w.entry.Zone.DayStart(first)
		minutes := func(label string) int64 {
			return rapid.Int64Range(0, 5*24*60/10).Draw(rt, label) * 10 * 60_000
		}
		var messages []telemetry.Received
		var counter int64
		register := rapid.Int64Range(0, 9000).Draw(rt, "register")
		for range rapid.IntRange(1, 60).Draw(rt, "count") {
			at := start + minutes("at")
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0, 1:
				// a register that mostly rises with time, at times jumps, rests or falls
				counter = register + (at-start)/600_000*rapid.SampledFrom([]int64{0, 1, 1, 1, 3}).Draw(rt, "rise")
				if rapid.IntRange(0, 9).Draw(rt, "jump") == 0 {
					counter = rapid.SampledFrom([]int64{0, 1, 9990, 5, register}).Draw(rt, "to")
				}
				name, k := "grid", "imp"
				if rapid.Bool().Draw(rt, "pv") {
					name, k = "pv", "e"
				}
				messages = append(messages, message(name, at, fmt.Sprintf(`{"%s":%d.%d}`, k, counter/10, counter%10)))
			case 2:
				messages = append(messages, message("grid", at, fmt.Sprintf(`{"p":%d}`, rapid.IntRange(-9, 9).Draw(rt, "p"))))
			case 3:
				messages = append(messages, message("pv", at, fmt.Sprintf(`{"p":%d,"soc":%d}`, rapid.IntRange(-9, 9).Draw(rt, "p"), rapid.IntRange(-5, 105).Draw(rt, "soc"))))
			}
		}
		if rapid.Bool().Draw(rt, "in order") {
			slices.SortStableFunc(messages, func(a, b telemetry.Received) int { return int(a.TS/60_000 - b.TS/60_000) })
		}
		for len(messages) > 0 {
			n := rapid.IntRange(1, min(len(messages), 12)).Draw(rt, "batch")
			w.send(messages[:n]...)
			if rapid.IntRange(0, 4).Draw(rt, "repeat") == 0 {
				w.send(messages[0])
			}
			messages = messages[n:]
			w.clock = w.clock.Add(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "seconds")) * time.Second)
			switch rapid.IntRange(0, 9).Draw(rt, "then") {
			case 0:
				from := start + minutes("from")/3_600_000*3_600_000
				w.close(from, from+rapid.Int64Range(1, 30).Draw(rt, "hours")*3_600_000)
			case 1:
				w.restart()
			case 2, 3:
				continue // more comes before it is handled
			case 4:
				w.store.crash = rapid.IntRange(1, 5).Draw(rt, "crash")
			}
			w.handle(rapid.IntRange(1, 20).Draw(rt, "deliver"))
		}
		w.handleAll()
		w.close(start, w.entry.Zone.DayStart(last+1))
		w.handleAll()
		w.clock = w.clock.Add(time.Hour)
		require.NoError(rt, w.policy.Tick(context.Background(), w.state, w.clock))
		w.handleAll()
		w.check(first, last)
		for d := first; d <= last; d++ {
			require.True(rt, w.day(d).AllClosed())
		}
		w.lose(rapid.SampledFrom([]int{1, 3, 20, 1 << 20}).Draw(rt, "again"))
	})
}

// lose loses the database, handles everything again, and finds that nothing is new.
func (w *world) lose(batch int) {
	events := len(w.store.all)
	w.state, w.handled = &kept{map[policy.StationKey][]byte{}, map[string][]byte{}}, 0
	w.restart()
	for w.handled < len(w.store.all) {
		w.handle(batch)
	}
	require.NoError(w.t, w.policy.Tick(context.Background(), w.state, w.clock))
	for _, e := range w.store.all[events:] {
		raw, _ := json.Marshal(e.Payload)
		require.Fail(w.t, "the second time something is new", "%s %s %s", e.Stream, e.Payload.EventType(), raw)
	}
}
