// Package httpapi owns the HTTP surface: routes, their OpenAPI description, who may call them, and how an error looks.
// It decides nothing: a handler reads a request, calls one command or one query, and writes the answer.
package httpapi

import (
	"compress/gzip"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/projections"
	"github.com/microgrid-cloud/microgrid-cloud/queries"
)

// Server is what the routes need.
type Server struct {
	Principal  func(authorization string) (commands.Principal, error)
	SignIn     func(code string) (token string, p commands.Principal, err error)
	Webhook    Webhook
	Ingest     *commands.Ingest
	Quarantine commands.Release
	Stations   commands.Stations
	Windows    commands.Windows
	Directory  *commands.Directory
	Queries    queries.DB
	Health     Health
	Metrics    Metrics
	Live       *projections.LiveTelemetry
	Stopping   <-chan struct{} // closed when streams have to end
	Replay     func(ctx context.Context, projection, stream string) (int, error)
	Log        *slog.Logger
	Version    string
	Middleware []func(http.Handler) http.Handler
	RequestID  func(context.Context) string
	Now        func() time.Time
	Page       fs.FS  // what was built of the web page
	BasePath   string // under which browsers reach the platform
}

// Webhook is what the telemetry route needs beyond ingest. Its functions may give other answers as configuration
// changes.
type Webhook struct {
	Authenticate func(h http.Header, body []byte) (tenant string, err error)
	Allow        func(tenant string, messages int) (wait time.Duration, ok bool)
	MaxBody      func() int64
	MaxMessages  func() int
	Parse        func(h http.Header, body []byte, limit int) ([]commands.Incoming, error)
	Observe      func(tenant, outcome string, messages int, took time.Duration)
}

// Metrics is what /metrics needs.
type Metrics struct {
	Handler http.Handler
	Token   func() string // that whoever reads them has to send; "": everyone may
}

// Health tells whether the platform works, and what is behind.
type Health interface {
	Ready(ctx context.Context) (ready bool, parts []Part)
	Projections() []projections.Status
}

// Part is one thing that the platform needs.
type Part struct {
	Name   string `json:"name"`
	Ready  bool   `json:"ready"`
	Detail string `json:"detail,omitempty"`
}

// Handler builds the routes.
func (s *Server) Handler() http.Handler {
	r, _ := s.routes()
	return r
}

// OpenAPI is the document at /openapi.json.
func OpenAPI(version string) ([]byte, error) {
	_, api := (&Server{Version: version, Page: embed.FS{}}).routes()
	return json.MarshalIndent(api.OpenAPI(), "", "  ")
}

func (s *Server) routes() (http.Handler, huma.API) {
	r := chi.NewRouter()
	r.Use(s.Middleware...)
	r.Use(middleware.SetHeader("X-Content-Type-Options", "nosniff"))
	r.Use(func(next http.Handler) http.Handler { return under(s.BasePath, next) })
	page := newPage(s.Page, s.BasePath)
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		if isAPI(r) {
			writeFailure(w, r, failureOf(problem.New(problem.NotFound, "there is no such route; see /openapi.json")))
			return
		}
		page.ServeHTTP(w, r)
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, q *http.Request) {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			if r.Match(chi.NewRouteContext(), method, q.URL.Path) {
				w.Header().Add("Allow", method)
			}
		}
		writeFailure(w, q, &failure{
			status: http.StatusMethodNotAllowed, detail: problem.Textf("the route doesn't take this method; see /openapi.json"),
		})
	})
	zipped := r.With(compress)
	api := humachi.New(zipped, openAPI(s.Version))
	api.UseMiddleware(s.authenticate)
	s.registerSignIn(api)
	s.registerOverview(api)
	s.registerFleet(api)
	s.registerStations(api)
	s.registerStatistics(api)
	s.registerSettlements(api)
	s.registerTariffs(api)
	s.registerTelemetry(api)
	s.registerOperations(api)
	s.mountIngest(r, api)
	s.mountHealth(r, api)
	zipped.Get("/api/v1/exports/settlements.csv", s.exportSettlements)
	describeExport(api)
	r.Get("/api/v1/telemetry/stream", s.streamTelemetry)
	describeStream(api)
	return r, api
}

// compress sends answers zipped to who takes them so: a year of quarter hours is 27 MB, or a tenth of that. The webhook
// and the stream aren't worth it: they answer little at a time.
func compress(next http.Handler) http.Handler {
	zipped := middleware.Compress(gzip.BestSpeed, "application/json", "application/openapi+json", "text/csv")(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			zipped.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isAPI says whether a request for what isn't there expects an API to say so, and not the web page.
func isAPI(r *http.Request) bool {
	for _, prefix := range []string{"/api/", "/analytics/", "/ingest/"} {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return true
		}
	}
	return r.Method != http.MethodGet && r.Method != http.MethodHead
}

func openAPI(version string) huma.Config {
	c := huma.DefaultConfig("Microgrid Cloud", version)
	c.DocsPath, c.SchemasPath = "", ""
	c.CreateHooks = nil // no $schema links in answers
	c.Transformers = []huma.Transformer{wordProblems}
	huma.DefaultArrayNullable = false // a list without items is [], never null
	c.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[json.Number](), reflect.TypeFor[float64]())
	c.Info.Description = "Energy statistics and settlement of microgrids whose devices are kept in ThingsBoard. " +
		"Quantities, prices and amounts are decimal strings; times are RFC 3339 UTC; dates are the station's local days. " +
		"A range of times is [from, to), to the millisecond; a range of dates includes both days. One without anything in it is refused. " +
		"Errors are application/problem+json (RFC 9457) that name each place that is wrong. Their detail and messages are in Chinese where " +
		"Accept-Language prefers it to English, and in English otherwise; Content-Language says which. The webhook's receipts are English."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "HS256 with tenant, role (admin, operator, viewer, auditor), sub, exp and optionally stations"},
		"hmac":   {Type: "apiKey", In: "header", Name: "X-Signature", Description: "sha256=<hex> of HMAC-SHA256 over X-Timestamp, \".\", body"},
		"token":  {Type: "apiKey", In: "header", Name: "X-Ingest-Token"},
		"basic":  {Type: "http", Scheme: "basic"},
	}
	c.Security = []map[string][]string{{"bearer": {}}}
	return c
}

type principalKey struct{}

// authenticate lets nothing of the API through without a token, but what says of itself that it takes none.
func (s *Server) authenticate(ctx huma.Context, next func(huma.Context)) {
	if open := ctx.Operation().Security; open != nil && len(open) == 0 {
		next(ctx)
		return
	}
	r, w := humachi.Unwrap(ctx)
	if known, ok := s.authorized(w, r); ok {
		next(huma.WithContext(ctx, known))
	}
}

// authorized finds out who asks; where it isn't ok, the request is answered.
func (s *Server) authorized(w http.ResponseWriter, r *http.Request) (ctx context.Context, ok bool) {
	p, err := s.Principal(r.Header.Get("Authorization"))
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="microgrid"`)
		writeFailure(w, r, &failure{status: http.StatusUnauthorized, detail: problem.Textf("%s", err)})
		return nil, false
	}
	return context.WithValue(r.Context(), principalKey{}, p), true
}

// principal is who asks; the middleware has put it there.
func principal(ctx context.Context) commands.Principal {
	p, _ := ctx.Value(principalKey{}).(commands.Principal)
	return p
}

// issuer is the principal as the events of a command name it.
func (s *Server) issuer(ctx context.Context) commands.Issuer {
	p := principal(ctx)
	return commands.Issuer{Tenant: p.Tenant, Actor: p.Subject, Stations: p.Stations, CorrelationID: s.RequestID(ctx)}
}

// station finds a station that the principal may see.
func (s *Server) station(ctx context.Context, id string) (*commands.StationEntry, error) {
	p := principal(ctx)
	if err := p.See(id); err != nil {
		return nil, err
	}
	e, ok := s.Directory.Station(p.Tenant, id)
	switch {
	case ok:
		return e, nil
	case !s.Directory.Ready():
		// a station that isn't known yet is not one that isn't there
		return nil, commands.NotRead()
	}
	return nil, commands.NoStation(id)
}

// handle registers an operation whose errors become problems.
func handle[I, O any](api huma.API, op huma.Operation, h func(context.Context, *I) (*O, error)) {
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, failureOf(err)
		}
		return out, nil
	})
}

// status maps an error's kind to HTTP, here and nowhere else.
func status(err error) int {
	switch problem.KindOf(err) {
	case problem.Invalid:
		return http.StatusBadRequest
	case problem.NotFound:
		return http.StatusNotFound
	case problem.Conflict:
		return http.StatusConflict
	case problem.Denied:
		return http.StatusForbidden
	case problem.Unprocessable:
		return http.StatusUnprocessableEntity
	case problem.Unavailable:
		return http.StatusServiceUnavailable
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || projections.DatabaseAway(err) {
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// plainText refuses the text of a parameter that no stored text can equal, and that PostgreSQL doesn't take.
func plainText(name, value string) error {
	if utf8.ValidString(value) && !strings.ContainsRune(value, 0) {
		return nil
	}
	return problem.New(problem.Invalid, "the request is refused").At("query."+name, "must be UTF-8 without the character U+0000")
}

func parseLimit(s string, def, most int) (int, error) {
	if s == "" {
		return def, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		return 0, problem.New(problem.Invalid, "the request is refused").At("query.limit", "must be 1 to %d", most)
	}
	return n, nil
}
