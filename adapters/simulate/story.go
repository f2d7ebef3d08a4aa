package simulate

import "time"

// story is what happens in the demo's history beside ordinary days, so that every kind of day can be looked at. Its
// times follow from the first day alone, so that a demo that is started again goes on telling the same one.
type story struct {
	first            time.Time // local midnight
	overcast         time.Time // a dark day
	replaced         int64     // the load meter gives way to a new one that begins at 0
	silentFrom       int64     // nothing is heard of the whole station
	silentTo         int64
	lateFrom, lateTo int64     // the grid meter's messages of these hours come when their day is settled
	lateDay          time.Time // local midnight
}

func newStory(first time.Time) story {
	at := func(day, hour, minute int) time.Time {
		y, m, d := first.Date()
		return time.Date(y, m, d+day, hour, minute, 0, 0, first.Location())
	}
	return story{
		first:      first,
		overcast:   at(2, 0, 0),
		replaced:   at(3, 10, 17).UnixMilli(),
		silentFrom: at(4, 9, 30).UnixMilli(),
		silentTo:   at(4, 12, 30).UnixMilli(),
		lateFrom:   at(5, 15, 0).UnixMilli(),
		lateTo:     at(5, 19, 0).UnixMilli(),
		lateDay:    at(5, 0, 0),
	}
}

func (s story) isOvercast(local time.Time) bool {
	y, m, d := local.Date()
	oy, om, od := s.overcast.Date()
	return y == oy && m == om && d == od
}

func (s story) silent(ts int64) bool { return ts >= s.silentFrom && ts < s.silentTo }

func (s story) late(m Message) bool {
	return m.TS >= s.lateFrom && m.TS < s.lateTo && m.DeviceName == "Demo grid meter"
}
