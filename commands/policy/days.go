package policy

import (
	"context"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
)

// daysKept bounds the cache; a day with a few gauges takes about 50 KB.
const daysKept = 1024

// days keeps the statistics of the days used last, so that the current day isn't read at every quarter.
type days struct {
	cache *lru.Cache[string, *day]
}

type day struct {
	stream   string
	tenant   string
	state    statistics.StationDay
	revision commands.Expected
}

func newDays() *days {
	c, _ := lru.New[string, *day](daysKept) // fails only for a size below 1
	return &days{c}
}

func (c *days) load(ctx context.Context, store commands.Store, s StationKey, zone calendar.Zone, d calendar.Date) (*day, error) {
	stream := statistics.Stream(s.Tenant, s.Station, d)
	if known, ok := c.cache.Get(stream); ok {
		return known, nil
	}
	loaded := &day{stream: stream, tenant: s.Tenant, state: statistics.NewStationDay(zone, d), revision: commands.NoStream}
	err := store.Read(ctx, stream, 0, func(e event.Recorded) error {
		loaded.state.Apply(e.Payload)
		loaded.revision = commands.Expected(e.Revision)
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.cache.Add(stream, loaded)
	return loaded, nil
}

func (c *days) forget(stream string) { c.cache.Remove(stream) }

// append closes what was decided to close and appends with it what is new of the quarters. It says how many windows
// are new. After an error the day is to be forgotten: it may know more than its stream.
func (d *day) append(ctx context.Context, store commands.Store, now time.Time, closing []event.Payload, quarters []statistics.Window, inputs statistics.Inputs) (int, error) {
	for _, e := range closing {
		d.state.Apply(e)
	}
	windows := 0
	for first := true; ; first = false {
		calculated, more, ok := d.state.Calculate(quarters, inputs)
		payloads := []event.Payload{}
		if first {
			payloads = append(payloads, closing...)
		}
		if ok {
			payloads = append(payloads, calculated)
			windows += calculated.Windows()
		}
		if len(payloads) == 0 {
			return windows, nil
		}
		by := commands.Issuer{Tenant: d.tenant, Actor: "statistics"}
		appended, err := store.Append(ctx, d.stream, d.revision, by.Events(d.stream, d.revision, now, payloads)...)
		if err != nil {
			return 0, err
		}
		d.revision = commands.Expected(appended.Revision)
		if ok {
			d.state.Apply(calculated)
		}
		if !more {
			return windows, nil
		}
	}
}
