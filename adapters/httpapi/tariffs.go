package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/money"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
	"github.com/microgrid-cloud/microgrid-cloud/queries"
)

// tariffView is a tariff as the API shows it.
type tariffView struct {
	TariffID string          `json:"tariffId"`
	Versions []tariffVersion `json:"versions" doc:"in the order in which they were published"`
	Retired  bool            `json:"retired" doc:"it gets no more versions"`
	Stations []string        `json:"stations" doc:"those that have it on some date, as far as the token may see them"`
}

// tariffVersion is what a tariff's document says, with the number that settlements name it by.
type tariffVersion struct {
	Version   int           `json:"version"`
	ValidFrom calendar.Date `json:"validFrom" doc:"local date from which it holds; of equal dates the later version does" example:"2016-08-01"`
	tariff.Spec
}

type pricesInput struct {
	StationID string `query:"station_id" required:"true" example:"station-demo-001"`
	From      string `query:"from" required:"true" doc:"RFC 3339" example:"2016-07-31T16:00:00Z"`
	To        string `query:"to" required:"true" doc:"at most 400 days after from" example:"2016-08-01T16:00:00Z"`
}

type prices struct {
	Currency string      `json:"currency" example:"CNY"`
	Items    []priceStep `json:"items" doc:"without a gap, from from to to"`
}

// priceStep is a stretch of time in which no price changes.
type priceStep struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Import *price    `json:"import,omitempty" doc:"missing where no tariff holds"`
	Export *price    `json:"export,omitempty" doc:"missing where export earns nothing"`
}

type price struct {
	Period string        `json:"period" example:"peak"`
	Price  money.Decimal `json:"price" doc:"of a kWh, as the tariff writes it" example:"1.1964"`
}

// longestPrices is how long a span of prices may be.
const longestPrices = 400 * 24 * time.Hour

func (s *Server) registerTariffs(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "list-tariffs", Method: http.MethodGet, Path: "/api/v1/tariffs", Tags: []string{"tariffs"}, Summary: "List tariffs with all their versions",
		Description: "For a token of some stations: those that they have.",
	}, func(ctx context.Context, _ *struct{}) (*body[queries.List[tariffView]], error) {
		list := queries.List[tariffView]{Items: []tariffView{}}
		for _, t := range s.Directory.Tariffs(principal(ctx).Tenant) {
			if v, ok := s.tariffView(principal(ctx), t); ok {
				list.Items = append(list.Items, v)
			}
		}
		return &body[queries.List[tariffView]]{list}, nil
	})

	type one struct {
		ID string `path:"id"`
	}
	handle(api, huma.Operation{
		OperationID: "get-tariff", Method: http.MethodGet, Path: "/api/v1/tariffs/{id}", Tags: []string{"tariffs"}, Summary: "Get a tariff with all its versions",
	}, func(ctx context.Context, in *one) (*body[tariffView], error) {
		t, known := s.Directory.Tariff(principal(ctx).Tenant, in.ID)
		v, visible := s.tariffView(principal(ctx), t)
		if !known || !visible {
			return nil, problem.New(problem.NotFound, "there is no tariff %.100q", in.ID)
		}
		return &body[tariffView]{v}, nil
	})

	handle(api, huma.Operation{
		OperationID: "list-prices", Method: http.MethodGet, Path: "/api/v1/prices", Tags: []string{"tariffs"},
		Summary: "List the prices that hold for a station in [from, to), in steps",
	}, func(ctx context.Context, in *pricesInput) (*body[prices], error) {
		e, err := s.station(ctx, in.StationID)
		if err != nil {
			return nil, err
		}
		from, to, err := span(in.From, in.To)
		if err != nil {
			return nil, err
		}
		if to.Sub(from) > longestPrices {
			return nil, problem.New(problem.Invalid, "the request is refused").At("query.to", "must be at most 400 days after from")
		}
		return &body[prices]{prices{e.Station.Currency, s.prices(e, from, to)}}, nil
	})
}

// tariffView shows a principal a tariff with those of its stations that they may see; one of some stations doesn't see
// what only others have.
func (s *Server) tariffView(who commands.Principal, t tariff.Tariff) (view tariffView, visible bool) {
	view = tariffView{TariffID: t.ID, Retired: t.Retired, Versions: []tariffVersion{}, Stations: []string{}}
	for _, v := range t.Versions {
		view.Versions = append(view.Versions, tariffVersion{v.Number, v.ValidFrom, v.Spec})
	}
	for _, e := range s.Directory.StationsWithTariff(who.Tenant, t.ID) {
		if who.See(e.Station.ID) == nil {
			view.Stations = append(view.Stations, e.Station.ID)
		}
	}
	slices.SortFunc(view.Stations, strings.Compare)
	return view, who.Stations == nil || len(view.Stations) > 0
}

func (s *Server) prices(e *commands.StationEntry, from, to time.Time) []priceStep {
	steps := tariff.Steps(from.UnixMilli(), to.UnixMilli(), e.Zone, func(d calendar.Date) *tariff.Version {
		if v, ok := s.Directory.InForce(e, d); ok {
			return &v
		}
		return nil
	})
	items := make([]priceStep, len(steps))
	for i, step := range steps {
		items[i] = priceStep{time.UnixMilli(step.From).UTC(), time.UnixMilli(step.To).UTC(), priceOf(step.Import), priceOf(step.Export)}
	}
	return items
}

func priceOf(p *tariff.Price) *price {
	if p == nil {
		return nil
	}
	return &price{p.Period, p.PerKwh}
}
