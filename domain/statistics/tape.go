package statistics

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// Tape collects the messages of a stretch of time in the order of their stream and gives the samples of every series
// in the order of time.
type Tape struct {
	plan        *Plan
	seen        map[uuid.UUID]struct{}
	samples     [][]sample // by series
	count       int
	outOfRange  []int64 // times of samples that were left out
	first, last uint64  // positions
	any         bool
	revisions   map[int64]uint64 // the lowest of each quarter's messages, by its start
	next        uint64           // the revision after the last
}

// sample is a value of a series.
type sample struct {
	t        int64
	v        energy.Nano
	position uint64
	mapping  *mapping // that it was read by
}

// NewTape makes an empty one.
func (p *Plan) NewTape() *Tape {
	return &Tape{plan: p, seen: map[uuid.UUID]struct{}{}, samples: make([][]sample, len(p.series)), revisions: map[int64]uint64{}}
}

// Len is how many samples it holds.
func (t *Tape) Len() int { return t.count }

// From is the lowest revision of a message at or after an instant: whoever reads the stream from there on misses none.
func (t *Tape) From(instant int64) uint64 {
	from := t.next
	for quarter, revision := range t.revisions {
		if quarter >= calendar.QuarterStart(instant) {
			from = min(from, revision)
		}
	}
	return from
}

// Add takes the next message of the stream; a repeat of one that came before counts for nothing.
func (t *Tape) Add(id uuid.UUID, revision, position uint64, m telemetry.Received) error {
	quarter := calendar.QuarterStart(m.TS)
	if lowest, ok := t.revisions[quarter]; !ok || revision < lowest {
		t.revisions[quarter] = revision
	}
	t.next = max(t.next, revision+1)
	if _, repeat := t.seen[id]; repeat {
		return nil
	}
	t.seen[id] = struct{}{}
	if !t.any || position < t.first {
		t.first = position
	}
	t.any, t.last = true, max(t.last, position)
	if len(t.plan.byKey[m.DeviceID]) == 0 {
		return nil
	}
	_, err := t.plan.read(m.DeviceID, m.TS, m.Values, func(i int, by *mapping, v energy.Nano, ok bool) {
		if ok {
			t.samples[i] = append(t.samples[i], sample{m.TS, v, position, by})
			t.count++
		}
	})
	return err
}

// settle puts every series in order: by time, of equal times the later event alone, and without what is out of range.
func (t *Tape) settle() {
	for i, s := range t.samples {
		byTime := func(a, b sample) int { return cmp.Compare(a.t, b.t) }
		if !slices.IsSortedFunc(s, byTime) {
			slices.SortStableFunc(s, byTime)
		}
		kept := s[:0]
		for k, x := range s {
			switch {
			case k+1 < len(s) && s[k+1].t == x.t: // corrected
			case !x.mapping.inRange(x.v):
				t.outOfRange = append(t.outOfRange, x.t)
			default:
				kept = append(kept, x)
			}
		}
		t.samples[i] = kept
	}
}
