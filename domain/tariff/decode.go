package tariff

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/document"
	"github.com/microgrid-cloud/microgrid-cloud/domain/money"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// Document is the tariff object that people write: a spec, and which tariff says it from which local date on.
type Document struct {
	TariffID  string        `json:"tariffId"`
	ValidFrom calendar.Date `json:"validFrom"`
	Spec
}

// ParseDocument reads a tariff object of its own and reports all that is wrong with it. Coverage is checked in the
// zone; in UTC every local time exists, so that what is covered there is covered in any zone.
func ParseDocument(raw []byte, zone calendar.Zone) (Document, error) {
	var problems problem.List
	d := Decode(document.Parse(raw, "", &problems).Required(), zone)
	if err := problems.Err("the tariff is refused"); err != nil {
		return Document{}, err
	}
	return d, nil
}

// Decode reads the tariff object at v and reports all that is wrong with it there.
func Decode(v document.Value, zone calendar.Zone) Document {
	o := v.Object("tariffId", "validFrom", "import", "export", "demand", "capacity", "fixedFee", "taxRate", "holidays")
	var d Document
	d.TariffID = o.Field("tariffId").Required().ID()
	validFrom, dated := o.Field("validFrom").Required().Date()
	d.ValidFrom = validFrom
	before := v.Problems()
	d.Holidays = decodeHolidays(o.Field("holidays"))
	dated = dated && v.Problems() == before

	coverage := func(r Rate) []problem.Text { return d.coverage(r, d.ValidFrom, zone) }
	if !dated { // no use in looking for gaps on dates that aren't known
		coverage = func(Rate) []problem.Text { return nil }
	}
	d.Import = decodeRate(o.Field("import").Required(), coverage)
	if export := o.Field("export"); export.Given() {
		r := decodeRate(export, coverage)
		d.Export = &r
	}
	if demand := o.Field("demand"); demand.Given() {
		d.Demand = &Demand{price(demand.Object("pricePerKw").Field("pricePerKw"))}
	}
	if capacity := o.Field("capacity"); capacity.Given() {
		d.Capacity = &Capacity{price(capacity.Object("pricePerKva").Field("pricePerKva"))}
	}
	if fee := o.Field("fixedFee"); fee.Given() {
		f := fee.Object("perDay", "perMonth")
		d.FixedFee = &FixedFee{PerDay: optional(f.Field("perDay")), PerMonth: optional(f.Field("perMonth"))}
		if !f.Field("perDay").Given() && !f.Field("perMonth").Given() {
			fee.Refuse("must give perDay, perMonth or both")
		}
	}
	tax := o.Field("taxRate")
	d.TaxRate = optional(tax)
	if d.TaxRate != nil && (d.TaxRate.IsNegative() || d.TaxRate.GreaterThanOrEqual(decimal.NewFromInt(1))) {
		tax.Refuse("must be from 0 to below 1, such as 0.13 for 13 %%")
	}
	return d
}

// price reads a decimal that must be there.
func price(v document.Value) money.Decimal {
	if d := optional(v.Required()); d != nil {
		return *d
	}
	return money.Decimal{}
}

func optional(v document.Value) *money.Decimal {
	d := v.Decimal()
	if d == nil {
		return nil
	}
	return &money.Decimal{Decimal: *d}
}

func decodeHolidays(v document.Value) []calendar.Date {
	var dates []calendar.Date
	for _, item := range v.Items() {
		if date, ok := item.Required().Date(); ok {
			dates = append(dates, date)
		}
	}
	slices.Sort(dates)
	return slices.Compact(dates)
}

func decodeRate(v document.Value, coverage func(Rate) []problem.Text) Rate {
	before := v.Problems()
	o := v.Object("kind", "price", "periods")
	if !o.Given() {
		return Rate{}
	}
	r := Rate{Kind: RateKind(o.Field("kind").Required().OneOf(string(Fixed), string(TOU)))}
	periods := o.Field("periods")
	switch r.Kind {
	case Fixed:
		p := price(o.Field("price"))
		r.Price = &p
		if periods.Given() {
			periods.Refuse("belongs to a price of kind tou")
		}
	case TOU:
		if o.Field("price").Given() {
			o.Field("price").Refuse("belongs to a price of kind fixed; each period has its own")
		}
		r.Periods = decodePeriods(periods.Required())
	}
	if v.Problems() == before {
		for _, fault := range coverage(r) {
			periods.Refuse("%s", fault)
		}
	}
	return r
}

func decodePeriods(v document.Value) []Period {
	var periods []Period
	names := map[string]bool{}
	for _, item := range someItems(v) {
		o := item.Required().Object("name", "price", "rules")
		if !o.Given() {
			continue
		}
		p := Period{Name: o.Field("name").Required().Text(), Price: price(o.Field("price"))}
		if names[p.Name] && p.Name != "" {
			o.Field("name").Refuse("%q is the name of another period too", p.Name)
		}
		names[p.Name] = true
		for _, rule := range someItems(o.Field("rules").Required()) {
			p.Rules = append(p.Rules, decodeRule(rule.Required()))
		}
		periods = append(periods, p)
	}
	return periods
}

func decodeRule(v document.Value) Rule {
	o := v.Object("months", "weekdays", "holidays", "times")
	r := Rule{
		Months:   decodeInts(o.Field("months"), 12),
		Weekdays: decodeInts(o.Field("weekdays"), 7),
		Holidays: o.Field("holidays").Bool(),
	}
	for _, item := range someItems(o.Field("times")) {
		text, ok := item.Required().String()
		if !ok {
			continue
		}
		span, err := ParseSpan(text)
		if err != nil {
			item.Refuse("%s", err)
		}
		r.Times = append(r.Times, span)
	}
	return r
}

func decodeInts(v document.Value, high int) []int {
	var numbers []int
	for _, item := range someItems(v) {
		if n, ok := item.Required().Int(1, high); ok {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// someItems are the items of an array that mustn't be empty: an empty list of months, say, could be read as none or
// as all.
func someItems(v document.Value) []document.Value {
	before := v.Problems()
	items := v.Items()
	if v.Given() && len(items) == 0 && v.Problems() == before {
		v.Refuse("must not be empty")
	}
	return items
}
