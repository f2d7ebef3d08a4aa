package observe

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"
)

// serve answers one request through the middleware and returns it with the lines of the log.
func serve(t *testing.T, level string, h http.HandlerFunc, header map[string]string) (*http.Response, string, []map[string]any) {
	t.Helper()
	var out bytes.Buffer
	log, _ := NewLogger(&out, "json", level)
	router := chi.NewRouter()
	router.Use(Middleware(log)...)
	router.Get("/thing", h)
	server := httptest.NewServer(router)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/thing?token=hidden", nil)
	require.NoError(t, err)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		server.Close()
		return nil, err.Error(), lines(t, out.String())
	}
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, answer.Body.Close())
	server.Close() // waits for the handler, and so for its log
	if err != nil {
		return nil, err.Error(), lines(t, out.String())
	}
	return answer, string(body), lines(t, out.String())
}

func lines(t *testing.T, text string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(text) {
		one := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(line), &one), line)
		all = append(all, one)
	}
	return all
}

func TestRequestIDs(t *testing.T) {
	var inside string
	h := func(_ http.ResponseWriter, r *http.Request) { inside = RequestID(r.Context()) }

	answer, _, _ := serve(t, "info", h, map[string]string{RequestIDHeader: "00-4bf9:a/b_c.d+e="})
	require.Equal(t, "00-4bf9:a/b_c.d+e=", inside)
	require.Equal(t, inside, answer.Header.Get(RequestIDHeader))

	for _, bad := range []string{"", "a b", `"`, "é", strings.Repeat("x", 129)} {
		answer, _, _ = serve(t, "info", h, map[string]string{RequestIDHeader: bad})
		require.Len(t, inside, 36, bad)
		require.Equal(t, inside, answer.Header.Get(RequestIDHeader))
	}
}

func TestAccessIsLoggedAtDebug(t *testing.T) {
	h := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "short")
	}
	_, _, log := serve(t, "info", h, nil)
	require.Empty(t, log)

	answer, _, log := serve(t, "debug", h, nil)
	require.Len(t, log, 1)
	require.Equal(t, "/thing", log[0]["path"])
	require.EqualValues(t, http.StatusTeapot, log[0]["status"])
	require.EqualValues(t, 5, log[0]["bytes"])
	require.Equal(t, answer.Header.Get(RequestIDHeader), log[0]["requestId"])
	require.NotContains(t, log[0]["path"], "hidden")
}

func TestPanicsBecomeProblems(t *testing.T) {
	for _, level := range []string{"info", "debug"} {
		answer, body, log := serve(t, level, func(http.ResponseWriter, *http.Request) { panic("oh") }, nil)
		require.Equal(t, http.StatusInternalServerError, answer.StatusCode)
		require.Equal(t, "application/problem+json", answer.Header.Get("Content-Type"))
		var problem map[string]any
		require.NoError(t, json.Unmarshal([]byte(body), &problem))
		require.Equal(t, answer.Header.Get(RequestIDHeader), problem["requestId"])
		require.NotContains(t, body, "oh")
		require.Equal(t, "oh", log[0]["panic"])
		require.Contains(t, log[0]["stack"], "observe_test.go")
		require.Equal(t, problem["requestId"], log[0]["requestId"])
	}
}

func TestAPanicInABegunAnswerBreaksItOff(t *testing.T) {
	answer, _, log := serve(t, "info", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic("oh")
	}, nil)
	require.Nil(t, answer, "the client must not take the half for the whole")
	require.Len(t, log, 1)
}

func TestStreamsAreFlushed(t *testing.T) {
	_, body, _ := serve(t, "debug", func(w http.ResponseWriter, _ *http.Request) {
		flusher, ok := w.(http.Flusher)
		require.True(t, ok)
		_, _ = io.WriteString(w, "data: 1\n\n")
		flusher.Flush()
	}, nil)
	require.Equal(t, "data: 1\n\n", body)
}

func TestLevelChangesWhileItRuns(t *testing.T) {
	var out bytes.Buffer
	log, level := NewLogger(&out, "text", "warn")
	log.Info("unseen")
	require.Empty(t, out.String())
	level.Set(slog.LevelInfo)
	log.With("station", "s1").WithGroup("g").Info("seen", "k", "v")
	require.Contains(t, out.String(), "msg=seen station=s1 g.k=v")
	require.Contains(t, out.String(), "Z level=INFO", "times are UTC")
}

func TestMetrics(t *testing.T) {
	registry := NewRegistry("v1.2.3")
	w := httptest.NewRecorder()
	MetricsHandler(registry).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), `version="v1.2.3"`)
	require.Contains(t, w.Body.String(), "go_goroutines")
}
