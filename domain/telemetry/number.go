package telemetry

import (
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"

	"github.com/microgrid-cloud/microgrid-cloud/domain/energy"
)

// What a number's text may hold at most; beyond it the value is no sample.
const (
	maxDigits   = 40 // before the exponent, zeros too
	maxExponent = 30
)

// Conversion turns the raw text of a value into 1e-9 of kW, kWh or a gauge's own unit: (raw x scale + offset) x sign
// in the mapping's unit, then the unit's power of ten, rounded once.
type Conversion struct {
	exponent int // of the unit: W -3, MW 3
	sign     int
	plain    bool // scale 1 and offset 0
	scale    decimal.Decimal
	offset   decimal.Decimal
}

// NewConversion prepares a mapping's numbers; exponent is that of its unit against kW or kWh, sign 1 or -1.
func NewConversion(scale, offset decimal.Decimal, sign, exponent int) Conversion {
	return Conversion{
		exponent: exponent, sign: sign, scale: scale, offset: offset,
		plain: scale.Equal(decimal.NewFromInt(1)) && offset.IsZero(),
	}
}

// Value reads a value as it stands in JSON: a number, or a string that is wholly a JSON number. False says that it
// is no sample.
func (c Conversion) Value(raw []byte) (energy.Nano, bool) {
	if n := len(raw); n >= 2 && raw[0] == '"' {
		raw = raw[1 : n-1]
	}
	n, ok := parse(raw)
	if !ok {
		return 0, false
	}
	if c.plain && n.fits {
		return n.nano(c.exponent, c.sign)
	}
	return c.exact(n)
}

// exact is the way for any scale, offset and length.
func (c Conversion) exact(n number) (energy.Nano, bool) {
	v := decimal.NewFromBigInt(n.big(), int32(n.exponent))
	v = v.Mul(c.scale).Add(c.offset).Shift(int32(c.exponent)).Round(9).Shift(9)
	if c.sign < 0 {
		v = v.Neg()
	}
	b := v.BigInt()
	if b.CmpAbs(limit) >= 0 {
		return 0, false
	}
	return energy.Nano(b.Int64()), true
}

var limit = big.NewInt(int64(energy.Limit))

// number is a JSON number's text taken apart: digits x 10^exponent.
type number struct {
	negative bool
	fits     bool   // mantissa holds all digits
	mantissa uint64 // valid if fits
	digits   []byte // as written, with the point
	exponent int    // of the last digit
}

// parse reads the grammar of JSON's numbers, and nothing else.
func parse(s []byte) (number, bool) {
	var n number
	i := 0
	if i < len(s) && s[i] == '-' {
		n.negative = true
		i++
	}
	start := i
	whole := run(s, i)
	if whole == 0 || whole > 1 && s[i] == '0' {
		return n, false
	}
	i += whole
	fraction := 0
	if i < len(s) && s[i] == '.' {
		if fraction = run(s, i+1); fraction == 0 {
			return n, false
		}
		i += 1 + fraction
	}
	n.digits = s[start:i]
	if whole+fraction > maxDigits {
		return n, false
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		minus := i < len(s) && s[i] == '-'
		if i < len(s) && (s[i] == '-' || s[i] == '+') {
			i++
		}
		digits := run(s, i)
		if digits == 0 {
			return n, false
		}
		for _, d := range s[i : i+digits] {
			if n.exponent = n.exponent*10 + int(d-'0'); n.exponent > maxExponent {
				return n, false
			}
		}
		if minus {
			n.exponent = -n.exponent
		}
		i += digits
	}
	if i != len(s) {
		return n, false
	}
	n.exponent -= fraction
	n.fits = true
	for _, d := range n.digits {
		if d == '.' {
			continue
		}
		if n.mantissa >= 1e17 {
			n.fits = false
			break
		}
		n.mantissa = n.mantissa*10 + uint64(d-'0')
	}
	return n, true
}

func run(s []byte, from int) int {
	i := from
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i - from
}

// nano is the number x 10^(unit+9), rounded half away from zero, for a mantissa below 1e18.
func (n number) nano(unit, sign int) (energy.Nano, bool) {
	shift := n.exponent + unit + 9
	m := n.mantissa
	switch {
	case m == 0 || shift < -18:
		return 0, true // below 0.1 of the last decimal
	case shift < 0:
		d := pow10[-shift]
		q, r := m/d, m%d
		if r >= d-r {
			q++
		}
		m = q
	case shift > 18:
		return 0, false
	default:
		hi, lo := bits.Mul64(m, pow10[shift])
		if hi != 0 || lo >= uint64(energy.Limit) {
			return 0, false
		}
		m = lo
	}
	if n.negative != (sign < 0) {
		return -energy.Nano(m), true
	}
	return energy.Nano(m), true
}

var pow10 = func() (p [19]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// big is the number's digits with its sign, as an integer.
func (n number) big() *big.Int {
	digits := make([]byte, 0, len(n.digits)+1)
	if n.negative {
		digits = append(digits, '-')
	}
	for _, d := range n.digits {
		if d != '.' {
			digits = append(digits, d)
		}
	}
	b, _ := new(big.Int).SetString(string(digits), 10)
	return b
}
