package simulate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// demoStation is a station of the demo: what it is, how it is announced to a platform, and what its devices send.
type demoStation struct {
	id       string
	timezone string
	document string
	counters Energies // as they stand when the demo's history begins
	site     func(zone *time.Location) Site
	messages func(r Reading, load int64) []Message // load is what the load meter's register shows
	story    bool
}

func kWh(n int64) int64 { return n * 3_600_000_000 }

var demoStations = []demoStation{
	{
		id: "station-demo-001", timezone: "Asia/Shanghai", document: workshopDocument, site: workshop, messages: workshopMessages, story: true,
		counters: Energies{Import: kWh(48_210), Export: kWh(12_644), PV: kWh(61_870), Load: kWh(83_412), EVSE: kWh(9_127), Charged: kWh(14_903), Discharged: kWh(13_450)},
	},
	{
		id: "station-demo-002", timezone: "Europe/Berlin", document: houseDocument, site: house, messages: houseMessages,
		counters: Energies{Import: kWh(9_318), Export: kWh(15_720), PV: kWh(21_455)},
	},
}

// moved is the station in another time zone: its day is there, and its sun stands highest at noon.
func (s demoStation) moved(timezone string) demoStation {
	s.document = strings.Replace(s.document, strconv.Quote(s.timezone), strconv.Quote(timezone), 1)
	s.timezone = timezone
	site := s.site
	s.site = func(zone *time.Location) Site {
		moved := site(zone)
		_, winter := time.Date(2024, 1, 1, 0, 0, 0, 0, zone).Zone()
		_, summer := time.Date(2024, 7, 1, 0, 0, 0, 0, zone).Zone()
		moved.Panel.Longitude = float64(min(winter, summer)) / 240 // seconds a degree
		return moved
	}
	return s
}

// workshop is a small business with PV on its roof, a battery and a charger in the yard.
func workshop(zone *time.Location) Site {
	return Site{
		Seed: 1, Zone: zone, Cloudiness: 0.45,
		Panel:   Panel{Latitude: 30.9, Longitude: 121.9, Tilt: 18, PeakKw: 40, InverterKw: 36},
		Workday: [24]float64{2.3, 2.2, 2.2, 2.2, 2.3, 2.6, 3.4, 5.6, 10.2, 12.1, 12.6, 12.3, 9.4, 11.4, 12.4, 12.2, 11.6, 9.8, 7.9, 7.2, 5.6, 4.1, 3.0, 2.5},
		DayOff:  [24]float64{2.3, 2.2, 2.2, 2.2, 2.2, 2.3, 2.5, 2.8, 3.3, 3.6, 3.8, 3.8, 3.7, 3.6, 3.6, 3.5, 3.3, 3.4, 3.6, 3.4, 3.0, 2.7, 2.5, 2.4},
		Battery: Battery{Kw: 20, Kwh: 60, Floor: 10, Ceiling: 95, Efficiency: 0.955},
		Charger: Charger{Kw: 11, Visits: []Visit{
			{Hour: 8.6, Spread: 0.7, Chance: 0.9, ChanceDayOff: 0.15, Kwh: 18},
			{Hour: 13.4, Spread: 1.2, Chance: 0.6, ChanceDayOff: 0.3, Kwh: 14},
			{Hour: 18.3, Spread: 0.8, Chance: 0.45, ChanceDayOff: 0.25, Kwh: 22},
		}},
	}
}

// house is a family's home with PV; its load isn't metered, it follows from the grid and PV.
func house(zone *time.Location) Site {
	return Site{
		Seed: 2, Zone: zone, Cloudiness: 0.62,
		Panel:   Panel{Latitude: 52.5, Longitude: 13.4, Tilt: 38, PeakKw: 9, InverterKw: 8},
		Workday: [24]float64{0.28, 0.25, 0.24, 0.24, 0.25, 0.32, 0.75, 1.1, 0.7, 0.45, 0.42, 0.5, 0.7, 0.55, 0.45, 0.5, 0.7, 1.2, 1.7, 1.6, 1.25, 0.9, 0.6, 0.38},
		DayOff:  [24]float64{0.32, 0.27, 0.25, 0.24, 0.24, 0.26, 0.35, 0.6, 1.0, 1.25, 1.1, 1.3, 1.6, 1.2, 0.9, 0.85, 0.95, 1.3, 1.7, 1.6, 1.35, 1.05, 0.75, 0.48},
	}
}

// The first station's periods differ from hour to hour and between workdays and weekends, as where 尖峰平谷 prices
// hold; its points show that meters may give W or kW and counters beside them.
const workshopDocument = `{
 "stationId": "station-demo-001", "name": "Lingang workshop 临港示范站", "timezone": "Asia/Shanghai", "currency": "CNY",
 "ratings": {"gridKw": 50, "pvKw": 36, "batteryKw": 20, "batteryKwh": 60, "evseKw": 11},
 "devices": [
  {"deviceId": "demo-001-grid", "kind": "grid_meter", "thingsboard": {"deviceName": "Demo grid meter"}, "points": [
   {"key": "power_w", "semantic": "grid.active_power", "unit": "W"},
   {"key": "import_kwh", "semantic": "grid.import_energy", "unit": "kWh"},
   {"key": "export_kwh", "semantic": "grid.export_energy", "unit": "kWh"}]},
  {"deviceId": "demo-001-pv", "kind": "pv_inverter", "thingsboard": {"deviceName": "Demo PV inverter"}, "points": [
   {"key": "ac_power_w", "semantic": "pv.active_power", "unit": "W"},
   {"key": "yield_kwh", "semantic": "pv.energy", "unit": "kWh"},
   {"key": "temperature", "semantic": "pv.inverter_temperature", "unit": "other", "validMin": "-40", "validMax": "120"}]},
  {"deviceId": "demo-001-battery", "kind": "battery", "thingsboard": {"deviceName": "Demo battery"}, "points": [
   {"key": "power_kw", "semantic": "battery.active_power", "unit": "kW"},
   {"key": "charged_kwh", "semantic": "battery.charge_energy", "unit": "kWh"},
   {"key": "discharged_kwh", "semantic": "battery.discharge_energy", "unit": "kWh"},
   {"key": "soc", "semantic": "battery.soc", "unit": "%", "validMin": "0", "validMax": "100"}]},
  {"deviceId": "demo-001-load", "kind": "load_meter", "thingsboard": {"deviceName": "Demo load meter"}, "points": [
   {"key": "power_kw", "semantic": "load.active_power", "unit": "kW"},
   {"key": "energy_kwh", "semantic": "load.energy", "unit": "kWh"}]},
  {"deviceId": "demo-001-charger", "kind": "evse", "thingsboard": {"deviceName": "Demo charger"}, "points": [
   {"key": "power_kw", "semantic": "evse.active_power", "unit": "kW"},
   {"key": "energy_kwh", "semantic": "evse.energy", "unit": "kWh"}]}],
 "tariff": {"tariffId": "demo-tou-cn", "validFrom": "2024-01-01",
  "import": {"kind": "tou", "periods": [
   {"name": "sharp", "price": "1.4236", "rules": [{"times": ["18:00-20:00"]}]},
   {"name": "peak", "price": "1.1530", "rules": [{"times": ["08:00-11:00", "16:00-18:00", "20:00-21:00"]}]},
   {"name": "flat", "price": "0.7285", "rules": [{"times": ["06:00-08:00", "14:00-16:00", "21:00-22:00"]},
                                                 {"weekdays": [1, 2, 3, 4, 5], "times": ["11:00-14:00"]}]},
   {"name": "valley", "price": "0.3340", "rules": [{"times": ["22:00-06:00"]}]},
   {"name": "deep-valley", "price": "0.2010", "rules": [{"weekdays": [6, 7], "times": ["11:00-14:00"]}]}]},
  "export": {"kind": "fixed", "price": "0.4155"}, "demand": {"pricePerKw": "42.00"}}}`

const houseDocument = `{
 "stationId": "station-demo-002", "name": "Haus am Wannsee", "timezone": "Europe/Berlin", "currency": "EUR",
 "ratings": {"gridKw": 15, "pvKw": 8},
 "devices": [
  {"deviceId": "demo-002-grid", "kind": "grid_meter", "thingsboard": {"deviceName": "Demo house meter"}, "points": [
   {"key": "power_w", "semantic": "grid.active_power", "unit": "W"},
   {"key": "import_kwh", "semantic": "grid.import_energy", "unit": "kWh"},
   {"key": "export_kwh", "semantic": "grid.export_energy", "unit": "kWh"}]},
  {"deviceId": "demo-002-pv", "kind": "pv_inverter", "thingsboard": {"deviceName": "Demo house inverter"}, "points": [
   {"key": "ac_power_w", "semantic": "pv.active_power", "unit": "W"},
   {"key": "yield_kwh", "semantic": "pv.energy", "unit": "kWh"}]}],
 "tariff": {"tariffId": "demo-fixed-de", "validFrom": "2024-01-01",
  "import": {"kind": "fixed", "price": "0.3190"}, "export": {"kind": "fixed", "price": "0.0786"}}}`

func workshopMessages(r Reading, load int64) []Message {
	temperature := 21 + 0.7*float64(r.PV)/1000 + 2*noise(7, weather, r.TS, 6*hours)
	return []Message{
		message("Demo grid meter", r.TS, "power_w", whole(r.Grid), "import_kwh", milli(r.Energy.Import), "export_kwh", milli(r.Energy.Export)),
		message("Demo PV inverter", r.TS, "ac_power_w", whole(r.PV), "yield_kwh", milli(r.Energy.PV), "temperature", decimals(temperature, 1)),
		message("Demo battery", r.TS, "power_kw", decimals(float64(r.Battery)/1000, 3), "charged_kwh", milli(r.Energy.Charged),
			"discharged_kwh", milli(r.Energy.Discharged), "soc", decimals(r.SOC, 2)),
		message("Demo load meter", r.TS, "power_kw", decimals(float64(r.Load)/1000, 3), "energy_kwh", milli(load)),
		message("Demo charger", r.TS, "power_kw", decimals(float64(r.EVSE)/1000, 3), "energy_kwh", milli(r.Energy.EVSE)),
	}
}

func houseMessages(r Reading, _ int64) []Message {
	return []Message{
		message("Demo house meter", r.TS, "power_w", whole(r.Grid), "import_kwh", milli(r.Energy.Import), "export_kwh", milli(r.Energy.Export)),
		message("Demo house inverter", r.TS, "ac_power_w", whole(r.PV), "yield_kwh", milli(r.Energy.PV)),
	}
}

// message makes one of keys and the text of their numbers in turn.
func message(device string, ts int64, keyed ...string) Message {
	values := []byte{'{'}
	for pair := range slices.Chunk(keyed, 2) {
		if len(values) > 1 {
			values = append(values, ',')
		}
		values = fmt.Appendf(values, "%q:%s", pair[0], pair[1])
	}
	return Message{device, ts, json.RawMessage(append(values, '}'))}
}

func whole(v int64) string { return strconv.FormatInt(v, 10) }

func decimals(v float64, places int) string { return strconv.FormatFloat(v, 'f', places, 64) }

// milli writes W·ms as kWh with three decimals, as registers do: what isn't a whole Wh yet isn't shown.
func milli(energy int64) string {
	wh := energy / 3_600_000
	return fmt.Sprintf("%d.%03d", wh/1000, wh%1000)
}
