package commands

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
)

// Windows handles the closing of windows on request.
type Windows struct {
	Store     Store
	Directory *Directory
	Now       func() time.Time
}

// CloseWindow asks for the windows of [Start, End) to be closed; without End the one hour or day that begins at Start.
type CloseWindow struct {
	StationID   string
	Start       time.Time
	End         time.Time // zero: by Granularity
	Granularity statistics.Granularity
}

// Closed is what a request closed: runs of quarters that were open.
type Closed struct {
	Start, End time.Time
}

const (
	// maxDaysAtOnce bounds what one request may close
	maxDaysAtOnce = 3700
	// closesAtOnce is how many days are appended to at the same time; each is a stream of its own
	closesAtOnce = 16
)

// Close closes every window of the request that isn't closed yet, whatever the watermark. The numbers follow.
func (w Windows) Close(ctx context.Context, by Issuer, c CloseWindow) ([]Closed, error) {
	entry, ok := w.Directory.Station(by.Tenant, c.StationID)
	if !ok {
		return nil, problem.New(problem.NotFound, "there is no station %s", c.StationID).At("stationId", "is not a station of the tenant")
	}
	from, to, err := c.span(entry.Zone, w.Now())
	if err != nil {
		return nil, err
	}
	first, end := entry.Zone.Day(from), entry.Zone.Day(to-1)+1
	decided := make([][]event.Payload, end-first)
	group, deciding := errgroup.WithContext(ctx)
	group.SetLimit(closesAtOnce)
	for d := first; d < end; d++ {
		group.Go(func() error {
			stream := statistics.Stream(by.Tenant, c.StationID, d)
			outcome, err := Decide(deciding, w.Store, w.Now, by, stream, statistics.NewStationDay(entry.Zone, d), foldDay,
				func(day statistics.StationDay) ([]event.Payload, error) {
					return day.Close(from, to, statistics.ByRequest, nil), nil
				})
			decided[d-first] = outcome.Events
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var closed []Closed
	for _, runs := range decided {
		for _, p := range runs {
			e := p.(statistics.WindowClosed) //nolint:forcetypeassert // Close decides nothing else
			closed = append(closed, Closed{e.WindowStart, e.WindowEnd})
		}
	}
	return closed, nil
}

func foldDay(d statistics.StationDay, p event.Payload) statistics.StationDay {
	d.Apply(p)
	return d
}

// span checks the request against the grid of the station's hours and the clock.
func (c CloseWindow) span(zone calendar.Zone, now time.Time) (from, to int64, err error) {
	from = c.Start.UnixMilli()
	invalid := problem.New(problem.Invalid, "the window can't be closed")
	if c.Start.IsZero() {
		return 0, 0, invalid.At("windowStart", "is required")
	}
	if from < 0 {
		return 0, 0, invalid.At("windowStart", "must not be before %s", instant(0))
	}
	day := zone.Day(from)
	switch {
	case !c.End.IsZero():
		to = c.End.UnixMilli()
		switch {
		case from%calendar.Quarter != 0:
			return 0, 0, invalid.At("windowStart", "must lie on a quarter of an hour")
		case to%calendar.Quarter != 0:
			return 0, 0, invalid.At("windowEnd", "must lie on a quarter of an hour")
		case to <= from:
			return 0, 0, invalid.At("windowEnd", "must be after windowStart")
		}
	case c.Granularity == statistics.Day:
		if from != zone.DayStart(day) {
			return 0, 0, invalid.At("windowStart", "is not the start of a local day of the station (%s is)", instant(zone.DayStart(day)))
		}
		to = zone.DayStart(day + 1)
	case c.Granularity == statistics.Hour || c.Granularity == "":
		if !zone.HourStart(from) {
			return 0, 0, invalid.At("windowStart", "is not the start of an hour of the station")
		}
		for to = from + calendar.Quarter; !zone.HourStart(to); {
			to += calendar.Quarter
		}
	default:
		return 0, 0, invalid.At("granularity", "must be HOUR or DAY")
	}
	if to > now.UnixMilli() {
		return 0, 0, problem.New(problem.Unprocessable, "the window can't be closed").At("windowEnd", "is in the future: %s", instant(to))
	}
	if zone.Day(to)-day > maxDaysAtOnce {
		return 0, 0, invalid.At("windowEnd", "is more than %d days after windowStart", maxDaysAtOnce)
	}
	return from, to, nil
}

func instant(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }
