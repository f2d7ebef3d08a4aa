package httpapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// pagePolicy lets the page run nothing but its own scripts and styles, and speak to nobody but this server.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
	"font-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"

// notBuilt is what a binary without the page shows.
const notBuilt = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Microgrid Cloud</title></head>
<body><h1>Microgrid Cloud</h1>
<p>The platform runs, but this binary was built without its web page. <code>make build</code> builds both.</p>
<p lang="zh-CN">平台正在运行，但此程序构建时未包含网页。请执行 <code>make build</code> 一并构建。</p>
<p>API: <a href="openapi.json">openapi.json</a></p></body></html>
`

// page serves the files of the web page from memory, and index.html for every path that is none of them: the page
// routes by itself.
type page struct {
	files    map[string]asset // by URL path
	index    []byte           // nil: the page wasn't built
	basePath string
}

// asset is a file as it is sent.
type asset struct {
	plain, zipped []byte // zipped is nil where it wouldn't be smaller
	contentType   string
	etag          string
}

// newPage reads the files, which are in memory.
func newPage(files fs.FS, basePath string) *page {
	p := &page{files: map[string]asset{}, basePath: basePath}
	_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Base(name)[0] == '.' {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if name == "index.html" {
			p.index = content
			return nil
		}
		p.files["/"+name] = newAsset(content, contentType(name))
		return nil
	})
	return p
}

func newAsset(content []byte, contentType string) asset {
	sum := sha256.Sum256(content)
	// weak: the same for the content as it is and compressed
	a := asset{plain: content, contentType: contentType, etag: `W/"` + hex.EncodeToString(sum[:12]) + `"`}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // fails only for a level that isn't one
	_, _ = z.Write(content)                               // a buffer takes all
	_ = z.Close()
	if b.Len() < len(content)*9/10 {
		a.zipped = b.Bytes()
	}
	return a
}

// contentType doesn't depend on what the machine has in /etc/mime.types for what the page is made of.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	case ".ico":
		return "image/x-icon"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}

// assets is the folder whose files have a hash of their content in their names.
const assets = "/assets/"

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Referrer-Policy", "no-referrer")
	a, ok := p.files[r.URL.Path]
	switch {
	case ok && strings.HasPrefix(r.URL.Path, assets):
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	case ok:
		h.Set("Cache-Control", "no-cache")
	case strings.HasPrefix(r.URL.Path, assets):
		h.Set("Cache-Control", "no-store") // of another version: a proxy mustn't remember that it isn't here
		writeFailure(w, r, failureOf(problem.New(problem.NotFound, "there is no such file")))
		return
	case p.index == nil:
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write(p.based([]byte(notBuilt), r)) //nolint:gosec // what is put in is configured, or looks like a path
		return
	default:
		h.Set("Cache-Control", "no-cache")
		h.Add("Vary", forwardedPrefix)
		a = newAsset(p.based(p.index, r), "text/html; charset=utf-8")
	}
	a.serve(w, r)
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("ETag", a.etag)
	content := a.plain
	if a.zipped != nil {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			content = a.zipped
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// acceptsGzip says whether an Accept-Encoding names gzip, and not to refuse it.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q := strings.TrimRight(strings.ReplaceAll(weight, " ", ""), "0")
			return q != "q=" && q != "q=0."
		}
	}
	return false
}

// forwardedPrefix is how a proxy says under which path it has put the platform.
const forwardedPrefix = "X-Forwarded-Prefix"

// basePath is what may stand in a page's base element: never another host's, nor anything that HTML would escape.
var basePath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?$`)

// based is a document with the base that all its addresses are relative to, as the browser must write it.
func (p *page) based(html []byte, r *http.Request) []byte {
	base := p.basePath
	if forwarded := r.Header.Get(forwardedPrefix); forwarded != "" && basePath.MatchString(forwarded) {
		base = forwarded
	}
	element := `<head><base href="` + strings.TrimSuffix(base, "/") + `/">`
	return bytes.Replace(html, []byte("<head>"), []byte(element), 1)
}

// under lets the API be reached under a path as well: a proxy may leave it in place, or take it away.
func under(basePath string, next http.Handler) http.Handler {
	prefix := strings.TrimSuffix(basePath, "/")
	if prefix == "" {
		return next
	}
	stripped := http.StripPrefix(prefix, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == prefix: // the page's addresses are relative to a folder
			http.Redirect(w, r, prefix+"/", http.StatusPermanentRedirect)
		case strings.HasPrefix(r.URL.Path, prefix+"/"):
			stripped.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
