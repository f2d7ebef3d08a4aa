// Package observe owns how a process of the platform is watched from outside: its log, the id that every request
// carries through it, and answers for handlers that panic. It doesn't own what is measured: metrics stand where they
// are counted.
package observe

import (
	"context"
	"io"
	"log/slog"
	"strings"
)

// NewLogger makes the process's log, as text or json, and the level that may be changed while it runs. Messages
// logged with the context of a request carry its id as requestId. Times are UTC.
func NewLogger(w io.Writer, format, level string) (*slog.Logger, *slog.LevelVar) {
	threshold := new(slog.LevelVar)
	var parsed slog.Level
	if err := parsed.UnmarshalText([]byte(level)); err == nil {
		threshold.Set(parsed)
	}
	options := &slog.HandlerOptions{Level: threshold, ReplaceAttr: utc}
	var handler slog.Handler = slog.NewTextHandler(w, options)
	if strings.EqualFold(format, "json") {
		handler = slog.NewJSONHandler(w, options)
	}
	return slog.New(requestHandler{handler}), threshold
}

func utc(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
		a.Value = slog.TimeValue(a.Value.Time().UTC())
	}
	return a
}

// requestHandler adds the id of the request in the context.
type requestHandler struct{ slog.Handler }

func (h requestHandler) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("requestId", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h requestHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestHandler{h.Handler.WithAttrs(attrs)}
}

func (h requestHandler) WithGroup(name string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(name)}
}
