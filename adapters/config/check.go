package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Secrets of production are at least this long, in bytes: what a signature's hash needs, and what nobody guesses.
const (
	shortestJWTSecret = 32
	shortestSecret    = 16
)

// development are the secrets that everybody knows.
var development = map[string]bool{"dev-secret-change-me": true, "dev-ingest-secret": true}

var basePath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?$`)

var tenantID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// check holds values against what a single one's bounds don't say.
func (r *reader) check(c Config) {
	r.checkAddress("listen", c.Listen)
	r.checkAddress("eventstore.listen", c.EventStore.Listen)
	if host, _, err := net.SplitHostPort(c.EventStore.Listen); err == nil && !loopback(host) {
		r.problem("eventstore.listen", "must be a loopback address: the embedded event store has no passwords")
	}
	if !basePath.MatchString(c.HTTP.BasePath) {
		r.problem("http.basePath", "must be a path such as / or /microgrid, of letters, digits, -, _, . and ~")
	}
	if c.DataDir == "" {
		r.problem("dataDir", "must be a folder")
	}
	r.checkURL("eventstore.url", c.EventStore.URL, Embedded, "esdb", "esdb+discover")
	r.checkURL("database.url", c.Database.URL, Embedded, "postgres", "postgresql")
	if strings.Contains(c.ObjectStore.URL, "://") {
		r.checkURL("objectstore.url", c.ObjectStore.URL, "a folder", "s3")
	}
	if c.Auth.JWTSecret == "" {
		r.problem("auth.jwtSecret", "must not be empty")
	}
	seen := map[string]bool{}
	for i, t := range c.Tenants {
		at := fmt.Sprintf("tenants[%d]", i)
		switch {
		case !tenantID.MatchString(t.ID):
			r.problem(at+".id", "must be letters, digits, - and _, at most 64")
		case seen[t.ID]:
			r.problem(at+".id", "is the id of another tenant too")
		}
		seen[t.ID] = true
		if (t.Ingest.Basic.User == "") != (t.Ingest.Basic.Password == "") {
			r.problem(at+".ingest.basic", "needs both user and password")
		}
	}
	if c.Profile == Production {
		r.checkSecrets(c)
	}
}

// checkSecrets refuses what is known or can be guessed.
func (r *reader) checkSecrets(c Config) {
	secret := func(path, value string, shortest int) {
		switch {
		case value == "":
		case development[value]:
			r.problem(path, "is the one that everybody knows from development: the profile production needs one of your own, "+
				"such as `openssl rand -hex 32` prints")
		case len(value) < shortest:
			r.problem(path, fmt.Sprintf("is shorter than %d bytes: the profile production needs one such as `openssl rand -hex 32` prints", shortest))
		}
	}
	secret("auth.jwtSecret", c.Auth.JWTSecret, shortestJWTSecret)
	secret("metrics.token", c.Metrics.Token, shortestSecret)
	for i, t := range c.Tenants {
		at := fmt.Sprintf("tenants[%d].ingest.", i)
		secret(at+"hmacSecret", t.Ingest.HMACSecret, shortestSecret)
		secret(at+"token", t.Ingest.Token, shortestSecret)
		secret(at+"basic.password", t.Ingest.Basic.Password, shortestSecret)
	}
}

// problem reports a value that was read; where it came from is found again.
func (r *reader) problem(path, message string) {
	origin := "default"
	top, _, _ := strings.Cut(path, "[")
	for _, l := range r.layers {
		if l.values.Exists(top) {
			origin = l.origin(top)
		}
	}
	r.wrong(path, origin, "%s", message)
}

func (r *reader) checkAddress(path, address string) {
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || strings.ContainsAny(host, "/ ") {
		r.problem(path, fmt.Sprintf("must be host:port such as 127.0.0.1:8081, not %q", address))
	}
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// checkURL never shows the URL: it may hold a password.
func (r *reader) checkURL(path, text, word string, schemes ...string) {
	if text == word {
		return
	}
	if u, err := url.Parse(text); err == nil && slices.Contains(schemes, u.Scheme) {
		return
	}
	r.problem(path, fmt.Sprintf("must be %s, or begin with %s://", word, schemes[0]))
}
