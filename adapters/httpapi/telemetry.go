package httpapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/canonical"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/queries"
)

type telemetryInput struct {
	StationID string `query:"station_id" required:"true"`
	DeviceID  string `query:"device_id" doc:"without it all of the station's"`
	From      string `query:"from" required:"true" doc:"RFC 3339" example:"2016-07-31T16:00:00Z"`
	To        string `query:"to" required:"true" example:"2016-08-01T16:00:00Z"`
	PageInput
}

// latestValue is the latest value of a key, with what it says of the point that is mapped to it.
type latestValue struct {
	queries.Value
	Semantic *string `json:"semantic" doc:"null: nothing is mapped to the key at the value's time" example:"grid.active_power"`
	Unit     *string `json:"unit" example:"kW"`
	Mapped   *string `json:"mapped" doc:"in unit, after scale, offset and sign; null: it counts for nothing" example:"2.275800000"`
	Reason   string  `json:"reason,omitempty" enum:"no_number,out_of_range" doc:"why a mapped value counts for nothing"`
}

// meaning is what a value says of the points that its key is mapped to, by the rule of the statistics.
func meaning(plan *statistics.Plan, v queries.Value) ([]statistics.Reading, error) {
	message := slices.Concat([]byte(`{"`+canonical.Key(v.Key)+`":`), v.Value, []byte{'}'})
	return plan.Readings(v.DeviceID, v.TS.UnixMilli(), message)
}

// latestValues puts beside each value its meaning. A key of several points stands once for each.
func latestValues(plan *statistics.Plan, values []queries.Value) ([]latestValue, error) {
	items := make([]latestValue, 0, len(values))
	for _, v := range values {
		readings, err := meaning(plan, v)
		if err != nil {
			return nil, err
		}
		for _, r := range readings {
			p := pointOf(r)
			items = append(items, latestValue{v, &p.Semantic, &p.Unit, p.Value, p.Reason})
		}
		if len(readings) == 0 {
			items = append(items, latestValue{Value: v})
		}
	}
	return items, nil
}

type quarantineInput struct {
	DeviceName string `query:"device_name" doc:"without it all"`
	PageInput
}

type quarantinedDevicesInput struct {
	Limit string `query:"limit" doc:"items at most, 1 to 1000" example:"100"`
}

type quarantinedDevice struct {
	queries.QuarantinedDevice
	StationID string `json:"stationId,omitempty" doc:"the station that has the device now"`
}

type releaseInput struct {
	Body struct {
		DeviceName string `json:"deviceName,omitempty" doc:"without it all of the tenant's"`
	}
}

func (s *Server) registerTelemetry(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "list-telemetry", Method: http.MethodGet, Path: "/api/v1/telemetry", Tags: []string{"telemetry"},
		Summary: "List messages with event times in [from, to), by device, then time",
	}, func(ctx context.Context, in *telemetryInput) (*body[queries.List[queries.Message]], error) {
		if _, err := s.station(ctx, in.StationID); err != nil {
			return nil, err
		}
		p, err := in.page()
		if err != nil {
			return nil, err
		}
		if err := plainText("device_id", in.DeviceID); err != nil {
			return nil, err
		}
		q := queries.Telemetry{Tenant: principal(ctx).Tenant, StationID: in.StationID, DeviceID: in.DeviceID, Page: p}
		if q.From, q.To, err = span(in.From, in.To); err != nil {
			return nil, err
		}
		list, err := s.Queries.Telemetry(ctx, q)
		return &body[queries.List[queries.Message]]{list}, err
	})

	type ofStation struct {
		StationID string `query:"station_id" required:"true"`
	}
	handle(api, huma.Operation{
		OperationID: "latest-telemetry", Method: http.MethodGet, Path: "/api/v1/telemetry/latest", Tags: []string{"telemetry"},
		Summary:     "List the latest value of every key of a station's devices",
		Description: "Beside each what it says of the point that it is mapped to, by the rule of the statistics.",
	}, func(ctx context.Context, in *ofStation) (*body[queries.List[latestValue]], error) {
		e, err := s.station(ctx, in.StationID)
		if err != nil {
			return nil, err
		}
		values, err := s.Queries.LatestTelemetry(ctx, principal(ctx).Tenant, in.StationID)
		if err != nil {
			return nil, err
		}
		items, err := latestValues(e.Plan, values)
		return &body[queries.List[latestValue]]{queries.List[latestValue]{Items: items}}, err
	})

	handle(api, huma.Operation{
		OperationID: "list-quarantine", Method: http.MethodGet, Path: "/api/v1/quarantine", Tags: []string{"telemetry"},
		Summary: "List messages that can't be used as the stations are mapped now", Description: "Roles admin and operator, of all stations.",
	}, func(ctx context.Context, in *quarantineInput) (*body[queries.List[queries.Quarantined]], error) {
		if err := mayQuarantine(ctx); err != nil {
			return nil, err
		}
		p, err := in.page()
		if err != nil {
			return nil, err
		}
		if err := plainText("device_name", in.DeviceName); err != nil {
			return nil, err
		}
		list, err := s.Queries.Quarantine(ctx, principal(ctx).Tenant, in.DeviceName, p)
		return &body[queries.List[queries.Quarantined]]{list}, err
	})

	handle(api, huma.Operation{
		OperationID: "list-quarantined-devices", Method: http.MethodGet, Path: "/api/v1/quarantine/devices", Tags: []string{"telemetry"},
		Summary: "List the devices with messages in quarantine, the latest first", Description: "Roles admin and operator, of all stations.",
	}, func(ctx context.Context, in *quarantinedDevicesInput) (*body[queries.List[quarantinedDevice]], error) {
		if err := mayQuarantine(ctx); err != nil {
			return nil, err
		}
		n, err := parseLimit(in.Limit, 100, 1000)
		if err != nil {
			return nil, err
		}
		tenant := principal(ctx).Tenant
		devices, err := s.Queries.QuarantinedDevices(ctx, tenant, n)
		list := queries.List[quarantinedDevice]{Items: make([]quarantinedDevice, len(devices.Items))}
		for i, d := range devices.Items {
			list.Items[i].QuarantinedDevice = d
			if e, _, known := s.Directory.Device(tenant, d.DeviceName, d.DeviceID); known {
				list.Items[i].StationID = e.Station.ID
			}
		}
		return &body[queries.List[quarantinedDevice]]{list}, err
	})

	handle(api, huma.Operation{
		OperationID: "replay-quarantine", Method: http.MethodPost, Path: "/api/v1/quarantine/replay", Tags: []string{"telemetry"},
		Summary:     "Take in what is in quarantine and can be used now",
		Description: "What can't be used yet stays. Roles admin and operator, of all stations.",
	}, func(ctx context.Context, in *releaseInput) (*body[commands.ReleaseReceipt], error) {
		if err := mayQuarantine(ctx); err != nil {
			return nil, err
		}
		receipt, err := s.Quarantine.Replay(ctx, principal(ctx).Tenant, in.Body.DeviceName)
		return &body[commands.ReleaseReceipt]{receipt}, err
	})
}

// mayQuarantine lets those see and replay the quarantine who run the stations. What is in it belongs to no station yet.
func mayQuarantine(ctx context.Context) error {
	p := principal(ctx)
	if err := p.Allow(commands.Admin, commands.Operator); err != nil {
		return err
	}
	return p.Whole(problem.Textf("the quarantine"))
}
