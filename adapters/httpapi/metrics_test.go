package httpapi

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMetricsAreOnlyForWhoSendsTheirTokenWhereThereIsOne(t *testing.T) {
	token := ""
	s := &Server{Page: built(), Metrics: Metrics{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("metrics of a tenant")) }),
		Token:   func() string { return token },
	}}
	require.Equal(t, http.StatusOK, serve(t, s, http.MethodGet, "/metrics").StatusCode)

	token = "scraper" // as the configuration changes
	for _, header := range [][]string{nil, {"Authorization", "Bearer "}, {"Authorization", "Bearer scrape"}, {"Authorization", "Basic scraper"}, {"Authorization", "scraper"}} {
		r := serve(t, s, http.MethodGet, "/metrics", header...)
		require.Equal(t, http.StatusUnauthorized, r.StatusCode, header)
		require.Contains(t, r.Header.Get("WWW-Authenticate"), "Bearer")
		require.NotContains(t, text(t, r), "tenant")
	}
	require.Equal(t, http.StatusOK, serve(t, s, http.MethodGet, "/metrics", "Authorization", "Bearer scraper").StatusCode)
}
