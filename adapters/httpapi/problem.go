package httpapi

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// writeProblem answers a request outside huma with an error.
func writeProblem(w http.ResponseWriter, err error) {
	code := status(err)
	if code == http.StatusInternalServerError {
		slog.Error("request failed", "error", err)
	}
	if code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	writeStatus(w, code, message(err), details(err))
}

func writeStatus(w http.ResponseWriter, code int, detail string, errors []*huma.ErrorDetail) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(code)
	writeBody(w, huma.ErrorModel{Status: code, Title: http.StatusText(code), Detail: detail, Errors: errors})
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
