package httpapi

import (
	"context"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/projections"
	"github.com/microgrid-cloud/microgrid-cloud/queries"
)

type deadLettersInput struct {
	Limit string `query:"limit"`
}

type replayInput struct {
	Body struct {
		Projection string `json:"projection"`
		Stream     string `json:"stream"`
	}
}

type replayed struct {
	Replayed int `json:"replayed" doc:"events that could be projected now"`
}

type projectionStatus struct {
	projections.Status
	BehindSeconds int64 `json:"behindSeconds" doc:"the age of the event that it has handled last; 0: caught up"`
}

func (s *Server) registerOperations(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "list-dead-letters", Method: http.MethodGet, Path: "/api/v1/dead-letters", Tags: []string{"operations"},
		Summary: "List events that a projection couldn't take, and those that follow them in their streams", Description: "Roles admin and auditor, of all stations.",
	}, func(ctx context.Context, in *deadLettersInput) (*body[queries.List[queries.DeadLetter]], error) {
		if err := mayParked(ctx, commands.Admin, commands.Auditor); err != nil {
			return nil, err
		}
		n, err := parseLimit(in.Limit, 100, 1000)
		if err != nil {
			return nil, err
		}
		list, err := s.Queries.DeadLetters(ctx, principal(ctx).Tenant, n)
		return &body[queries.List[queries.DeadLetter]]{list}, err
	})

	handle(api, huma.Operation{
		OperationID: "replay-dead-letters", Method: http.MethodPost, Path: "/api/v1/dead-letters/replay", Tags: []string{"operations"},
		Summary: "Project the parked events of a stream again, in their order", Description: "Role admin, of all stations.",
	}, func(ctx context.Context, in *replayInput) (*body[replayed], error) {
		if err := mayParked(ctx, commands.Admin); err != nil {
			return nil, err
		}
		if !ofTenant(in.Body.Stream, principal(ctx).Tenant) {
			return nil, problem.New(problem.NotFound, "there is no stream %.100q", in.Body.Stream)
		}
		n, err := s.Replay(ctx, in.Body.Projection, in.Body.Stream)
		return &body[replayed]{replayed{n}}, err
	})

	handle(api, huma.Operation{
		OperationID: "list-projections", Method: http.MethodGet, Path: "/api/v1/projections", Tags: []string{"operations"},
		Summary: "How far each read model and policy is",
	}, func(context.Context, *struct{}) (*body[queries.List[projectionStatus]], error) {
		now, all := s.Now(), s.Health.Projections()
		list := queries.List[projectionStatus]{Items: make([]projectionStatus, len(all))}
		for i, p := range all {
			list.Items[i] = projectionStatus{p, behind(p, now)}
		}
		return &body[queries.List[projectionStatus]]{list}, nil
	})
}

// behind is how many seconds old the event is that a projection has handled last, where more of them wait.
func behind(p projections.Status, now time.Time) int64 {
	if p.CaughtUp || p.LastEvent.IsZero() {
		return 0
	}
	return max(0, int64(now.Sub(p.LastEvent).Seconds()))
}

func mayParked(ctx context.Context, roles ...commands.Role) error {
	p := principal(ctx)
	if err := p.Allow(roles...); err != nil {
		return err
	}
	return p.Whole(problem.Textf("what projections can't take"))
}

// ofTenant says whether a stream is the tenant's: every name is category-tenant.rest.
func ofTenant(stream, tenant string) bool {
	_, rest, _ := strings.Cut(stream, "-")
	return strings.HasPrefix(rest, tenant+".")
}

// readiness is what /readyz answers.
type readiness struct {
	Ready       bool                 `json:"ready"`
	Parts       []Part               `json:"parts"`
	Projections []projections.Status `json:"projections"`
}

// mountHealth adds the routes that need none of the API's tokens.
func (s *Server) mountHealth(r chi.Router, api huma.API) {
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	r.Get("/readyz", func(w http.ResponseWriter, req *http.Request) {
		ready, parts := s.Health.Ready(req.Context())
		code := http.StatusOK
		if !ready {
			code = http.StatusServiceUnavailable
		}
		writeJSON(w, code, readiness{ready, parts, s.Health.Projections()})
	})
	r.HandleFunc("/metrics", s.metrics)
	for _, o := range []struct{ path, summary string }{
		{"/healthz", "Whether the process lives"},
		{"/readyz", "Whether everything it needs is there, and what is behind by how much"},
		{"/metrics", "Metrics in Prometheus' text format; with metrics.token configured only for who sends that as a bearer token"},
	} {
		api.OpenAPI().AddOperation(&huma.Operation{
			OperationID: o.path[1:], Method: http.MethodGet, Path: o.path, Summary: o.summary, Tags: []string{"operations"},
			Security: []map[string][]string{}, Responses: map[string]*huma.Response{"200": {Description: "it is so"}},
		})
	}
}

// metrics name every tenant, so they may be given a token of their own, which Prometheus knows how to send.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	if token := s.Metrics.Token(); token != "" {
		scheme, sent, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare([]byte(sent), []byte(token)) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="microgrid metrics"`)
			writeFailure(w, r, &failure{
				status: http.StatusUnauthorized, detail: problem.Textf("metrics need the token that the configuration names as metrics.token"),
			})
			return
		}
	}
	s.Metrics.Handler.ServeHTTP(w, r)
}
