package config

import (
	"bytes"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

const masked = "********"

// YAML writes the configuration as a file that could be read again, but for its secrets, which are masked.
func (c Config) YAML() ([]byte, error) {
	root := &yaml.Node{Kind: yaml.MappingNode}
	fillNode(root, table, reflect.ValueOf(c))
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	return out.Bytes(), nil
}

// fillNode adds a struct's keys to a mapping of YAML, sections in sections.
func fillNode(root *yaml.Node, fields []field, from reflect.Value) {
	for _, f := range fields {
		section := root
		path := strings.Split(f.path, ".")
		for _, name := range path[:len(path)-1] {
			section = child(section, name)
		}
		value := &yaml.Node{}
		if f.kind == tenantsType {
			value.Kind = yaml.SequenceNode
			list := from.FieldByIndex(f.index)
			for i := range list.Len() {
				tenant := &yaml.Node{Kind: yaml.MappingNode}
				fillNode(tenant, tenantTable, list.Index(i))
				value.Content = append(value.Content, tenant)
			}
		} else {
			value.Kind, value.Value = yaml.ScalarNode, f.shown(from.FieldByIndex(f.index))
			if f.kind.Kind() == reflect.String {
				value.SetString(value.Value)
			}
		}
		section.Content = append(section.Content, scalar(path[len(path)-1]), value)
	}
}

func scalar(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

// child finds a section of a mapping, or adds it.
func child(node *yaml.Node, name string) *yaml.Node {
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			return node.Content[i+1]
		}
	}
	made := &yaml.Node{Kind: yaml.MappingNode}
	node.Content = append(node.Content, scalar(name), made)
	return made
}

// password finds passwords of connection strings that aren't URLs, or are URLs with one in the query.
var password = regexp.MustCompile(`(?i)(password|passwd|secret)=('[^']*'|[^\s&;]*)`)

// shown is a value's text without what is secret in it.
func (f field) shown(v reflect.Value) string {
	text := f.text(v)
	switch {
	case text == "":
		return ""
	case f.secret:
		return masked
	case f.url:
		if u, err := url.Parse(text); err == nil && u.User != nil {
			if _, has := u.User.Password(); has {
				text = strings.Replace(text, u.User.String()+"@", url.User(u.User.Username()).String()+":"+masked+"@", 1)
				// Written in another way than it is escaped: nothing of it is shown.
				if again, err := url.Parse(text); err != nil || again.User == nil || again.User.String() != url.UserPassword(u.User.Username(), masked).String() {
					return masked
				}
			}
		}
		return password.ReplaceAllString(text, "$1="+masked)
	default:
		return text
	}
}

// Reference is the page that documents every key, in Markdown; docs/configuration.md is kept equal to it by a test.
func Reference() string {
	var page strings.Builder
	page.WriteString(`# Configuration

The platform runs without any configuration: everything is embedded, in the folder ` + "`./data`" + `, with the secrets of
development. What it is given comes from, the later over the earlier:

1. the defaults below,
2. a YAML file, named by ` + "`--config FILE` or `MICROGRID_CONFIG`" + `,
3. variables of the environment, named after the keys: ` + "`ingest.maxBodyBytes` is `MICROGRID_INGEST_MAX_BODY_BYTES`" + `;
   an empty one counts as not set,
4. flags: ` + "`--set ingest.maxBodyBytes=8MiB`" + ` for any key, and one of its own for some.

` + "`microgrid config`" + ` prints what is in effect, with secrets masked. Unknown keys and bad values are refused, all at once.
Durations are written ` + "`300ms`, `90s`, `5m`, `2h`; sizes `4194304` or `4MiB`; dates `2000-01-01`" + `.

When the file changes, keys marked *live* take effect at once; the platform logs which other ones need a restart. A file
with a mistake changes nothing and is logged.

With ` + "`profile: production`" + ` the platform refuses to start with secrets that are known from development, an
` + "`auth.jwtSecret`" + fmt.Sprintf(" of less than %d bytes or another secret of less than %d", shortestJWTSecret, shortestSecret) + `.

`)
	writeTable(&page, table, func(f field) string { return "`" + envPrefix + f.env + "`" })
	page.WriteString("\n## Of each tenant\n\n")
	writeTable(&page, tenantTable, func(f field) string { return "`" + envPrefix + "TENANTS_0_" + f.env + "`" })
	page.WriteString(`
## An example

` + "```yaml" + `
profile: production
listen: 0.0.0.0:8081
log:
  format: json
eventstore:
  url: esdb+discover://events.example.org:2113
database:
  url: postgres://microgrid@db.example.org/microgrid?sslmode=verify-full
tenants:
  - id: acme
# Secrets are better off in the environment: MICROGRID_AUTH_JWT_SECRET, MICROGRID_TENANTS_0_INGEST_HMAC_SECRET.
` + "```" + `
`)
	return page.String()
}

func writeTable(page *strings.Builder, fields []field, variable func(field) string) {
	page.WriteString("| key | default | variable, flag | meaning |\n|---|---|---|---|\n")
	for _, f := range fields {
		names := variable(f)
		if f.flag != "" {
			names += ", `--" + f.flag + "`"
		}
		text := f.doc
		if len(f.oneof) > 0 {
			text = "`" + strings.Join(f.oneof, "` or `") + "`. " + text
		}
		if f.min != "" || f.max != "" {
			text += " From " + f.min + " to " + f.max + "."
		}
		if f.live {
			text += " *live*"
		}
		byDefault := ""
		if f.defaults != "" {
			byDefault = "`" + f.defaults + "`"
		}
		fmt.Fprintf(page, "| `%s` | %s | %s | %s |\n", f.path, byDefault, names, strings.ReplaceAll(text, "|", `\|`))
	}
}
