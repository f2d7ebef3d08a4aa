// Package money owns what an exact decimal amount is rounded to and how it is written. It doesn't own any price.
package money

import (
	"fmt"
	"io"
	"strings"

	"github.com/shopspring/decimal"
)

// Decimal is an exact decimal that keeps the places it was given: 0.3910 is written "0.3910", not "0.391", so that a
// price reads as it was published and an amount has its currency's places.
type Decimal struct{ decimal.Decimal }

// Of wraps a decimal.
func Of(d decimal.Decimal) Decimal { return Decimal{d} }

// String writes all places.
func (d Decimal) String() string { return d.StringFixed(max(0, -d.Exponent())) }

// Format writes String for every verb: decimal's own would drop the places.
func (d Decimal) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, d.String()) }

// MarshalJSON writes a JSON string.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(`"` + d.String() + `"`), nil }

// MarshalText writes String.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Same says whether two decimals are the same number, whatever their places.
func (d Decimal) Same(o Decimal) bool { return d.Equal(o.Decimal) }

// Round rounds half away from zero to the currency's minor unit; the result has exactly its places.
func Round(amount decimal.Decimal, places int32) Decimal {
	// Round alone leaves an amount of fewer places as it is written
	return Decimal{amount.Round(places).Add(decimal.New(0, -places))}
}

// MinorUnits is the number of decimals of a currency's amounts (ISO 4217); false for an unknown code.
func MinorUnits(currency string) (places int32, known bool) {
	places, known = minorUnits[currency]
	return places, known
}

var minorUnits = func() map[string]int32 {
	units := map[string]int32{}
	for places, codes := range map[int32]string{
		0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
		2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
			CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG
			HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR
			MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD
			SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG
			YER ZAR ZMW ZWG`,
		3: "BHD IQD JOD KWD LYD OMR TND",
		4: "CLF UYW",
	} {
		for code := range strings.FieldsSeq(codes) {
			units[code] = places
		}
	}
	return units
}()
