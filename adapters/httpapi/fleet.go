package httpapi

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/sync/errgroup"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/settlement"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
	"github.com/microgrid-cloud/microgrid-cloud/queries"
)

// fleetItem is a station in a line.
type fleetItem struct {
	StationID string         `json:"stationId"`
	Name      string         `json:"name"`
	Timezone  string         `json:"timezone"`
	Currency  string         `json:"currency"`
	Power     powers         `json:"power"`
	SOC       *stateOfCharge `json:"soc,omitempty"`
	Today     *fleetDay      `json:"today,omitempty" doc:"the closed quarters of the station's local day; missing while there is none"`
	HeardAt   *time.Time     `json:"heardAt" doc:"when a message of any of its devices came last"`
	Spark     []*float64     `json:"spark" doc:"import less export of each of the last 24 hours in kWh, the latest last; null where an hour isn't closed"`
}

// fleetDay is what a station's overview says of its day, as far as a line has room.
type fleetDay struct {
	EnergyKwh    fleetEnergies `json:"energyKwh"`
	NetAmount    *string       `json:"netAmount" doc:"import less export so far; null without a tariff or a grid"`
	Completeness json.Number   `json:"completeness"`
}

type fleetEnergies struct {
	Load       *string `json:"load"`
	PV         *string `json:"pv"`
	GridImport *string `json:"gridImport"`
	GridExport *string `json:"gridExport"`
}

const sparkHours = 24

func (s *Server) registerFleet(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "list-fleet", Method: http.MethodGet, Path: "/api/v1/fleet", Tags: []string{"overview"}, Summary: "List stations with what they do now and their days so far",
	}, func(ctx context.Context, in *PageInput) (*body[queries.List[fleetItem]], error) {
		p, err := in.page()
		if err != nil {
			return nil, err
		}
		who := principal(ctx)
		page, err := s.Queries.Stations(ctx, who.Tenant, who.Stations, p)
		if err != nil {
			return nil, err
		}
		items, err := s.fleet(ctx, who.Tenant, page.Items, s.Now())
		return &body[queries.List[fleetItem]]{queries.List[fleetItem]{Items: items, Next: page.Next}}, err
	})
}

// fleet asks the same three questions however many stations there are, at once.
func (s *Server) fleet(ctx context.Context, tenant string, stations []queries.StationSummary, now time.Time) ([]fleetItem, error) {
	items, ids := make([]fleetItem, len(stations)), make([]string, len(stations))
	entries := map[string]*commands.StationEntry{}
	for i, of := range stations {
		ids[i] = of.StationID
		items[i] = fleetItem{
			StationID: of.StationID, Name: of.Name, Timezone: of.Timezone, Currency: of.Currency, Spark: make([]*float64, sparkHours),
		}
		if e, ok := s.Directory.Station(tenant, of.StationID); ok {
			entries[of.StationID] = e
		}
	}
	var values []queries.Value
	var sums []queries.SpanSum
	var hours []queries.HourNet
	group, asking := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		values, err = s.Queries.LatestTelemetry(asking, tenant, ids...)
		return err
	})
	group.Go(func() (err error) {
		sums, err = s.Queries.Sums(asking, tenant, s.priceSpans(entries, ids, now))
		return err
	})
	group.Go(func() (err error) {
		hours, err = s.Queries.NetHours(asking, tenant, ids, now.Add(-(sparkHours+1)*time.Hour))
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	valuesOf, sumsOf := byStation(values, func(v queries.Value) string { return v.StationID }), byStation(sums, func(x queries.SpanSum) string { return x.StationID })
	hoursOf := byStation(hours, func(h queries.HourNet) string { return h.StationID })
	for i := range items {
		item := &items[i]
		for _, v := range valuesOf[item.StationID] {
			if item.HeardAt == nil || v.HeardAt.After(*item.HeardAt) {
				item.HeardAt = &v.HeardAt
			}
		}
		for _, h := range hoursOf[item.StationID] {
			if back := int(now.Sub(h.End) / time.Hour); now.After(h.End) && back < sparkHours {
				kwh := math.Round(h.Kwh*1000) / 1000
				item.Spark[sparkHours-1-back] = &kwh
			}
		}
		e := entries[item.StationID]
		if e == nil {
			continue // it was made a moment ago
		}
		var err error
		if item.Power, item.SOC, err = flowOf(e.Plan, now, valuesOf[item.StationID]); err != nil {
			return nil, err
		}
		if item.Today, err = s.fleetDay(e, e.Zone.Day(now.UnixMilli()), sumsOf[item.StationID]); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func byStation[T any](all []T, station func(T) string) map[string][]T {
	of := map[string][]T{}
	for _, x := range all {
		of[station(x)] = append(of[station(x)], x)
	}
	return of
}

// priceSpans divides the present day of each station where its prices change: what lies between two changes may be
// summed up before it is priced.
func (s *Server) priceSpans(entries map[string]*commands.StationEntry, ids []string, now time.Time) []queries.Span {
	type day struct {
		timezone, tariff string
		version          int
	}
	steps := map[day][]tariff.Step{} // many stations have the same
	var spans []queries.Span
	for _, id := range ids {
		e := entries[id]
		if e == nil {
			continue
		}
		date := e.Zone.Day(now.UnixMilli())
		v, priced := s.Directory.InForce(e, date)
		k := day{e.Station.Timezone, v.TariffID, v.Number}
		if steps[k] == nil {
			steps[k] = tariff.Steps(e.Zone.DayStart(date), e.Zone.DayStart(date+1), e.Zone, func(calendar.Date) *tariff.Version {
				if !priced {
					return nil
				}
				return &v
			})
		}
		for _, step := range steps[k] {
			spans = append(spans, queries.Span{StationID: id, From: time.UnixMilli(step.From).UTC(), To: time.UnixMilli(step.To).UTC()})
		}
	}
	return spans
}

func (s *Server) fleetDay(e *commands.StationEntry, date calendar.Date, sums []queries.SpanSum) (*fleetDay, error) {
	if len(sums) == 0 {
		return nil, nil
	}
	total := sums[0]
	for _, more := range sums[1:] {
		total = total.Plus(more)
	}
	parts := make([]settlement.Quarter, len(sums)) // as if one quarter of each price had had it all
	for i, sum := range sums {
		parts[i] = commands.SettledQuarter(sum.From.UnixMilli(), sum.GridImport, sum.GridExport)
	}
	settled, err := s.settleSoFar(e, date, parts)
	if err != nil {
		return nil, err
	}
	shown := func(e statistics.Energy) *string {
		if !e.Known {
			return nil
		}
		text := e.String()
		return &text
	}
	day := &fleetDay{
		EnergyKwh:    fleetEnergies{shown(total.Load), shown(total.PV), shown(total.GridImport), shown(total.GridExport)},
		Completeness: json.Number(total.Completeness()),
	}
	if settled != nil {
		net := settled.NetAmount.String()
		day.NetAmount = &net
	}
	return day, nil
}
