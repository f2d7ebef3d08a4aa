package statistics

import (
	"math/big"

	"github.com/shopspring/decimal"

	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
)

// rateDecimals is how exactly rates and completeness are shown.
const rateDecimals = 6

// Completeness is the covered share of the window.
func (w Window) Completeness() decimal.Decimal { return share(w.CoveredMs, w.End-w.Start) }

// GridCompleteness is the share of the window in which the grid's energies are covered.
func (w Window) GridCompleteness() decimal.Decimal { return share(w.GridCoveredMs, w.End-w.Start) }

func share(part, whole int64) decimal.Decimal {
	v, _ := energy.Mul(part, int64(1e6)).Quo(whole).Int64()
	return decimal.New(v, -rateDecimals)
}

// SelfConsumption is selfConsumed / pv; false where it is not defined.
func (w Window) SelfConsumption() (decimal.Decimal, bool) {
	return ratio(w.Energy[SelfConsumed], w.Energy[PV])
}

// SelfSufficiency is (use - gridImport) / use with use = load + evse; false where it is not defined.
func (w Window) SelfSufficiency() (decimal.Decimal, bool) {
	use := w.Energy[Load].Plus(w.Energy[EVSE])
	return ratio(use.minus(w.Energy[GridImport]), use)
}

// ratio is part / whole clamped to [0, 1] and rounded half away from zero.
func ratio(part, whole Energy) (decimal.Decimal, bool) {
	if !part.Known || !whole.Known || whole.Sign() <= 0 {
		return decimal.Decimal{}, false
	}
	switch {
	case part.Sign() <= 0:
		return decimal.New(0, -rateDecimals), true
	case part.Cmp(whole.Quantity) >= 0:
		return decimal.New(1_000_000, -rateDecimals), true
	}
	n := new(big.Int).Mul(part.Big(), big.NewInt(1_000_000))
	q, r := n.QuoRem(n, whole.Big(), new(big.Int))
	if r.Lsh(r, 1).Cmp(whole.Big()) >= 0 {
		q.Add(q, big.NewInt(1))
	}
	return decimal.NewFromBigInt(q, -rateDecimals), true
}
