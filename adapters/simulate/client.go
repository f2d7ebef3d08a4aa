package simulate

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// WebhookPath is where a platform takes telemetry.
const WebhookPath = "/ingest/thingsboard/telemetry"

// Credentials say how requests prove that they are the tenant's. Of those that are filled in the first counts: the
// secret signs each body, the token and the user go as they are.
type Credentials struct {
	Tenant   string
	Secret   string // HMAC-SHA256 over timestamp, "." and body
	Token    string // X-Ingest-Token
	User     string // Basic, with Password
	Password string
}

// ClientOptions configure a Client. What is left zero has a default.
type ClientOptions struct {
	URL         string // of the platform, such as http://127.0.0.1:8081
	Credentials Credentials
	// ConnectionPerMessage sends each request on a connection of its own, as ThingsBoard's node does.
	ConnectionPerMessage bool
	Retries              int           // after 429, 503 and broken connections, 8 by default
	LongestWait          time.Duration // between two tries, 10 s by default, whatever Retry-After says
	HTTP                 *http.Client
	Now                  func() time.Time
}

// Client sends messages to the webhook. It may be used by many goroutines at once.
type Client struct {
	o       ClientOptions
	webhook string
}

// Message is one message of one device, with its values as they go out.
type Message struct {
	DeviceName string          `json:"deviceName"`
	TS         int64           `json:"ts"` // epoch milliseconds
	Values     json.RawMessage `json:"values"`
}

// Receipt is the platform's answer to a request.
type Receipt struct {
	Accepted   int        `json:"accepted"`
	Duplicates int        `json:"duplicates"`
	Rejected   []Rejected `json:"rejected"`
}

// Rejected is a message that wasn't taken, by its place in the request.
type Rejected struct {
	Index  int    `json:"index"`
	Reason string `json:"reason"`
}

// RefusedError is an answer other than 202 that trying again would not change.
type RefusedError struct {
	Status int
	Body   string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the webhook answered %d: %.400s", e.Status, strings.TrimSpace(e.Body))
}

// NewClient makes a client.
func NewClient(o ClientOptions) *Client {
	if o.HTTP == nil {
		o.HTTP = &http.Client{
			Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute},
			Timeout:   time.Minute,
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Retries == 0 {
		o.Retries = 8
	}
	if o.LongestWait == 0 {
		o.LongestWait = 10 * time.Second
	}
	return &Client{o: o, webhook: strings.TrimSuffix(o.URL, "/") + WebhookPath}
}

// Send sends the messages in one request: a message alone as an object, several as an array.
func (c *Client) Send(ctx context.Context, messages []Message) (Receipt, error) {
	var body []byte
	for i, m := range messages {
		name, err := json.Marshal(m.DeviceName)
		if err != nil {
			return Receipt{}, fmt.Errorf("name of device %q: %w", m.DeviceName, err)
		}
		if i > 0 {
			body = append(body, ',')
		}
		body = append(append(body, `{"deviceName":`...), name...)
		body = strconv.AppendInt(append(body, `,"ts":`...), m.TS, 10)
		// the values are written as they are: encoding them again could change how a number is written
		body = append(append(append(body, `,"values":`...), m.Values...), '}')
	}
	if len(messages) != 1 {
		body = append(append([]byte{'['}, body...), ']')
	}
	return c.SendBody(ctx, body)
}

// SendBody sends a body as it is. While the platform is under pressure (429, 503) or can't be reached it waits as
// long as it was told, with some jitter, and tries again; sending something twice does no harm. Every other answer
// than 202 is a *RefusedError.
func (c *Client) SendBody(ctx context.Context, body []byte) (Receipt, error) {
	var last error
	for try := 0; ; try++ {
		receipt, wait, err := c.once(ctx, body)
		if err == nil || errors.As(err, new(*RefusedError)) && wait < 0 {
			return receipt, err
		}
		last = err
		if try == c.o.Retries {
			return Receipt{}, fmt.Errorf("gave up after %d tries: %w", try+1, last)
		}
		if wait <= 0 {
			wait = 100 * time.Millisecond << min(try, 6)
		}
		wait = min(wait, c.o.LongestWait)
		// up to a quarter more, lest all who were turned away come back at the same moment
		wait += rand.N(wait/4 + 1) //nolint:gosec // not a secret
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return Receipt{}, ctx.Err()
		case <-timer.C:
		}
	}
}

// once tries once. The wait is what Retry-After asks for, 0 where it asks for nothing, and < 0 where another try
// makes no sense.
func (c *Client) once(ctx context.Context, body []byte) (Receipt, time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.webhook, bytes.NewReader(body))
	if err != nil {
		return Receipt{}, -1, &RefusedError{Body: err.Error()}
	}
	req.Close = c.o.ConnectionPerMessage
	req.Header.Set("Content-Type", "application/json")
	c.o.Credentials.apply(req.Header, c.o.Now(), body)
	resp, err := c.o.HTTP.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return Receipt{}, -1, ctx.Err()
		}
		return Receipt{}, 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		return Receipt{}, 0, fmt.Errorf("reading the answer: %w", err)
	}
	switch resp.StatusCode {
	case http.StatusAccepted:
		var r Receipt
		if err := json.Unmarshal(answer, &r); err != nil {
			return Receipt{}, -1, &RefusedError{resp.StatusCode, fmt.Sprintf("an answer that can't be read (%s): %s", err, answer)}
		}
		return r, 0, nil
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return Receipt{}, retryAfter(resp.Header.Get("Retry-After"), c.o.Now()), &RefusedError{resp.StatusCode, string(answer)}
	}
	return Receipt{}, -1, &RefusedError{resp.StatusCode, string(answer)}
}

// apply sets the headers that prove the sender.
func (c Credentials) apply(h http.Header, now time.Time, body []byte) {
	h.Set("X-Tenant-Id", c.Tenant)
	switch {
	case c.Secret != "":
		stamp := strconv.FormatInt(now.Unix(), 10)
		h.Set("X-Timestamp", stamp)
		h.Set("X-Signature", Sign(c.Secret, stamp, body))
	case c.Token != "":
		h.Set("X-Ingest-Token", c.Token)
	case c.User != "":
		r := http.Request{Header: h}
		r.SetBasicAuth(c.User, c.Password)
	}
}

// Sign is the value of X-Signature for a body sent at a timestamp of epoch seconds.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(timestamp + "."))
	_, _ = mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// retryAfter reads both forms of the header: seconds, and a date.
func retryAfter(v string, now time.Time) time.Duration {
	if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 && s < 3600 {
		return time.Duration(s * float64(time.Second))
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}
