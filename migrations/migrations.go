// Package migrations owns the SQL that makes the read models' tables, numbered and applied in that order. It doesn't
// apply it: adapters/postgres does.
package migrations

import "embed"

// FS holds the migrations. One that was released never changes; the next one changes what it made.
//
//go:embed *.sql
var FS embed.FS
