package event_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
)

// The metadata's own way of writing and reading is encoding/json's.
func TestMetadataIsReadBackAndMeansTheSameToAnyone(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[a-z0-9-]{0,12}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		m := event.Metadata{
			SchemaVersion: rapid.IntRange(0, 9).Draw(t, "version"), Tenant: text.Draw(t, "tenant"), Actor: text.Draw(t, "actor"),
			OccurredAt:    time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "occurred")).UTC(),
			RecordedAt:    time.Unix(0, rapid.Int64Range(0, 4e18).Draw(t, "recorded")).UTC(),
			CorrelationID: text.Draw(t, "correlation"), CausationID: text.Draw(t, "causation"), TraceParent: text.Draw(t, "trace"),
		}
		own, err := m.AppendJSON(nil)
		require.NoError(t, err)
		standard, err := json.Marshal(m)
		require.NoError(t, err)
		var a, b event.Metadata
		require.NoError(t, json.Unmarshal(own, &a))
		require.NoError(t, json.Unmarshal(standard, &b))
		require.Equal(t, b, a)
		for _, written := range [][]byte{own, standard} {
			got, err := event.DecodeMetadata(written)
			require.NoError(t, err)
			require.Equal(t, b, got)
		}
	})
}

type said struct {
	Word string `json:"word"`
}

func (said) EventType() string { return "Said" }

func TestOlderSchemaVersionsAreUpcast(t *testing.T) {
	upcast := func(raw json.RawMessage) (json.RawMessage, error) {
		var old struct{ W string }
		if err := json.Unmarshal(raw, &old); err != nil {
			return nil, err
		}
		return json.Marshal(said{old.W})
	}
	r, err := event.NewRegistry([]event.Definition{event.Define[said](upcast)})
	require.NoError(t, err)
	version, err := r.Version("Said")
	require.NoError(t, err)
	require.Equal(t, 2, version)
	p, err := r.Decode("Said", 1, json.RawMessage(`{"W":"hello"}`))
	require.NoError(t, err)
	require.Equal(t, said{"hello"}, p)
	p, err = r.Decode("Said", 2, json.RawMessage(`{"word":"hello"}`))
	require.NoError(t, err)
	require.Equal(t, said{"hello"}, p)
	_, err = r.Decode("Said", 3, nil)
	require.ErrorContains(t, err, "schema version 3")
	_, err = r.Decode("Unsaid", 1, nil)
	require.ErrorContains(t, err, "not defined")
	_, err = event.NewRegistry([]event.Definition{event.Define[said]()}, []event.Definition{event.Define[said]()})
	require.ErrorContains(t, err, "defined twice")
}
