// Package calendar owns the station's local days and hours as instants: where they begin and end in a time zone, on
// days of 23, 25 and other hours too. It owns no arithmetic of energy or money.
package calendar

import (
	"fmt"
	"time"
)

// Quarter is the base window, in milliseconds.
const Quarter int64 = 15 * 60 * 1000

// Date is a local day, counted in days since 1970-01-01.
type Date int32

// DateOf is the date that a clock reading shows.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// ParseDate reads 2016-08-01.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 { // PostgreSQL's dates know no year 0
		return 0, fmt.Errorf("%q is not a date like 2016-08-01", s)
	}
	return DateOf(t), nil
}

func (d Date) utc() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String writes 2016-08-01.
func (d Date) String() string { return d.utc().Format(time.DateOnly) }

// Compact writes 20160801, as in the names of streams.
func (d Date) Compact() string { return d.utc().Format("20060102") }

// ParseCompact reads what Compact wrote.
func ParseCompact(s string) (Date, error) {
	t, err := time.Parse("20060102", s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a day like 20160801", s)
	}
	return DateOf(t), nil
}

// MarshalText writes String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Date) UnmarshalText(text []byte) error {
	v, err := ParseDate(string(text))
	*d = v
	return err
}

// Zone is a time zone whose offsets lie on quarters of an hour.
type Zone struct{ loc *time.Location }

// LoadZone finds a zone by its IANA name.
func LoadZone(name string) (Zone, error) {
	if name == "" || name == "Local" {
		return Zone{}, fmt.Errorf("%q is not an IANA time zone", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return Zone{}, fmt.Errorf("%q is not an IANA time zone", name)
	}
	return Zone{loc}, nil
}

// Location is the zone for package time.
func (z Zone) Location() *time.Location { return z.loc }

// Local is the instant on the zone's own clock.
func (z Zone) Local(ms int64) time.Time { return time.UnixMilli(ms).In(z.loc) }

// DayStart is the first instant of the local date. Midnight may be skipped (the day then begins later) or come twice
// (the first counts); of a date that the zone left out altogether it is the next date's.
func (z Zone) DayStart(d Date) int64 {
	y, m, day := d.utc().Date()
	// package time may give either reading of a repeated midnight; no zone turns back by more than this at once
	t := time.Date(y, m, day, 0, 0, 0, 0, z.loc).Add(-4 * time.Hour).UnixMilli()
	t -= mod(t, Quarter)
	for DateOf(z.Local(t)) < d {
		t += Quarter
	}
	return t
}

// Day is the local day whose window holds the instant.
func (z Zone) Day(ms int64) Date {
	d := DateOf(z.Local(ms))
	// a clock that goes back over midnight shows yesterday's date again within today
	if ms >= z.DayStart(d+1) {
		return d + 1
	}
	return d
}

// HourStart says whether an hour begins at the instant: the local clock shows :00.
func (z Zone) HourStart(ms int64) bool {
	t := z.Local(ms)
	return t.Minute() == 0 && t.Second() == 0 && ms%1000 == 0
}

// QuarterStart is the start of the quarter that holds the instant.
func QuarterStart(ms int64) int64 { return ms - mod(ms, Quarter) }

func mod(a, b int64) int64 { return ((a % b) + b) % b }

// NewDate is a date by year, month and day; a month of 13 is January of the next year.
func NewDate(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Civil is the date's year, month and day.
func (d Date) Civil() (year int, month time.Month, day int) { return d.utc().Date() }
