package policy

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
)

// DaySet is a set of days. It is written as stretches [first, last], which are few even where the days are many.
type DaySet map[calendar.Date]struct{}

// MarshalJSON writes the stretches in order.
func (s DaySet) MarshalJSON() ([]byte, error) {
	var stretches [][2]calendar.Date
	for _, d := range slices.Sorted(maps.Keys(s)) {
		if n := len(stretches); n > 0 && stretches[n-1][1] == d-1 {
			stretches[n-1][1] = d
		} else {
			stretches = append(stretches, [2]calendar.Date{d, d})
		}
	}
	return json.Marshal(stretches)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *DaySet) UnmarshalJSON(raw []byte) error {
	var stretches [][2]calendar.Date
	if err := json.Unmarshal(raw, &stretches); err != nil {
		return err
	}
	*s = DaySet{}
	for _, stretch := range stretches {
		for d := stretch[0]; d <= stretch[1]; d++ {
			(*s)[d] = struct{}{}
		}
	}
	return nil
}
