package simulate_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/simulate"
)

const recording = "\ufefftime,meter-1/p,inverter/ac,meter-1/state,room\n" +
	"2026-01-01T00:00:00Z,1.50,,on,20\n" +
	"1767225660000,-2e0,7,true,21\n"

func TestARecordingsHeaderNamesDevicesAndKeys(t *testing.T) {
	rec, err := simulate.ReadRecording(strings.NewReader(recording), simulate.Columns{DevicePrefix: "s1-"})
	require.NoError(t, err)
	require.Equal(t, []string{"room"}, rec.LeftOut)
	require.Equal(t, []simulate.Message{
		{DeviceName: "s1-meter-1", TS: 1767225600000, Values: []byte(`{"p":1.50,"state":"on"}`)},
		{DeviceName: "s1-inverter", TS: 1767225660000, Values: []byte(`{"ac":7}`)},
		{DeviceName: "s1-meter-1", TS: 1767225660000, Values: []byte(`{"p":-2e0,"state":true}`)},
	}, rec.Messages)
}

func TestColumnsAreMappedByName(t *testing.T) {
	rec, err := simulate.ReadRecording(strings.NewReader("p,when\n01,5\n"), simulate.Columns{Time: "when", Map: map[string]string{"p": "d/power"}})
	require.NoError(t, err)
	// 01 is no JSON number
	require.Equal(t, []simulate.Message{{DeviceName: "d", TS: 5, Values: []byte(`{"power":"01"}`)}}, rec.Messages)
}

func TestWhatIsWrongWithARecordingIsSaidWithItsPlace(t *testing.T) {
	for csv, says := range map[string]string{
		"":                      "empty",
		"time,a\n":              "no column has a device and key",
		"time,d/a,d/a\n":        "are both d/a",
		"time,d/a\n5,1\nxy,2\n": "line 3, column time",
		"time,d/a\n5,1,2\n":     "wrong number of fields",
	} {
		_, err := simulate.ReadRecording(strings.NewReader(csv), simulate.Columns{})
		require.ErrorContains(t, err, says, csv)
	}
	for says, c := range map[string]simulate.Columns{
		`no column "at"`:   {Time: "at"},
		`no column "b"`:    {Map: map[string]string{"b": "d/a"}},
		"isn't device/key": {Map: map[string]string{"a": "d"}},
	} {
		_, err := simulate.ReadRecording(strings.NewReader("time,a\n"), c)
		require.ErrorContains(t, err, says)
	}
}

func some(n int) []simulate.Message {
	messages := make([]simulate.Message, n)
	for i := range messages {
		messages[i] = simulate.Message{DeviceName: "d", TS: int64(i) * 60000, Values: []byte(`{"p":1}`)}
	}
	return messages
}

func TestFaultsAreTheSameForASeed(t *testing.T) {
	f := simulate.Faults{Duplicates: 0.05, Disorder: time.Hour, Delay: 6 * time.Hour, Delayed: 0.1, Seed: 7}
	require.Equal(t, f.Arrange(some(2000)), f.Arrange(some(2000)))
	other := f
	other.Seed++
	require.NotEqual(t, f.Arrange(some(2000)), other.Arrange(some(2000)))
}

func TestFaultsLoseNothing(t *testing.T) {
	plain := simulate.Faults{}.Arrange(some(500))
	for i, a := range plain {
		require.EqualValues(t, i*60000, a.TS, "without faults the order stays")
	}
	f := simulate.Faults{Duplicates: 0.05, Disorder: time.Hour, Seed: 1}
	seen := map[int64]int{}
	last := int64(0)
	for _, a := range f.Arrange(some(5000)) {
		require.GreaterOrEqual(t, a.At, last)
		last = a.At
		if seen[a.TS]++; seen[a.TS] == 1 {
			require.Equal(t, a.TS/3600000, a.At/3600000, "shuffled within its window only")
		}
	}
	require.Len(t, seen, 5000)
	twice := 0
	for _, n := range seen {
		twice += n - 1
	}
	require.InDelta(t, 250, twice, 60)
}

func TestSpeedUp(t *testing.T) {
	var got []time.Time
	url := webhook(t, func(w http.ResponseWriter, _ *http.Request) { got = append(got, time.Now()); accept(w, 1) })
	// three minutes at 1200 times the speed of the clock
	_, err := simulate.NewClient(simulate.ClientOptions{URL: url}).Replay(t.Context(), some(4), simulate.ReplayOptions{Speed: 1200})
	require.NoError(t, err)
	require.InDelta(t, 0.15, got[3].Sub(got[0]).Seconds(), 0.1)
}
