package thingsboard_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/thingsboard"
)

func TestEveryFormOfABody(t *testing.T) {
	headers := thingsboard.Defaults{DeviceName: "meter-1", TS: "1451649600512"}
	want := thingsboard.Message{DeviceName: "meter-1", TS: 1451649600512, Values: []byte(`{"power":50.20,"soc":"71"}`)}
	for name, c := range map[string]struct {
		body     string
		defaults thingsboard.Defaults
	}{
		"values alone":         {`{"soc": "71", "power": 50.20}`, headers},
		"ts and values":        {`{"ts": 1451649600512, "values": {"power": 50.20, "soc": "71"}}`, thingsboard.Defaults{DeviceName: "meter-1"}},
		"wrapped":              {`{"deviceName": "meter-1", "ts": "1451649600512", "values": {"soc":"\u0037\u0031","power":50.20}, "deviceType": "x"}`, thingsboard.Defaults{}},
		"an array":             {`[{"deviceName": "meter-1", "ts": 1451649600512, "values": {"power":50.20,"soc":"71"}}]`, thingsboard.Defaults{}},
		"an array of values":   {`[{"power":50.20,"soc":"71"}]`, headers},
		"the message's own ts": {`{"ts": 1451649600512, "values": {"power":50.20,"soc":"71"}}`, thingsboard.Defaults{DeviceName: "meter-1", TS: "7"}},
	} {
		items, err := thingsboard.ParseBody([]byte(c.body), c.defaults, 10)
		require.NoError(t, err, name)
		require.Len(t, items, 1, name)
		require.NoError(t, items[0].Err, name)
		require.Equal(t, want, items[0].Message, name)
	}
}

func TestBodiesThatHoldNoMessage(t *testing.T) {
	for body, says := range map[string]string{
		``: "ends too early", `{"a":`: "ends too early", `{"a":1} x`: "after its end", `7`: "must be a message object",
		`[]`: "no message", `{"a":1,"a":2}`: "duplicate", `[{},{},{}]`: "too many messages: more than 2", "{\"a\":\"\xff\"}": "UTF-8",
	} {
		_, err := thingsboard.ParseBody([]byte(body), thingsboard.Defaults{}, 2)
		require.ErrorContains(t, err, says, body)
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	for body, says := range map[string]string{
		`{"deviceName":"d","ts":1.5,"values":{"a":1}}`:       "whole epoch milliseconds",
		`{"deviceName":"d","values":{"a":1}}`:                "has no ts",
		`{"ts":1,"values":{"a":1}}`:                          "names no device",
		`{"deviceName":"d","ts":1,"values":{}}`:              "values is empty",
		`{"deviceName":7,"ts":1,"values":{"a":1}}`:           "must be a string",
		`{"deviceName":"d","ts":1,"power":1}`:                "no values",
		`{"deviceName":"d","ts":1,"values":{"a":"x\u0000"}}`: "U+0000",
		`[[1]]`: "must be an object, not an array",
	} {
		items, err := thingsboard.ParseBody([]byte(body), thingsboard.Defaults{}, 2)
		require.NoError(t, err, body)
		require.ErrorContains(t, items[0].Err, says, body)
	}
}

func TestAnEscapedBackslashIsNoNUL(t *testing.T) {
	items, err := thingsboard.ParseBody([]byte(`{"deviceName":"d","ts":1,"values":{"a":"\\u0000"}}`), thingsboard.Defaults{}, 1)
	require.NoError(t, err)
	require.NoError(t, items[0].Err)
}

func TestNestedKeysAreSortedAndNumbersKept(t *testing.T) {
	items, err := thingsboard.ParseBody([]byte(`{"deviceName":"d","ts":1,"values":{"p":1.0E2,"o":{"b":2,"a":[1, 2]},"big":`+strings.Repeat("9", 60)+`}}`), thingsboard.Defaults{}, 1)
	require.NoError(t, err)
	require.Equal(t, `{"big":`+strings.Repeat("9", 60)+`,"o":{"a":[1,2],"b":2},"p":1.0E2}`, string(items[0].Values))
}
