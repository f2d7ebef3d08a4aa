package settlement_test

import (
	"errors"
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/money"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/settlement"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
)

const (
	flat   = `{"tariffId": "t", "validFrom": "2020-01-01", "import": {"kind": "fixed", "price": %q}, "export": {"kind": "fixed", "price": %q}}`
	nights = `{"tariffId": "t", "validFrom": "2005-01-01", "import": {"kind": "tou", "periods": [
		{"name": "night", "price": "0.3104", "rules": [{"times": ["22:00-06:00"]}]},
		{"name": "day", "price": "1.1964", "rules": [{"times": ["06:00-22:00"]}]}]}}`
)

// day is a whole, complete day in which every quarter imports and exports the same.
func day(t require.TestingT, zoneName, date, tariffDocument, imported, exported string) settlement.Input {
	zone, err := calendar.LoadZone(zoneName)
	require.NoError(t, err)
	d, err := calendar.ParseDate(date)
	require.NoError(t, err)
	doc, err := tariff.ParseDocument([]byte(tariffDocument), zone)
	require.NoError(t, err)
	in := settlement.Input{
		StationID: "s1", Date: d, Zone: zone, Currency: "CNY", GridCompleteness: decimal.NewFromInt(1),
		StatisticsRevision: 1, Threshold: settlement.DefaultThreshold,
		Tariff: &tariff.Version{TariffID: doc.TariffID, Number: 1, ValidFrom: doc.ValidFrom, Spec: doc.Spec},
	}
	for at := zone.DayStart(d); at < zone.DayStart(d+1); at += calendar.Quarter {
		in.Quarters = append(in.Quarters, settlement.Quarter{Start: time.UnixMilli(at), Import: kwh(t, imported), Export: kwh(t, exported)})
	}
	return in
}

func kwh(t require.TestingT, s string) *energy.Quantity {
	q, err := energy.ParseQuantity(s)
	require.NoError(t, err)
	return &q
}

// lines writes a calculation's lines short: direction period quantity x price = amount.
func lines(c settlement.Calculation) []string {
	lines := []string{}
	for _, l := range c.Lines {
		lines = append(lines, fmt.Sprintf("%s %s %s x %s = %s", l.Direction, l.Period, l.QuantityKwh, l.Price, l.Amount))
	}
	return lines
}

func TestLinesAndAmounts(t *testing.T) {
	const none = "0"
	for name, c := range map[string]struct {
		in                    settlement.Input
		currency              string
		only                  int // quarters that count, 0: all
		lines                 []string
		imported, export, net string
	}{
		"both directions": {in: day(t, "UTC", "2024-01-10", fmt.Sprintf(flat, "0.50", "0.3910"), "8.612", "11.288"), only: 1,
			lines:    []string{"import all 8.612 x 0.50 = 4.31", "export all 11.288 x 0.3910 = 4.41"},
			imported: "4.31", export: "4.41", net: "-0.10"},
		"a tie of the quantity, then one of the amount": {in: day(t, "UTC", "2024-01-10", fmt.Sprintf(flat, "0.5", "1"), "0.0095", none), only: 1,
			lines: []string{"import all 0.010 x 0.5 = 0.01"}, imported: "0.01", export: "0.00", net: "0.01"},
		"quarters are summed before they are rounded": {in: day(t, "UTC", "2024-01-10", fmt.Sprintf(flat, "1", "1"), "0.0004", "0.0001"), only: 2,
			lines: []string{"import all 0.001 x 1 = 0.00"}, imported: "0.00", export: "0.00", net: "0.00"},
		"a negative price rounds away from zero": {in: day(t, "UTC", "2024-01-10", fmt.Sprintf(flat, "-5", "1"), "0.001", none), only: 1,
			lines: []string{"import all 0.001 x -5 = -0.01"}, imported: "-0.01", export: "0.00", net: "-0.01"},
		"yen have no decimals": {in: day(t, "UTC", "2024-01-10", fmt.Sprintf(flat, "27.5", "25"), "12.345", "0.5"), only: 1, currency: "JPY",
			lines: []string{"import all 12.345 x 27.5 = 339", "export all 0.500 x 25 = 13"}, imported: "339", export: "13", net: "326"},
		"dinars have three": {in: day(t, "UTC", "2024-01-10", fmt.Sprintf(flat, "0.0125", "0"), "1", "1"), only: 1, currency: "KWD",
			lines: []string{"import all 1.000 x 0.0125 = 0.013", "export all 1.000 x 0 = 0.000"}, imported: "0.013", export: "0.000", net: "0.013"},
		"a day of 23 h": {in: day(t, "Europe/Berlin", "2024-03-31", nights, "1", "1"),
			lines: []string{"import night 28.000 x 0.3104 = 8.69", "import day 64.000 x 1.1964 = 76.57"}, imported: "85.26", export: "0.00", net: "85.26"},
		"a day of 25 h": {in: day(t, "Europe/Berlin", "2024-10-27", nights, "1", none),
			lines: []string{"import night 36.000 x 0.3104 = 11.17", "import day 64.000 x 1.1964 = 76.57"}, imported: "87.74", export: "0.00", net: "87.74"},
		"nothing flowed": {in: day(t, "UTC", "2024-01-10", nights, none, none), lines: []string{}, imported: "0.00", export: "0.00", net: "0.00"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.currency != "" {
				c.in.Currency = c.currency
			}
			if c.only > 0 {
				for i := c.only; i < len(c.in.Quarters); i++ {
					c.in.Quarters[i].Import, c.in.Quarters[i].Export = kwh(t, none), kwh(t, none)
				}
			}
			have, err := settlement.Calculate(c.in)
			require.NoError(t, err)
			require.Equal(t, c.lines, lines(have))
			require.Equal(t, []string{c.imported, c.export, c.net}, []string{have.Amounts.Import.String(), have.Amounts.Export.String(), have.Net.String()})
			require.False(t, have.Provisional)
		})
	}
}

func TestWhenADayIsProvisional(t *testing.T) {
	for name, c := range map[string]struct {
		completeness       string
		derived, uncovered bool
		want               []settlement.Reason
	}{
		"complete":                         {completeness: "1"},
		"at the threshold":                 {completeness: "0.950000", uncovered: true},
		"below it":                         {completeness: "0.949999", want: []settlement.Reason{settlement.Incomplete}},
		"a derived grid, wholly covered":   {completeness: "1", derived: true},
		"a derived grid with a hole in it": {completeness: "0.999306", derived: true, uncovered: true, want: []settlement.Reason{settlement.DerivedUncovered}},
		"no data at all": {completeness: "0", derived: true, uncovered: true,
			want: []settlement.Reason{settlement.Incomplete, settlement.DerivedUncovered}},
	} {
		in := day(t, "UTC", "2024-01-10", nights, "0", "0")
		in.GridCompleteness, in.GridDerived, in.QuarterUncovered = decimal.RequireFromString(c.completeness), c.derived, c.uncovered
		have, err := settlement.Calculate(in)
		require.NoError(t, err, name)
		require.Equal(t, c.want, have.Reasons, name)
		require.Equal(t, len(c.want) > 0, have.Provisional, name)
	}
}

func TestWhenADayIsNotSettled(t *testing.T) {
	in := day(t, "UTC", "2024-01-10", nights, "1", "1")
	in.Tariff = nil
	_, err := settlement.Calculate(in)
	require.Equal(t, settlement.NoTariff, err)

	in = day(t, "UTC", "2024-01-10", nights, "1", "1")
	in.Quarters[95].Import, in.Quarters[95].Export = nil, nil
	_, err = settlement.Calculate(in)
	require.Equal(t, settlement.NoGrid, err)

	workdays := `{"tariffId": "t", "validFrom": "2000-01-01", "import": {"kind": "tou", "periods": [
		{"name": "a", "price": "1", "rules": [{"holidays": false}]}]}, "holidays": ["2024-01-10"]}`
	_, err = settlement.Calculate(day(t, "UTC", "2024-01-10", workdays, "1", "1"))
	var unsettled settlement.Unsettled
	require.True(t, errors.As(err, &unsettled))
	require.EqualError(t, err, "not settled: tariff t has no price at 2024-01-10T00:00:00Z")

	in.Currency = "XXX"
	_, err = settlement.Calculate(in)
	require.Equal(t, problem.Invalid, problem.KindOf(err))
}

// Lines hold all energy that flowed, up to the rounding of each, and the amounts are the sums of what is written.
func TestNothingIsLostBetweenQuartersAndAmounts(t *testing.T) {
	days := []settlement.Input{
		day(t, "Asia/Shanghai", "2024-01-10", nights, "0", "0"), day(t, "Europe/Berlin", "2024-03-31", nights, "0", "0"),
		day(t, "Europe/Berlin", "2024-10-27", nights, "0", "0"), day(t, "Australia/Lord_Howe", "2024-10-06", nights, "0", "0"),
		day(t, "Antarctica/Casey", "2010-03-05", nights, "0", "0"), day(t, "UTC", "2024-02-29", fmt.Sprintf(flat, "-0.0375", "0.391"), "0", "0"),
	}
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SampledFrom(days).Draw(t, "day")
		in.Currency = rapid.SampledFrom([]string{"CNY", "JPY", "KWD"}).Draw(t, "currency")
		in.Quarters = append([]settlement.Quarter(nil), in.Quarters...)
		var flowed [2]energy.Quantity
		for i := range in.Quarters {
			imported := energy.Of(rapid.Int64Range(0, 20_000_000_000).Draw(t, "import"))
			exported := energy.Of(rapid.Int64Range(0, 20_000_000_000).Draw(t, "export"))
			in.Quarters[i].Import, in.Quarters[i].Export = &imported, &exported
			flowed[0], flowed[1] = flowed[0].Add(imported), flowed[1].Add(exported)
		}
		if in.Tariff.Spec.Export == nil {
			flowed[1] = energy.Quantity{}
		}
		c, err := settlement.Calculate(in)
		if err != nil {
			t.Fatal(err)
		}
		var billed, amounts [2]decimal.Decimal
		places, _ := money.MinorUnits(in.Currency)
		for _, l := range c.Lines {
			i := 0
			if l.Direction == settlement.Export {
				i = 1
			}
			billed[i], amounts[i] = billed[i].Add(l.QuantityKwh.Decimal), amounts[i].Add(l.Amount.Decimal)
			if off := l.QuantityKwh.Mul(l.Price.Decimal).Sub(l.Amount.Decimal).Abs(); off.GreaterThan(decimal.New(5, -places-1)) {
				t.Fatalf("%v is off by %s", l, off)
			}
			if l.Amount.Exponent() != -places || l.QuantityKwh.Exponent() != -3 {
				t.Fatalf("%v isn't written with its places", l)
			}
		}
		for i, q := range flowed {
			off := decimal.RequireFromString(q.String()).Sub(billed[i]).Abs()
			if limit := decimal.New(5, -4).Mul(decimal.NewFromInt(2)); off.GreaterThan(limit) { // two periods at most
				t.Fatalf("%s kWh flowed, %s were billed", q, billed[i])
			}
		}
		if !c.Amounts.Import.Equal(amounts[0]) || !c.Amounts.Export.Equal(amounts[1]) || !c.Net.Equal(amounts[0].Sub(amounts[1])) {
			t.Fatalf("%v aren't the sums of %v", c.Amounts, c.Lines)
		}
	})
}

func BenchmarkCalculate(b *testing.B) {
	in := day(b, "Europe/Berlin", "2024-01-10", nights, "1.5", "0")
	for b.Loop() {
		if _, err := settlement.Calculate(in); err != nil {
			b.Fatal(err)
		}
	}
}
