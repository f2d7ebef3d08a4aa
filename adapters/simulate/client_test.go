package simulate_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/simulate"
)

func webhook(t *testing.T, answer http.HandlerFunc) string {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

func accept(w http.ResponseWriter, n int) {
	w.WriteHeader(http.StatusAccepted)
	_, _ = fmt.Fprintf(w, `{"accepted":%d,"duplicates":0,"rejected":[]}`, n)
}

func TestSignatureIsOverTimestampAndBody(t *testing.T) {
	// worked out by openssl: printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
	require.Equal(t, "sha256=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686", simulate.Sign("secret", "1700000000", []byte(`{"a":1}`)))
	url := webhook(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte("s3"))
		mac.Write([]byte(r.Header.Get("X-Timestamp") + "." + string(body)))
		if r.Header.Get("X-Signature") != "sha256="+hex.EncodeToString(mac.Sum(nil)) || r.Header.Get("X-Tenant-Id") != "t1" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		accept(w, 1)
	})
	c := simulate.NewClient(simulate.ClientOptions{URL: url, Credentials: simulate.Credentials{Tenant: "t1", Secret: "s3"}})
	r, err := c.SendBody(t.Context(), []byte(`{"deviceName":"d","ts":1,"values":{"a":1}}`))
	require.NoError(t, err)
	require.Equal(t, 1, r.Accepted)

	c = simulate.NewClient(simulate.ClientOptions{URL: url, Credentials: simulate.Credentials{Tenant: "t1", Secret: "wrong"}})
	_, err = c.SendBody(t.Context(), []byte(`{}`))
	var refused *simulate.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusUnauthorized, refused.Status)
}

func TestTokenAndBasic(t *testing.T) {
	var got http.Header
	url := webhook(t, func(w http.ResponseWriter, r *http.Request) { got = r.Header; accept(w, 1) })
	for _, c := range []struct {
		credentials   simulate.Credentials
		header, value string
	}{
		{simulate.Credentials{Token: "tok"}, "X-Ingest-Token", "tok"},
		{simulate.Credentials{User: "u", Password: "p"}, "Authorization", "Basic dTpw"},
	} {
		_, err := simulate.NewClient(simulate.ClientOptions{URL: url, Credentials: c.credentials}).SendBody(t.Context(), []byte(`{}`))
		require.NoError(t, err)
		require.Equal(t, c.value, got.Get(c.header))
		require.Empty(t, got.Get("X-Signature"))
	}
}

func TestNumbersGoOutAsTheyAreWritten(t *testing.T) {
	var got string
	url := webhook(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = string(b)
		accept(w, 1)
	})
	c := simulate.NewClient(simulate.ClientOptions{URL: url})
	m := simulate.Message{DeviceName: `d"1`, TS: 5, Values: json.RawMessage(`{"p":1.50E1}`)}
	_, err := c.Send(t.Context(), []simulate.Message{m})
	require.NoError(t, err)
	require.Equal(t, `{"deviceName":"d\"1","ts":5,"values":{"p":1.50E1}}`, got)
	_, err = c.Send(t.Context(), []simulate.Message{m, m})
	require.NoError(t, err)
	require.Equal(t, `[{"deviceName":"d\"1","ts":5,"values":{"p":1.50E1}},{"deviceName":"d\"1","ts":5,"values":{"p":1.50E1}}]`, got)
}

func TestPressureIsWaitedOut(t *testing.T) {
	var tries atomic.Int32
	url := webhook(t, func(w http.ResponseWriter, _ *http.Request) {
		switch tries.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "0.01")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.Header().Set("Retry-After", "3000") // bounded by LongestWait
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			accept(w, 1)
		}
	})
	c := simulate.NewClient(simulate.ClientOptions{URL: url, LongestWait: 20 * time.Millisecond})
	_, err := c.SendBody(t.Context(), []byte(`{}`))
	require.NoError(t, err)
	require.EqualValues(t, 3, tries.Load())

	tries.Store(-1000)
	url = webhook(t, func(w http.ResponseWriter, _ *http.Request) {
		tries.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	c = simulate.NewClient(simulate.ClientOptions{URL: url, LongestWait: time.Millisecond, Retries: 3})
	_, err = c.SendBody(t.Context(), []byte(`{}`))
	require.ErrorContains(t, err, "gave up after 4 tries")
	require.EqualValues(t, -996, tries.Load())
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	url := webhook(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := simulate.NewClient(simulate.ClientOptions{URL: url}).SendBody(ctx, []byte(`{}`))
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestLanesKeepEachDevicesOrder(t *testing.T) {
	var mu sync.Mutex
	got := map[string][]int64{}
	url := webhook(t, func(w http.ResponseWriter, r *http.Request) {
		var ms []simulate.Message
		_ = json.NewDecoder(r.Body).Decode(&ms)
		mu.Lock()
		defer mu.Unlock()
		for _, m := range ms {
			got[m.DeviceName] = append(got[m.DeviceName], m.TS)
		}
		accept(w, len(ms))
	})
	var messages []simulate.Message
	for i := range 900 {
		messages = append(messages, simulate.Message{DeviceName: fmt.Sprint("d", i%7), TS: int64(i), Values: json.RawMessage(`{"p":1}`)})
	}
	s, err := simulate.NewClient(simulate.ClientOptions{URL: url}).Deliver(t.Context(), messages, simulate.Pace{Batch: 9, Concurrency: 4})
	require.NoError(t, err)
	require.Equal(t, 900, s.Sent)
	require.Equal(t, 900, s.Accepted)
	require.Len(t, got, 7)
	for device, ts := range got {
		require.IsIncreasing(t, ts, device)
	}
}

func TestAFailureEndsTheDelivery(t *testing.T) {
	url := webhook(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	messages := make([]simulate.Message, 1000)
	for i := range messages {
		messages[i] = simulate.Message{DeviceName: fmt.Sprint(i), Values: json.RawMessage(`{}`)}
	}
	_, err := simulate.NewClient(simulate.ClientOptions{URL: url}).Deliver(t.Context(), messages, simulate.Pace{Concurrency: 3})
	require.ErrorContains(t, err, "401")
}
