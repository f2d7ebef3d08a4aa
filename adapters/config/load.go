package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// Problem is one thing that is wrong with the configuration.
type Problem struct {
	Path    string // of the key
	Origin  string // the file, the variable or the flag
	Message string
}

// Error is everything that is wrong with the configuration.
type Error struct{ Problems []Problem }

// Error writes a line a problem.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("the configuration is refused:")
	for _, p := range e.Problems {
		fmt.Fprintf(&text, "\n  %s", p.Path)
		if p.Origin != "" && p.Origin != p.Path {
			fmt.Fprintf(&text, " (%s)", p.Origin)
		}
		text.WriteString(": " + p.Message)
	}
	return text.String()
}

// sources are where configuration is read from.
type sources struct {
	environ func() []string
	flags   *pflag.FlagSet
}

// layer is one source that was read; the later one counts.
type layer struct {
	origin func(path string) string
	values *koanf.Koanf
}

// reader gathers layers and what is wrong with them.
type reader struct {
	layers   []layer
	tenants  map[int]map[string]override // single values of tenants, by the environment
	problems []Problem
}

type override struct{ value, variable string }

func (r *reader) wrong(path, origin, format string, args ...any) {
	r.problems = append(r.problems, Problem{path, origin, fmt.Sprintf(format, args...)})
}

func (s sources) load() (Config, error) {
	r := &reader{tenants: map[int]map[string]override{}}
	c := Config{Path: s.path(), sources: s}
	if c.Path != "" {
		r.readFile(c.Path)
	}
	r.readEnvironment(s.environ)
	r.readFlags(s.flags)
	r.fill(&c)
	if len(r.problems) == 0 {
		c.finish()
		r.check(c)
	}
	if len(r.problems) > 0 {
		return Config{}, &Error{Problems: r.problems}
	}
	return c, nil
}

// path is the file's: the flag counts over the variable.
func (s sources) path() string {
	if s.flags != nil {
		if f := s.flags.Lookup(configFlag); f != nil && f.Changed {
			return f.Value.String()
		}
	}
	for _, variable := range s.environ() {
		if value, ok := strings.CutPrefix(variable, envPrefix+"CONFIG="); ok {
			return value
		}
	}
	return ""
}

func (r *reader) readFile(path string) {
	k := koanf.New(".")
	if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			r.wrong(path, "", "there is no such file")
			return
		}
		r.wrong(path, "", "%v", err)
		return
	}
	r.unknown(k.Raw(), "", path, table)
	r.layers = append(r.layers, layer{func(string) string { return path }, k})
}

// unknown reports the keys of a section that no field has, and sections that are none.
func (r *reader) unknown(section map[string]any, prefix, origin string, fields []field) {
	for _, key := range slices.Sorted(maps.Keys(section)) {
		path := prefix + key
		if slices.ContainsFunc(fields, func(f field) bool { return f.path == path }) {
			continue
		}
		var inside []string
		for _, f := range fields {
			if rest, ok := strings.CutPrefix(f.path, path+"."); ok {
				inside = append(inside, rest)
			}
		}
		switch value := section[key].(type) {
		case map[string]any:
			if len(inside) > 0 {
				r.unknown(value, path+".", origin, fields)
				continue
			}
		case nil:
			if len(inside) > 0 {
				continue // a section in which everything is commented out
			}
		default:
			if len(inside) > 0 {
				r.wrong(path, origin, "must be a section with keys such as %s", inside[0])
				continue
			}
		}
		r.wrong(path, origin, "unknown key%s", suggestion(path, fields))
	}
}

func suggestion(path string, fields []field) string {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(s))
	}
	for _, f := range fields {
		if plain(f.path) == plain(path) {
			return ", it is written " + f.path
		}
	}
	return ""
}

// noKeys are variables that commands read themselves: the file's name, and addresses for Go's profiles.
var noKeys = []string{"CONFIG", "PPROF", "BENCH_PPROF"}

var (
	tenantVariable = regexp.MustCompile(`^TENANTS_(\d{1,3})_(\w+)$`)
	// What Kubernetes sets in every pod beside a service that is called microgrid.
	serviceVariable = regexp.MustCompile(`(^|_)(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)$`)
)

func (r *reader) readEnvironment(environ func() []string) {
	variables := map[string]string{}
	transform := func(name, value string) (string, any) {
		short := strings.TrimPrefix(name, envPrefix)
		if value == "" || slices.Contains(noKeys, short) {
			return "", nil
		}
		if i := slices.IndexFunc(table, func(f field) bool { return f.env == short }); i >= 0 {
			variables[table[i].path] = name
			return table[i].path, value
		}
		if match := tenantVariable.FindStringSubmatch(short); match != nil {
			n, err := strconv.Atoi(match[1])
			i := slices.IndexFunc(tenantTable, func(f field) bool { return f.env == match[2] })
			if err == nil && i >= 0 {
				if r.tenants[n] == nil {
					r.tenants[n] = map[string]override{}
				}
				r.tenants[n][tenantTable[i].path] = override{value, name}
				return "", nil
			}
		}
		if !serviceVariable.MatchString(short) {
			r.wrong(name, "", "unknown variable")
		}
		return "", nil
	}
	k := koanf.New(".")
	provider := env.Provider(".", env.Opt{Prefix: envPrefix, TransformFunc: transform, EnvironFunc: func() []string {
		return slices.Sorted(slices.Values(environ()))
	}})
	if err := k.Load(provider, nil); err != nil {
		r.wrong("environment", "", "%v", err)
	}
	r.layers = append(r.layers, layer{func(path string) string { return variables[path] }, k})
}

func (r *reader) readFlags(flags *pflag.FlagSet) {
	if flags == nil {
		return
	}
	named := koanf.New(".")
	byFlag := func(f *pflag.Flag) (string, any) {
		i := slices.IndexFunc(table, func(known field) bool { return known.flag == f.Name && f.Name != "" })
		if i < 0 || !f.Changed {
			return "", nil
		}
		return table[i].path, f.Value.String()
	}
	if err := named.Load(posflag.ProviderWithFlag(flags, ".", nil, byFlag), nil); err != nil {
		r.wrong("flags", "", "%v", err)
	}
	r.layers = append(r.layers, layer{func(path string) string {
		i := slices.IndexFunc(table, func(f field) bool { return f.path == path })
		return "--" + table[i].flag
	}, named})

	if flags.Lookup(setFlag) == nil {
		return
	}
	pairs, err := flags.GetStringArray(setFlag)
	if err != nil {
		r.wrong("--"+setFlag, "", "%v", err)
	}
	set := koanf.New(".")
	for _, pair := range pairs {
		path, value, ok := strings.Cut(pair, "=")
		switch {
		case !ok:
			r.wrong("--"+setFlag, "", "must be KEY=VALUE, not %q", pair)
		case !slices.ContainsFunc(table, func(f field) bool { return f.path == path }):
			r.wrong(path, "--"+setFlag, "unknown key%s", suggestion(path, table))
		default:
			if err := set.Set(path, value); err != nil {
				r.wrong(path, "--"+setFlag, "%v", err)
			}
		}
	}
	r.layers = append(r.layers, layer{func(string) string { return "--" + setFlag }, set})
}

// fill sets every field from the last layer that has it.
func (r *reader) fill(c *Config) {
	for _, f := range table {
		value, origin := any(f.defaults), "default"
		for _, l := range slices.Backward(r.layers) {
			if l.values.Exists(f.path) {
				value, origin = l.values.Get(f.path), l.origin(f.path)
				break
			}
		}
		if f.kind == tenantsType {
			c.Tenants = r.fillTenants(f.path, origin, value)
			continue
		}
		r.set(reflect.ValueOf(c).Elem(), f, f.path, origin, value)
	}
}

// set sets one field of a struct from a value of YAML, or a text of anywhere else.
func (r *reader) set(target reflect.Value, f field, path, origin string, value any) {
	text, err := textOf(f, value)
	if err != nil {
		r.wrong(path, origin, "%v", err)
		return
	}
	parsed, err := f.parse(text)
	if err != nil {
		if f.secret {
			err = errors.New("is not understood")
		}
		r.wrong(path, origin, "%v", err)
		return
	}
	target.FieldByIndex(f.index).Set(parsed)
}

func textOf(f field, value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case nil:
		return "", errors.New("has no value: give one, or leave the key out")
	case map[string]any, []any:
		return "", errors.New("must be a single value")
	case time.Time: // YAML reads a plain date as one
		if f.kind != timeType {
			return "", errors.New("must be a text: put it in quotes")
		}
		return v.Format(time.DateOnly), nil
	case float64:
		if f.kind.Kind() == reflect.String {
			return "", errors.New("must be a text: put it in quotes")
		}
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	default:
		if f.kind.Kind() == reflect.String {
			return "", errors.New("must be a text: put it in quotes")
		}
		return fmt.Sprint(v), nil
	}
}

// fillTenants reads the list of tenants, a text of YAML where it comes from the environment, and puts single values
// of the environment over it.
func (r *reader) fillTenants(path, origin string, value any) []Tenant {
	if text, ok := value.(string); ok {
		parsed, err := yaml.Parser().Unmarshal([]byte("list: " + text))
		if err != nil {
			r.wrong(path, origin, "must be a list of tenants as YAML or JSON")
			return nil
		}
		value = parsed["list"]
	}
	list, ok := value.([]any)
	if !ok {
		r.wrong(path, origin, "must be a list of tenants, each with an id")
		return nil
	}
	for len(r.tenants) > 0 && len(list) <= slices.Max(slices.Collect(maps.Keys(r.tenants))) {
		list = append(list, map[string]any{})
	}
	tenants := make([]Tenant, len(list))
	for i, item := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		section, ok := item.(map[string]any)
		if !ok {
			r.wrong(at, origin, "must be a tenant with an id")
			continue
		}
		before := len(r.problems)
		r.unknown(section, "", origin, tenantTable)
		for j := before; j < len(r.problems); j++ {
			r.problems[j].Path = at + "." + r.problems[j].Path
		}
		values := koanf.New(".")
		for key, v := range section {
			if err := values.Set(key, v); err != nil {
				r.wrong(at+"."+key, origin, "%v", err)
			}
		}
		for _, f := range tenantTable {
			value, from := any(f.defaults), origin
			if values.Exists(f.path) {
				value = values.Get(f.path)
			}
			if o, ok := r.tenants[i][f.path]; ok {
				value, from = o.value, o.variable
			}
			r.set(reflect.ValueOf(&tenants[i]).Elem(), f, at+"."+f.path, from, value)
		}
	}
	return tenants
}
