// Package queries owns what is read from the read models: one file each, SQL and the view that it gives, in the shapes
// of the public API. Every query names its tenant. It doesn't own how rows come about (package projections).
package queries

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// DB answers queries.
type DB struct {
	Pool *pgxpool.Pool
}

// Page bounds a list. Cursor is what the page before gave as next.
type Page struct {
	Limit  int
	Cursor string
}

// List is one page of items; Next is nil on the last.
type List[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

// page cuts the one row off that was read beyond the limit, and makes the cursor of the last row that stays.
func page[T any](items []T, limit int, key func(T) []string) List[T] {
	if items == nil {
		items = []T{}
	}
	if len(items) <= limit {
		return List[T]{Items: items}
	}
	items = items[:limit]
	next := encodeCursor(key(items[limit-1]))
	return List[T]{Items: items, Next: &next}
}

func encodeCursor(parts []string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\x1f")))
}

func decodeCursor(cursor string, parts int) ([]string, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	split := strings.Split(string(b), "\x1f")
	if err != nil || len(split) != parts || !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
		return nil, errCursor()
	}
	return split, nil
}

// errCursor says that a cursor is none that a page has given.
func errCursor() error {
	return problem.New(problem.Invalid, "the request is refused").At("query.cursor", "must be the next of the page before")
}

// timeCursor reads a cursor of an instant and a number; the zero cursor is before everything.
func timeCursor(cursor string) (time.Time, int64, error) {
	if cursor == "" {
		return time.Time{}, 0, nil
	}
	parts, err := decodeCursor(cursor, 2)
	if err != nil {
		return time.Time{}, 0, err
	}
	t, err1 := instantOf(parts[0])
	n, err2 := strconv.ParseInt(parts[1], 10, 32)
	if err1 != nil || err2 != nil {
		return time.Time{}, 0, errCursor()
	}
	return t, n, nil
}

// instantOf reads a cursor's epoch milliseconds, in the years 1 to 9999.
func instantOf(part string) (time.Time, error) {
	ms, err := strconv.ParseInt(part, 10, 64)
	t := time.UnixMilli(ms).UTC()
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, errCursor()
	}
	return t, nil
}

func timeKey(t time.Time, n int) []string {
	return []string{strconv.FormatInt(t.UnixMilli(), 10), strconv.Itoa(n)}
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("reading %s: %w", what, err)
}
