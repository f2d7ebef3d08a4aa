// Package web owns the web page: its sources, and what was built of them as files in the binary. It doesn't own how they
// are served (package httpapi).
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist is what `make build` made: index.html and its assets, or next to nothing where the page wasn't built.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the folder's name is a constant
	}
	return sub
}
