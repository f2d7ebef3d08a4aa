package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/queries"
)

type closeInput struct {
	Body struct {
		StationID   string     `json:"stationId" example:"station-demo-001"`
		WindowStart time.Time  `json:"windowStart" example:"2016-07-31T16:00:00Z"`
		WindowEnd   *time.Time `json:"windowEnd,omitempty" doc:"at most 3700 days later; without it the one hour or day that begins at windowStart"`
		Granularity string     `json:"granularity,omitempty" enum:"HOUR,DAY" doc:"without windowEnd; HOUR by default"`
	}
}

// closedWindow is a run of quarters that a request closed.
type closedWindow struct {
	WindowStart time.Time `json:"windowStart"`
	WindowEnd   time.Time `json:"windowEnd"`
}

type closeOutput struct {
	Body struct {
		StationID string         `json:"stationId"`
		Closed    []closedWindow `json:"closed" doc:"what was open and is closed now; the numbers follow in a moment"`
	}
}

type statsInput struct {
	StationID   string `query:"station_id" required:"true" example:"station-demo-001"`
	Granularity string `query:"granularity" enum:"quarter,hour,day,month,year" default:"day"`
	From        string `query:"from" required:"true" doc:"RFC 3339" example:"2016-07-31T16:00:00Z"`
	To          string `query:"to" required:"true" example:"2016-08-31T16:00:00Z"`
	Revision    string `query:"revision" enum:"latest,all" default:"latest"`
	PageInput
}

func (s *Server) registerStatistics(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "close-windows", Method: http.MethodPost, Path: "/analytics/window-close", Tags: []string{"statistics"},
		Summary:       "Close windows whatever the watermark",
		Description:   "Closes every window of [windowStart, windowEnd) that isn't closed yet. Roles admin and operator.",
		DefaultStatus: http.StatusAccepted,
	}, func(ctx context.Context, in *closeInput) (*closeOutput, error) {
		if err := principal(ctx).Allow(commands.Admin, commands.Operator); err != nil {
			return nil, err
		}
		if _, err := s.station(ctx, in.Body.StationID); err != nil {
			return nil, err
		}
		c := commands.CloseWindow{StationID: in.Body.StationID, Start: in.Body.WindowStart, Granularity: statistics.Granularity(in.Body.Granularity)}
		if in.Body.WindowEnd != nil {
			c.End = *in.Body.WindowEnd
		}
		closed, err := s.Windows.Close(ctx, s.issuer(ctx), c)
		if err != nil {
			return nil, err
		}
		out := &closeOutput{}
		out.Body.StationID, out.Body.Closed = in.Body.StationID, []closedWindow{}
		for _, w := range closed {
			out.Body.Closed = append(out.Body.Closed, closedWindow{w.Start, w.End})
		}
		return out, nil
	})

	handle(api, huma.Operation{
		OperationID: "list-statistics", Method: http.MethodGet, Path: "/api/v1/stats", Tags: []string{"statistics"},
		Summary: "List the closed windows that overlap [from, to), in order of time",
		Description: "The latest revision of each, or all of them. Months and years are sums of closed days, of which only the latest is kept; " +
			"their revision counts those of their days.",
	}, func(ctx context.Context, in *statsInput) (*body[queries.List[queries.Window]], error) {
		e, err := s.station(ctx, in.StationID)
		if err != nil {
			return nil, err
		}
		p, err := in.page()
		if err != nil {
			return nil, err
		}
		q := queries.Stats{
			Tenant: principal(ctx).Tenant, StationID: in.StationID, Granularity: granularities[in.Granularity],
			AllRevisions: in.Revision == "all", Zone: e.Zone, Page: p,
		}
		if q.From, q.To, err = span(in.From, in.To); err != nil {
			return nil, err
		}
		list, err := s.Queries.Stats(ctx, q)
		return &body[queries.List[queries.Window]]{list}, err
	})
}

var granularities = map[string]statistics.Granularity{
	"quarter": statistics.QuarterHour, "hour": statistics.Hour, "day": statistics.Day, "month": queries.Month, "year": queries.Year,
}

// span reads [from, to), to the millisecond as all times are.
func span(from, to string) (f, t time.Time, err error) {
	refused := problem.New(problem.Invalid, "the request is refused")
	read := func(place, text, example string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		at = at.UTC().Truncate(time.Millisecond)
		switch {
		case err != nil:
			refused.At(place, "must be a time like %s, not %.40q", example, text)
		case at.Year() < 1 || at.Year() > 9999:
			refused.At(place, "must be in the years 1 to 9999")
		}
		return at
	}
	f, t = read("query.from", from, "2016-08-01T00:00:00Z"), read("query.to", to, "2016-08-02T00:00:00Z")
	if len(refused.Problems) == 0 && !f.Before(t) {
		refused.At("query.to", "must be after from, by a millisecond or more")
	}
	if len(refused.Problems) > 0 {
		return f, t, refused
	}
	return f, t, nil
}
