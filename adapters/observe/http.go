package observe

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
)

// RequestIDHeader holds a request's id, in the request if the caller has one, and in the answer always.
const RequestIDHeader = "X-Request-Id"

const longestRequestID = 128

type requestIDKey struct{}

// RequestID is the id of the request that the context is of, empty if it is of none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// Middleware is what every route of the HTTP server goes through, outermost first: a request id, the access log at
// debug, and an answer where a handler panics.
func Middleware(log *slog.Logger) []func(http.Handler) http.Handler {
	return []func(http.Handler) http.Handler{WithRequestID, AccessLog(log), Recover(log)}
}

// WithRequestID gives every request an id: the caller's if it can stand in a log as it is, else a new one.
func WithRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(RequestIDHeader)
		if !validRequestID(id) {
			id = uuid.NewString()
		}
		w.Header().Set(RequestIDHeader, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
	})
}

// validRequestID allows what ids are made of in the field, and nothing that could forge a line of a log.
func validRequestID(id string) bool {
	if id == "" || len(id) > longestRequestID {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case c == '-', c == '_', c == '.', c == ':', c == '/', c == '+', c == '=':
		default:
			return false
		}
	}
	return true
}

// AccessLog logs each request when it is answered, at debug; what is not logged costs next to nothing. Queries are left
// out: they may hold what isn't for logs.
func AccessLog(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !log.Enabled(r.Context(), slog.LevelDebug) {
				next.ServeHTTP(w, r)
				return
			}
			start := time.Now()
			seen := &answer{ResponseWriter: w}
			defer func() {
				log.LogAttrs(r.Context(), slog.LevelDebug, "request",
					slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", seen.code()),
					slog.Int64("bytes", seen.bytes), slog.Duration("took", time.Since(start)), slog.String("remote", r.RemoteAddr))
			}()
			next.ServeHTTP(seen, r)
		})
	}
}

// Recover answers a request whose handler panics with a problem that gives its id, and logs where it was. An answer
// that has begun is broken off.
func Recover(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen := &answer{ResponseWriter: w}
			defer func() {
				cause := recover()
				if cause == nil {
					return
				}
				// The server's own way to break off an answer; nothing went wrong.
				if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(cause)
				}
				log.ErrorContext(r.Context(), "a handler panicked", "method", r.Method, "path", r.URL.Path, "panic", cause,
					"stack", string(debug.Stack()))
				if seen.status != 0 {
					panic(http.ErrAbortHandler)
				}
				w.Header().Set("Content-Type", "application/problem+json")
				w.Header().Set("Content-Language", "en")
				w.Header().Del("Content-Length")
				w.WriteHeader(http.StatusInternalServerError)
				// The id is in the header too; it holds nothing that JSON would need to escape.
				_, _ = io.WriteString(w, `{"title":"Internal Server Error","status":500,`+
					`"detail":"something went wrong here; the log tells more under this request's id","requestId":"`+
					RequestID(r.Context())+"\"}\n")
			}()
			next.ServeHTTP(seen, r)
		})
	}
}

// answer notes what became of a request. It leaves all that the server's own writer can do to it: flushing for
// streams, copying from files, taking over the connection.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answer) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	a.begun()
	n, err := a.ResponseWriter.Write(p)
	a.bytes += int64(n)
	return n, err
}

func (a *answer) ReadFrom(r io.Reader) (int64, error) {
	a.begun()
	n, err := io.Copy(a.ResponseWriter, r)
	a.bytes += n
	return n, err
}

func (a *answer) Flush() {
	a.begun()
	// A writer that can't flush has nothing waiting.
	_ = http.NewResponseController(a.ResponseWriter).Flush()
}

func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	a.begun()
	return http.NewResponseController(a.ResponseWriter).Hijack()
}

// Unwrap lets http.ResponseController reach what else the writer can.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answer) begun() {
	if a.status == 0 {
		a.status = http.StatusOK
	}
}
