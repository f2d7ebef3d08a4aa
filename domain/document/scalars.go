package document

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// What texts and decimals may hold at most; far beyond any use, and small enough that nothing hangs on them.
const (
	maxText     = 200 // characters
	maxID       = 100
	maxWhole    = 15 // digits before the point
	maxFraction = 30 // digits after it
)

// String reads any JSON string; false where it isn't there or is wrong.
func (v Value) String() (string, bool) {
	s, ok := v.data.(string)
	if !ok {
		v.wrongType(problem.Textf("a string"))
	}
	return s, ok
}

// Text reads a string of 1 to 200 characters without control characters, and without those that make all that follows
// run the other way: a name could look like another. Letters of either direction are fine.
func (v Value) Text() string {
	s, ok := v.String()
	switch {
	case !ok:
	case strings.TrimSpace(s) == "":
		v.Refuse("must not be empty")
	case utf8.RuneCountInString(s) > maxText:
		v.Refuse("must not be longer than %d characters", maxText)
	case strings.ContainsFunc(s, unicode.IsControl):
		v.Refuse("must not hold control characters")
	case strings.ContainsFunc(s, turnsText):
		v.Refuse("must not hold characters that embed, override or isolate the direction of text (U+202A to U+202E, U+2066 to U+2069)")
	}
	return s
}

func turnsText(r rune) bool { return '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' }

// ID reads 1 to 100 letters, digits, "_", ".", ":" and "-" of ASCII that begin with a letter or digit.
func (v Value) ID() string {
	s, ok := v.String()
	if ok && !ValidID(s) {
		v.Refuse("must be 1 to %d of the characters A-Z a-z 0-9 _ . : - and begin with a letter or digit", maxID)
	}
	return s
}

// ValidID says whether s is what ID reads.
func ValidID(s string) bool {
	for i := range len(s) {
		c := s[i]
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && (i == 0 || !strings.ContainsRune("_.:-", rune(c))) {
			return false
		}
	}
	return 0 < len(s) && len(s) <= maxID
}

// OneOf reads a string that is one of the choices.
func (v Value) OneOf(choices ...string) string {
	s, ok := v.String()
	if ok && !slices.Contains(choices, s) {
		v.Refuse("must be one of %s", strings.Join(choices, ", "))
	}
	return s
}

// Bool reads true or false; nil where the value isn't there or is wrong.
func (v Value) Bool() *bool {
	b, ok := v.data.(bool)
	if !ok {
		v.wrongType(problem.Textf("true or false"))
		return nil
	}
	return &b
}

// Int reads a whole number from low to high; false where it isn't there or is wrong.
func (v Value) Int(low, high int) (int, bool) {
	n, ok := v.data.(json.Number)
	if !ok {
		v.wrongType(problem.Textf("a number"))
		return 0, false
	}
	i, err := strconv.Atoi(n.String())
	if err != nil || i < low || i > high {
		v.Refuse("must be a whole number from %d to %d", low, high)
		return 0, false
	}
	return i, true
}

// Date reads a date such as 2016-08-01; false where it isn't there or is wrong.
func (v Value) Date() (calendar.Date, bool) {
	s, ok := v.String()
	if !ok {
		return 0, false
	}
	d, err := calendar.ParseDate(s)
	if err != nil {
		v.Refuse("must be a date such as 2016-08-01")
		return 0, false
	}
	return d, true
}

// Decimal reads a decimal written as a JSON number or as a string that is wholly one, exactly and with its places;
// nil where it isn't there or is wrong.
func (v Value) Decimal() *decimal.Decimal {
	var text string
	switch data := v.data.(type) {
	case json.Number:
		text = data.String()
	case string:
		text = data
	default:
		v.wrongType(problem.Textf("a decimal number"))
		return nil
	}
	// json.Valid has JSON's grammar: no plus, no leading zero or point, no spaces. The exponent is bounded before
	// anything is computed with it.
	const longest = maxWhole + maxFraction + 10
	if len(text) > longest || !json.Valid([]byte(text)) || !strings.ContainsAny(text[:1], "-0123456789") ||
		strings.TrimSpace(text) != text {
		v.Refuse("must be a decimal number such as 0.3910")
		return nil
	}
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(text), "e")
	if scientific {
		if e, err := strconv.Atoi(exponent); err != nil || max(e, -e) > maxFraction {
			v.Refuse("must not have an exponent beyond %d", maxFraction)
			return nil
		}
	}
	d, err := decimal.NewFromString(mantissa + text[len(mantissa):])
	if err != nil {
		v.Refuse("must be a decimal number such as 0.3910")
		return nil
	}
	if d.Abs().Cmp(decimal.New(1, maxWhole)) >= 0 || d.Exponent() < -maxFraction {
		v.Refuse("must not have more than %d digits before the point and %d after it", maxWhole, maxFraction)
		return nil
	}
	return &d
}
