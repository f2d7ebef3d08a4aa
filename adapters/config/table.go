package config

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"
)

// field is what the tags of one key say.
type field struct {
	path     string // ingest.maxBodyBytes
	env      string // INGEST_MAX_BODY_BYTES, without the prefix
	flag     string // empty: none
	index    []int  // of the struct's field
	kind     reflect.Type
	defaults string
	doc      string
	oneof    []string
	min, max string
	live     bool
	secret   bool
	url      bool
}

const envPrefix = "MICROGRID_"

var (
	table       = fieldsOf(reflect.TypeFor[Config](), "", nil)
	tenantTable = fieldsOf(reflect.TypeFor[Tenant](), "", nil)

	tenantsType  = reflect.TypeFor[[]Tenant]()
	durationType = reflect.TypeFor[time.Duration]()
	decimalType  = reflect.TypeFor[decimal.Decimal]()
	timeType     = reflect.TypeFor[time.Time]()
	sizeType     = reflect.TypeFor[Size]()
)

// fieldsOf lists the keys of a struct and of the structs in it, in their order.
func fieldsOf(t reflect.Type, prefix string, index []int) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("key")
		if key == "" {
			continue
		}
		at := append(append([]int(nil), index...), i)
		if _, leaf := f.Tag.Lookup("default"); !leaf {
			fields = append(fields, fieldsOf(f.Type, prefix+key+".", at)...)
			continue
		}
		path := prefix + key
		made := field{
			path: path, env: environmentName(path), index: at, kind: f.Type,
			defaults: f.Tag.Get("default"), doc: f.Tag.Get("doc"), oneof: strings.Fields(f.Tag.Get("oneof")),
			min: f.Tag.Get("min"), max: f.Tag.Get("max"),
			live: f.Tag.Get("live") != "", secret: f.Tag.Get("secret") != "", url: f.Tag.Get("url") != "",
		}
		if f.Tag.Get("flag") != "" {
			made.flag = strings.ToLower(strings.ReplaceAll(made.env, "_", "-"))
		}
		fields = append(fields, made)
	}
	return fields
}

// environmentName turns ingest.maxBodyBytes into INGEST_MAX_BODY_BYTES.
func environmentName(path string) string {
	var name strings.Builder
	for _, r := range path {
		switch {
		case r == '.':
			name.WriteByte('_')
			continue
		case unicode.IsUpper(r):
			name.WriteByte('_')
		}
		name.WriteRune(unicode.ToUpper(r))
	}
	return name.String()
}

// Size is a number of bytes.
type Size int64

var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}, {"", 1},
}

// ParseSize reads a number of bytes, plain or with a unit: 4194304, 4MiB, 4 MB.
func ParseSize(text string) (Size, error) {
	digits := strings.TrimLeft(text, "0123456789")
	n, err := strconv.ParseInt(text[:len(text)-len(digits)], 10, 64)
	for _, unit := range sizeUnits {
		if err == nil && strings.TrimSpace(digits) == unit.name && n <= (1<<62)/unit.bytes {
			return Size(n * unit.bytes), nil
		}
	}
	return 0, fmt.Errorf("must be a number of bytes such as 4194304 or 4MiB, not %q", text)
}

// String writes the size with the largest unit that loses nothing.
func (s Size) String() string {
	for _, unit := range []int{2, 1, 0} {
		if u := sizeUnits[unit]; s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// parse reads the text of a value and holds it against its bounds.
func (f field) parse(text string) (reflect.Value, error) {
	value, err := parseAs(f.kind, text)
	if err != nil {
		return value, err
	}
	if len(f.oneof) > 0 && !slices.Contains(f.oneof, text) {
		return value, fmt.Errorf("must be %s, not %q", strings.Join(f.oneof, " or "), text)
	}
	for _, bound := range []struct {
		text, says string
		wrong      int
	}{{f.min, "at least", -1}, {f.max, "at most", 1}} {
		if bound.text == "" {
			continue
		}
		limit, err := parseAs(f.kind, bound.text)
		if err != nil {
			return value, err
		}
		if compare(value, limit) == bound.wrong {
			return value, fmt.Errorf("must be %s %s, not %s", bound.says, bound.text, text)
		}
	}
	return value, nil
}

func parseAs(kind reflect.Type, text string) (reflect.Value, error) {
	wrong := func(what string) (reflect.Value, error) {
		return reflect.Value{}, fmt.Errorf("must be %s, not %q", what, text)
	}
	switch kind {
	case durationType:
		d, err := time.ParseDuration(text)
		if err != nil {
			return wrong("a duration such as 300ms, 90s, 5m or 2h")
		}
		return reflect.ValueOf(d), nil
	case sizeType:
		s, err := ParseSize(text)
		return reflect.ValueOf(s), err
	case decimalType:
		d, err := decimal.NewFromString(text)
		if err != nil || d.Exponent() < -18 || d.NumDigits() > 36 {
			return wrong("a decimal such as 0.95")
		}
		return reflect.ValueOf(d), nil
	case timeType:
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return wrong("a date such as 2000-01-01")
		}
		return reflect.ValueOf(t), nil
	}
	switch kind.Kind() {
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return wrong("a whole number")
		}
		return reflect.ValueOf(n), nil
	case reflect.Float64:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || x != x {
			return wrong("a number")
		}
		return reflect.ValueOf(x), nil
	case reflect.String:
		return reflect.ValueOf(text), nil
	default:
		return reflect.Value{}, fmt.Errorf("keys of type %s can't be read", kind)
	}
}

// compare orders two values of one kind that has bounds.
func compare(a, b reflect.Value) int {
	if a.Type() == decimalType {
		x, okX := reflect.TypeAssert[decimal.Decimal](a)
		y, okY := reflect.TypeAssert[decimal.Decimal](b)
		if okX && okY {
			return x.Cmp(y)
		}
		return 0
	}
	if a.Kind() == reflect.Float64 {
		return cmp.Compare(a.Float(), b.Float())
	}
	return cmp.Compare(a.Int(), b.Int())
}

// text writes a value as it is read.
func (f field) text(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		s := x.String()
		for _, zero := range []string{"m0s", "h0m"} {
			if strings.HasSuffix(s, zero) {
				s = s[:len(s)-2]
			}
		}
		return s
	case time.Time:
		return x.Format(time.DateOnly)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	default:
		return fmt.Sprint(x)
	}
}
