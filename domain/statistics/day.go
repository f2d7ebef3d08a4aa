package statistics

import (
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
)

// StationDay is one local day of a station as its statistics stream tells it: which quarters are closed, and the
// latest numbers of every window.
type StationDay struct {
	Date     calendar.Date
	Start    int64 // epoch ms
	Zone     calendar.Zone
	quarters []dayQuarter
	hours    map[int64]Revised // by start
	day      Revised
}

type dayQuarter struct {
	closed bool
	latest Revised // revision 0: never calculated
}

// NewStationDay is a day of which nothing is known.
func NewStationDay(zone calendar.Zone, date calendar.Date) StationDay {
	start := zone.DayStart(date)
	return StationDay{
		Date: date, Start: start, Zone: zone, hours: map[int64]Revised{},
		quarters: make([]dayQuarter, (zone.DayStart(date+1)-start)/calendar.Quarter),
	}
}

// End is the day's last instant, outside.
func (d StationDay) End() int64 { return d.Start + int64(len(d.quarters))*calendar.Quarter }

// Apply folds an event of the day's stream. The day is changed in place: it belongs to the one who folds it.
func (d *StationDay) Apply(p event.Payload) {
	switch e := p.(type) {
	case WindowClosed:
		for i := range d.quarters {
			at := d.Start + int64(i)*calendar.Quarter
			if e.WindowStart.UnixMilli() <= at && at < e.WindowEnd.UnixMilli() {
				d.quarters[i].closed = true
			}
		}
	case StatisticCalculated:
		for _, q := range e.Quarters {
			if i := d.index(q.Start); i >= 0 {
				d.quarters[i].latest = q
			}
		}
		for _, h := range e.Hours {
			d.hours[h.Start] = h
		}
		if e.Day != nil {
			d.day = *e.Day
		}
	}
}

func (d StationDay) index(at int64) int {
	i := (at - d.Start) / calendar.Quarter
	if at < d.Start || i >= int64(len(d.quarters)) {
		return -1
	}
	return int(i)
}

// Closed says whether the quarter that starts there is closed.
func (d StationDay) Closed(at int64) bool {
	i := d.index(at)
	return i >= 0 && d.quarters[i].closed
}

// AllClosed says whether the day is closed.
func (d StationDay) AllClosed() bool { return d.countClosed() == len(d.quarters) }

func (d StationDay) countClosed() int {
	n := 0
	for _, q := range d.quarters {
		if q.closed {
			n++
		}
	}
	return n
}

// Latest is the day's own window; false while it isn't closed.
func (d StationDay) Latest() (Revised, bool) { return d.day, d.day.Revision > 0 }

// Quarters are the latest numbers of the closed quarters.
func (d StationDay) Quarters() []Revised {
	var all []Revised
	for _, q := range d.quarters {
		if q.latest.Revision > 0 {
			all = append(all, q.latest)
		}
	}
	return all
}

// Close decides which quarters of [from, to) close now: one event for every run of quarters that were open.
func (d StationDay) Close(from, to int64, cause string, watermark *time.Time) []event.Payload {
	var events []event.Payload
	open := int64(-1)
	for i := range len(d.quarters) + 1 {
		at := d.Start + int64(i)*calendar.Quarter
		if i < len(d.quarters) && !d.quarters[i].closed && from <= at && at+calendar.Quarter <= to {
			if open < 0 {
				open = at
			}
		} else if open >= 0 {
			events = append(events, WindowClosed{time.UnixMilli(open).UTC(), time.UnixMilli(at).UTC(), cause, watermark})
			open = -1
		}
	}
	return events
}

// eventBytes is about how large an event may get; a day of many gauges takes several.
const eventBytes = 500_000

// size is about how many bytes the window takes in an event.
func (w Window) size() int { return 350 + 180*len(w.Gauges) }

// Calculate decides what is new: the closed windows whose numbers differ from the latest known. Calculated are
// quarters of this day, by time; those that aren't closed are passed over. More says that not all of it went into the
// event: it is to be asked again once that is applied. False says that nothing is new.
func (d StationDay) Calculate(calculated []Window, inputs Inputs) (e StatisticCalculated, more, ok bool) {
	e = StatisticCalculated{Date: d.Date, Inputs: inputs}
	current := make([]Revised, len(d.quarters))
	for i, q := range d.quarters {
		current[i] = q.latest
	}
	bytes := 0
	for _, w := range calculated {
		i := d.index(w.Start)
		if i < 0 || !d.quarters[i].closed || current[i].Revision > 0 && current[i].Equal(w) {
			continue
		}
		if bytes += w.size(); bytes > eventBytes {
			return e, true, true // hours and the day come with the last quarters
		}
		current[i] = Revised{w, current[i].Revision + 1}
		e.Quarters = append(e.Quarters, current[i])
	}
	first := 0
	for i := range current {
		if next := d.Start + int64(i+1)*calendar.Quarter; d.Zone.HourStart(next) || i+1 == len(current) {
			if w, closed := sumOf(current[first : i+1]); closed {
				if latest := d.hours[w.Start]; latest.Revision == 0 || !latest.Equal(w) {
					e.Hours = append(e.Hours, Revised{w, latest.Revision + 1})
				}
			}
			first = i + 1
		}
	}
	if w, closed := sumOf(current); closed && (d.day.Revision == 0 || !d.day.Equal(w)) {
		e.Day = &Revised{w, d.day.Revision + 1}
	}
	return e, false, e.Windows() > 0
}

// sumOf is the window of the quarters, once all of them are calculated.
func sumOf(quarters []Revised) (Window, bool) {
	parts := make([]Window, len(quarters))
	for i, q := range quarters {
		if q.Revision == 0 {
			return Window{}, false
		}
		parts[i] = q.Window
	}
	return Sum(parts), len(parts) > 0
}
