package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/time/rate"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// WhoAmI is a principal as the API shows it. Exported, as huma leaves out of a schema what is embedded and is not.
type WhoAmI struct {
	Tenant    string        `json:"tenant" example:"tenant-demo"`
	Role      commands.Role `json:"role" enum:"admin,operator,viewer,auditor"`
	Subject   string        `json:"subject"`
	Stations  []string      `json:"stations" nullable:"true" doc:"the only ones that may be seen; null: all of the tenant's"`
	ExpiresAt time.Time     `json:"expiresAt"`
}

func who(p commands.Principal) WhoAmI {
	return WhoAmI{p.Tenant, p.Role, p.Subject, p.Stations, p.ExpiresAt.UTC()}
}

type signInInput struct {
	Body struct {
		Code string `json:"code" maxLength:"200" doc:"what follows #code= in the link"`
	}
}

type signedIn struct {
	Token string `json:"token" doc:"for Authorization: Bearer"`
	WhoAmI
}

type signInOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         signedIn
}

func (s *Server) registerSignIn(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "who-am-i", Method: http.MethodGet, Path: "/api/v1/me", Tags: []string{"sign-in"}, Summary: "Who the token is for, and until when",
	}, func(ctx context.Context, _ *struct{}) (*body[WhoAmI], error) {
		return &body[WhoAmI]{who(principal(ctx))}, nil
	})

	// Codes can't be guessed; this tells who tries to. A good one always passes.
	tries := rate.NewLimiter(5, 20)
	huma.Register(api, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: "/api/v1/sign-in", Tags: []string{"sign-in"}, Summary: "Get a token for the code of a one-time link",
		Description: "Links are made by `microgrid demo` and `microgrid token --link`. A code holds for ten minutes and is worth one token.",
		Security:    []map[string][]string{}, MaxBodyBytes: 4 << 10,
		Errors: []int{http.StatusUnauthorized, http.StatusTooManyRequests},
	}, func(_ context.Context, in *signInInput) (*signInOutput, error) {
		token, p, err := s.SignIn(in.Body.Code)
		switch {
		case err == nil:
			return &signInOutput{"no-store", signedIn{token, who(p)}}, nil
		case tries.Allow():
			return nil, &failure{status: http.StatusUnauthorized, detail: problem.Textf("%s", err)}
		}
		return nil, &failure{status: http.StatusTooManyRequests, detail: problem.Textf("too many tries to sign in"), wait: retryAfter}
	})
}
