package check

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
)

// YearOptions say how the measured year is sent and compared.
type YearOptions struct {
	Modes   []string // of YearModes
	Tariffs []string // of YearTariffs
	// Station begins the names of the stations that are made: Station-power-tou and so on. A platform that has seen
	// one takes what is sent again as repeats, and the comparison holds all the same.
	Station string
	Batch   int           // messages a request, 500 by default
	Timeout time.Duration // for a year to come out equal, five minutes by default
	Shown   int           // differences shown, 20 by default
	Out     io.Writer
}

// YearModes are the ways in which the year can be sent: as the mean power of each hour, as counters (the import
// meter passes its modulus once, the export meter is replaced once), and as power out of order within each day with
// one message in twenty sent twice. YearTariffs are the tariffs it can be settled by.
var (
	YearModes   = []string{"power", "counter", "shuffled"}
	YearTariffs = []string{"tou", "fixed"}
)

// Year sends the measured year in each mode for each tariff, waits until it is settled, compares every day and month,
// and writes a line for each. It tells whether all was equal; the error is of what kept it from checking.
func (p *Platform) Year(ctx context.Context, o YearOptions) (bool, error) {
	if o.Batch <= 0 {
		o.Batch = 500
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Minute
	}
	if o.Shown <= 0 {
		o.Shown = 20
	}
	year, err := readYear()
	if err != nil {
		return false, err
	}
	equal := true
	for _, mode := range o.Modes {
		for _, tariff := range o.Tariffs {
			run := yearRun{platform: p, year: year, mode: mode, tariff: tariff, station: o.Station + "-" + mode + "-" + tariff}
			c, err := run.check(ctx, o)
			if err != nil {
				return false, fmt.Errorf("%s: %w", run.station, err)
			}
			for i, s := range c.says {
				if i == o.Shown {
					_, _ = fmt.Fprintf(o.Out, "  … and %d more\n", len(c.says)-i)
					break
				}
				_, _ = fmt.Fprintln(o.Out, " ", s)
			}
			_, _ = fmt.Fprintf(o.Out, "%s: %s over %d days and %d months; %d accepted, %d duplicates, sent in %.1f s, settled after %.1f s\n",
				run.station, c, len(year.days), len(year.months), run.receipt.Accepted, run.receipt.Duplicates, run.sent.Seconds(), run.settled.Seconds())
			equal = equal && len(c.says) == 0
		}
	}
	return equal, nil
}

type yearRun struct {
	platform              *Platform
	year                  year
	mode, tariff, station string

	receipt       Receipt
	sent, settled time.Duration // since the first request
}

func (r *yearRun) check(ctx context.Context, o YearOptions) (*comparison, error) {
	document, err := json.Marshal(r.document())
	if err != nil {
		return nil, err
	}
	if err := r.platform.provision(ctx, document); err != nil {
		return nil, err
	}
	messages := r.messages()
	began := time.Now()
	for len(messages) > 0 {
		n := min(o.Batch, len(messages))
		receipt, err := r.platform.Send(ctx, messages[:n])
		if err != nil {
			return nil, err
		}
		if receipt.Rejected > 0 {
			return nil, fmt.Errorf("%d messages were rejected: %s", receipt.Rejected, receipt.Reason)
		}
		r.receipt.add(receipt)
		messages = messages[n:]
	}
	r.sent = time.Since(began)
	deadline := began.Add(o.Timeout)
	if err := r.untilLastDay(ctx, deadline); err != nil {
		return nil, err
	}
	// late messages may still be making new revisions: what differs now is asked for again
	for {
		c, err := r.compare(ctx)
		if err != nil {
			return nil, err
		}
		if r.settled = time.Since(began); len(c.says) == 0 || time.Now().After(deadline) {
			return c, nil
		}
		if err := sleep(ctx, 300*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// untilLastDay waits for the last day's settlement, which is quick to ask for.
func (r *yearRun) untilLastDay(ctx context.Context, deadline time.Time) error {
	last := r.year.days[len(r.year.days)-1]["date"]
	for {
		s, err := r.platform.settlements(ctx, r.station, last, last)
		if err != nil || len(s) > 0 || time.Now().After(deadline) {
			return err
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

func (r *yearRun) compare(ctx context.Context) (*comparison, error) {
	zone, err := calendar.LoadZone(yearZone)
	if err != nil {
		return nil, err
	}
	days := r.year.days
	first, last := days[0]["date"], days[len(days)-1]["date"]
	from, err := calendar.ParseDate(first)
	if err != nil {
		return nil, err
	}
	to, err := calendar.ParseDate(last)
	if err != nil {
		return nil, err
	}
	start, end := zone.DayStart(from), zone.DayStart(to+1)
	daily, err := r.platform.stats(ctx, r.station, "day", start, end)
	if err != nil {
		return nil, err
	}
	monthly, err := r.platform.stats(ctx, r.station, "month", start, end)
	if err != nil {
		return nil, err
	}
	settlements, err := r.platform.settlements(ctx, r.station, first, last)
	if err != nil {
		return nil, err
	}
	var c comparison
	r.compareDays(&c, zone, byStart(daily), byDate(settlements))
	return &c, r.compareMonths(&c, zone, byStart(monthly), settlements)
}
