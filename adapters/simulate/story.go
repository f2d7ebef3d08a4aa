package simulate

import "time"

// story is what happens in the last week of the demo's history beside ordinary days, so that every kind of day can be looked at.
// It follows from the first day and the site alone, so that a demo that is started again goes on telling the same.
// The zero value tells nothing.
type story struct {
	overcast             time.Time // local midnight of a dark day
	replaced             int64     // the load meter gives way to a new one that begins at 0
	silentFrom, silentTo int64     // nothing is heard of the whole station
	lateFrom, lateTo     int64     // the grid meter's messages of these hours come when their day is settled
	lateDay              time.Time // local midnight
}

// storyDays is how much history the story needs.
const storyDays = 7

func newStory(first time.Time, site Site, counters Energies) story {
	at := func(day, hour, minute int) time.Time {
		y, m, d := first.Date()
		return time.Date(y, m, d+day, hour, minute, 0, 0, first.Location())
	}
	s := story{
		overcast:   at(2, 0, 0),
		replaced:   at(3, 10, 20).UnixMilli(),
		silentFrom: at(4, 9, 30).UnixMilli(),
		silentTo:   at(4, 12, 30).UnixMilli(),
	}
	// Late are the four hours of two other days, one of them a workday, in which most was imported: where little or nothing flows the
	// platform's guess is right without them, and there would be nothing to correct.
	site.Overcast = s.isOvercast
	scout, most := NewSimulation(site, first, counters), int64(-1)
	imported := map[int64]int64{}
	for ms := first.UnixMilli(); ms <= at(storyDays, 0, 0).UnixMilli(); ms += hours {
		imported[ms] = scout.At(ms).Energy.Import
	}
	for _, day := range []int{1, 5} {
		for hour := 6; hour <= 19; hour++ {
			from := at(day, hour, 0).UnixMilli()
			if rise := imported[from+4*hours] - imported[from]; rise > most {
				most, s.lateFrom, s.lateTo, s.lateDay = rise, from, from+4*hours, at(day, 0, 0)
			}
		}
	}
	return s
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
