package station

import (
	"slices"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// Provision makes the station what the document says, with the fewest events; of a document that says what already
// holds it makes none. What the document says of a point holds from the earliest ValidFrom it gives on: an older
// mapping of the point stays as its history. Devices and points that it doesn't name are removed, from at on. Without a tariff the
// assignment stays as it is. The tariff's own version is published on the tariff's stream, not here.
func (s Station) Provision(tenant string, d Document, at time.Time) ([]event.Payload, error) {
	if err := s.accepts(tenant, d); err != nil {
		return nil, err
	}
	var events []event.Payload
	switch {
	case s.ID == "":
		events = append(events, Registered{d.StationID, tenant, d.Name, d.Timezone, d.Currency, d.Ratings})
	case s.Name != d.Name || !s.Ratings.same(d.Ratings):
		events = append(events, Changed{d.StationID, d.Name, d.Ratings})
	}
	// removals come first: a name that moves to another device is free by then
	for _, device := range s.Devices {
		if device.RemovedAt.IsZero() && !slices.ContainsFunc(d.Devices, func(new Device) bool { return new.ID == device.ID }) {
			events = append(events, DeviceRemoved{d.StationID, device.ID, at})
		}
	}
	for _, device := range d.Devices {
		events = append(events, s.provisionDevice(d.StationID, device, at)...)
	}
	if t := d.Tariff; t != nil {
		n := len(s.Tariffs)
		if n == 0 || s.Tariffs[n-1].TariffID != t.TariffID || s.Tariffs[n-1].ValidFrom > t.ValidFrom {
			events = append(events, TariffAssigned{d.StationID, t.TariffID, t.ValidFrom})
		}
	}
	return events, nil
}

// accepts says why a document can't be this station's.
func (s Station) accepts(tenant string, d Document) error {
	switch {
	case s.ID == "":
		return nil
	case s.Tenant != tenant:
		return problem.New(problem.Conflict, "station %s can't be provisioned", d.StationID).At("stationId", "is taken")
	case s.Retired:
		return problem.New(problem.Conflict, "station %s can't be provisioned", d.StationID).At("stationId", "is retired")
	}
	err := problem.New(problem.Conflict, "station %s can't be changed so", s.ID)
	if d.Timezone != s.Timezone {
		err.At("timezone", "is %s and can't change: what is recorded is kept by local day", s.Timezone)
	}
	if d.Currency != s.Currency {
		err.At("currency", "is %s and can't change: what is settled is in it", s.Currency)
	}
	if len(err.Problems) > 0 {
		return err
	}
	return nil
}

func (s Station) provisionDevice(stationID string, want Device, at time.Time) []event.Payload {
	var events []event.Payload
	have, known := s.Device(want.ID)
	switch {
	case !known || !have.RemovedAt.IsZero():
		events = append(events, DeviceRegistered{stationID, want.ID, want.Kind, want.ThingsBoard})
	case have.Kind != want.Kind || have.ThingsBoard != want.ThingsBoard:
		events = append(events, DeviceChanged{stationID, want.ID, want.Kind, want.ThingsBoard})
	}
	for _, old := range have.Points {
		if !old.ValidUntil.IsZero() {
			continue // ended already
		}
		// the document's first mapping of the point, as they stand in order of time
		i := slices.IndexFunc(want.Points, func(m Mapping) bool { return m.Semantic == old.Semantic })
		history := i >= 0 && old.ValidFrom.Before(want.Points[i].ValidFrom)
		if !history && !slices.ContainsFunc(want.Points, func(m Mapping) bool { return m.order(old) == 0 }) {
			ends := at
			if i >= 0 {
				ends = time.Time{} // the document says what held instead
			}
			events = append(events, PointUnmapped{stationID, want.ID, old.Semantic, old.ValidFrom, ends})
		}
	}
	for _, m := range want.Points {
		if !slices.ContainsFunc(have.Points, m.same) {
			events = append(events, PointMapped{stationID, want.ID, m})
		}
	}
	return events
}

// Retire ends the station's operation; of a retired station it makes no event.
func (s Station) Retire(reason string) ([]event.Payload, error) {
	switch {
	case s.ID == "":
		return nil, problem.New(problem.NotFound, "there is no such station")
	case s.Retired:
		return nil, nil
	}
	return []event.Payload{Retired{s.ID, reason}}, nil
}
