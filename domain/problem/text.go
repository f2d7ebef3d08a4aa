package problem

import "fmt"

// Text is what is said to somebody: in English, with what the sentence was made of, so that an adapter can make it anew
// in another language. A Text may be an argument of another, and an error of its own where no kind is needed.
type Text struct {
	english string
	format  string
	args    []any
}

// Textf makes a text by a format of package fmt, written as it is: by it the sentence is found in other languages. An
// argument that is a word or a sentence is a Text, too; what stays the same in any language is anything else.
func Textf(format string, args ...any) Text {
	return Text{fmt.Sprintf(format, args...), format, args}
}

// String is the text in English.
func (t Text) String() string { return t.english }

// Error is String.
func (t Text) Error() string { return t.english }

// Parts are the format and the arguments that the text was made of.
func (t Text) Parts() (format string, args []any) { return t.format, t.args }
