// Package station owns what a station is: its time zone, currency and ratings, its devices, what their source keys
// mean (the mappings, with their history) and which tariff it has from which local date on. It reads the provisioning
// document and decides what of it is new. It doesn't own telemetry, prices or anything computed from them.
package station

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
)

// Stream is the stream of a tenant's station.
func Stream(tenant, stationID string) string { return "station-" + tenant + "." + stationID }

// Station is a station as its events made it. The zero value isn't registered. It is a value: Apply gives a new one
// and changes nothing that an older one holds.
type Station struct {
	ID       string       `json:"stationId"`
	Tenant   string       `json:"-"`
	Name     string       `json:"name"`
	Timezone string       `json:"timezone"`
	Currency string       `json:"currency"`
	Ratings  Ratings      `json:"ratings"`
	Devices  []Device     `json:"devices"` // in order of registration
	Tariffs  []Assignment `json:"tariffs"` // in order of ValidFrom
	Retired  bool         `json:"retired"`
}

// Ratings are what the station's parts can do, in kW and kWh; nil: not given.
type Ratings struct {
	GridKw     *decimal.Decimal `json:"gridKw,omitempty"`
	PvKw       *decimal.Decimal `json:"pvKw,omitempty"`
	BatteryKw  *decimal.Decimal `json:"batteryKw,omitempty"`
	BatteryKwh *decimal.Decimal `json:"batteryKwh,omitempty"`
	EvseKw     *decimal.Decimal `json:"evseKw,omitempty"`
	GensetKw   *decimal.Decimal `json:"gensetKw,omitempty"`
}

// Device is a device behind ThingsBoard with what its keys mean.
type Device struct {
	ID          string      `json:"deviceId"`
	Kind        string      `json:"kind"`
	ThingsBoard ThingsBoard `json:"thingsboard"`
	Points      []Mapping   `json:"points"`             // by semantic point, then ValidFrom; ended ones too
	RemovedAt   time.Time   `json:"removedAt,omitzero"` // zero: it belongs to the station
}

// ThingsBoard is how ThingsBoard names a device.
type ThingsBoard struct {
	DeviceName string `json:"deviceName"`
	DeviceID   string `json:"deviceId,omitempty"`
}

// Assignment is the tariff that the station has from a local date on.
type Assignment struct {
	TariffID  string        `json:"tariffId"`
	ValidFrom calendar.Date `json:"validFrom"`
}

// Apply folds an event into the station.
func (s Station) Apply(p event.Payload) Station {
	switch e := p.(type) {
	case Registered:
		s.ID, s.Tenant, s.Name, s.Timezone, s.Currency = e.StationID, e.Tenant, e.Name, e.Timezone, e.Currency
		s.Ratings, s.Devices, s.Tariffs = e.Ratings, []Device{}, []Assignment{}
	case Changed:
		s.Name, s.Ratings = e.Name, e.Ratings
	case Retired:
		s.Retired = true
	case DeviceRegistered:
		if _, again := s.Device(e.DeviceID); !again {
			s.Devices = append(slices.Clip(s.Devices), Device{ID: e.DeviceID, Points: []Mapping{}})
		}
		s.Devices = s.withDevice(e.DeviceID, func(d Device) Device {
			d.Kind, d.ThingsBoard, d.RemovedAt = e.Kind, e.ThingsBoard, time.Time{}
			return d
		})
	case DeviceChanged:
		s.Devices = s.withDevice(e.DeviceID, func(d Device) Device {
			d.Kind, d.ThingsBoard = e.Kind, e.ThingsBoard
			return d
		})
	case DeviceRemoved:
		s.Devices = s.withDevice(e.DeviceID, func(d Device) Device {
			d.RemovedAt = e.At
			d.Points = ended(d.Points, e.At, func(Mapping) bool { return true })
			return d
		})
	case PointMapped:
		s.Devices = s.withDevice(e.DeviceID, func(d Device) Device {
			d.Points = slices.Clone(d.Points)
			i, replaced := slices.BinarySearchFunc(d.Points, e.Mapping, Mapping.order)
			if replaced {
				d.Points[i] = e.Mapping
			} else {
				d.Points = slices.Insert(d.Points, i, e.Mapping)
			}
			return d
		})
	case PointUnmapped:
		gone := Mapping{Semantic: e.Semantic, ValidFrom: e.ValidFrom}
		s.Devices = s.withDevice(e.DeviceID, func(d Device) Device {
			d.Points = ended(d.Points, e.At, func(m Mapping) bool { return m.order(gone) == 0 })
			return d
		})
	case TariffAssigned:
		tariffs := slices.DeleteFunc(slices.Clone(s.Tariffs), func(a Assignment) bool { return a.ValidFrom >= e.ValidFrom })
		tariffs = append(tariffs, Assignment{e.TariffID, e.ValidFrom})
		s.Tariffs = tariffs
	}
	return s
}

// ended ends the mappings that still hold; one that had not begun was never one.
func ended(points []Mapping, at time.Time, these func(Mapping) bool) []Mapping {
	left := make([]Mapping, 0, len(points))
	for _, m := range points {
		if m.ValidUntil.IsZero() && these(m) {
			if !m.ValidFrom.Before(at) {
				continue
			}
			m.ValidUntil = at
		}
		left = append(left, m)
	}
	return left
}

func (s Station) withDevice(id string, change func(Device) Device) []Device {
	devices := slices.Clone(s.Devices)
	for i, d := range devices {
		if d.ID == id {
			devices[i] = change(d)
		}
	}
	return devices
}

// Device finds a device.
func (s Station) Device(id string) (Device, bool) {
	i := slices.IndexFunc(s.Devices, func(d Device) bool { return d.ID == id })
	if i < 0 {
		return Device{}, false
	}
	return s.Devices[i], true
}

// Mappings are the mappings of a device, ordered by semantic point and then by the time from which they hold: the one
// in force at a time is the last of its semantic point whose ValidFrom isn't after it, as long as it hasn't ended.
func (s Station) Mappings(deviceID string) []Mapping {
	d, _ := s.Device(deviceID)
	return d.Points
}

// Zone loads the station's time zone.
func (s Station) Zone() (calendar.Zone, error) { return calendar.LoadZone(s.Timezone) }

// TariffOn is the tariff that the station has on a local date.
func (s Station) TariffOn(date calendar.Date) (tariffID string, assigned bool) {
	for _, a := range slices.Backward(s.Tariffs) {
		if a.ValidFrom <= date {
			return a.TariffID, true
		}
	}
	return "", false
}

// RatingFor is the rating in kW against which the counters of a kind are judged: for load what can flow to it at
// most, the sum of grid, pv, battery and genset as far as given. It is 0 where nothing is given.
func (s Station) RatingFor(kind string) decimal.Decimal { return s.Ratings.For(kind) }

// For is RatingFor of ratings that aren't a station's yet.
func (r Ratings) For(kind string) decimal.Decimal {
	parts := map[string][]*decimal.Decimal{
		Grid: {r.GridKw}, PV: {r.PvKw}, Battery: {r.BatteryKw}, EVSE: {r.EvseKw}, Genset: {r.GensetKw},
		Load: {r.GridKw, r.PvKw, r.BatteryKw, r.GensetKw},
	}
	var sum decimal.Decimal
	for _, part := range parts[kind] {
		if part != nil {
			sum = sum.Add(*part)
		}
	}
	return sum
}

func (r Ratings) same(o Ratings) bool {
	return sameDecimal(r.GridKw, o.GridKw) && sameDecimal(r.PvKw, o.PvKw) && sameDecimal(r.BatteryKw, o.BatteryKw) &&
		sameDecimal(r.BatteryKwh, o.BatteryKwh) && sameDecimal(r.EvseKw, o.EvseKw) && sameDecimal(r.GensetKw, o.GensetKw)
}
