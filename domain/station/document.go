package station

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/document"
	"github.com/microgrid-cloud/microgrid-cloud/domain/money"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
)

// Document is the provisioning document: a whole station, with all defaults filled in.
type Document struct {
	StationID string           `json:"stationId"`
	Name      string           `json:"name"`
	Timezone  string           `json:"timezone"`
	Currency  string           `json:"currency"`
	Ratings   Ratings          `json:"ratings"`
	Devices   []Device         `json:"devices"`
	Tariff    *tariff.Document `json:"tariff,omitempty"`
}

var deviceKinds = []string{"grid_meter", "load_meter", "pv_inverter", "battery", "evse", "genset", "sensor"}

// ParseDocument reads a provisioning document and reports all that is wrong with it, each with its path.
func ParseDocument(raw []byte) (Document, error) {
	var problems problem.List
	o := document.Parse(raw, "", &problems).Required().
		Object("stationId", "name", "timezone", "currency", "ratings", "devices", "tariff")
	d := Document{
		StationID: o.Field("stationId").Required().ID(),
		Name:      o.Field("name").Required().Text(),
		Currency:  decodeCurrency(o.Field("currency").Required()),
		Ratings:   decodeRatings(o.Field("ratings")),
	}
	timezone, zone := decodeZone(o.Field("timezone").Required())
	d.Timezone = timezone
	d.Devices = decodeDevices(o.Field("devices").Required(), d.Ratings)
	if t := o.Field("tariff"); t.Given() {
		td := tariff.Decode(t, zone)
		d.Tariff = &td
	}
	if err := problems.Err("the station document is refused"); err != nil {
		return Document{}, err
	}
	return d, nil
}

func decodeCurrency(v document.Value) string {
	s, ok := v.String()
	if _, known := money.MinorUnits(s); ok && !known {
		v.Refuse("must be a currency of ISO 4217 such as CNY or EUR")
	}
	return s
}

// decodeZone gives UTC for a zone that is refused, so that the rest of the document can be checked.
func decodeZone(v document.Value) (string, calendar.Zone) {
	utc, _ := calendar.LoadZone("UTC")
	name, ok := v.String()
	if !ok {
		return "", utc
	}
	zone, err := calendar.LoadZone(name)
	// IANA's names begin with a capital; others are files that some machines have beside them, such as posixrules
	if err != nil || name[0] < 'A' || name[0] > 'Z' {
		v.Refuse("must be an IANA time zone such as Asia/Shanghai")
		return name, utc
	}
	if !onQuarters(zone.Location()) {
		v.Refuse("must be a time zone whose offset to UTC is whole quarters of an hour")
		return name, utc
	}
	return name, zone
}

// onQuarters says whether the zone's offsets are quarters of an hour in the years that stations have data of.
func onQuarters(loc *time.Location) bool {
	for t := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).In(loc); t.Year() < 2040; {
		if _, offset := t.Zone(); offset%(15*60) != 0 {
			return false
		}
		_, change := t.ZoneBounds()
		if change.IsZero() {
			break
		}
		t = change.In(loc)
	}
	return true
}

func decodeRatings(v document.Value) Ratings {
	o := v.Object("gridKw", "pvKw", "batteryKw", "batteryKwh", "evseKw", "gensetKw")
	rating := func(name string) *decimal.Decimal {
		d := nanos(o.Field(name))
		if d != nil && (d.IsNegative() || d.GreaterThanOrEqual(decimal.New(1, 9))) {
			o.Field(name).Refuse("must be from 0 to below 1e9")
		}
		return d
	}
	return Ratings{
		GridKw: rating("gridKw"), PvKw: rating("pvKw"), BatteryKw: rating("batteryKw"),
		BatteryKwh: rating("batteryKwh"), EvseKw: rating("evseKw"), GensetKw: rating("gensetKw"),
	}
}

// nanos reads a decimal that exact arithmetic in 1e-9 can hold.
func nanos(v document.Value) *decimal.Decimal {
	d := v.Decimal()
	if d == nil {
		return nil
	}
	if !d.Equal(d.Truncate(9)) || d.Abs().GreaterThanOrEqual(decimal.New(9, 9)) {
		v.Refuse("must be below 9e9 in magnitude and have at most 9 decimals")
		return nil
	}
	return d
}

func decodeDevices(v document.Value, ratings Ratings) []Device {
	devices := []Device{}
	seen := map[string]string{} // what a device is known by -> where it is
	unique := func(v document.Value, what, id string) {
		if id == "" {
			return
		}
		if first, taken := seen[what+id]; taken {
			v.Refuse("%q is that of %s too", id, first)
			return
		}
		seen[what+id] = v.Path()
	}
	for _, item := range v.Items() {
		o := item.Required().Object("deviceId", "kind", "thingsboard", "points")
		if !o.Given() {
			continue
		}
		d := Device{
			ID:   o.Field("deviceId").Required().ID(),
			Kind: o.Field("kind").Required().OneOf(deviceKinds...),
		}
		unique(o.Field("deviceId"), "device ", d.ID)
		names := o.Field("thingsboard").Required().Object("deviceName", "deviceId")
		d.ThingsBoard.DeviceName = names.Field("deviceName").Required().Text()
		d.ThingsBoard.DeviceID = names.Field("deviceId").Text()
		unique(names.Field("deviceName"), "name ", d.ThingsBoard.DeviceName)
		unique(names.Field("deviceId"), "id ", d.ThingsBoard.DeviceID)
		d.Points = decodePoints(o.Field("points").Required(), ratings)
		devices = append(devices, d)
	}
	return devices
}
