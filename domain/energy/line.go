package energy

import "math/big"

// OnLine is the value at time t of the straight line from (t1, p1) to (t2, p2), rounded; t1 < t2, t1 <= t <= t2.
func OnLine(t1 int64, p1 Nano, t2 int64, p2 Nano, t int64) Nano {
	v, _ := Mul(p1, t2-t).Add(Mul(p2, t-t1)).Quo(t2 - t1).Int64()
	return Nano(v)
}

// Share is the part of rise that is reached at time t of the stretch [from, to), rounded.
func Share(rise Nano, from, to, t int64) Nano {
	v, _ := Mul(rise, t-from).Quo(to - from).Int64()
	return Nano(v)
}

// Piece integrates the straight line from x to y over ms milliseconds: the positive and the negative part, in
// half-units (1e-9 kW ms / 2). Where the line crosses zero the part of x's sign is x²·ms/(x-y), rounded, and the
// rest of the piece is of y's sign, so that import and export never cancel.
func Piece(x, y Nano, ms int64) (positive, negative Quantity) {
	whole := Mul(x, ms).Add(Mul(y, ms))
	if (x < 0) == (y < 0) || x == 0 || y == 0 {
		if whole.Sign() < 0 {
			return Quantity{}, whole
		}
		return whole, Quantity{}
	}
	first := crossing(x, y, ms)
	if x > 0 {
		return first, whole.Sub(first)
	}
	return whole.Sub(first), first
}

// crossing is x²·ms/(x-y), rounded. x² alone passes 64 bits at 3.04 kW, and with ms it passes 128 at 4.5 MW.
func crossing(x, y Nano, ms int64) Quantity {
	const narrow = 1 << 52
	if -narrow < x && x < narrow && -narrow < y && y < narrow && ms < 1<<22 {
		square, divisor := Mul(x, x), int64(x-y)
		product := square.times(ms)
		if divisor < 0 {
			return product.Quo(-divisor).Neg()
		}
		return product.Quo(divisor)
	}
	bx, by := big.NewInt(int64(x)), big.NewInt(int64(y))
	divisor := new(big.Int).Sub(bx, by)
	product := bx.Mul(bx, bx)
	product.Mul(product, big.NewInt(ms))
	q, _ := FromBig(quoBig(product, divisor))
	return q
}

// times is a * n for a >= 0, n >= 0 where the product is known to fit.
func (a Quantity) times(n int64) Quantity {
	low := mulUnsigned(a.lo, uint64(n))
	low.hi += a.hi * n
	return low
}

// quoBig is a / d rounded half away from zero.
func quoBig(a, d *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(a, d, new(big.Int))
	if r.Lsh(r.Abs(r), 1).CmpAbs(d) >= 0 {
		q.Add(q, big.NewInt(int64(a.Sign()*d.Sign())))
	}
	return q
}

// Possible says whether rise (1e-9 kWh) over ms milliseconds is within max(1.5 x rating x time, step), exactly;
// rating in 1e-9 kW, step in 1e-9 kWh.
func Possible(rise, rating Nano, ms int64, step Nano) bool {
	if rise < 0 {
		return false
	}
	return rise <= step || Mul(rise, int64(2*MsPerHour)).Cmp(triple(Mul(rating, ms))) <= 0
}

func triple(a Quantity) Quantity { return a.Add(a).Add(a) }
