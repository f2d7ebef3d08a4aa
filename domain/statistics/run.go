package statistics

import (
	"slices"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
)

// Carry is what the samples before an instant mean for what comes after it, by series.
type Carry map[string]SeriesCarry

// SeriesCarry is a power's last sample, or where the walk over a counter stands.
type SeriesCarry struct {
	Power   *reading  `json:"power,omitempty"`
	Counter *register `json:"counter,omitempty"`
}

// Ahead is the reverse: what the samples from an instant on mean for what came before it, by series.
type Ahead map[string]SeriesAhead

// SeriesAhead is a power's next sample, or what the walk over a counter found out about the time before.
type SeriesAhead struct {
	Power   *reading `json:"power,omitempty"`
	Counter []effect `json:"counter,omitempty"`
}

// Input is a run's stretch of time, whole quarters long, with everything that is known about it.
type Input struct {
	Start, End int64
	Carry      Carry   // at Start
	Tapes      []*Tape // all samples of [Start, End), in order of time
	Ahead      Ahead   // at End
	Cuts       []int64 // instants in [Start, End] at which to say what carries over, ascending
}

// Output is what a run gives.
type Output struct {
	Quarters []Window // all of [Start, End)
	Carry    []Carry  // at the cuts
	Ahead    []Ahead
	// Settled says at the cuts that every series that came before has a sample after, so that the next one changes
	// nothing before the cut (a rest, a return and a glitch apart).
	Settled []bool
}

// Run calculates every quarter of a stretch of time. The same samples give the same quarters however the time is
// divided into runs, as long as each takes up the carry of the one before and the ahead of the one after.
func (p *Plan) Run(in Input) Output {
	n := int((in.End - in.Start) / calendar.Quarter)
	r := run{Input: in, quarters: make([]Window, n), out: Output{
		Carry: make([]Carry, len(in.Cuts)), Ahead: make([]Ahead, len(in.Cuts)), Settled: make([]bool, len(in.Cuts)),
	}}
	for i := range in.Cuts {
		r.out.Carry[i], r.out.Ahead[i], r.out.Settled[i] = Carry{}, Ahead{}, true
	}
	for _, t := range in.Tapes {
		t.settle()
		for _, at := range t.outOfRange {
			r.flag(at, OutOfRange)
		}
	}
	powers, counters := make([][]powerQuarter, len(p.series)), make([][]counterQuarter, len(p.series))
	for i, s := range p.series {
		samples := r.samples(i)
		switch s.kind {
		case power:
			powers[i] = r.power(s, samples)
		case counter:
			counters[i] = r.counter(s, samples)
		case gauge:
			r.gauge(s, samples)
		}
	}
	for q := range r.quarters {
		p.quarter(&r.quarters[q], in.Start+int64(q)*calendar.Quarter, q, powers, counters)
	}
	r.out.Quarters = r.quarters
	return r.out
}

type run struct {
	Input
	quarters []Window
	out      Output
	latest   map[gaugeCell]sample // of each gauge in each quarter, by whichever device
}

// samples joins a series' samples of all tapes.
func (r *run) samples(i int) []sample {
	if len(r.Tapes) == 1 {
		return r.Tapes[0].samples[i]
	}
	var all []sample
	for _, t := range r.Tapes {
		all = append(all, t.samples[i]...)
	}
	return all
}

func (r *run) flag(at int64, f Flags) {
	if r.Start <= at && at < r.End {
		r.quarters[(at-r.Start)/calendar.Quarter].Flags |= f
	}
}

// power integrates a power's samples.
func (r *run) power(s *series, samples []sample) []powerQuarter {
	if c := r.Carry[s.name].Power; c != nil {
		if m := s.at(c.T); m != nil {
			samples = append([]sample{{t: c.T, v: c.V, mapping: m}}, samples...)
		}
	}
	var after *sample
	if a := r.Ahead[s.name].Power; a != nil {
		after = &sample{t: a.T, v: a.V}
	}
	quarters := make([]powerQuarter, len(r.quarters))
	next := func(i int) *sample {
		if i+1 < len(samples) {
			return &samples[i+1]
		}
		return after
	}
	for i, x := range samples {
		integrate(quarters, r.Start, r.End, x, next(i))
	}
	i := 0
	for c, cut := range r.Cuts {
		for i < len(samples) && samples[i].t < cut {
			i++
		}
		if i == 0 {
			continue
		}
		last := samples[i-1]
		if last.t+last.mapping.maxGapMs < cut {
			continue // says nothing about what comes after
		}
		r.out.Carry[c][s.name] = SeriesCarry{Power: &reading{last.t, last.v}}
		switch n := next(i - 1); {
		case n == nil:
			r.out.Settled[c] = false
		case n.t <= last.t+last.mapping.maxGapMs:
			r.out.Ahead[c][s.name] = SeriesAhead{Power: &reading{n.t, n.v}}
		}
	}
	return quarters
}

// counter walks a counter's samples.
func (r *run) counter(s *series, samples []sample) []counterQuarter {
	var effects []effect
	w := walker{rating: s.rating, at: s.at, emit: func(e effect) { effects = append(effects, e) }}
	if c := r.Carry[s.name].Counter; c != nil {
		w.started, w.register = true, *c
	}
	i := 0
	emitted := make([]int, len(r.Cuts)) // how many effects come from samples before the cut
	for c, cut := range r.Cuts {
		for ; i < len(samples) && samples[i].t < cut; i++ {
			w.next(samples[i])
		}
		emitted[c] = len(effects)
		if w.started {
			at := w.register
			r.out.Carry[c][s.name] = SeriesCarry{Counter: &at}
		}
		r.out.Settled[c] = r.out.Settled[c] && (!w.started || i < len(samples) || len(r.Ahead[s.name].Counter) > 0)
	}
	for ; i < len(samples); i++ {
		w.next(samples[i])
	}
	effects = append(effects, r.Ahead[s.name].Counter...)
	for c, cut := range r.Cuts {
		if before := reaching(effects[emitted[c]:], cut); len(before) > 0 {
			r.out.Ahead[c][s.name] = SeriesAhead{Counter: before}
		}
	}
	return r.spread(effects)
}

// reaching picks the effects that touch what lies before an instant, without what later ones took the place of.
func reaching(effects []effect, cut int64) []effect {
	var kept []effect
	for _, e := range effects {
		if e.From >= cut || e.Kind == refusal {
			continue
		}
		if e.Kind == stretch {
			n := 0
			for _, k := range kept {
				if k.Kind != stretch || k.From < e.From {
					kept[n] = k
					n++
				}
			}
			kept = kept[:n]
		}
		kept = append(kept, e)
	}
	return kept
}

// counterQuarter is what a counter's samples come to in a quarter.
type counterQuarter struct {
	rise      energy.Quantity
	coveredMs int64
}

// spread lays the effects over the quarters. Flags stand on the station's quarter, whichever source it uses there.
func (r *run) spread(effects []effect) []counterQuarter {
	quarters := make([]counterQuarter, len(r.quarters))
	var stretches []effect
	var until []int64 // where each is covered up to: a later one counts where they lie over each other
	refused := map[int64]bool{}
	for _, e := range effects {
		switch e.Kind {
		case refusal:
			refused[e.From] = true
		case confirmation:
			delete(refused, e.From)
		case stretch:
			n := len(stretches)
			for n > 0 && stretches[n-1].From >= e.From {
				n--
			}
			stretches, until = append(stretches[:n], e), append(until[:n], e.To)
			if n > 0 {
				until[n-1] = min(until[n-1], e.From)
			}
		}
	}
	for at := range refused {
		r.flag(at, Spike)
	}
	for i, e := range stretches {
		e.each(r.Start, r.End, func(q int, from, to int64) {
			c := &quarters[q]
			c.rise = c.rise.Add(energy.Of(energy.Share(e.Rise, e.From, e.To, to) - energy.Share(e.Rise, e.From, e.To, from)))
			if e.Covered {
				c.coveredMs += max(0, min(to, until[i])-from)
			} else if e.Rise > 0 {
				r.flag(from, Estimated)
			}
		})
		r.flag(e.To-1, e.Flag)
	}
	return quarters
}

// each calls do for the part of the stretch in each quarter of [start, end).
func (e effect) each(start, end int64, do func(q int, from, to int64)) {
	from, to := max(e.From, start), min(e.To, end)
	for from < to {
		q := (from - start) / calendar.Quarter
		edge := min(start+(q+1)*calendar.Quarter, to)
		do(int(q), from, edge)
		from = edge
	}
}

type gaugeCell struct {
	quarter  int
	semantic string
}

// gauge adds a gauge's samples to the quarters that hold them, all devices of a semantic point together.
func (r *run) gauge(s *series, samples []sample) {
	if r.latest == nil {
		r.latest = map[gaugeCell]sample{}
	}
	for i := 0; i < len(samples); {
		q := int((samples[i].t - r.Start) / calendar.Quarter)
		end := r.Start + int64(q+1)*calendar.Quarter
		g := Gauge{Semantic: s.semantic, Min: samples[i].v, Max: samples[i].v}
		for ; i < len(samples) && samples[i].t < end; i++ {
			v := samples[i].v
			g.Min, g.Max, g.Sum, g.Count = min(g.Min, v), max(g.Max, v), g.Sum.Add(energy.Of(v)), g.Count+1
		}
		last := samples[i-1]
		cell := gaugeCell{q, s.semantic}
		// the latest sample is the last, of equal times the later event
		if l, ok := r.latest[cell]; ok && (l.t > last.t || l.t == last.t && l.position > last.position) {
			last = l
		}
		r.latest[cell], g.Last = last, last.v
		r.addGauge(q, g)
	}
}

func (r *run) addGauge(q int, g Gauge) {
	w := &r.quarters[q]
	for i, other := range w.Gauges {
		if other.Semantic == g.Semantic {
			w.Gauges[i] = other.merge(g)
			return
		}
	}
	w.Gauges = append(w.Gauges, g)
}

// quarter puts a station's quarter together from what each device gives.
func (p *Plan) quarter(w *Window, start int64, q int, powers [][]powerQuarter, counters [][]counterQuarter) {
	w.Start, w.End = start, start+calendar.Quarter
	for i := range w.Energy {
		w.Energy[i] = known(energy.Quantity{})
	}
	covered, gridCovered := calendar.Quarter, calendar.Quarter
	var used, hasGrid, hasLoad bool
	for _, src := range p.sources {
		var amount energy.Quantity
		var ms int64
		switch {
		case src.counter != noSeries && p.series[src.counter].at(start) != nil:
			c := counters[src.counter][q]
			amount, ms = c.rise, c.coveredMs
		case src.power != noSeries && p.series[src.power].mappedIn(start, w.End):
			pq := powers[src.power][q]
			positive, negative := pq.energies()
			amount, ms = positive, pq.coveredMs
			if src.negative {
				amount = negative
			}
		default:
			continue
		}
		w.Energy[src.quantity].Quantity = w.Energy[src.quantity].Add(amount)
		used, covered = true, min(covered, ms)
		switch src.quantity {
		case GridImport, GridExport:
			hasGrid, gridCovered = true, min(gridCovered, ms)
		case Load:
			hasLoad = true
		}
	}
	if used {
		w.CoveredMs = covered
	}
	if hasGrid {
		w.GridCoveredMs = gridCovered
	}
	w.complete(hasGrid, hasLoad)
	sortGauges(w.Gauges)
}

// Reach is the earliest instant that another ahead changes something for; carry is that of the same instant.
func Reach(carry Carry, was, is Ahead) (at int64, changed bool) {
	touch := func(t int64) {
		if !changed || t < at {
			at, changed = t, true
		}
	}
	compare := func(name string) {
		a, b := was[name], is[name]
		if !samePower(a.Power, b.Power) {
			if last := carry[name].Power; last != nil {
				touch(last.T)
			}
		}
		if !slices.Equal(a.Counter, b.Counter) {
			for _, e := range slices.Concat(a.Counter, b.Counter) {
				touch(e.From)
			}
		}
	}
	for name := range was {
		compare(name)
	}
	for name := range is {
		compare(name)
	}
	return at, changed
}

func samePower(a, b *reading) bool { return a == b || a != nil && b != nil && *a == *b }
