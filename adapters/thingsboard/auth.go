package thingsboard

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// Secrets are what a tenant's sender may prove itself by; an empty one is no way in.
type Secrets struct {
	HMAC     string
	Token    string
	User     string // of Basic
	Password string
}

// Webhook decides who may send telemetry. Its parts are asked for at every request: they may change.
type Webhook struct {
	Tenant func(id string) (Secrets, bool)
	Window func() time.Duration // how far a signature's timestamp may be from the clock
	Now    func() time.Time
}

// Authenticate finds the tenant of a request that carries a signature, a token or Basic credentials. Secrets are
// compared in constant time, also those of tenants that aren't there.
func (w Webhook) Authenticate(h http.Header, body []byte) (tenant string, err error) {
	tenant = h.Get("X-Tenant-Id")
	if tenant == "" {
		return "", problem.Textf("X-Tenant-Id is missing")
	}
	secrets, known := w.Tenant(tenant)
	switch {
	case h.Get("X-Signature") != "":
		err = w.signature(h, body, secrets.HMAC)
	case h.Get("X-Ingest-Token") != "":
		if !equal(h.Get("X-Ingest-Token"), secrets.Token) {
			err = problem.Textf("the ingest token is wrong")
		}
	case h.Get("Authorization") != "":
		r := http.Request{Header: h}
		user, password, ok := r.BasicAuth()
		rightUser, rightPassword := equal(user, secrets.User), equal(password, secrets.Password)
		if !ok || !rightUser || !rightPassword {
			err = problem.Textf("the Basic credentials are wrong")
		}
	default:
		return "", problem.Textf("no proof of who sends: X-Signature with X-Timestamp, X-Ingest-Token or Authorization: Basic")
	}
	if err == nil && !known {
		err = problem.Textf("the tenant isn't known")
	}
	return tenant, err
}

// signature checks HMAC-SHA256 over timestamp, ".", body.
func (w Webhook) signature(h http.Header, body []byte, secret string) error {
	stamp := h.Get("X-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return problem.Textf("X-Timestamp must be the epoch seconds that were signed")
	}
	window := w.Window()
	if age := w.Now().Sub(time.Unix(seconds, 0)); age > window || age < -window {
		return problem.Textf("X-Timestamp is more than %s from the clock: the request is old, or a clock is wrong", window)
	}
	given, err := hex.DecodeString(strings.TrimPrefix(h.Get("X-Signature"), "sha256="))
	if err != nil {
		return problem.Textf("X-Signature must be sha256=<hex>")
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp))
	mac.Write([]byte{'.'})
	mac.Write(body)
	if !hmac.Equal(given, mac.Sum(nil)) || secret == "" {
		return problem.Textf("the signature is wrong")
	}
	return nil
}

// equal compares in a time that tells nothing of where they differ; nothing equals a secret that isn't set.
func equal(given, secret string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && secret != ""
}
