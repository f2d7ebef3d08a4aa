package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/semaphore"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// telemetry takes ThingsBoard's webhook. It stands outside huma: it is the one route whose cost counts.
func (s *Server) telemetry(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	tenant, receipt, err := s.take(w, r)
	outcome, n := "accepted", receipt.Accepted
	switch {
	case err != nil:
		outcome = err.outcome
		writeFailure(w, r, &err.failure)
	case receipt.Accepted+receipt.Duplicates == 0:
		outcome, n = "rejected", len(receipt.Rejected)
		writeUnusable(w, receipt)
	default:
		writeJSON(w, http.StatusAccepted, receipt)
	}
	s.Webhook.Observe(tenant, outcome, n, time.Since(began))
}

// ErrTooManyMessages is what Webhook.Parse says of a body that holds more messages than are taken at once.
var ErrTooManyMessages = errors.New("more messages than are taken at once")

// refusal is why a request isn't taken.
type refusal struct {
	failure
	outcome string // as metrics count it
}

func refuse(outcome string, f failure) *refusal { return &refusal{f, outcome} }

func (s *Server) take(w http.ResponseWriter, r *http.Request) (tenant string, receipt commands.Receipt, refused *refusal) {
	limit := s.Webhook.MaxBody()
	body, err := readBody(w, r, limit)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return "", receipt, refuse("too_large", failure{status: http.StatusRequestEntityTooLarge, detail: problem.Textf("the body is larger than %d bytes", limit)})
	case errors.Is(err, errTooManyLarge):
		return "", receipt, refuse("unavailable", failure{
			status: http.StatusServiceUnavailable, detail: problem.Textf("too many large bodies at once"), wait: 5 * time.Second,
		})
	case err != nil:
		return "", receipt, refuse("broken", failure{status: http.StatusBadRequest, detail: problem.Textf("the body can't be read: %s", err)})
	}
	if tenant, err = s.Webhook.Authenticate(r.Header, body); err != nil {
		return "", receipt, refuse("unauthorized", failure{status: http.StatusUnauthorized, detail: problem.Textf("%s", err)})
	}
	messages, err := s.Webhook.Parse(r.Header, body, s.Webhook.MaxMessages())
	if errors.Is(err, ErrTooManyMessages) {
		return tenant, receipt, refuse("too_large", failure{status: http.StatusRequestEntityTooLarge, detail: problem.Textf("%s", err)})
	}
	if err != nil {
		return tenant, receipt, refuse("broken", failure{
			status: http.StatusBadRequest, detail: problem.Textf("the body can't be used"),
			places: []problem.Problem{{Location: "body", Message: problem.Textf("%s", err)}},
		})
	}
	if wait, ok := s.Webhook.Allow(tenant, len(messages)); !ok {
		return tenant, receipt, refuse("limited", failure{status: http.StatusTooManyRequests, detail: problem.Textf("more messages than the tenant's limit"), wait: wait})
	}
	receipt, err = s.Ingest.Accept(r.Context(), tenant, messages)
	if err != nil {
		code := status(err)
		if code == http.StatusInternalServerError {
			s.Log.Error("ingest failed", "tenant", tenant, "error", err)
		}
		return tenant, commands.Receipt{}, refuse("unavailable", failure{status: code, detail: message(err), wait: retryAfter})
	}
	return tenant, receipt, nil
}

const (
	smallBody   = 64 << 10 // many times what a device's message takes
	largeAtOnce = 32
)

// largeBodies bounds the memory that senders take before it is known who they are: so many bodies that aren't small are
// read at once.
var largeBodies = semaphore.NewWeighted(largeAtOnce)

var errTooManyLarge = errors.New("the bodies that are read already leave no room")

// readBody reads a small body at once, and a larger one as it comes.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	reader := http.MaxBytesReader(w, r.Body, limit)
	if r.ContentLength >= 0 && r.ContentLength <= smallBody {
		body := make([]byte, r.ContentLength)
		_, err := io.ReadFull(reader, body)
		return body, err
	}
	waiting, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if largeBodies.Acquire(waiting, 1) != nil {
		return nil, errTooManyLarge
	}
	defer largeBodies.Release(1)
	return io.ReadAll(reader)
}

// unusable is the answer to a request of which nothing could be used. It is English: a receipt is for machines.
type unusable struct {
	huma.ErrorModel
	commands.Receipt
}

func writeUnusable(w http.ResponseWriter, receipt commands.Receipt) {
	u := unusable{Receipt: receipt}
	u.Status, u.Title, u.Detail = http.StatusBadRequest, http.StatusText(http.StatusBadRequest), "no message can be used"
	for _, r := range receipt.Rejected {
		u.Errors = append(u.Errors, &huma.ErrorDetail{Location: "body[" + strconv.Itoa(r.Index) + "]", Message: r.Reason})
	}
	w.Header().Set("Content-Type", problemJSON)
	w.Header().Set("Content-Language", english.name)
	w.WriteHeader(http.StatusBadRequest)
	writeBody(w, u)
}

func (s *Server) mountIngest(r chi.Router, api huma.API) {
	r.Post("/ingest/thingsboard/telemetry", s.telemetry)
	header := func(name, doc string) *huma.Param {
		return &huma.Param{Name: name, In: "header", Description: doc, Schema: &huma.Schema{Type: "string"}}
	}
	message := map[string]any{"deviceName": "meter-1", "ts": 1469980800000, "values": map[string]any{"grid_kw": 2.2758}}
	answer := func(description string, example any) *huma.Response {
		return &huma.Response{Description: description, Content: map[string]*huma.MediaType{"application/json": {Example: example}}}
	}
	api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "ingest-telemetry", Method: http.MethodPost, Path: "/ingest/thingsboard/telemetry", Tags: []string{"telemetry"},
		Summary: "Take telemetry in, as ThingsBoard's rule node sends it",
		Description: "One message or an array of them: {\"deviceName\", \"ts\", \"values\"}, {\"ts\", \"values\"} or the values alone, with device and time in " +
			"the headers. Answers once durable. A message that came before is a duplicate and counts for nothing. A batch of which some can't be used is taken " +
			"for the rest. What is of unknown devices, or no number, is kept in quarantine. A message with more than 256 KiB of values is rejected.",
		Security: []map[string][]string{{"hmac": {}}, {"token": {}}, {"basic": {}}},
		Parameters: []*huma.Param{
			{Name: "X-Tenant-Id", In: "header", Required: true, Schema: &huma.Schema{Type: "string"}},
			header("X-Timestamp", "epoch seconds that were signed; a signature holds for 300 s"),
			header("X-Device-Name", "where the body doesn't hold it"), header("X-Device-Id", "ThingsBoard's, where the body doesn't hold it"),
			header("X-Ts", "epoch milliseconds, where the body doesn't hold them"),
		},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Example: []any{message}}}},
		Responses: map[string]*huma.Response{
			"202": answer("durable", map[string]any{"accepted": 1, "duplicates": 0, "rejected": []any{}}),
			"400": {Description: "nothing in it can be used"}, "401": {Description: "not proven who sends"}, "413": {Description: "over the size limit"},
			"429": {Description: "over the rate limit; see Retry-After"}, "503": {Description: "the store is slow or gone; see Retry-After"},
		},
	})
}
