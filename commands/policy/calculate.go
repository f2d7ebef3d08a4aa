package policy

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

const (
	// passDays and passSamples bound what one pass keeps in memory; a longer stretch of days takes several
	passDays    = 31
	passSamples = 2_000_000
	// appendsAtOnce is how many days of a pass are appended at the same time
	appendsAtOnce = 8
)

// pass calculates the days [first, last]: those that something came for, those whose windows close, and those between.
//
// What came before enters by the carry at its start, what comes after by the ahead at its end. Where the pass leaves
// another carry behind than the days after it were calculated from, they are due next; where it finds another ahead
// than the days before it were calculated with, it begins again with them.
type pass struct {
	run    *stationRun
	state  State
	entry  *commands.StationEntry
	closed int64 // windows that close by themselves are closed up to here

	first, last calendar.Date
	tip         *tip          // where in first the pass begins; nil: at its start
	read        calendar.Date // the last day read, to see what it means for those before
	before      Boundary      // at the start of first
	known       bool          // that it is what first was calculated with
	tapes       map[calendar.Date]*statistics.Tape
	input       statistics.Input
	output      statistics.Output
}

// pass makes one and says how many windows are new.
func (r *stationRun) pass(ctx context.Context, state State, entry *commands.StationEntry, closeTo int64, cause string) (int, error) {
	p := &pass{run: r, state: state, entry: entry, closed: max(closeTo, r.Through), tapes: map[calendar.Date]*statistics.Tape{}}
	p.choose()
	for {
		if err := p.begin(ctx); err != nil {
			return 0, err
		}
		if err := p.calculate(ctx); err != nil {
			return 0, err
		}
		earlier, found := p.reachesBack()
		if !found {
			break
		}
		if p.tip == nil {
			p.first = earlier
		} else {
			p.tip = nil
			delete(p.tapes, p.first) // it was read in part
			p.first = min(p.first, earlier)
		}
	}
	windows, err := p.publish(ctx, cause)
	if err != nil {
		return 0, err
	}
	return windows, p.finish(ctx)
}

func (p *pass) start(d calendar.Date) int64 { return p.entry.Zone.DayStart(d) }

// from is where the pass begins.
func (p *pass) from() int64 {
	if p.tip != nil {
		return p.tip.at
	}
	return p.start(p.first)
}

// choose finds the days of the pass.
func (p *pass) choose() {
	r := p.run
	first, some := r.firstDirty()
	if !some {
		if r.tip != nil && r.tip.at == r.Closed && r.Closed == r.Through {
			p.tip = r.tip
		}
		first = p.entry.Zone.Day(r.Closed) // to see whether something reaches back
	}
	if p.closed > r.Through {
		if from := p.entry.Zone.Day(r.Through); !some || from < first {
			first = from
		}
	}
	p.first, p.last = first, first
	if p.closed > r.Through {
		p.last = max(p.last, p.entry.Zone.Day(p.closed-1))
	}
	for d := range r.Dirty {
		p.last = max(p.last, d)
	}
	p.last = min(p.last, p.first+passDays-1)
}

// begin loads what carries over into the first day, and goes back to a day for which that is known.
func (p *pass) begin(ctx context.Context) error {
	if p.tip != nil {
		p.before, p.known = p.tip.Boundary, true
		return nil
	}
	for {
		b, known, err := p.boundary(ctx, p.first)
		if err != nil {
			return err
		}
		if known || !p.run.Begun || p.first <= p.run.First {
			p.before, p.known = b, known
			return nil
		}
		p.first--
	}
}

func (p *pass) boundary(ctx context.Context, d calendar.Date) (Boundary, bool, error) {
	if b, ok := p.run.boundaries[d]; ok {
		return b, true, nil
	}
	if p.start(d) > p.run.Closed {
		return Boundary{}, false, nil // none is kept of days that may still change unnoticed
	}
	return p.state.LoadBoundary(ctx, p.run.key, d)
}

// calculate reads the days and runs the arithmetic over them, with as many days after them as it takes to know what
// they mean for the last.
func (p *pass) calculate(ctx context.Context) error {
	p.read = p.last
	for more := calendar.Date(1); ; more *= 2 {
		if err := p.readTapes(ctx); err != nil {
			return err
		}
		after, known, err := p.boundary(ctx, p.read+1)
		if err != nil {
			return err
		}
		in := statistics.Input{Start: p.from(), End: p.start(p.read + 1), Carry: p.before.Carry, Ahead: after.Ahead}
		for d := p.first; d <= p.read; d++ {
			in.Tapes = append(in.Tapes, p.tapes[d])
			in.Cuts = append(in.Cuts, max(p.start(d), in.Start))
		}
		in.Cuts = append(in.Cuts, in.End)
		if end := p.closedEnd(); in.Start < end && end < in.End {
			i, there := slices.BinarySearch(in.Cuts, end)
			if !there {
				in.Cuts = slices.Insert(in.Cuts, i, end)
			}
		}
		p.input, p.output = in, p.entry.Plan.Run(in)
		if known || p.output.Settled[p.cut(p.start(p.last+1))] || in.End > p.run.Latest {
			return nil
		}
		p.read = min(p.read+more, p.entry.Zone.Day(p.run.Latest))
	}
}

// closedEnd is where the closed windows of the pass end.
func (p *pass) closedEnd() int64 { return max(p.run.Closed, min(p.closed, p.start(p.last+1))) }

func (p *pass) cut(at int64) int { return slices.Index(p.input.Cuts, at) }

// readTapes reads the telemetry of the days that aren't read yet. Where it is more than may be kept, the pass ends
// earlier.
func (p *pass) readTapes(ctx context.Context) error {
	samples := 0
	for d := p.first; d <= p.read; d++ {
		if p.tapes[d] == nil {
			if err := p.readTape(ctx, d); err != nil {
				return err
			}
		}
		samples += p.tapes[d].Len()
		if samples > passSamples && p.first < d && d <= p.last {
			p.last, p.read = d-1, d
		}
	}
	return nil
}

func (p *pass) readTape(ctx context.Context, d calendar.Date) error {
	t := p.entry.Plan.NewTape()
	stream := telemetry.Stream(p.run.key.Tenant, p.run.key.Station, d)
	since, revision := int64(math.MinInt64), uint64(0)
	if p.tip != nil && d == p.first {
		since, revision = p.tip.at, p.tip.from
	}
	err := p.run.policy.store.Read(ctx, stream, revision, func(e event.Recorded) error {
		if m, ok := e.Payload.(telemetry.Received); ok && m.TS >= since {
			return t.Add(e.ID, e.Revision, e.Position, m)
		}
		return nil
	})
	p.tapes[d] = t
	return err
}

// reachesBack finds the earliest day before the pass that what it found out changes.
func (p *pass) reachesBack() (calendar.Date, bool) {
	if !p.known || !p.run.Begun || p.tip == nil && p.first <= p.run.First {
		return 0, false
	}
	at, changed := statistics.Reach(p.before.Carry, p.before.Ahead, p.output.Ahead[0])
	if !changed {
		return 0, false
	}
	latest := p.first - 1
	if p.tip != nil {
		latest = p.first
	}
	return max(p.run.First, min(p.entry.Zone.Day(at), latest)), true
}

// publish appends, day by day, what closes and what is new.
func (p *pass) publish(ctx context.Context, cause string) (int, error) {
	var inputs statistics.Inputs
	for d := p.first; d <= p.read; d++ {
		inputs = inputs.With(p.tapes[d])
	}
	counts := make([]int, p.last-p.first+1)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(appendsAtOnce)
	for d := p.first; d <= p.last; d++ {
		if p.start(d) >= p.closedEnd() {
			break
		}
		group.Go(func() error {
			n, err := p.publishDay(ctx, d, cause, inputs)
			counts[d-p.first] = n
			return err
		})
	}
	err := group.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return total, err
}

// publishDay appends to a day's stream, again if a request to close came between.
func (p *pass) publishDay(ctx context.Context, d calendar.Date, cause string, inputs statistics.Inputs) (int, error) {
	r := p.run
	from, to := (max(p.start(d), p.input.Start)-p.input.Start)/calendar.Quarter, (p.start(d+1)-p.input.Start)/calendar.Quarter
	// what was closed in a former life, and isn't here yet, was calculated from more than is known here
	quarters := p.output.Quarters[from:min(to, max(from, (p.closedEnd()-p.input.Start)/calendar.Quarter))]
	for attempt := 1; ; attempt++ {
		day, err := r.policy.days.load(ctx, r.policy.store, r.key, p.entry.Zone, d)
		if err != nil {
			return 0, err
		}
		var decided []event.Payload
		if r.Begun && d >= r.First {
			decided = day.state.Close(p.start(d), p.closed, cause, p.watermark(cause))
		}
		windows, err := day.append(ctx, r.policy.store, r.policy.wall, decided, quarters, inputs)
		if err == nil {
			return windows, nil
		}
		r.policy.days.forget(day.stream)
		if !errors.Is(err, commands.ErrWrongRevision) || attempt == 5 {
			return 0, err
		}
	}
}

func (p *pass) watermark(cause string) *time.Time {
	if cause != statistics.ByWatermark {
		return nil
	}
	mark, _ := p.run.watermark(p.run.policy.wall, p.run.policy.options().IdleTimeout)
	t := time.UnixMilli(mark).UTC()
	return &t
}

// finish notes where the station stands after the pass.
func (p *pass) finish(ctx context.Context) error {
	r := p.run
	for d := p.first; d <= p.last; d++ {
		delete(r.Dirty, d)
	}
	closedBefore := r.Closed
	r.Through = max(r.Through, min(p.closed, p.start(p.last+1)))
	r.Closed = max(r.Closed, r.Through)
	for d := p.first; d <= p.last+1 && p.start(d) <= r.Closed; d++ {
		i := p.cut(p.start(d))
		if i < 0 {
			continue // the pass begins within the day
		}
		b := Boundary{Carry: p.output.Carry[i], Ahead: p.output.Ahead[i]}
		old, known, err := p.boundary(ctx, d)
		if err != nil {
			return err
		}
		if d > p.last && p.start(d) < closedBefore && !(known && same(old.Carry, b.Carry)) {
			r.Dirty[d] = struct{}{} // the days after were calculated from another carry
		}
		if !known || !same(old.Carry, b.Carry) || !same(old.Ahead, b.Ahead) {
			r.boundaries[d] = b
		}
	}
	r.tip = nil
	if i := p.cut(r.Closed); i >= 0 {
		r.Open = !p.output.Settled[i]
		if d := p.entry.Zone.Day(r.Closed); p.start(d) < r.Closed && p.tapes[d] != nil {
			r.tip = &tip{r.Closed, Boundary{p.output.Carry[i], p.output.Ahead[i]}, p.tapes[d].From(r.Closed)}
		}
	}
	return nil
}

// same compares what carries over; nothing is the same as an empty map, as which it may come back from the database.
func same[M ~map[string]V, V any](a, b M) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}
