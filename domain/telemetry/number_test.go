package telemetry

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
)

func conversion(scale, offset string, sign, exponent int) Conversion {
	return NewConversion(decimal.RequireFromString(scale), decimal.RequireFromString(offset), sign, exponent)
}

func TestWhatIsASample(t *testing.T) {
	kw := conversion("1", "0", 1, 0)
	for text, want := range map[string]energy.Nano{
		`2.2758`: 2_275_800_000, `"50.2"`: 50_200_000_000, `-1e1`: -10_000_000_000, `1E+2`: 100_000_000_000,
		`-0`: 0, `0.0000000005`: 1, `-0.0000000005`: -1, `0.00000000049`: 0, `8999999999.999999999`: energy.Limit - 1,
		`0.1234567890123456789`: 123_456_789, `1e-30`: 0, `"0.50"`: 500_000_000,
		strings.Repeat("0", 1) + "." + strings.Repeat("0", 38) + "1": 0,
	} {
		got, ok := kw.Value([]byte(text))
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{
		`true`, `null`, `{}`, `[1]`, `""`, `"on"`, `"NaN"`, `" 7"`, `"7 "`, `"+7"`, `".5"`, `"5."`, `"07"`, `"0x10"`,
		`"1,5"`, `"-"`, `"1e"`, `"1_000"`, `"٣"`, `9000000000`, `8999999999.9999999995`, `1e31`, `1e-31`, `1e999999999`,
		`0.` + strings.Repeat("0", 40), `1` + strings.Repeat("0", 40), `-9e9`, `1e30`,
	} {
		_, ok := kw.Value([]byte(text))
		require.False(t, ok, text)
	}
}

func TestScaleThenOffsetThenSignThenUnit(t *testing.T) {
	v, ok := conversion("2", "100", -1, -3).Value([]byte("350"))
	require.True(t, ok)
	require.Equal(t, energy.Nano(-800_000_000), v) // (350 x 2 + 100) x -1 W
	v, ok = conversion("1", "0.5", 1, 0).Value([]byte("-0.25"))
	require.True(t, ok)
	require.Equal(t, energy.Nano(250_000_000), v)
}

// The short way for plain numbers and the exact way agree on any text.
func TestShortAndExactWayAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "text")
		c := conversion("1", "0", rapid.SampledFrom([]int{1, -1}).Draw(t, "sign"), rapid.SampledFrom([]int{-3, 0, 3}).Draw(t, "unit"))
		n, ok := parse([]byte(text))
		if !ok {
			t.Skip("no number of ours")
		}
		exact, isSample := c.exact(n)
		got, ok := c.Value([]byte(text))
		if ok != isSample || got != exact {
			t.Fatalf("%s: %d %v, exactly %d %v", text, got, ok, exact, isSample)
		}
	})
}
