package tariff

import (
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
)

// Step is a stretch of time, in epoch milliseconds, in which no price changes. A price is nil where there is none.
type Step struct {
	From, To       int64
	Import, Export *Price
}

// Steps lists the prices of [from, to) by the version that holds on each local date; inForce gives nil where none does.
func Steps(from, to int64, zone calendar.Zone, inForce func(calendar.Date) *Version) []Step {
	var steps []Step
	var version *Version
	date := zone.Day(from) - 1
	for at := from; at < to; at = calendar.QuarterStart(at) + calendar.Quarter {
		if d := zone.Day(at); d != date {
			date, version = d, inForce(d)
		}
		s := Step{From: at, To: min(calendar.QuarterStart(at)+calendar.Quarter, to)}
		if version != nil {
			s.Import, s.Export = version.Spec.At(time.UnixMilli(at), zone)
		}
		if n := len(steps); n > 0 && steps[n-1].Import.same(s.Import) && steps[n-1].Export.same(s.Export) {
			steps[n-1].To = s.To
		} else {
			steps = append(steps, s)
		}
	}
	return steps
}

// same says whether two prices are one to whoever pays them.
func (p *Price) same(o *Price) bool {
	return same(p, o, func(a, b Price) bool { return a.Period == b.Period && a.PerKwh.Same(b.PerKwh) })
}
