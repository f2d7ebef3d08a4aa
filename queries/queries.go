// Package queries owns what is read from the read models: one file each, SQL and the view that it gives, in the shapes
// of the public API. Every query names its tenant. It doesn't own how rows come about (package projections).
package queries

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

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
	if err != nil || len(split) != parts {
		return nil, problem.New(problem.Invalid, "the request is refused").At("query.cursor", "must be the next of the page before")
	}
	return split, nil
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
	ms, err1 := strconv.ParseInt(parts[0], 10, 64)
	n, err2 := strconv.ParseInt(parts[1], 10, 64)
	if err1 != nil || err2 != nil {
		return time.Time{}, 0, problem.New(problem.Invalid, "the request is refused").At("query.cursor", "must be the next of the page before")
	}
	return time.UnixMilli(ms).UTC(), n, nil
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
