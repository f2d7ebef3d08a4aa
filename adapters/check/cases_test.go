package check

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const aCase = `{"station": {"stationId": "s", "timezone": "UTC", "devices": [{"deviceId": "d", "thingsboard": {"deviceName": "D"}, "points": []}],
	"tariff": {"tariffId": "t"}}, "messages": [{"deviceName":"D","ts":1704844800000,"values":{"p":1.50E1}}], "from": "2024-01-10", "to": "2024-01-10"}`

const aResult = `{"quarters": [{"start": "2024-01-10T00:00:00Z", "energyKwh": {"load": "1.5", "pv": null}, "demandKw": "6.0", "completeness": "1.000000",
	"gridCompleteness": "1.000000", "flags": ["a", "b"], "gauges": {"battery.soc": {"min": "20"}}}],
	"days": [{"date": "2024-01-10", "energyKwh": {"load": "1.5"}, "demandKw": "6", "completeness": "1", "gridCompleteness": "1", "flags": [], "gauges": {},
	"selfConsumption": null, "selfSufficiency": "0.5"}],
	"settlements": [{"date": "2024-01-10", "lines": [{"direction": "import", "period": "all", "quantityKwh": "1.500", "price": "1", "amount": "1.50"}],
	"importAmount": "1.50", "exportAmount": "0.00", "netAmount": "1.50", "provisional": false}]}`

const quarterItem = `{"windowStart": "2024-01-10T00:00:00Z", "energyKwh": {"load": "1.500000000", "pv": null}, "demandKw": 6, "completeness": 1,
	"gridCompleteness": 1, "flags": ["b", "a"], "gauges": {"battery.soc": {"min": "20.000000000", "max": "21"}}}`

const dayItem = `{"windowStart": "2024-01-10T00:00:00.000Z", "energyKwh": {"load": "1.500000000"}, "demandKw": "6", "completeness": 1, "gridCompleteness": 1,
	"flags": [], "gauges": {}, "selfConsumption": null, "selfSufficiency": "0.500000"}`

const settlementItem = `{"date": "2024-01-10", "lines": [{"direction": "import", "period": "all", "quantityKwh": "1.500", "price": "1", "amount": "1.50"}],
	"importAmount": "1.50", "exportAmount": "0.00", "netAmount": "1.50", "provisional": false}`

// fake is a platform that has computed what it is told.
type fake struct {
	mu          sync.Mutex
	provisioned []string
	sent        []string
	closed      string
	quarter     string
	reads       int
}

func (f *fake) platform(t *testing.T) *Platform {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/provisioning/stations", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "wrong") {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, `{"errors": [{"location": "devices[0]", "message": "no"}]}`)
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.provisioned = append(f.provisioned, string(body))
		w.WriteHeader(http.StatusCreated)
	})
	mux.HandleFunc("POST /analytics/window-close", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.closed = string(body)
		w.WriteHeader(http.StatusAccepted)
	})
	mux.HandleFunc("GET /api/v1/stats", func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		item := dayItem
		if r.FormValue("granularity") == "quarter" {
			item = f.quarter
			// the quarter comes on a second page, and only when asked a second time
			if f.reads++; f.reads == 1 || r.FormValue("cursor") == "" {
				_, _ = io.WriteString(w, `{"items": [], "next": "c1"}`)
				return
			}
		}
		_, _ = fmt.Fprintf(w, `{"items": [%s], "next": null}`, item)
	})
	mux.HandleFunc("GET /api/v1/settlements", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"items": [%s], "next": null}`, settlementItem)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &Platform{URL: server.URL, Token: "x", Send: func(_ context.Context, messages []json.RawMessage) (Receipt, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, m := range messages {
			f.sent = append(f.sent, string(m))
		}
		return Receipt{Accepted: len(messages)}, nil
	}}
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	}
	return dir
}

func TestACaseThatComesOutEqual(t *testing.T) {
	f := &fake{quarter: quarterItem}
	dir := folder(t, map[string]string{"1.case.json": aCase, "1.result.json": aResult, "refused/1.json": `{"wrong": 1}`})
	var out strings.Builder
	equal, err := f.platform(t).Cases(t.Context(), dir, CasesOptions{Prefix: "x-", Out: &out})
	require.NoError(t, err)
	require.True(t, equal, out.String())
	require.Contains(t, out.String(), "1 of 1 cases equal: 23 of 23 values equal, 0 differ")
	require.Contains(t, out.String(), "1 of 1 documents refused")
	require.Equal(t, []string{`{"deviceName":"x-D","ts":1704844800000,"values":{"p":1.50E1}}`}, f.sent, "numbers stay as they are written")
	require.JSONEq(t, `{"stationId": "x-s", "timezone": "UTC", "devices": [{"deviceId": "x-d", "thingsboard": {"deviceName": "x-D"}, "points": []}],
		"tariff": {"tariffId": "x-t"}}`, f.provisioned[0])
	require.JSONEq(t, `{"stationId": "x-s", "windowStart": "2024-01-10T00:00:00Z", "windowEnd": "2024-01-11T00:00:00Z"}`, f.closed)
}

func TestWhatDiffersIsSaid(t *testing.T) {
	for quarter, says := range map[string]string{
		strings.Replace(quarterItem, "1.500000000", "1.500000001", 1):                  "2024-01-10T00:00:00Z load: have 1.500000001, want 1.5",
		strings.Replace(quarterItem, `"pv": null`, `"pv": "0"`, 1):                     "pv: have 0, want null",
		strings.Replace(quarterItem, `["b", "a"]`, `["a"]`, 1):                         "flags: have [a], want [a b]",
		strings.Replace(quarterItem, `"battery.soc"`, `"room.t": {}, "battery.so"`, 1): "names the gauge room.t",
		strings.Replace(quarterItem, `T00:00`, `T00:15`, 1):                            "quarter 2024-01-10T00:00:00Z is missing",
	} {
		f := &fake{quarter: quarter}
		dir := folder(t, map[string]string{"1.case.json": aCase, "1.result.json": aResult, "TITLES.tsv": "1\tA title\n", "refused/7.json": `{"good": 1}`})
		var out strings.Builder
		equal, err := f.platform(t).Cases(t.Context(), dir, CasesOptions{Out: &out, Timeout: time.Millisecond})
		require.NoError(t, err)
		require.False(t, equal)
		require.Contains(t, out.String(), says)
		require.Contains(t, out.String(), "case 1 differs: A title")
		require.Contains(t, out.String(), "0 of 1 documents refused")
	}
}

func TestAFolderWithoutCasesIsAnError(t *testing.T) {
	_, err := (&Platform{}).Cases(t.Context(), t.TempDir(), CasesOptions{})
	require.ErrorContains(t, err, "holds no *.case.json")
}

func TestRenamingTouchesNothingElse(t *testing.T) {
	files, err := filepath.Glob("../../docs/cases/*.case.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		var plain, renamed testCase
		require.NoError(t, readJSON(file, &plain))
		require.NoError(t, readJSON(file, &renamed))
		require.NoError(t, renamed.rename("zz-"))
		require.Len(t, renamed.Messages, len(plain.Messages))
		for i, m := range renamed.Messages {
			back := strings.Replace(string(m), `"deviceName":"zz-`, `"deviceName":"`, 1)
			require.JSONEq(t, string(plain.Messages[i]), back, file)
		}
		require.NotContains(t, string(renamed.Station), `"deviceId":"`+strings.TrimSuffix(filepath.Base(file), ".case.json"))
	}
}
