// Package problem owns how the domain says no: an error has a kind, and where an input was wrong, the list of all that
// is wrong with it and where. It doesn't own how an error is shown: adapters map kinds to HTTP status codes, and say texts in
// other languages than English.
package problem

import (
	"errors"
	"strings"
)

// Kind says what a caller can do about an error.
type Kind string

// The kinds of errors.
const (
	Invalid  Kind = "invalid"   // the input is wrong; the same input is wrong again
	NotFound Kind = "not_found" // what was asked for isn't there
	Conflict Kind = "conflict"  // the input may be right, but not in the present state
	Denied   Kind = "denied"    // the actor may not do this
	// Unprocessable: the input is well formed, but asks for what can't be
	Unprocessable Kind = "unprocessable"
	Unavailable   Kind = "unavailable" // something needed is gone for now; the same input may work later
)

// Problem is one thing that is wrong, and where: a path such as devices[0].points[1].unit.
type Problem struct {
	Location string
	Message  Text
}

// Error is an error with a kind.
type Error struct {
	Kind     Kind
	Message  Text
	Problems []Problem // may be empty
}

// Error writes the message and every problem.
func (e *Error) Error() string {
	if len(e.Problems) == 0 {
		return e.Message.String()
	}
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = p.Location + ": " + p.Message.String()
	}
	return e.Message.String() + ": " + strings.Join(parts, "; ")
}

// New makes an error of a kind.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: Textf(format, args...)}
}

// At adds a problem with a place to the error.
func (e *Error) At(location, format string, args ...any) *Error {
	e.Problems = append(e.Problems, Problem{location, Textf(format, args...)})
	return e
}

// KindOf is the kind of the first Error in err's chain; "" if there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

// Of lists the problems of the first Error in err's chain.
func Of(err error) []Problem {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Problems
	}
	return nil
}

// List collects the problems of one input, so that all of them can be told at once. The zero value is empty.
type List struct{ problems []Problem }

// At notes a problem with its place.
func (l *List) At(location, format string, args ...any) {
	l.problems = append(l.problems, Problem{location, Textf(format, args...)})
}

// Len counts the problems noted so far.
func (l *List) Len() int { return len(l.problems) }

// Err is nil for an empty list, else an Invalid error with the list.
func (l *List) Err(format string, args ...any) error {
	if len(l.problems) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Message: Textf(format, args...), Problems: l.problems}
}
