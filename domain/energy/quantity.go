// Package energy owns exact quantities: power and energy as integers of 1e-9 kW and 1e-9 kWh, and the products and
// sums of them in 128 bits. It never uses a float and rounds, half away from zero, only where it says so.
package energy

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strings"
)

// Nano is a sample's value in 1e-9 of its unit (kW, kWh, or a plain gauge's own). Its magnitude is below Limit.
type Nano int64

// Limit is the magnitude, in 1e-9, from which on a value is no sample.
const Limit Nano = 9_000_000_000_000_000_000

// Minus is a - b, held within 64 bits: two values below Limit may lie almost twice as far apart, which is more than
// any register counts.
func (a Nano) Minus(b Nano) Nano {
	switch d := a - b; {
	case a >= 0 && b < 0 && d < 0:
		return math.MaxInt64
	case a < 0 && b > 0 && d >= 0:
		return math.MinInt64
	default:
		return d
	}
}

// MsPerHour turns kW ms into kWh.
const MsPerHour = 3_600_000

// Quantity is an exact signed integer of 128 bits, mostly a sum in 1e-9 units. The zero value is 0.
type Quantity struct {
	hi int64
	lo uint64
}

// Of widens an integer.
func Of[T ~int64](n T) Quantity { return Quantity{hi: int64(n) >> 63, lo: uint64(n)} }

// Mul is the exact product.
func Mul[A, B ~int64](a A, b B) Quantity {
	hi, lo := bits.Mul64(magnitude(int64(a)), magnitude(int64(b)))
	q := Quantity{hi: int64(hi), lo: lo}
	if (a < 0) != (b < 0) {
		return q.Neg()
	}
	return q
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

// Add is a + b.
func (a Quantity) Add(b Quantity) Quantity {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(uint64(a.hi), uint64(b.hi), carry)
	return Quantity{hi: int64(hi), lo: lo}
}

// Sub is a - b.
func (a Quantity) Sub(b Quantity) Quantity { return a.Add(b.Neg()) }

// Neg is -a.
func (a Quantity) Neg() Quantity {
	lo, borrow := bits.Sub64(0, a.lo, 0)
	hi, _ := bits.Sub64(0, uint64(a.hi), borrow)
	return Quantity{hi: int64(hi), lo: lo}
}

// Abs is |a|.
func (a Quantity) Abs() Quantity {
	if a.hi < 0 {
		return a.Neg()
	}
	return a
}

// Sign is -1, 0 or 1.
func (a Quantity) Sign() int {
	switch {
	case a.hi < 0:
		return -1
	case a.hi == 0 && a.lo == 0:
		return 0
	}
	return 1
}

// Cmp compares a with b: -1, 0 or 1.
func (a Quantity) Cmp(b Quantity) int {
	switch {
	case a.hi != b.hi && a.hi < b.hi, a.hi == b.hi && a.lo < b.lo:
		return -1
	case a == b:
		return 0
	}
	return 1
}

// Max is the larger of a and b.
func (a Quantity) Max(b Quantity) Quantity {
	if a.Cmp(b) < 0 {
		return b
	}
	return a
}

// Min is the smaller of a and b.
func (a Quantity) Min(b Quantity) Quantity {
	if a.Cmp(b) > 0 {
		return b
	}
	return a
}

// Quo is a / d rounded half away from zero; d is above 0.
func (a Quantity) Quo(d int64) Quantity {
	m := a.Abs()
	qhi, rem := bits.Div64(0, uint64(m.hi), uint64(d))
	qlo, rem := bits.Div64(rem, m.lo, uint64(d))
	q := Quantity{hi: int64(qhi), lo: qlo}
	if rem >= uint64(d)-rem {
		q = q.Add(Quantity{lo: 1})
	}
	if a.hi < 0 {
		return q.Neg()
	}
	return q
}

// Int64 gives the quantity as an integer where it fits.
func (a Quantity) Int64() (int64, bool) { return int64(a.lo), a.hi == int64(a.lo)>>63 }

// Big is the quantity as a big integer.
func (a Quantity) Big() *big.Int {
	m := a.Abs()
	b := new(big.Int).SetUint64(uint64(m.hi))
	b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(m.lo))
	if a.hi < 0 {
		b.Neg(b)
	}
	return b
}

// FromBig narrows a big integer; false where it needs more than 128 bits.
func FromBig(b *big.Int) (Quantity, bool) {
	if b.BitLen() > 127 {
		return Quantity{}, false
	}
	m := new(big.Int).Abs(b)
	q := Quantity{lo: new(big.Int).And(m, maxUint64).Uint64()}
	q.hi = int64(m.Rsh(m, 64).Uint64())
	if b.Sign() < 0 {
		q = q.Neg()
	}
	return q, true
}

var maxUint64 = new(big.Int).SetUint64(1<<64 - 1)

// String writes a quantity of 1e-9 units as a decimal with nine decimals.
func (a Quantity) String() string { return string(a.Append(nil)) }

// Append appends String to b.
func (a Quantity) Append(b []byte) []byte {
	m := a.Abs()
	if a.hi < 0 {
		b = append(b, '-')
	}
	const billion = 1_000_000_000
	qhi, rem := bits.Div64(0, uint64(m.hi), billion)
	qlo, rem := bits.Div64(rem, m.lo, billion)
	if qhi == 0 {
		b = fmt.Append(b, qlo)
	} else {
		b = append(b, (Quantity{hi: int64(qhi), lo: qlo}).Big().String()...)
	}
	return fmt.Appendf(b, ".%09d", rem)
}

// ParseQuantity reads what String wrote, or any decimal of at most nine decimals.
func ParseQuantity(s string) (Quantity, error) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "" || len(fraction) > 9 || strings.Trim(whole+fraction, "0123456789") != "" {
		return Quantity{}, fmt.Errorf("%q is not a decimal of at most nine decimals", s)
	}
	b, ok := new(big.Int).SetString(whole+fraction+strings.Repeat("0", 9-len(fraction)), 10)
	if !ok {
		return Quantity{}, fmt.Errorf("%q is not a decimal", s)
	}
	if negative {
		b.Neg(b)
	}
	q, ok := FromBig(b)
	if !ok {
		return Quantity{}, fmt.Errorf("%q needs more than 128 bits", s)
	}
	return q, nil
}

// MarshalText writes String, so that JSON carries quantities as decimal strings.
func (a Quantity) MarshalText() ([]byte, error) { return a.Append(nil), nil }

// UnmarshalText reads what MarshalText wrote.
func (a *Quantity) UnmarshalText(text []byte) error {
	q, err := ParseQuantity(string(text))
	*a = q
	return err
}

func mulUnsigned(a, b uint64) Quantity {
	hi, lo := bits.Mul64(a, b)
	return Quantity{hi: int64(hi), lo: lo}
}
