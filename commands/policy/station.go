package policy

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// stationRun brings one station's statistics up to date.
type stationRun struct {
	policy *Statistics
	key    StationKey
	Standing
	late       []int64                    // event times before what is closed
	unseen     bool                       // something came since the last calculation
	boundaries map[calendar.Date]Boundary // changed and not yet saved
	tries      int                        // to settle what is open, since windows closed
	nextTry    time.Time
	tip        *tip
}

// tip is where the closed windows end within a day, with what a calculation needs to go on from there: the day isn't
// read from its start at every quarter. It is kept in memory only.
type tip struct {
	at int64
	Boundary
	from uint64 // revision of the day's stream from which to read
}

func newStationRun(p *Statistics, key StationKey, s Standing) *stationRun {
	if s.Dirty == nil {
		s.Dirty = DaySet{}
	}
	return &stationRun{policy: p, key: key, Standing: s, unseen: s.Open, boundaries: map[calendar.Date]Boundary{}}
}

// heard notes a message's time. Which day it is of, and whether that is closed, is seen when the station is updated.
func (r *stationRun) heard(m telemetry.Received, at time.Time) {
	h := r.Devices[m.DeviceID]
	r.Devices[m.DeviceID] = Heard{max(h.TS, m.TS), later(h.At, at)}
	r.Latest = max(r.Latest, m.TS)
	r.unseen = true
	if m.TS < r.Closed || !r.Begun {
		r.late = append(r.late, m.TS)
	}
}

// closed takes up windows that were closed by a request, or by the policy itself in a former life. Those may lack their
// numbers, and so may the days that it closed together with them.
func (r *stationRun) closed(entry *commands.StationEntry, w statistics.WindowClosed) {
	start, end := w.WindowStart.UnixMilli(), w.WindowEnd.UnixMilli()
	if w.Cause != statistics.ByRequest {
		r.place(entry)
		if r.Begun && end > r.Through {
			start, r.Through = min(start, r.Through), end
		}
	}
	r.mark(entry.Zone, entry.Zone.Day(start), end)
	r.Closed = max(r.Closed, end)
}

// mark makes the days from first on dirty that begin before an end.
func (r *stationRun) mark(zone calendar.Zone, first calendar.Date, end int64) {
	for d := first; zone.DayStart(d) < end; d++ {
		r.Dirty[d] = struct{}{}
	}
}

// watermark is the event time up to which every device that is heard from has been heard; false when none is.
func (r *stationRun) watermark(wall time.Time, idle time.Duration) (int64, bool) {
	mark, any := int64(0), false
	for _, h := range r.Devices {
		if wall.Sub(h.At) > idle {
			continue
		}
		if !any || h.TS < mark {
			mark, any = h.TS, true
		}
	}
	return mark, any
}

// closable is the end of the windows that may close.
func (r *stationRun) closable(wall time.Time, o StatisticsOptions) int64 {
	grace := o.Grace.Milliseconds()
	if mark, ok := r.watermark(wall, o.IdleTimeout); ok {
		return calendar.QuarterStart(mark - grace)
	}
	limit := r.Latest + int64(o.MaxSilentDays)*24*time.Hour.Milliseconds()
	return calendar.QuarterStart(min(wall.UnixMilli()-grace, limit))
}

// update calculates everything that is due and says how many windows are new.
func (r *stationRun) update(ctx context.Context, state State, wall time.Time, o StatisticsOptions) (int, error) {
	entry, err := r.policy.entry(ctx, r.key)
	if err != nil {
		return 0, err
	}
	r.place(entry)
	cause := statistics.ByWatermark
	if _, heard := r.watermark(wall, o.IdleTimeout); !heard {
		cause = statistics.BySilence
	}
	closeTo := r.Through
	if r.Begun {
		closeTo = max(closeTo, r.closable(wall, o))
	}
	if closeTo > r.Through {
		r.tries = 0
	}
	windows := 0
	for len(r.Dirty) > 0 || closeTo > r.Through || r.mayTry(wall) {
		n, err := r.pass(ctx, state, entry, closeTo, cause)
		if err != nil {
			return windows, err
		}
		windows += n
	}
	return windows, nil
}

// mayTry says whether to see if what came settles what is open: seldom, as long as it doesn't.
func (r *stationRun) mayTry(wall time.Time) bool {
	if !r.wouldTry(wall) {
		return false
	}
	r.unseen = false
	r.nextTry = wall.Add(min(time.Second<<r.tries, 15*time.Minute))
	r.tries = min(r.tries+1, 10)
	return true
}

func (r *stationRun) wouldTry(wall time.Time) bool {
	return r.Open && r.unseen && !wall.Before(r.nextTry)
}

// place finds the days of what came for closed windows, or from before the first.
func (r *stationRun) place(entry *commands.StationEntry) {
	if len(r.late) == 0 {
		return
	}
	earliest := entry.Day(slices.Min(r.late))
	switch start := entry.Zone.DayStart(earliest); {
	case !r.Begun, earliest < r.First && r.Through == entry.Zone.DayStart(r.First):
		// no window has closed by itself so far: they do so from here on
		if r.Closed == r.Through {
			r.Closed = start
		}
		r.Begun, r.First, r.Through = true, earliest, start
	case earliest < r.First:
		// the watermark has passed the days up to the old first one: they close now
		r.mark(entry.Zone, earliest, entry.Zone.DayStart(r.First))
		r.First = earliest
	}
	for _, ts := range r.late {
		if ts < r.Closed {
			r.Dirty[entry.Day(ts)] = struct{}{}
		}
	}
	r.late = r.late[:0]
}

// changes are what is to be saved.
func (r *stationRun) changes() Changes {
	s := r.Standing
	s.Devices, s.Dirty = maps.Clone(s.Devices), maps.Clone(s.Dirty)
	c := Changes{Station: r.key, Standing: s, Boundaries: r.boundaries}
	r.boundaries = map[calendar.Date]Boundary{}
	return c
}

// firstDirty is the earliest day to calculate again.
func (r *stationRun) firstDirty() (calendar.Date, bool) {
	if len(r.Dirty) == 0 {
		return 0, false
	}
	return slices.Min(slices.Collect(maps.Keys(r.Dirty))), true
}
