package main

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

// run runs another command of the binary on the platform's data folder.
func (c *child) run(arguments ...string) (string, error) {
	c.t.Helper()
	self, err := os.Executable()
	require.NoError(c.t, err)
	cmd := exec.Command(self, append(arguments, "--data-dir", filepath.Join(c.dir, "data"))...)
	cmd.Env = append(append(os.Environ(), childVariable+"=1"), c.env...)
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// link asks the running platform for a one-time link, and gives the code in it.
func (c *child) link(arguments ...string) string {
	c.t.Helper()
	text, err := c.run(append([]string{"token", "--link"}, arguments...)...)
	require.NoError(c.t, err, text)
	u, err := url.Parse(strings.TrimSpace(text))
	require.NoError(c.t, err)
	require.Equal(c.t, c.url()+"/sign-in", u.Scheme+"://"+u.Host+u.Path)
	require.Empty(c.t, u.RawQuery, "a query is sent to servers and stands in logs")
	code, ok := strings.CutPrefix(u.Fragment, "code=")
	require.True(c.t, ok, text)
	return code
}

func (c *child) signIn(code string) answer {
	return c.call(http.MethodPost, "/api/v1/sign-in", `{"code": "`+code+`"}`, nil)
}

func testSignIn(t *testing.T, c *child) {
	c.mustProvision("signed-in")
	c.mustProvision("not-signed-in")
	t.Run("a link is worth one token, with what was asked for", func(t *testing.T) {
		c := c.in(t)
		code := c.link("--role", "viewer", "--subject", "someone", "--stations", "signed-in", "--valid", "90m")
		got := c.signIn(code)
		require.Equal(t, http.StatusOK, got.status, "%s", got.body)
		signed := got.json(t)
		c.signIn(code).refused(t, http.StatusUnauthorized, nil)

		with := map[string]string{"Authorization": "Bearer " + signed["token"].(string)}
		me := c.call(http.MethodGet, "/api/v1/me", "", with).json(t)
		delete(signed, "token")
		require.Equal(t, signed, me)
		expires, err := time.Parse(time.RFC3339, me["expiresAt"].(string))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(90*time.Minute), expires, 10*time.Second)
		delete(me, "expiresAt")
		require.Equal(t, map[string]any{"tenant": "tenant-demo", "role": "viewer", "subject": "someone", "stations": []any{"signed-in"}}, me)

		require.Equal(t, http.StatusOK, c.call(http.MethodGet, "/api/v1/stations/signed-in", "", with).status)
		c.call(http.MethodGet, "/api/v1/stations/not-signed-in", "", with).refused(t, http.StatusNotFound, nil)
		c.call(http.MethodPost, "/api/v1/provisioning/stations", document("signed-in", ""), with).refused(t, http.StatusForbidden, nil)
	})
	t.Run("me of all stations", func(t *testing.T) {
		me := c.in(t).call(http.MethodGet, "/api/v1/me", "", c.as(commands.Operator)).json(t)
		require.Nil(t, me["stations"])
		require.Equal(t, "operator", me["role"])
		c.in(t).call(http.MethodGet, "/api/v1/me", "", nil).refused(t, http.StatusUnauthorized, nil)
	})
	t.Run("what is no code", func(t *testing.T) {
		c := c.in(t)
		for _, code := range []string{"", "x", strings.Repeat("A", 26), "%00", "' OR 1=1"} {
			c.signIn(code).refused(t, http.StatusUnauthorized, nil)
		}
		for _, body := range []string{"", "{}", `{"code": 7}`, `{"code": "` + strings.Repeat("A", 201) + `"}`, "{"} {
			a := c.call(http.MethodPost, "/api/v1/sign-in", body, nil)
			require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, a.status, body)
			require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
		}
		c.call(http.MethodPost, "/api/v1/sign-in", `{"code": "`+strings.Repeat("A", 1<<20)+`"}`, nil).refused(t, http.StatusRequestEntityTooLarge, nil)
	})
	t.Run("tries are limited", func(t *testing.T) {
		c := c.in(t)
		code := c.link()
		limited := answer{}
		for range 100 {
			if limited = c.signIn("x"); limited.status != http.StatusUnauthorized {
				break
			}
		}
		limited.refused(t, http.StatusTooManyRequests, nil)
		require.NotEmpty(t, limited.header.Get("Retry-After"))
		good := c.signIn(code)
		require.Equal(t, http.StatusOK, good.status, "who has a link isn't kept out by others' tries")
		require.Equal(t, "no-store", good.header.Get("Cache-Control"))
	})
	t.Run("without a platform there is no link", func(t *testing.T) {
		elsewhere := *c.in(t)
		elsewhere.dir = t.TempDir()
		text, err := elsewhere.run("token", "--link")
		require.Error(t, err)
		require.Contains(t, text, "no platform runs on "+elsewhere.dir)
	})
}
