package statistics

import (
	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
)

// restLimitMs is how far back a register's rest counts.
const restLimitMs = 24 * energy.MsPerHour

// reading is a sample of a register by its number alone, as it is kept between calculations.
type reading struct {
	T int64       `json:"t"`
	V energy.Nano `json:"v"`
}

// register is where the walk over a counter's samples stands.
type register struct {
	Baseline reading   `json:"baseline"`
	Rest     int64     `json:"rest"` // since when the register reads the baseline's value
	Refused  []reading `json:"refused,omitempty"`
	// Jump is how the baseline came about if by a rollover, a reset or an exchange, as long as no sample taken since
	// has another value: until then it may turn out void.
	Jump *jump `json:"jump,omitempty"`
}

// jump keeps the register as it stood before it.
type jump struct {
	Before register `json:"before"`
}

// effect is what the walk found out about the time up to a sample.
type effect struct {
	Kind effectKind  `json:"kind"`
	From int64       `json:"from"`
	To   int64       `json:"to,omitempty"`
	Rise energy.Nano `json:"rise,omitempty"`
	// Covered says that it is known when the rise flowed.
	Covered bool  `json:"covered,omitempty"`
	Flag    Flags `json:"flag,omitempty"` // stands on the quarter that holds the ms before To
}

type effectKind uint8

const (
	// a stretch [From, To) over which Rise is spread evenly; it takes the place of all since From
	stretch effectKind = iota
	// a sample at From is refused
	refusal
	// the sample refused at From is taken after all
	confirmation
)

// walker walks the samples of one counter in the order of time.
type walker struct {
	register
	started bool
	rating  energy.Nano // 1e-9 kW
	at      func(t int64) *mapping
	emit    func(effect)
}

// next takes, or refuses, the next sample.
func (w *walker) next(s sample) {
	if !w.started {
		w.started = true
		w.Baseline, w.Rest = reading{s.t, s.v}, s.t
		return
	}
	r := reading{s.t, s.v}
	if w.possible(w.Baseline, r) && (r.V == w.Baseline.V || !w.returns(r)) {
		w.take(r)
		w.Refused = nil
		return
	}
	w.emit(effect{Kind: refusal, From: s.t})
	w.Refused = append(w.Refused[max(0, len(w.Refused)-2):len(w.Refused):len(w.Refused)], r)
	if len(w.Refused) == 3 && w.possible(w.Refused[0], w.Refused[1]) && w.possible(w.Refused[1], w.Refused[2]) {
		w.confirm()
	}
}

// possible says whether the register can have come from one reading to a later one.
func (w *walker) possible(from, to reading) bool {
	return energy.Possible(to.V.Minus(from.V), w.rating, to.T-from.T, w.at(to.T).step)
}

// returns says whether the sample could be the register as it was before a jump that never was.
func (w *walker) returns(r reading) bool {
	return w.Jump != nil && w.possible(w.Jump.Before.Baseline, r)
}

// take makes a possible rise from the baseline count; the sample is the new baseline.
func (w *walker) take(r reading) {
	rise, from, m := r.V.Minus(w.Baseline.V), w.Baseline.T, w.at(r.T)
	if 0 < rise && rise <= m.step {
		from = w.restAt(r.T)
	}
	w.stretch(from, r.T, rise, m, 0)
	if rise != 0 {
		w.Rest, w.Jump = r.T, nil
	}
	w.Baseline = r
}

// restAt is since when the register rests, as far as it counts for a sample at t.
func (w *walker) restAt(t int64) int64 { return min(max(w.Rest, t-restLimitMs), w.Baseline.T) }

// confirm makes the three last refused samples the truth: the first of them becomes the baseline in the first way
// that fits, and the other two are taken.
func (w *walker) confirm() {
	three := w.Refused
	for _, r := range three {
		w.emit(effect{Kind: confirmation, From: r.T})
	}
	first := three[0]
	m := w.at(first.T)
	before := w.register
	before.Refused = nil
	rise, fromZero := first.V.Minus(w.Baseline.V), first.V.Minus(m.zero)
	sinceBaseline, rest := first.T-w.Baseline.T, w.restAt(first.T)
	possible := func(rise energy.Nano) bool { return energy.Possible(rise, w.rating, sinceBaseline, m.step) }
	w.Rest = first.T
	switch modulus := m.rollover; {
	case w.returns(first):
		was := w.Jump.Before
		w.stretch(was.Baseline.T, first.T, first.V.Minus(was.Baseline.V), m, 0)
		w.Jump = nil
		if first.V == was.Baseline.V {
			w.Rest, w.Jump = was.Rest, was.Jump
		}
	case rise > 0 && w.Baseline.V != m.zero && energy.Possible(rise, w.rating, first.T-rest, 0):
		w.stretch(rest, first.T, rise, m, 0)
		w.Jump = nil
	case rise < 0 && modulus > 0 && possible(rise+modulus) && tenfold(rise+modulus, modulus):
		w.stretch(w.Baseline.T, first.T, rise+modulus, m, Rollover)
		w.Jump = &jump{before}
	case rise < 0 && possible(fromZero) && tenfold(fromZero, w.Baseline.V.Minus(m.zero)):
		w.stretch(w.Baseline.T, first.T, fromZero, m, Reset)
		w.Jump = &jump{before}
	default:
		w.emit(effect{Kind: stretch, From: w.Baseline.T, To: first.T, Flag: Rebased})
		w.Jump = &jump{before}
	}
	w.Baseline = first
	w.Refused = nil
	for _, r := range three[1:] {
		w.take(r)
	}
}

// tenfold says whether part is at most a tenth of whole.
func tenfold(part, whole energy.Nano) bool {
	return energy.Mul(part, int64(10)).Cmp(energy.Of(whole)) <= 0
}

// stretch spreads a rise over [from, to). It is covered unless it is longer than the max gap, crosses an edge, and
// holds a reset or more energy than may be neglected: when that flowed is a guess.
func (w *walker) stretch(from, to int64, rise energy.Nano, m *mapping, flag Flags) {
	guess := to-from > m.maxGapMs && edgeInside(from, to) && (flag&Reset != 0 || rise > m.step && w.overOnePercent(rise, to-from))
	w.emit(effect{Kind: stretch, From: from, To: to, Rise: rise, Covered: !guess, Flag: flag})
}

func (w *walker) overOnePercent(rise energy.Nano, ms int64) bool {
	return energy.Mul(rise, int64(100*energy.MsPerHour)).Cmp(energy.Mul(w.rating, ms)) > 0
}

// edgeInside says whether an edge of quarters lies strictly between from and to.
func edgeInside(from, to int64) bool { return calendar.QuarterStart(to-1) > from }
