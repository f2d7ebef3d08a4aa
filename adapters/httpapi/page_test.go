package httpapi

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

var script = strings.Repeat("console.log('microgrid');\n", 100)

func built() fstest.MapFS {
	return fstest.MapFS{
		".gitkeep":            {},
		"index.html":          {Data: []byte(`<!doctype html><html><head><title>x</title><script type="module" src="./assets/index-a1.js"></script></head></html>`)},
		"favicon.svg":         {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)},
		"assets/index-a1.js":  {Data: []byte(script)},
		"assets/style-b2.css": {Data: []byte(`p{margin:0}`)},
	}
}

// serve sends a request through all routes of a server that has nothing but a page.
func serve(t *testing.T, s *Server, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w.Result()
}

func pageServer(basePath string) *Server {
	return &Server{Page: built(), BasePath: basePath}
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(b)
}

func TestPageRoutesByItself(t *testing.T) {
	for _, target := range []string{"/", "/index.html", "/stations/s.1/statistics?granularity=day", "/sign-in", "/apiary", "/assetsx"} {
		r := serve(t, pageServer("/"), http.MethodGet, target)
		require.Equal(t, http.StatusOK, r.StatusCode, target)
		require.Equal(t, "text/html; charset=utf-8", r.Header.Get("Content-Type"), target)
		require.Equal(t, "no-cache", r.Header.Get("Cache-Control"), target)
		require.Contains(t, text(t, r), `<head><base href="/"><title>`, target)
	}
	r := serve(t, pageServer("/"), http.MethodHead, "/")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Empty(t, text(t, r))
}

func TestPageRunsNothingOfOthers(t *testing.T) {
	for _, target := range []string{"/", "/assets/index-a1.js", "/favicon.svg", "/assets/missing.js"} {
		h := serve(t, pageServer("/"), http.MethodGet, target).Header
		policy := h.Get("Content-Security-Policy")
		for _, directive := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'self'", "form-action 'none'"} {
			require.Contains(t, policy, directive, target)
		}
		require.NotContains(t, policy, "unsafe")
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), target)
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"), target)
	}
}

func TestAssetsAreImmutableAndCompressed(t *testing.T) {
	s := pageServer("/")
	plain := serve(t, s, http.MethodGet, "/assets/index-a1.js")
	require.Equal(t, http.StatusOK, plain.StatusCode)
	require.Equal(t, "text/javascript; charset=utf-8", plain.Header.Get("Content-Type"))
	require.Equal(t, "public, max-age=31536000, immutable", plain.Header.Get("Cache-Control"))
	require.Equal(t, "Accept-Encoding", plain.Header.Get("Vary"))
	require.Empty(t, plain.Header.Get("Content-Encoding"))
	require.Equal(t, script, text(t, plain))

	zipped := serve(t, s, http.MethodGet, "/assets/index-a1.js", "Accept-Encoding", "br;q=1.0, gzip;q=0.8, *;q=0.1")
	require.Equal(t, "gzip", zipped.Header.Get("Content-Encoding"))
	require.Equal(t, plain.Header.Get("ETag"), zipped.Header.Get("ETag"))
	z, err := gzip.NewReader(zipped.Body)
	require.NoError(t, err)
	content, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Equal(t, script, string(content))

	for _, refuses := range []string{"", "identity", "br", "gzip;q=0", "gzip; q=0.000", "gzipped"} {
		require.Empty(t, serve(t, s, http.MethodGet, "/assets/index-a1.js", "Accept-Encoding", refuses).Header.Get("Content-Encoding"), refuses)
	}
	small := serve(t, s, http.MethodGet, "/assets/style-b2.css", "Accept-Encoding", "gzip")
	require.Empty(t, small.Header.Get("Content-Encoding"), "it wouldn't be smaller")
	require.Equal(t, "p{margin:0}", text(t, small))
}

func TestAnswersOfTheAPIAreCompressed(t *testing.T) {
	s := pageServer("/")
	plain := serve(t, s, http.MethodGet, "/openapi.json", "Accept-Encoding", "gzip;q=0")
	require.Empty(t, plain.Header.Get("Content-Encoding"))
	zipped := serve(t, s, http.MethodGet, "/openapi.json", "Accept-Encoding", "gzip, deflate, br")
	require.Equal(t, "gzip", zipped.Header.Get("Content-Encoding"))
	require.Contains(t, zipped.Header.Values("Vary"), "Accept-Encoding")
	z, err := gzip.NewReader(zipped.Body)
	require.NoError(t, err)
	content, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Equal(t, text(t, plain), string(content))
}

func TestPageIsNotSentAgain(t *testing.T) {
	s := pageServer("/")
	for _, target := range []string{"/", "/favicon.svg", "/assets/index-a1.js"} {
		etag := serve(t, s, http.MethodGet, target).Header.Get("ETag")
		require.NotEmpty(t, etag)
		again := serve(t, s, http.MethodGet, target, "If-None-Match", etag, "Accept-Encoding", "gzip")
		require.Equal(t, http.StatusNotModified, again.StatusCode, target)
		require.Empty(t, text(t, again))
		require.Equal(t, etag, again.Header.Get("ETag"))
		require.Equal(t, http.StatusOK, serve(t, s, http.MethodGet, target, "If-None-Match", `W/"other"`).StatusCode)
	}
}

func TestPageUnderAPath(t *testing.T) {
	for _, c := range []struct{ basePath, target, forwarded, base string }{
		{"/microgrid", "/microgrid/stations", "", "/microgrid/"}, // the proxy leaves the path in place
		{"/microgrid/", "/stations", "", "/microgrid/"},          // and takes it away
		{"/", "/stations", "/a/b", "/a/b/"},
		{"/microgrid", "/stations", "/other/", "/other/"},
		{"/", "/stations", "//evil.example", "/"},
		{"/", "/stations", "https://evil.example", "/"},
		{"/", "/stations", `/"><script>`, "/"},
		{"/", "/stations", "/a/../b", "/"},
	} {
		r := serve(t, pageServer(c.basePath), http.MethodGet, c.target, "X-Forwarded-Prefix", c.forwarded)
		require.Equal(t, http.StatusOK, r.StatusCode, c)
		require.Contains(t, text(t, r), `<head><base href="`+c.base+`">`, c)
		require.Contains(t, r.Header.Values("Vary"), "X-Forwarded-Prefix")
	}
	s := pageServer("/microgrid")
	require.Equal(t, http.StatusOK, serve(t, s, http.MethodGet, "/microgrid/assets/index-a1.js").StatusCode)
	require.Equal(t, http.StatusOK, serve(t, s, http.MethodGet, "/microgrid/healthz").StatusCode)
	require.Equal(t, http.StatusOK, serve(t, s, http.MethodGet, "/healthz").StatusCode)
	folder := serve(t, s, http.MethodGet, "/microgrid")
	require.Equal(t, http.StatusPermanentRedirect, folder.StatusCode)
	require.Equal(t, "/microgrid/", folder.Header.Get("Location"))
}

func TestWhatIsNotThere(t *testing.T) {
	s := pageServer("/")
	for _, c := range []struct{ method, target string }{
		{http.MethodGet, "/api/v1/nothing"}, {http.MethodGet, "/api/"}, {http.MethodGet, "/analytics/x"}, {http.MethodGet, "/ingest/x"},
		{http.MethodPost, "/stations"}, {http.MethodGet, "/assets/index-old.js"}, {http.MethodGet, "/assets/"},
		{http.MethodGet, "/assets/../../embed.go"},
	} {
		r := serve(t, s, c.method, c.target, "Accept", "text/html")
		require.Equal(t, http.StatusNotFound, r.StatusCode, c)
		require.Equal(t, "application/problem+json", r.Header.Get("Content-Type"), c)
	}
}

// Paths that lead out of the page's files end at the page: files are looked up by name in memory.
func TestPathsDoNotLeadOut(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(outside, []byte("secret"), 0o600))
	for _, target := range []string{"/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/.gitkeep", "/..\\..\\x", "/" + strings.Repeat("..%2f", 20) + outside[1:]} {
		r := serve(t, pageServer("/"), http.MethodGet, target)
		body := text(t, r)
		require.Contains(t, body, "<base href", target)
		require.NotContains(t, body, "secret")
		require.NotContains(t, body, "root:")
	}
}

func TestPageThatWasNotBuilt(t *testing.T) {
	r := serve(t, &Server{Page: fstest.MapFS{".gitkeep": {}}, BasePath: "/"}, http.MethodGet, "/")
	require.Equal(t, http.StatusNotFound, r.StatusCode)
	require.Equal(t, "text/html; charset=utf-8", r.Header.Get("Content-Type"))
	said := text(t, r)
	require.Contains(t, said, "make build")
	require.Contains(t, said, `<base href="/">`, "its link to the API's document is right at any depth")
}
