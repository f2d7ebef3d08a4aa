package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/spf13/pflag"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/check"
	"github.com/microgrid-cloud/microgrid-cloud/adapters/simulate"
)

// platformFlags say which platform a command talks to from outside, and as whom. Their defaults are those of a
// platform in development.
type platformFlags struct {
	url, tenant, secret, ingestToken, basic string
	token, jwtSecret                        string
}

// addIngest adds what sending telemetry needs.
func (p *platformFlags) addIngest(flags *pflag.FlagSet) {
	flags.StringVar(&p.url, "url", "http://127.0.0.1:8081", "address of the platform")
	flags.StringVar(&p.tenant, "tenant", "tenant-demo", "tenant")
	flags.StringVar(&p.secret, "secret", "dev-ingest-secret", "the tenant's secret that signs telemetry")
	flags.StringVar(&p.ingestToken, "ingest-token", "", "send this shared token instead of a signature")
	flags.StringVar(&p.basic, "basic", "", "USER:PASSWORD, send Basic authentication instead of a signature")
}

// addAPI adds what calling the API needs.
func (p *platformFlags) addAPI(flags *pflag.FlagSet) {
	flags.StringVar(&p.jwtSecret, "jwt-secret", "dev-secret-change-me", "secret to make an admin's token with")
	flags.StringVar(&p.token, "token", "", "a token of an admin, instead of making one")
}

func (p *platformFlags) client(connectionPerMessage bool) *simulate.Client {
	c := simulate.Credentials{Tenant: p.tenant, Secret: p.secret}
	if p.ingestToken != "" || p.basic != "" {
		c.Secret, c.Token = "", p.ingestToken
		c.User, c.Password, _ = strings.Cut(p.basic, ":")
	}
	return simulate.NewClient(simulate.ClientOptions{URL: p.url, Credentials: c, ConnectionPerMessage: connectionPerMessage})
}

// platform is the whole of a platform as package check sees it.
func (p *platformFlags) platform() (*check.Platform, error) {
	token := p.token
	if token == "" {
		now := time.Now()
		var err error
		token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"tenant": p.tenant, "role": "admin", "sub": "checker",
			"iat": now.Unix(), "exp": now.Add(6 * time.Hour).Unix(),
		}).SignedString([]byte(p.jwtSecret))
		if err != nil {
			return nil, err
		}
	}
	client := p.client(false)
	return &check.Platform{URL: p.url, Token: token, Send: func(ctx context.Context, messages []json.RawMessage) (check.Receipt, error) {
		return sendRaw(ctx, client, messages)
	}}, nil
}

// sendRaw sends messages as they are. An answer of 400 is one in which nothing could be used.
func sendRaw(ctx context.Context, client *simulate.Client, messages []json.RawMessage) (check.Receipt, error) {
	body := []byte{'['}
	for i, m := range messages {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, m...)
	}
	receipt, err := client.SendBody(ctx, append(body, ']'))
	var refused *simulate.RefusedError
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusBadRequest:
		return check.Receipt{Rejected: len(messages), Reason: refused.Error()}, nil
	case err != nil:
		return check.Receipt{}, err
	}
	out := check.Receipt{Accepted: receipt.Accepted, Duplicates: receipt.Duplicates, Rejected: len(receipt.Rejected)}
	if out.Rejected > 0 {
		out.Reason = receipt.Rejected[0].Reason
	}
	return out, nil
}
