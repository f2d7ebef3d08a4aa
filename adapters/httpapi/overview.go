package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/money"
	"github.com/microgrid-cloud/microgrid-cloud/domain/settlement"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/queries"
)

// overview is a station now, and its local day so far.
type overview struct {
	StationID   string                  `json:"stationId"`
	Name        string                  `json:"name"`
	Timezone    string                  `json:"timezone" example:"Asia/Shanghai"`
	Currency    string                  `json:"currency" example:"CNY"`
	Date        calendar.Date           `json:"date" doc:"the station's local day"`
	DayStart    time.Time               `json:"dayStart"`
	DayEnd      time.Time               `json:"dayEnd"`
	Today       *queries.Window         `json:"today,omitempty" doc:"the sum of the day's closed quarters, until windowEnd; missing while there is none"`
	Settlement  *settledSoFar           `json:"settlement,omitempty" doc:"what those quarters cost; missing without a tariff or a grid"`
	PriceNow    *priceStep              `json:"priceNow,omitempty" doc:"missing without a tariff"`
	PriceNext   *priceStep              `json:"priceNext,omitempty" doc:"missing where no price changes within 8 days"`
	Power       powers                  `json:"power"`
	SOC         *stateOfCharge          `json:"soc,omitempty"`
	Devices     []queries.DeviceSummary `json:"devices"`
	Projections followed                `json:"projections"`
}

// settledSoFar is a settlement of what is known of a day that isn't over.
type settledSoFar struct {
	Lines        []queries.SettlementLine `json:"lines"`
	ImportAmount money.Decimal            `json:"importAmount"`
	ExportAmount money.Decimal            `json:"exportAmount"`
	NetAmount    money.Decimal            `json:"netAmount"`
}

// powers are what flows now. Grid above 0 is import, battery above 0 discharge; load = grid + pv + battery + genset - evse.
type powers struct {
	Grid    *power `json:"grid,omitempty"`
	PV      *power `json:"pv,omitempty"`
	Load    *power `json:"load,omitempty"`
	Battery *power `json:"battery,omitempty"`
	EVSE    *power `json:"evse,omitempty"`
	Genset  *power `json:"genset,omitempty"`
}

// power is what flows through a part that is there; kw is null where a device of it says nothing usable.
type power struct {
	Kw      *string    `json:"kw" example:"2.275800000"`
	TS      *time.Time `json:"ts" doc:"of the oldest value in it"`
	Derived bool       `json:"derived" doc:"from the balance of the others"`
}

type stateOfCharge struct {
	Percent string    `json:"percent" doc:"the mean of all batteries" example:"57.300000000"`
	TS      time.Time `json:"ts" doc:"of the oldest value in it"`
}

// followed says how far what is shown is behind what was taken in.
type followed struct {
	CaughtUp      bool  `json:"caughtUp"`
	BehindSeconds int64 `json:"behindSeconds" doc:"the age of the event that the slowest of them has handled last; 0: caught up"`
}

// priceHorizon is how far ahead the next price is looked for: a tariff of weekdays and weekends changes within it.
const priceHorizon = 8 * 24 * time.Hour

func (s *Server) registerOverview(api huma.API) {
	type input struct {
		StationID string `query:"station_id" required:"true" example:"station-demo-001"`
	}
	handle(api, huma.Operation{
		OperationID: "get-overview", Method: http.MethodGet, Path: "/api/v1/overview", Tags: []string{"overview"}, Summary: "A station now, and its local day so far",
	}, func(ctx context.Context, in *input) (*body[overview], error) {
		e, err := s.station(ctx, in.StationID)
		if err != nil {
			return nil, err
		}
		o, err := s.overview(ctx, e, s.Now())
		return &body[overview]{o}, err
	})
}

func (s *Server) overview(ctx context.Context, e *commands.StationEntry, now time.Time) (overview, error) {
	date := e.Zone.Day(now.UnixMilli())
	o := overview{
		StationID: e.Station.ID, Name: e.Station.Name, Timezone: e.Station.Timezone, Currency: e.Station.Currency, Date: date,
		DayStart: time.UnixMilli(e.Zone.DayStart(date)).UTC(), DayEnd: time.UnixMilli(e.Zone.DayStart(date + 1)).UTC(),
		Projections: s.followed(now),
	}
	sum, quarters, err := s.Queries.SoFar(ctx, e.Station.Tenant, e.Station.ID, o.DayStart, o.DayEnd)
	if err != nil {
		return o, err
	}
	o.Today = sum
	parts := make([]settlement.Quarter, len(quarters))
	for i, q := range quarters {
		parts[i] = commands.SettledQuarter(q.Start, q.Energy[statistics.GridImport], q.Energy[statistics.GridExport])
	}
	if o.Settlement, err = s.settleSoFar(e, date, parts); err != nil {
		return o, err
	}
	steps := s.prices(e, now, now.Add(priceHorizon))
	if steps[0].Import != nil {
		o.PriceNow = &steps[0]
	}
	if len(steps) > 1 {
		o.PriceNext = &steps[1]
	}
	devices, err := s.Queries.Devices(ctx, e.Station.Tenant, e.Station.ID)
	if err != nil {
		return o, err
	}
	o.Devices = devices.Items
	values, err := s.Queries.LatestTelemetry(ctx, e.Station.Tenant, e.Station.ID)
	if err != nil {
		return o, err
	}
	o.Power, o.SOC, err = flowOf(e.Plan, now, values)
	return o, err
}

// settleSoFar settles what is known of a day; nil where the rules leave it without a settlement.
func (s *Server) settleSoFar(e *commands.StationEntry, date calendar.Date, quarters []settlement.Quarter) (*settledSoFar, error) {
	in := settlement.Input{StationID: e.Station.ID, Date: date, Zone: e.Zone, Currency: e.Station.Currency, Quarters: quarters}
	if v, ok := s.Directory.InForce(e, date); ok {
		in.Tariff = &v
	}
	c, err := settlement.Calculate(in)
	if _, unsettled := errors.AsType[settlement.Unsettled](err); unsettled {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	lines := make([]queries.SettlementLine, len(c.Lines))
	for i, l := range c.Lines {
		lines[i] = queries.SettlementLine{
			Direction: string(l.Direction), Period: l.Period, QuantityKwh: l.QuantityKwh.String(), Price: l.Price.String(), Amount: l.Amount.String(),
		}
	}
	return &settledSoFar{lines, c.Import, c.Export, c.Net}, nil
}

// flowOf says what flows by the latest values of a station's devices.
func flowOf(plan *statistics.Plan, now time.Time, values []queries.Value) (powers, *stateOfCharge, error) {
	var latest []statistics.Latest
	for _, v := range values {
		readings, err := meaning(plan, v)
		if err != nil {
			return powers{}, nil, err
		}
		for _, r := range readings {
			latest = append(latest, statistics.Latest{Device: v.DeviceID, TS: v.TS.UnixMilli(), Reading: r})
		}
	}
	flow := plan.Flow(now.UnixMilli(), latest)
	part := func(kind string) *power {
		p, there := flow[kind]
		if !there {
			return nil
		}
		shown := &power{Derived: p.Derived}
		if p.Known {
			kw, ts := p.String(), time.UnixMilli(p.At).UTC()
			shown.Kw, shown.TS = &kw, &ts
		}
		return shown
	}
	all := powers{
		Grid: part(station.Grid), PV: part(station.PV), Load: part(station.Load), Battery: part(station.Battery),
		EVSE: part(station.EVSE), Genset: part(station.Genset),
	}
	if mean, at, known := statistics.SOC(latest); known {
		return all, &stateOfCharge{mean.String(), time.UnixMilli(at).UTC()}, nil
	}
	return all, nil, nil
}

func (s *Server) followed(now time.Time) followed {
	f := followed{CaughtUp: true}
	for _, p := range s.Health.Projections() {
		f.CaughtUp = f.CaughtUp && p.CaughtUp
		f.BehindSeconds = max(f.BehindSeconds, behind(p, now))
	}
	return f
}
