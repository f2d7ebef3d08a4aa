package tariff_test

import (
	"fmt"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
)

// A night tariff, asked in the last hour before the cheap time begins and in the first after it.
func ExampleSpec_At() {
	berlin, _ := calendar.LoadZone("Europe/Berlin")
	d, err := tariff.ParseDocument([]byte(`{"tariffId": "night", "validFrom": "2024-01-01", "import": {"kind": "tou", "periods": [
		{"name": "peak", "price": "0.3410", "rules": [{"times": ["06:00-22:00"]}]},
		{"name": "valley", "price": "0.1900", "rules": [{"times": ["22:00-06:00"]}]}]}}`), berlin)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, hour := range []int{19, 20} { // UTC; Berlin is two hours ahead in summer
		price, _ := d.At(time.Date(2024, 7, 1, hour, 59, 0, 0, time.UTC), berlin)
		fmt.Println(price.Period, price.PerKwh)
	}
	// Output:
	// peak 0.3410
	// valley 0.1900
}

// A tariff that leaves a quarter of an hour without a price is refused, and says which.
func ExampleParseDocument() {
	utc, _ := calendar.LoadZone("UTC")
	_, err := tariff.ParseDocument([]byte(`{"tariffId": "holed", "validFrom": "2024-01-01", "import": {"kind": "tou", "periods": [
		{"name": "day", "price": "0.30", "rules": [{"times": ["06:00-21:45"]}]},
		{"name": "night", "price": "0.20", "rules": [{"times": ["22:00-06:00"]}]}]}}`), utc)
	for _, p := range problem.Of(err) {
		fmt.Println(p.Location, "-", p.Message)
	}
	// Output:
	// import.periods - no period holds on 2024-01-01 at 21:45-22:00, and on other days up to 2033-12-31, 3653 in all
}
