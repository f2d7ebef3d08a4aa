package check

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
)

var periods = []string{"sharp", "peak", "flat", "valley"}

// compareDays compares every day with days.csv.
func (r *yearRun) compareDays(c *comparison, zone calendar.Zone, windows map[int64]object, settlements map[string]object) {
	for _, want := range r.year.days {
		day := want["date"]
		date, err := calendar.ParseDate(day)
		if err != nil {
			c.differs("days.csv: %s", err)
			continue
		}
		w, s := windows[zone.DayStart(date)], settlements[day]
		if w == nil || s == nil {
			c.differs("%s has %s", day, map[bool]string{true: "no statistics", false: "no settlement"}[w == nil])
			continue
		}
		energies, _ := w["energyKwh"].(object)
		for field, column := range map[string]string{"load": "load_kwh", "pv": "pv_kwh", "gridImport": "import_kwh", "gridExport": "export_kwh"} {
			c.equal(day, field, energies[field], want[column])
		}
		for field, column := range map[string]string{"selfConsumption": "self_consumption", "selfSufficiency": "self_sufficiency"} {
			if want[column] == "" {
				c.equal(day, field, w[field], nil)
			} else {
				c.equal(day, field, w[field], want[column])
			}
		}
		c.equal(day, "completeness", w["completeness"], "1")
		c.equal(day, "export amount", s["exportAmount"], want["export_amount"])
		c.equal(day, "import amount", s["importAmount"], want[r.tariff+"_import_amount"])
		c.equal(day, "net", s["netAmount"], want[r.tariff+"_net"])
		if r.tariff == "tou" {
			lines := importLines(s)
			for _, period := range periods {
				c.equal(day, period+" kWh", lines[period].quantity.String(), want[period+"_kwh"])
				c.equal(day, period+" amount", lines[period].amount.String(), want[period+"_amount"])
			}
		}
	}
}

type line struct{ quantity, amount decimal.Decimal }

// importLines gives a settlement's import by period; a period without a line is 0.
func importLines(settlement object) map[string]line {
	out := map[string]line{}
	lines, _ := settlement["lines"].([]any)
	for _, l := range lines {
		l, _ := l.(object)
		if l["direction"] != "import" {
			continue
		}
		quantity, _ := number(l["quantityKwh"])
		amount, _ := number(l["amount"])
		out[show(l["period"])] = line{quantity, amount}
	}
	return out
}

type monthSum struct {
	imports, exports decimal.Decimal
	lines            map[string]line
}

// compareMonths compares the months' energies and highest demand, and the sums of their days' money, with months.csv.
func (r *yearRun) compareMonths(c *comparison, zone calendar.Zone, windows map[int64]object, settlements []object) error {
	sums := map[string]*monthSum{}
	for _, s := range settlements {
		date := show(s["date"])
		if len(date) < len("2016-08") {
			return fmt.Errorf("a settlement has the date %q", date)
		}
		m := sums[date[:7]]
		if m == nil {
			m = &monthSum{lines: map[string]line{}}
			sums[date[:7]] = m
		}
		in, _ := number(s["importAmount"])
		out, _ := number(s["exportAmount"])
		m.imports, m.exports = m.imports.Add(in), m.exports.Add(out)
		for period, l := range importLines(s) {
			sum := m.lines[period]
			m.lines[period] = line{sum.quantity.Add(l.quantity), sum.amount.Add(l.amount)}
		}
	}
	price := decimal.RequireFromString("38.00")
	for _, want := range r.year.months {
		month := want["month"]
		t, err := time.Parse("2006-01", month)
		if err != nil {
			return fmt.Errorf("months.csv: %w", err)
		}
		w, s := windows[zone.DayStart(calendar.DateOf(t))], sums[month]
		if w == nil || s == nil {
			c.differs("%s has %s", month, map[bool]string{true: "no statistics", false: "no settlements"}[w == nil])
			continue
		}
		energies, _ := w["energyKwh"].(object)
		c.equal(month, "gridImport", energies["gridImport"], want["import_kwh"])
		c.equal(month, "gridExport", energies["gridExport"], want["export_kwh"])
		c.equal(month, "import amount", s.imports.String(), want[r.tariff+"_import_amount"])
		c.equal(month, "export amount", s.exports.String(), want["export_amount"])
		demand, _ := number(w["demandKw"])
		c.equal(month, "highest demand", demand.Round(3).String(), want["max_demand_kw"])
		c.equal(month, "demand amount", demand.Round(3).Mul(price).Round(2).String(), want["demand_amount"])
		if r.tariff == "tou" {
			for _, period := range periods {
				c.equal(month, period+" kWh", s.lines[period].quantity.String(), want[period+"_kwh"])
				c.equal(month, period+" amount", s.lines[period].amount.String(), want[period+"_amount"])
			}
		}
	}
	return nil
}
