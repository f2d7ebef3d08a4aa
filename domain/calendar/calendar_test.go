package calendar_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
)

func TestDaysOfManyLengths(t *testing.T) {
	for _, c := range []struct {
		zone, date string
		quarters   int64
	}{
		{"Asia/Shanghai", "2024-03-31", 96},
		{"Europe/Berlin", "2024-03-31", 92},
		{"Europe/Berlin", "2024-10-27", 100},
		{"Australia/Lord_Howe", "2024-10-06", 94},
		{"Australia/Lord_Howe", "2024-04-07", 98},
		{"Asia/Beirut", "2024-03-31", 92}, // midnight is skipped: from 01:00
		{"Asia/Kathmandu", "2024-05-05", 96},
		{"Antarctica/Casey", "2010-03-05", 108}, // 02:00 goes back to 23:00 of the day before
		{"Pacific/Apia", "2011-12-30", 0},       // left out
		{"America/St_Johns", "2006-10-29", 100}, // 00:01 goes back to 23:01
	} {
		zone, err := calendar.LoadZone(c.zone)
		require.NoError(t, err)
		d, err := calendar.ParseDate(c.date)
		require.NoError(t, err)
		start, end := zone.DayStart(d), zone.DayStart(d+1)
		require.Equal(t, c.quarters, (end-start)/calendar.Quarter, "%s %s", c.zone, c.date)
		for at := start; at < end; at += calendar.Quarter {
			require.Equal(t, d, zone.Day(at), "%s %s", c.zone, time.UnixMilli(at).UTC())
		}
	}
}

func TestDatesAreWrittenAndRead(t *testing.T) {
	d, err := calendar.ParseDate("2016-02-29")
	require.NoError(t, err)
	require.Equal(t, "2016-02-29", d.String())
	require.Equal(t, "20160229", d.Compact())
	again, err := calendar.ParseCompact("20160229")
	require.NoError(t, err)
	require.Equal(t, d, again)
	_, err = calendar.ParseDate("2015-02-29")
	require.Error(t, err)
}
