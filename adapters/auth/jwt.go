// Package auth owns who a request to the API comes from: JWTs signed with HS256 that name a tenant and a role. It
// doesn't own what a role may do (package commands).
package auth

import (
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// claims are those of our tokens.
type claims struct {
	Tenant   string   `json:"tenant"`
	Role     string   `json:"role"`
	Stations []string `json:"stations,omitzero"`
	jwt.RegisteredClaims
}

// Tokens makes and reads tokens. Secret is asked for at every use, so that it can change while the platform runs.
type Tokens struct {
	Secret func() []byte
}

// Principal reads the Authorization header.
func (t Tokens) Principal(header string) (commands.Principal, error) {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return commands.Principal{}, problem.Textf("no token: send Authorization: Bearer <token>")
	}
	var c claims
	_, err := jwt.ParseWithClaims(strings.TrimSpace(token), &c, t.key,
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithLeeway(30*time.Second))
	switch {
	case errors.Is(err, errCritical):
		return commands.Principal{}, problem.Textf("the token names critical extensions (crit), and none is understood")
	case errors.Is(err, jwt.ErrTokenExpired):
		return commands.Principal{}, problem.Textf("the token has expired")
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return commands.Principal{}, problem.Textf("the token names no time at which it expires (exp)")
	case err != nil:
		return commands.Principal{}, problem.Textf("the token isn't valid")
	case c.ExpiresAt.Year() > 9999:
		return commands.Principal{}, problem.Textf("the token must expire before the year 10000")
	}
	p := commands.Principal{Tenant: c.Tenant, Role: commands.Role(c.Role), Subject: c.Subject, Stations: c.Stations, ExpiresAt: c.ExpiresAt.Time}
	if !ValidTenant(p.Tenant) {
		return p, problem.Textf("the token names no tenant")
	}
	switch p.Role {
	case commands.Admin, commands.Operator, commands.Viewer, commands.Auditor:
		return p, nil
	}
	return p, problem.Textf("the token's role must be admin, operator, viewer or auditor, not %.40q", c.Role)
}

// errCritical: critical extensions change what a token means, and we understand none (RFC 7515, 4.1.11).
var errCritical = errors.New("critical extensions")

func (t Tokens) key(token *jwt.Token) (any, error) {
	if _, critical := token.Header["crit"]; critical {
		return nil, errCritical
	}
	return t.Secret(), nil
}

// Make signs a token for a principal until it expires.
func (t Tokens) Make(p commands.Principal, now time.Time) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		Tenant: p.Tenant, Role: string(p.Role), Stations: p.Stations,
		RegisteredClaims: jwt.RegisteredClaims{
			Subject: p.Subject, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(p.ExpiresAt),
		},
	}).SignedString(t.Secret())
}

// ValidTenant says whether a tenant's name can stand in the names of streams: letters, digits, - and _.
func ValidTenant(s string) bool {
	ok := len(s) > 0 && len(s) <= 100
	for _, r := range s {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}
	return ok
}
