// Package tariff owns prices by local time: what a tariff says, that it leaves no instant without exactly one price,
// which price holds at an instant, and the versions of a tariff with the local dates from which they hold. It doesn't
// own what energy flowed or what it costs.
package tariff

import (
	"slices"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/money"
)

// Spec is what one version of a tariff says. Prices are in the currency of the station that it is assigned to.
// A Spec is a value: nobody changes what its slices and pointers hold.
type Spec struct {
	Import   Rate            `json:"import"`
	Export   *Rate           `json:"export,omitempty"` // none: export earns nothing
	Demand   *Demand         `json:"demand,omitempty"`
	Capacity *Capacity       `json:"capacity,omitempty"`
	FixedFee *FixedFee       `json:"fixedFee,omitempty"`
	TaxRate  *money.Decimal  `json:"taxRate,omitempty"`  // 0.13 is 13 %
	Holidays []calendar.Date `json:"holidays,omitempty"` // ascending, each once
}

// Demand is what a kW of the month's highest quarter costs.
type Demand struct {
	PricePerKw money.Decimal `json:"pricePerKw"`
}

// Capacity is what a kVA of the connection costs a month.
type Capacity struct {
	PricePerKva money.Decimal `json:"pricePerKva"`
}

// FixedFee is due whatever flows; each part may be missing.
type FixedFee struct {
	PerDay   *money.Decimal `json:"perDay,omitempty"`
	PerMonth *money.Decimal `json:"perMonth,omitempty"`
}

// RateKind says how a price depends on time.
type RateKind string

// The kinds of rates.
const (
	Fixed RateKind = "fixed" // one price, in one period called WholeYear
	TOU   RateKind = "tou"   // by time of use
)

// WholeYear is the name of a fixed rate's only period.
const WholeYear = "all"

// Rate is the price of a kWh in one direction.
type Rate struct {
	Kind    RateKind       `json:"kind"`
	Price   *money.Decimal `json:"price,omitempty"`   // of a fixed rate
	Periods []Period       `json:"periods,omitempty"` // of a TOU rate
}

// Period is a named part of the year's time with one price.
type Period struct {
	Name  string        `json:"name"`
	Price money.Decimal `json:"price"`
	Rules []Rule        `json:"rules"` // the period holds when one of them does
}

// Rule holds when all that it names holds, on the instant's own local date; a rule that names nothing always holds.
type Rule struct {
	Months   []int  `json:"months,omitempty"`   // 1 to 12
	Weekdays []int  `json:"weekdays,omitempty"` // 1 Monday to 7 Sunday
	Holidays *bool  `json:"holidays,omitempty"` // true: only on the tariff's holidays, false: only on other dates
	Times    []Span `json:"times,omitempty"`
}

// Price is what a kWh costs in a period.
type Price struct {
	Period string
	PerKwh money.Decimal
}

// Prices lists the rate's prices in the tariff's order.
func (r Rate) Prices() []Price {
	if r.Kind == Fixed {
		return []Price{{WholeYear, *r.Price}}
	}
	prices := make([]Price, len(r.Periods))
	for i, p := range r.Periods {
		prices[i] = Price{p.Name, p.Price}
	}
	return prices
}

// Equal says whether two specs say the same: the same numbers, whatever their places.
func (s Spec) Equal(o Spec) bool {
	return s.Import.equal(o.Import) &&
		same(s.Export, o.Export, Rate.equal) &&
		same(s.Demand, o.Demand, func(a, b Demand) bool { return a.PricePerKw.Same(b.PricePerKw) }) &&
		same(s.Capacity, o.Capacity, func(a, b Capacity) bool { return a.PricePerKva.Same(b.PricePerKva) }) &&
		same(s.FixedFee, o.FixedFee, func(a, b FixedFee) bool {
			return same(a.PerDay, b.PerDay, money.Decimal.Same) && same(a.PerMonth, b.PerMonth, money.Decimal.Same)
		}) &&
		same(s.TaxRate, o.TaxRate, money.Decimal.Same) &&
		slices.Equal(s.Holidays, o.Holidays)
}

func (r Rate) equal(o Rate) bool {
	return r.Kind == o.Kind && same(r.Price, o.Price, money.Decimal.Same) &&
		slices.EqualFunc(r.Periods, o.Periods, func(a, b Period) bool {
			return a.Name == b.Name && a.Price.Same(b.Price) && slices.EqualFunc(a.Rules, b.Rules, Rule.equal)
		})
}

func (r Rule) equal(o Rule) bool {
	return slices.Equal(r.Months, o.Months) && slices.Equal(r.Weekdays, o.Weekdays) && slices.Equal(r.Times, o.Times) &&
		same(r.Holidays, o.Holidays, func(a, b bool) bool { return a == b })
}

// same compares two things that may be missing.
func same[T any](a, b *T, equal func(T, T) bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return equal(*a, *b)
}
