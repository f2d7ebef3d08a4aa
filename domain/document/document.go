// Package document owns the strict reading of JSON that people write: every problem of a document is reported at once,
// each with its path; unknown and repeated fields are problems; numbers keep their decimal text, with no binary float
// between. It doesn't own what a field means.
package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"

	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// Value is a JSON value with its path, or the place of one that was not given. Readers of a value that isn't there
// return the zero value and report nothing; those of a wrong one report it.
type Value struct {
	path string
	data any // nil: not given, or null
	out  *problem.List
}

// object is a JSON object with its fields in order.
type object struct {
	names  []string
	fields map[string]any
}

// maxDepth bounds what a hostile document can make the reader do.
const maxDepth = 32

// Parse reads JSON; prefix is the path of the whole, "" for a document of its own. What is wrong with the JSON itself
// is reported with its line.
func Parse(raw []byte, prefix string, out *problem.List) Value {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	r := reader{decoder: d, out: out}
	data, err := r.value(prefix, 0)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = problem.Textf("there is something after the end of the document")
		}
	}
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = problem.Textf("the document ends too early")
		}
		line := 1 + bytes.Count(raw[:min(int(d.InputOffset()), len(raw))], []byte("\n"))
		out.At("line "+strconv.Itoa(line), "is not valid JSON: %s", err)
		return Value{path: prefix, out: new(problem.List)} // nothing else can be told of it
	}
	return Value{path: prefix, data: data, out: out}
}

type reader struct {
	decoder *json.Decoder
	out     *problem.List
}

func (r reader) value(path string, depth int) (any, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, problem.Textf("more than %d levels", maxDepth)
	}
	switch token {
	case json.Delim('{'):
		return r.object(path, depth)
	case json.Delim('['):
		items := []any{}
		for r.decoder.More() {
			item, err := r.value(index(path, len(items)), depth+1)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		_, err := r.decoder.Token()
		return items, err
	}
	return token, nil
}

func (r reader) object(path string, depth int) (any, error) {
	o := object{fields: map[string]any{}}
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return nil, err
		}
		name := token.(string) //nolint:forcetypeassert // the decoder lets only strings stand here
		field, err := r.value(join(path, name), depth+1)
		if err != nil {
			return nil, err
		}
		if _, repeated := o.fields[name]; repeated {
			r.out.At(join(path, name), "is given twice")
			continue
		}
		o.names = append(o.names, name)
		o.fields[name] = field
	}
	_, err := r.decoder.Token()
	return o, err
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// Path is where the value stands.
func (v Value) Path() string { return v.path }

// Given says that the value is there and isn't null.
func (v Value) Given() bool { return v.data != nil }

// Problems counts what has been reported so far of the whole document; the same count before and after some reading
// says that it found nothing wrong.
func (v Value) Problems() int { return v.out.Len() }

// Refuse reports a problem with the value.
func (v Value) Refuse(format string, args ...any) {
	path := v.path
	if path == "" {
		path = "document"
	}
	v.out.At(path, format, args...)
}

// Required reports a value that isn't there.
func (v Value) Required() Value {
	if !v.Given() {
		v.Refuse("is required")
	}
	return v
}

// Object is a value whose fields can be asked for.
type Object struct {
	Value
	fields map[string]any
}

// Object reports anything but an object, and fields that aren't known. What isn't an object is then as not given.
func (v Value) Object(known ...string) Object {
	o, ok := v.data.(object)
	if !ok {
		v.wrongType(problem.Textf("an object"))
		v.data = nil
	}
	for _, name := range o.names {
		if !slices.Contains(known, name) {
			v.out.At(join(v.path, name), "is not a known field")
		}
	}
	return Object{v, o.fields}
}

// Field is the field's value, or the place where it would stand. Of an object that isn't there no field is required:
// that is one problem, told already, and not many.
func (o Object) Field(name string) Value {
	v := Value{path: join(o.path, name), data: o.fields[name], out: o.out}
	if !o.Given() {
		v.out = new(problem.List)
	}
	return v
}

// Items are the values of an array.
func (v Value) Items() []Value {
	items, ok := v.data.([]any)
	if !ok {
		v.wrongType(problem.Textf("an array"))
		return nil
	}
	values := make([]Value, len(items))
	for i, item := range items {
		values[i] = Value{path: index(v.path, i), data: item, out: v.out}
	}
	return values
}

func (v Value) wrongType(want problem.Text) {
	var have problem.Text
	switch v.data.(type) {
	case nil:
		return
	case object:
		have = problem.Textf("an object")
	case []any:
		have = problem.Textf("an array")
	case string:
		have = problem.Textf("a string")
	case json.Number:
		have = problem.Textf("a number")
	case bool:
		have = problem.Textf("true or false")
	}
	v.Refuse("must be %s, not %s", want, have)
}
