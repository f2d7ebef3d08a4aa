// Package settlement owns what a station's day costs and earns: lines by tariff period from the day's quarters, and
// the life of that result: calculated, recalculated, frozen, adjusted. It doesn't own energies (statistics) or prices
// (tariff), nor what a month's bill makes of its days (statement).
package settlement

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
	"github.com/microgrid-cloud/microgrid-cloud/domain/money"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
)

// DefaultThreshold is the gridCompleteness below which a day is provisional.
var DefaultThreshold = decimal.New(95, -2)

// Quarter is what flowed through the grid's meter in a quarter, in 1e-9 kWh; nil where there is no grid, mapped or
// derived.
type Quarter struct {
	Start  time.Time
	Import *energy.Quantity
	Export *energy.Quantity
}

// Input is all that a day's settlement is made from.
type Input struct {
	StationID          string
	Date               calendar.Date
	Zone               calendar.Zone
	Currency           string
	Quarters           []Quarter       // all of the day
	GridCompleteness   decimal.Decimal // as it is shown: rounded to 6 decimals
	GridDerived        bool
	QuarterUncovered   bool // some quarter isn't wholly covered
	StatisticsRevision int
	Tariff             *tariff.Version // in force on the date; nil: none
	Threshold          decimal.Decimal
}

// Direction is which way the energy of a line flowed.
type Direction string

// The directions.
const (
	Import Direction = "import"
	Export Direction = "export"
)

// Line is the energy of one tariff period and what it costs or earns.
type Line struct {
	Direction   Direction     `json:"direction"`
	Period      string        `json:"period"`
	QuantityKwh money.Decimal `json:"quantityKwh"` // 3 decimals
	Price       money.Decimal `json:"price"`       // a kWh, as the tariff writes it
	Amount      money.Decimal `json:"amount"`      // the currency's decimals
}

// Amounts are the sums of lines; Net is what import costs less what export earns.
type Amounts struct {
	Import money.Decimal `json:"importAmount"`
	Export money.Decimal `json:"exportAmount"`
	Net    money.Decimal `json:"netAmount"`
}

// Reason is why a day is provisional.
type Reason string

// The reasons.
const (
	Incomplete       Reason = "grid_completeness_below_threshold"
	DerivedUncovered Reason = "derived_grid_not_wholly_covered"
)

// Calculation is a day's settlement with what it was made from.
type Calculation struct {
	StationID          string          `json:"stationId"`
	Date               calendar.Date   `json:"date"`
	Currency           string          `json:"currency"`
	TariffID           string          `json:"tariffId"`
	TariffVersion      int             `json:"tariffVersion"`
	StatisticsRevision int             `json:"statisticsRevision"`
	Completeness       decimal.Decimal `json:"completeness"` // of the grid, 0 to 1
	Provisional        bool            `json:"provisional"`
	Reasons            []Reason        `json:"reasons,omitempty"` // why it is provisional
	Lines              []Line          `json:"lines"`             // import in the tariff's order, then export
	Amounts
}

// Unsettled says why a day has no settlement. It is an answer, not a fault.
type Unsettled string

func (u Unsettled) Error() string { return "not settled: " + string(u) }

// The reasons for which a day isn't settled.
const (
	NoGrid   Unsettled = "the station has no grid on that day, mapped or derived"
	NoTariff Unsettled = "no tariff is in force on that day"
)

// Calculate settles a day. The error is an Unsettled where the rules leave the day without a settlement.
//
// The quantity of a line is the sum of its period's quarters, rounded once to 3 decimals; its amount is quantity x
// price, rounded once to the currency's minor unit, both half away from zero. A line of 0.000 kWh is left out.
func Calculate(in Input) (Calculation, error) {
	places, known := money.MinorUnits(in.Currency)
	if !known {
		return Calculation{}, problem.New(problem.Invalid, "currency %q isn't known", in.Currency)
	}
	if in.Tariff == nil {
		return Calculation{}, NoTariff
	}
	imported, exported, err := sumPeriods(in)
	if err != nil {
		return Calculation{}, err
	}
	c := Calculation{
		StationID: in.StationID, Date: in.Date, Currency: in.Currency,
		TariffID: in.Tariff.TariffID, TariffVersion: in.Tariff.Number, StatisticsRevision: in.StatisticsRevision,
		Completeness: in.GridCompleteness, Reasons: reasons(in),
	}
	c.Provisional = len(c.Reasons) > 0
	spec := in.Tariff.Spec
	c.Lines = appendLines([]Line{}, Import, spec.Import, imported, places)
	if spec.Export != nil {
		c.Lines = appendLines(c.Lines, Export, *spec.Export, exported, places)
	}
	c.Amounts = sumLines(c.Lines, places)
	return c, nil
}

// sumPeriods adds up the quarters of each period by its name.
func sumPeriods(in Input) (imported, exported map[string]energy.Quantity, err error) {
	imported, exported = map[string]energy.Quantity{}, map[string]energy.Quantity{}
	spec := in.Tariff.Spec
	for _, q := range in.Quarters {
		if q.Import == nil || q.Export == nil {
			return nil, nil, NoGrid
		}
		importPrice, exportPrice := spec.At(q.Start, in.Zone)
		if importPrice == nil || exportPrice == nil && spec.Export != nil {
			// only beyond the ten years for which a tariff is checked
			return nil, nil, Unsettled(fmt.Sprintf("tariff %s has no price at %s", in.Tariff.TariffID, q.Start.UTC().Format(time.RFC3339)))
		}
		imported[importPrice.Period] = imported[importPrice.Period].Add(*q.Import)
		if exportPrice != nil {
			exported[exportPrice.Period] = exported[exportPrice.Period].Add(*q.Export)
		}
	}
	return imported, exported, nil
}

func appendLines(lines []Line, direction Direction, rate tariff.Rate, sums map[string]energy.Quantity, places int32) []Line {
	for _, price := range rate.Prices() {
		quantity := decimal.NewFromBigInt(sums[price.Period].Quo(1_000_000).Big(), -3) // from 1e-9 to 1e-3
		if quantity.IsZero() {
			continue
		}
		lines = append(lines, Line{
			Direction: direction, Period: price.Period, QuantityKwh: money.Of(quantity), Price: price.PerKwh,
			Amount: money.Round(quantity.Mul(price.PerKwh.Decimal), places),
		})
	}
	return lines
}

func sumLines(lines []Line, places int32) Amounts {
	sums := map[Direction]decimal.Decimal{}
	for _, l := range lines {
		sums[l.Direction] = sums[l.Direction].Add(l.Amount.Decimal)
	}
	return Amounts{
		Import: money.Round(sums[Import], places), Export: money.Round(sums[Export], places),
		Net: money.Round(sums[Import].Sub(sums[Export]), places),
	}
}

func reasons(in Input) []Reason {
	var reasons []Reason
	if in.GridCompleteness.LessThan(in.Threshold) {
		reasons = append(reasons, Incomplete)
	}
	if in.GridDerived && in.QuarterUncovered {
		reasons = append(reasons, DerivedUncovered)
	}
	return reasons
}

// sameMoney says whether two calculations bill the same: lines and amounts, as numbers.
func (c Calculation) sameMoney(o Calculation) bool {
	return c.Currency == o.Currency && c.Amounts.same(o.Amounts) && slices.EqualFunc(c.Lines, o.Lines, Line.same)
}

// same says whether two calculations are equal in all that they say.
func (c Calculation) same(o Calculation) bool {
	return c.sameMoney(o) && c.TariffID == o.TariffID && c.TariffVersion == o.TariffVersion &&
		c.StatisticsRevision == o.StatisticsRevision && c.Completeness.Equal(o.Completeness) &&
		c.Provisional == o.Provisional && slices.Equal(c.Reasons, o.Reasons)
}

func (l Line) same(o Line) bool {
	return l.Direction == o.Direction && l.Period == o.Period && l.QuantityKwh.Same(o.QuantityKwh) &&
		l.Price.Same(o.Price) && l.Amount.Same(o.Amount)
}

func (a Amounts) same(o Amounts) bool {
	return a.Import.Same(o.Import) && a.Export.Same(o.Export) && a.Net.Same(o.Net)
}

// minus is the difference of two sums, with the places of the amounts.
func (a Amounts) minus(o Amounts) Amounts {
	sub := func(a, b money.Decimal) money.Decimal { return money.Of(a.Sub(b.Decimal)) }
	return Amounts{Import: sub(a.Import, o.Import), Export: sub(a.Export, o.Export), Net: sub(a.Net, o.Net)}
}
