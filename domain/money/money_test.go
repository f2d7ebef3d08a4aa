package money_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/money"
)

func TestRoundIsHalfAwayFromZeroWithExactlyThePlaces(t *testing.T) {
	for _, c := range []struct {
		amount string
		places int32
		want   string
	}{
		{"0.125", 2, "0.13"}, {"-0.125", 2, "-0.13"}, {"0.1249", 2, "0.12"}, {"1", 2, "1.00"}, {"0", 2, "0.00"},
		{"27.5", 0, "28"}, {"-27.5", 0, "-28"}, {"0.4", 0, "0"}, {"0.0005", 3, "0.001"}, {"1e3", 2, "1000.00"},
	} {
		require.Equal(t, c.want, money.Round(decimal.RequireFromString(c.amount), c.places).String())
	}
}

func TestDecimalsKeepTheirPlacesInJSON(t *testing.T) {
	var d money.Decimal
	require.NoError(t, json.Unmarshal([]byte(`"0.3910"`), &d))
	written, err := json.Marshal(d)
	require.NoError(t, err)
	require.Equal(t, `"0.3910"`, string(written))
	require.Equal(t, "0.3910 0.3910", fmt.Sprintf("%s %v", d, d))
	require.True(t, d.Same(money.Of(decimal.RequireFromString("0.391"))))
}

func TestMinorUnits(t *testing.T) {
	for currency, want := range map[string]int32{"CNY": 2, "EUR": 2, "JPY": 0, "KRW": 0, "KWD": 3, "CLF": 4} {
		places, known := money.MinorUnits(currency)
		require.True(t, known, currency)
		require.Equal(t, want, places, currency)
	}
	for _, unknown := range []string{"", "cny", "XXX", "XAU", "EURO"} {
		_, known := money.MinorUnits(unknown)
		require.False(t, known, unknown)
	}
}
