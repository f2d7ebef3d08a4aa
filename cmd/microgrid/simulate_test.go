package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplayPrintsWhatBecameOfTheMessages(t *testing.T) {
	var closed, requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.Close {
			closed.Add(1)
		}
		var m struct{ DeviceName string }
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &m); err != nil || m.DeviceName != "s1-meter" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"accepted": 1, "duplicates": 0, "rejected": []}`)
	}))
	defer server.Close()
	var out strings.Builder
	cmd := newSimulateCommand()
	cmd.SetIn(strings.NewReader("time,meter/p,x\n1,1,2\n2,2,3\n"))
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"replay", "--csv", "-", "--url", server.URL, "--station", "s1", "--connection-per-message"})
	require.NoError(t, cmd.Execute())
	require.Contains(t, out.String(), "left out, as no device is named for them: x")
	require.Contains(t, out.String(), "sent 2, accepted 2, duplicates 0, rejected 0")
	require.EqualValues(t, 2, requests.Load())
	require.EqualValues(t, 2, closed.Load())
}

func TestParts(t *testing.T) {
	for text, want := range map[string]float64{"5%": 0.05, "0.05": 0.05, "100 %": 1, "0": 0} {
		v, err := parsePart(text)
		require.NoError(t, err, text)
		require.InDelta(t, want, v, 1e-12)
	}
	for _, text := range []string{"", "%", "NaN", "101%", "-1%", "x"} {
		_, err := parsePart(text)
		require.Error(t, err, text)
	}
}
