package httpapi

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// failure is why a request isn't answered as it was asked. It is put into words when it is written, in the reader's
// language.
type failure struct {
	status int
	detail problem.Text
	places []problem.Problem
	wait   time.Duration // until it is worth another try; 0: nobody knows
}

// retryAfter is how long a sender waits when something it needs is slow or gone.
const retryAfter = 2 * time.Second

// failureOf is an error as HTTP tells it.
func failureOf(err error) *failure {
	f := &failure{status: status(err), detail: message(err), places: problem.Of(err)}
	switch f.status {
	case http.StatusInternalServerError:
		slog.Error("request failed", "error", err)
	case http.StatusServiceUnavailable:
		f.wait = retryAfter
	}
	return f
}

// message tells what a caller may know: what went wrong inside is for the log.
func message(err error) problem.Text {
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p.Message
	}
	if status(err) == http.StatusServiceUnavailable {
		return problem.Textf("not available at the moment")
	}
	return problem.Textf("something went wrong here; the log says what")
}

// Error makes a failure an error that a handler of huma may return.
func (f *failure) Error() string { return f.detail.String() }

// GetStatus is for huma.
func (f *failure) GetStatus() int { return f.status }

// ContentType is for huma.
func (f *failure) ContentType(string) string { return problemJSON }

const problemJSON = "application/problem+json"

// mostDetails bounds an answer to a document in which everything is wrong.
const mostDetails = 200

// in is the body that tells of the failure in a language.
func (f *failure) in(l *locale) *huma.ErrorModel {
	m := &huma.ErrorModel{Status: f.status, Title: http.StatusText(f.status), Detail: l.say(f.detail)}
	for i, p := range f.places {
		if i == mostDetails {
			m.Errors = append(m.Errors, &huma.ErrorDetail{Message: l.say(problem.Textf("and %d more", len(f.places)-i))})
			break
		}
		m.Errors = append(m.Errors, &huma.ErrorDetail{Location: location(p.Location), Message: l.say(p.Message)})
	}
	return m
}

// retryAfter is the header of that name; "" where there is none.
func (f *failure) retryAfter() string {
	if f.wait <= 0 {
		return ""
	}
	return strconv.Itoa(int(math.Ceil(f.wait.Seconds())))
}

// location says where in the request: in the body, unless it says itself.
func location(l string) string {
	for _, prefix := range []string{"query.", "path.", "header.", "body"} {
		if strings.HasPrefix(l, prefix) {
			return l
		}
	}
	if l == "" {
		return "body"
	}
	return "body." + l
}

// wordProblems puts what huma answers into words: failures, and what it found wrong itself before there was a handler.
func wordProblems(ctx huma.Context, _ string, body any) (any, error) {
	var m *huma.ErrorModel
	l := localeFor(ctx.Header("Accept-Language"))
	switch b := body.(type) {
	case *failure:
		m = b.in(l)
		if wait := b.retryAfter(); wait != "" {
			ctx.SetHeader("Retry-After", wait)
		}
	case *huma.ErrorModel:
		m = b
		m.Detail = l.sayForeign(m.Detail)
		for _, d := range m.Errors {
			d.Message = l.sayForeign(d.Message)
		}
	default:
		return body, nil
	}
	ctx.SetHeader("Content-Language", l.name)
	ctx.AppendHeader("Vary", "Accept-Language")
	return m, nil
}

// writeFailure answers a request outside huma.
func writeFailure(w http.ResponseWriter, r *http.Request, f *failure) {
	l := localeFor(r.Header.Get("Accept-Language"))
	h := w.Header()
	if wait := f.retryAfter(); wait != "" {
		h.Set("Retry-After", wait)
	}
	h.Set("Content-Type", problemJSON)
	h.Set("Content-Language", l.name)
	h.Add("Vary", "Accept-Language")
	w.WriteHeader(f.status)
	writeBody(w, f.in(l))
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	writeBody(w, body)
}

// writeBody encodes an answer. The connection is all that can fail here, and then nobody reads it.
func writeBody(w http.ResponseWriter, body any) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // as huma writes; messages hold <hex>
	_ = e.Encode(body)
}
