package station_test

import (
	"fmt"

	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
)

// A document makes the events that are missing, and none the second time.
func ExampleStation_Provision() {
	document, err := station.ParseDocument([]byte(`{"stationId": "pier-7", "name": "Pier 7", "timezone": "Europe/Berlin",
		"currency": "EUR", "ratings": {"gridKw": 30},
		"devices": [{"deviceId": "meter", "kind": "grid_meter", "thingsboard": {"deviceName": "Meter"},
			"points": [{"key": "total", "semantic": "grid.import_energy", "unit": "Wh"}]}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	var s station.Station
	for range 2 {
		events, err := s.Provision("acme", document, now)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(len(events), "events")
		for _, e := range events {
			fmt.Println(" ", e.EventType())
			s = s.Apply(e)
		}
	}
	// Output:
	// 3 events
	//   StationRegistered
	//   DeviceRegistered
	//   PointMapped
	// 0 events
}
