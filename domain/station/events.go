package station

import (
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
)

// Registered says that a station exists. Its time zone and currency never change.
type Registered struct {
	StationID string  `json:"stationId"`
	Tenant    string  `json:"tenant"`
	Name      string  `json:"name"`
	Timezone  string  `json:"timezone"`
	Currency  string  `json:"currency"`
	Ratings   Ratings `json:"ratings"`
}

// Changed gives a station's name and ratings as they are from now on.
type Changed struct {
	StationID string  `json:"stationId"`
	Name      string  `json:"name"`
	Ratings   Ratings `json:"ratings"`
}

// Retired says that a station is no longer operated. What it recorded stays.
type Retired struct {
	StationID string `json:"stationId"`
	Reason    string `json:"reason,omitempty"`
}

// DeviceRegistered says that a device belongs to the station.
type DeviceRegistered struct {
	StationID   string      `json:"stationId"`
	DeviceID    string      `json:"deviceId"`
	Kind        string      `json:"kind"`
	ThingsBoard ThingsBoard `json:"thingsboard"`
}

// DeviceChanged gives a device's kind and names as they are from now on.
type DeviceChanged struct {
	StationID   string      `json:"stationId"`
	DeviceID    string      `json:"deviceId"`
	Kind        string      `json:"kind"`
	ThingsBoard ThingsBoard `json:"thingsboard"`
}

// DeviceRemoved says that a device, with all its mappings, no longer belongs to the station from At on. What it
// recorded before still counts.
type DeviceRemoved struct {
	StationID string    `json:"stationId"`
	DeviceID  string    `json:"deviceId"`
	At        time.Time `json:"at"`
}

// PointMapped says what a key of a device means from the mapping's ValidFrom on. It replaces the device's mapping of
// the same semantic point with the same ValidFrom.
type PointMapped struct {
	StationID string `json:"stationId"`
	DeviceID  string `json:"deviceId"`
	Mapping
}

// PointUnmapped ends the device's mapping of a semantic point with that ValidFrom: from At on it doesn't hold, and what
// it read before still counts. Without At it is as if it had never been: another holds in its place.
type PointUnmapped struct {
	StationID string    `json:"stationId"`
	DeviceID  string    `json:"deviceId"`
	Semantic  string    `json:"semantic"`
	ValidFrom time.Time `json:"validFrom,omitzero"`
	At        time.Time `json:"at,omitzero"`
}

// TariffAssigned gives the station a tariff from a local date on, in place of all that was assigned from that date
// or later.
type TariffAssigned struct {
	StationID string        `json:"stationId"`
	TariffID  string        `json:"tariffId"`
	ValidFrom calendar.Date `json:"validFrom"`
}

// EventType names the event.
func (Registered) EventType() string { return "StationRegistered" }

// EventType names the event.
func (Changed) EventType() string { return "StationChanged" }

// EventType names the event.
func (Retired) EventType() string { return "StationRetired" }

// EventType names the event.
func (DeviceRegistered) EventType() string { return "DeviceRegistered" }

// EventType names the event.
func (DeviceChanged) EventType() string { return "DeviceChanged" }

// EventType names the event.
func (DeviceRemoved) EventType() string { return "DeviceRemoved" }

// EventType names the event.
func (PointMapped) EventType() string { return "PointMapped" }

// EventType names the event.
func (PointUnmapped) EventType() string { return "PointUnmapped" }

// EventType names the event.
func (TariffAssigned) EventType() string { return "TariffAssigned" }

// Events are the payloads of this package.
func Events() []event.Definition {
	return []event.Definition{
		event.Define[Registered](), event.Define[Changed](), event.Define[Retired](),
		event.Define[DeviceRegistered](), event.Define[DeviceChanged](), event.Define[DeviceRemoved](),
		event.Define[PointMapped](), event.Define[PointUnmapped](), event.Define[TariffAssigned](),
	}
}
