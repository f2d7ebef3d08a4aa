package tariff_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
)

func TestThePriceIsThatOfTheInstantsOwnLocalDate(t *testing.T) {
	nights := `{"tariffId": "t", "validFrom": "2005-01-01", "import": {"kind": "tou", "periods": [
		{"name": "weekend", "price": "1", "rules": [{"weekdays": [6, 7]}]},
		{"name": "night", "price": "2", "rules": [{"weekdays": [1, 2, 3, 4, 5], "times": ["22:00-06:00"]}]},
		{"name": "day", "price": "3", "rules": [{"weekdays": [1, 2, 3, 4, 5], "times": ["06:00-22:00"]}]}]}}`
	for _, c := range []struct{ zone, at, want string }{
		{"Europe/Berlin", "2024-01-05T20:59:59Z", "day"},     // Friday 21:59
		{"Europe/Berlin", "2024-01-05T21:00:00Z", "night"},   // Friday 22:00
		{"Europe/Berlin", "2024-01-05T22:59:59Z", "night"},   // Friday 23:59
		{"Europe/Berlin", "2024-01-05T23:00:00Z", "weekend"}, // Saturday 00:00
		{"Europe/Berlin", "2024-01-07T23:00:00Z", "night"},   // Monday 00:00, not Sunday's span going on
		{"Europe/Berlin", "2024-01-08T04:59:59Z", "night"},
		{"Europe/Berlin", "2024-01-08T05:00:00Z", "day"},
		{"Asia/Kathmandu", "2024-01-08T00:15:00Z", "day"}, // 06:00 at +5:45
		{"Asia/Kathmandu", "2024-01-08T00:14:59Z", "night"},
		{"Antarctica/Casey", "2010-03-04T15:00:00Z", "night"}, // 02:00 of Friday goes back to 23:00 of Thursday
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		require.NoError(t, err)
		price, export := parse(t, nights, c.zone).At(at, zone(t, c.zone))
		require.Equal(t, c.want, price.Period, "%s %s", c.zone, c.at)
		require.Nil(t, export)
	}
}

func TestMonthsAndBothDirections(t *testing.T) {
	d := parse(t, seasons, "Asia/Shanghai")
	for at, want := range map[string]string{
		"2016-08-31T12:00:00Z": "sharp", "2016-09-01T12:00:00Z": "peak", // 20:00
		"2016-08-01T14:00:00Z": "valley", "2016-07-31T23:59:59Z": "valley", "2016-08-01T00:00:00Z": "peak",
	} {
		instant, err := time.Parse(time.RFC3339, at)
		require.NoError(t, err)
		imported, exported := d.At(instant, zone(t, "Asia/Shanghai"))
		require.Equal(t, want, imported.Period, at)
		require.Equal(t, tariff.WholeYear, exported.Period)
		require.Equal(t, "0.3910", exported.PerKwh.String())
	}
}

func TestSpansAreWrittenAsTheyAreRead(t *testing.T) {
	for _, text := range []string{"00:00-24:00", "22:00-06:00", "23:45-00:00", "00:00-00:15"} {
		span, err := tariff.ParseSpan(text)
		require.NoError(t, err)
		require.Equal(t, text, span.String())
	}
}
