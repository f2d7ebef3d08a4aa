package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
	"github.com/microgrid-cloud/microgrid-cloud/queries"
)

// PageInput bounds a list. It is exported for huma, which reads no parameters of embedded types that aren't.
type PageInput struct {
	Limit  string `query:"limit" doc:"items at most, 1 to 1000" example:"100"`
	Cursor string `query:"cursor" doc:"next of the page before"`
}

func (p PageInput) page() (queries.Page, error) {
	n, err := parseLimit(p.Limit, 100, 1000)
	return queries.Page{Limit: n, Cursor: p.Cursor}, err
}

type body[T any] struct{ Body T }

type provisionInput struct {
	RawBody []byte `contentType:"application/json"`
}

type provisionOutput struct {
	Status int
	Body   station.Station
}

// change is an event that a document would make, and what it is about.
type change struct {
	Event     string           `json:"event" enum:"StationRegistered,StationChanged,DeviceRegistered,DeviceChanged,DeviceRemoved,PointMapped,PointUnmapped,TariffAssigned,TariffPublished"`
	DeviceID  string           `json:"deviceId,omitempty"`
	Semantic  string           `json:"semantic,omitempty" doc:"the point that is mapped or unmapped" example:"grid.active_power"`
	Mapping   *station.Mapping `json:"mapping,omitempty" doc:"what the point would be mapped to"`
	Void      bool             `json:"void,omitempty" doc:"an unmapped point counts as never mapped so; else it ends now"`
	TariffID  string           `json:"tariffId,omitempty"`
	Version   int              `json:"version,omitempty" doc:"of the tariff, that would be published"`
	ValidFrom string           `json:"validFrom,omitempty" doc:"the local date from which the tariff or its version holds" example:"2016-08-01"`
}

func changeOf(p event.Payload) change {
	c := change{Event: p.EventType()}
	switch e := p.(type) {
	case station.DeviceRegistered:
		c.DeviceID = e.DeviceID
	case station.DeviceChanged:
		c.DeviceID = e.DeviceID
	case station.DeviceRemoved:
		c.DeviceID = e.DeviceID
	case station.PointMapped:
		c.DeviceID, c.Semantic, c.Mapping = e.DeviceID, e.Semantic, &e.Mapping
	case station.PointUnmapped:
		c.DeviceID, c.Semantic, c.Void = e.DeviceID, e.Semantic, e.At.IsZero()
	case station.TariffAssigned:
		c.TariffID, c.ValidFrom = e.TariffID, e.ValidFrom.String()
	case tariff.Published:
		c.TariffID, c.Version, c.ValidFrom = e.TariffID, e.Version, e.ValidFrom.String()
	}
	return c
}

func (s *Server) registerStations(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "provision-station", Method: http.MethodPost, Path: "/api/v1/provisioning/stations",
		Summary: "Provision a whole station in one document", Tags: []string{"stations"},
		Description: "Idempotent: the same document again changes nothing. Every error of a document is told at once, each with its path. " +
			"Role admin. 201 when the station is new or changed, 200 when nothing changed.",
		DefaultStatus: http.StatusCreated, MaxBodyBytes: 1 << 20, SkipValidateBody: true,
		RequestBody: &huma.RequestBody{Required: true},
		Responses:   map[string]*huma.Response{"200": {Description: "nothing changed"}},
	}, func(ctx context.Context, in *provisionInput) (*provisionOutput, error) {
		if err := principal(ctx).Allow(commands.Admin); err != nil {
			return nil, err
		}
		done, err := s.Stations.Provision(ctx, s.issuer(ctx), in.RawBody)
		if err != nil {
			return nil, err
		}
		out := &provisionOutput{Status: http.StatusOK, Body: done.Station}
		if done.Changed {
			out.Status = http.StatusCreated
		}
		return out, nil
	})
	handle(api, huma.Operation{
		OperationID: "preview-station", Method: http.MethodPost, Path: "/api/v1/provisioning/stations/preview",
		Summary: "List what a document would change, and change nothing", Tags: []string{"stations"},
		Description:  "Refuses what provisioning would refuse. Role admin.",
		MaxBodyBytes: 1 << 20, SkipValidateBody: true, RequestBody: &huma.RequestBody{Required: true},
	}, func(ctx context.Context, in *provisionInput) (*body[queries.List[change]], error) {
		if err := principal(ctx).Allow(commands.Admin); err != nil {
			return nil, err
		}
		events, err := s.Stations.Preview(ctx, s.issuer(ctx), in.RawBody)
		if err != nil {
			return nil, err
		}
		list := queries.List[change]{Items: make([]change, len(events))}
		for i, e := range events {
			list.Items[i] = changeOf(e)
		}
		return &body[queries.List[change]]{list}, nil
	})
	for _, path := range []string{"/api/v1/provisioning/stations", "/api/v1/provisioning/stations/preview"} {
		// huma describes a raw body anew as it registers it
		api.OpenAPI().Paths[path].Post.RequestBody.Content["application/json"] = &huma.MediaType{
			Schema: &huma.Schema{Type: huma.TypeObject}, Example: exampleStation,
		}
	}

	handle(api, huma.Operation{
		OperationID: "list-stations", Method: http.MethodGet, Path: "/api/v1/stations", Summary: "List stations", Tags: []string{"stations"},
	}, func(ctx context.Context, in *PageInput) (*body[queries.List[queries.StationSummary]], error) {
		p, err := in.page()
		if err != nil {
			return nil, err
		}
		who := principal(ctx)
		list, err := s.Queries.Stations(ctx, who.Tenant, who.Stations, p)
		return &body[queries.List[queries.StationSummary]]{list}, err
	})

	type one struct {
		ID string `path:"id"`
	}
	handle(api, huma.Operation{
		OperationID: "get-station", Method: http.MethodGet, Path: "/api/v1/stations/{id}", Tags: []string{"stations"},
		Summary: "Get a station with its devices, mappings and tariffs as they are now",
	}, func(ctx context.Context, in *one) (*body[station.Station], error) {
		e, err := s.station(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &body[station.Station]{e.Station}, nil
	})

	type ofStation struct {
		StationID string `query:"station_id" required:"true"`
	}
	handle(api, huma.Operation{
		OperationID: "list-devices", Method: http.MethodGet, Path: "/api/v1/devices", Summary: "List a station's devices", Tags: []string{"stations"},
	}, func(ctx context.Context, in *ofStation) (*body[queries.List[queries.DeviceSummary]], error) {
		if _, err := s.station(ctx, in.StationID); err != nil {
			return nil, err
		}
		list, err := s.Queries.Devices(ctx, principal(ctx).Tenant, in.StationID)
		return &body[queries.List[queries.DeviceSummary]]{list}, err
	})
	handle(api, huma.Operation{
		OperationID: "list-points", Method: http.MethodGet, Path: "/api/v1/points", Summary: "List a station's point mappings with their history",
		Tags: []string{"stations"},
	}, func(ctx context.Context, in *ofStation) (*body[queries.List[queries.Point]], error) {
		if _, err := s.station(ctx, in.StationID); err != nil {
			return nil, err
		}
		list, err := s.Queries.Points(ctx, principal(ctx).Tenant, in.StationID)
		return &body[queries.List[queries.Point]]{list}, err
	})
}

// exampleStation is a document that is accepted as it stands.
var exampleStation = map[string]any{
	"stationId": "station-demo-001", "name": "Demo", "timezone": "Asia/Shanghai", "currency": "CNY",
	"ratings": map[string]any{"gridKw": 10, "pvKw": 4},
	"devices": []any{map[string]any{
		"deviceId": "meter-1", "kind": "grid_meter", "thingsboard": map[string]any{"deviceName": "meter-1"},
		"points": []any{map[string]any{
			"key": "grid_kw", "semantic": "grid.active_power", "unit": "kW", "kind": "gauge", "interpolation": "previous", "maxGap": "2h",
		}},
	}},
	"tariff": map[string]any{
		"tariffId": "fixed-cn", "validFrom": "2016-08-01",
		"import": map[string]any{"kind": "fixed", "price": "0.6800"}, "export": map[string]any{"kind": "fixed", "price": "0.3910"},
	},
}
