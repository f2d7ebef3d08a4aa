package esdbserver

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// eventFilter decides which events of $all are delivered. A nil filter lets
// everything pass.
type eventFilter struct {
	byType   bool
	prefixes [][]byte
	regex    *regexp.Regexp
	// A checkpoint is sent each time this many events were considered.
	checkpointEvery int
}

const defaultSearchWindow = 32

// newEventFilter builds a filter from either service's message.
func newEventFilter(byType bool, regex string, prefixes []string, window, multiplier uint32) (*eventFilter, error) {
	f := &eventFilter{byType: byType}
	f.checkpointEvery = int(min(uint64(window)*uint64(multiplier), 1<<31-1))
	for _, p := range prefixes {
		f.prefixes = append(f.prefixes, []byte(p))
	}
	if regex != "" {
		// Clients escape what needs none; Go refuses only letters.
		compiled, err := regexp.Compile(regex)
		if err != nil {
			return nil, errInvalid("filter: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
		f.regex = compiled
	}
	if f.regex == nil && len(f.prefixes) == 0 {
		return nil, errInvalid("filter: it has neither a prefix nor a regular expression")
	}
	return f, nil
}

func readFilter(options *streams.ReadReq_Options_FilterOptions, subscription bool) (*eventFilter, error) {
	var expression *streams.ReadReq_Options_FilterOptions_Expression
	byType := false
	switch f := options.GetFilter().(type) {
	case *streams.ReadReq_Options_FilterOptions_StreamIdentifier:
		expression = f.StreamIdentifier
	case *streams.ReadReq_Options_FilterOptions_EventType:
		expression, byType = f.EventType, true
	default:
		return nil, errInvalid("filter: it names neither stream nor event type")
	}
	window := uint32(defaultSearchWindow)
	if w, ok := options.GetWindow().(*streams.ReadReq_Options_FilterOptions_Max); ok {
		window = w.Max
	}
	multiplier := options.GetCheckpointIntervalMultiplier()
	if subscription {
		if window == 0 {
			return nil, errInvalid("filter: the search window must be positive")
		}
		if multiplier == 0 {
			return nil, errInvalid("filter: the checkpoint interval must be positive")
		}
	}
	return newEventFilter(byType, expression.GetRegex(), expression.GetPrefix(), window, multiplier)
}

func (f *eventFilter) matches(stream, typ []byte) bool {
	if f == nil {
		return true
	}
	subject := stream
	if f.byType {
		subject = typ
	}
	for _, p := range f.prefixes {
		if bytes.HasPrefix(subject, p) {
			return true
		}
	}
	return f.regex != nil && f.regex.Match(subject)
}

// matchesFrame is matches for a frame read from disk.
func (f *eventFilter) matchesFrame(frame []byte) (bool, error) {
	if f == nil {
		return true, nil
	}
	stream, typ, err := filterKeys(frame)
	if err != nil {
		return false, err
	}
	return f.matches(stream, typ), nil
}
