package httpapi

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where functions that make texts take their format.
var formatAt = map[string]int{"problem.New": 1, "Textf": 0, "Refuse": 0, "Err": 0, "At": 1}

// formats finds the formats of all texts that the platform's own sources make.
func formats(t *testing.T) map[string]string {
	found := map[string]string{} // format -> place
	files := token.NewFileSet()
	root := filepath.Join("..", "..")
	walk := func(path string, d fs.DirEntry, err error) error {
		if d.IsDir() && slices.Contains([]string{"web", ".git", filepath.Join(root, "domain", "problem")}, strings.TrimPrefix(path, root+"/")) {
			return fs.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			format, ours := formatOf(call)
			if format == nil {
				return true
			}
			place := files.Position(format.Pos()).String()
			literal, ok := format.(*ast.BasicLit)
			if !ok {
				require.False(t, ours, "%s: the format of a text must be written where the text is made", place)
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			require.NoError(t, err, place)
			found[text] = place
			return true
		})
		return nil
	}
	require.NoError(t, filepath.WalkDir(root, walk))
	return found
}

// formatOf is the argument of a call that is a text's format; ours is false where another function may have its name.
func formatOf(call *ast.CallExpr) (format ast.Expr, ours bool) {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil, false
	}
	name := f.Sel.Name
	if of, ok := f.X.(*ast.Ident); ok && of.Name == "problem" && name == "New" {
		name = "problem.New"
	}
	i, ok := formatAt[name]
	if !ok || i >= len(call.Args) {
		return nil, false
	}
	return call.Args[i], name != "At"
}

var verb = regexp.MustCompile(`%[^%a-zA-Z]*[a-zA-Z]`)

func TestEveryTextIsSaidInChinese(t *testing.T) {
	said := formats(t)
	require.Greater(t, len(said), 100, "the sources weren't found")
	for format, place := range said {
		if !strings.ContainsFunc(verb.ReplaceAllString(format, ""), func(r rune) bool { return r >= 'a' && r <= 'z' }) {
			continue // arguments alone
		}
		own, ok := chineseFormats[format]
		if !ok {
			t.Errorf("%s: chineseFormats hasn't %q", place, format)
			continue
		}
		checkChinese(t, format, own)
	}
	for format := range chineseFormats {
		if said[format] == "" {
			t.Errorf("chineseFormats has %q, which nothing says", format)
		}
	}
	for format, own := range chineseOfLibraries {
		checkChinese(t, format, own)
	}
}

var (
	han    = regexp.MustCompile(`\p{Han}`)
	phrase = regexp.MustCompile(`[a-z]+ [a-z]+`) // names, units and values stand alone
)

func checkChinese(t *testing.T, format, own string) {
	t.Helper()
	if want, have := arguments(format), arguments(own); !slices.Equal(want, have) {
		t.Errorf("%q takes the arguments %s, and its Chinese %q %s", format, want, own, have)
	}
	if !han.MatchString(own) || phrase.MatchString(own) {
		t.Errorf("the Chinese of %q is %q", format, own)
	}
}

// argument writes its number and the verb that it is formatted by.
type argument int

func (a argument) Format(f fmt.State, verb rune) {
	_, _ = fmt.Fprintf(f, "<%d %s>", int(a), fmt.FormatString(f, verb))
}

// arguments are those that a format uses, with their verbs, whatever their order.
func arguments(format string) []string {
	said, _, _ := strings.Cut(fmt.Sprintf(format, argument(1), argument(2), argument(3), argument(4), argument(5)), "%!(EXTRA")
	used := regexp.MustCompile(`<\d %[^>]*>`).FindAllString(said, -1)
	slices.Sort(used)
	return used
}

// What huma checks of a request is what schemas say; each keyword has its sentence in chineseOfLibraries.
func TestWhatHumaRefusesIsSaidInChinese(t *testing.T) {
	text, err := OpenAPI("test")
	require.NoError(t, err)
	var document struct {
		Paths map[string]map[string]struct {
			Parameters  []struct{ Schema map[string]any }
			RequestBody struct {
				Content map[string]struct{ Schema map[string]any }
			}
		}
		Components struct{ Schemas map[string]map[string]any }
	}
	require.NoError(t, json.Unmarshal(text, &document))
	said := map[string]string{ // by keyword, or keyword and value
		"type object": "expected object", "type string": "expected string", "format date-time": "expected string to be RFC 3339 date-time",
		"enum": `expected value to be one of "%s"`, "required": "expected required property %s to be present",
		"additionalProperties": "unexpected property", "maxLength": "expected length <= %s",
		"description": "", "examples": "", "default": "", "format uri": "",
	}
	checked := 0
	var check func(schema map[string]any)
	check = func(schema map[string]any) {
		if name, ok := schema["$ref"].(string); ok {
			check(document.Components.Schemas[filepath.Base(name)])
			return
		}
		for keyword, value := range schema {
			if properties, ok := value.(map[string]any); ok && keyword == "properties" {
				for _, p := range properties {
					check(p.(map[string]any)) //nolint:forcetypeassert // a schema
				}
				continue
			}
			if keyword == "type" || keyword == "format" {
				keyword = fmt.Sprint(keyword, " ", value)
			}
			sentence, known := said[keyword]
			require.True(t, known, "huma checks %s, which this test doesn't know: what does it say?", keyword)
			if sentence != "" {
				require.NotEmpty(t, chineseOfLibraries[sentence], sentence)
				checked++
			}
		}
	}
	for _, methods := range document.Paths {
		for _, operation := range methods {
			for _, p := range operation.Parameters {
				check(p.Schema)
			}
			for _, c := range operation.RequestBody.Content {
				if c.Schema != nil {
					check(c.Schema)
				}
			}
		}
	}
	require.Greater(t, checked, 20)
}
