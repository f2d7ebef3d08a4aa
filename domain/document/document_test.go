package document_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/document"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// read decodes a document of one of each kind of field.
func read(raw string) []problem.Problem {
	var problems problem.List
	o := document.Parse([]byte(raw), "", &problems).Required().
		Object("id", "text", "flag", "count", "date", "price", "choice", "list", "inner")
	o.Field("id").Required().ID()
	o.Field("text").Text()
	o.Field("flag").Bool()
	o.Field("count").Int(1, 12)
	o.Field("date").Date()
	o.Field("price").Decimal()
	o.Field("choice").OneOf("a", "b")
	for _, item := range o.Field("list").Items() {
		item.Required().Object("x").Field("x").Required().Decimal()
	}
	o.Field("inner").Object("y").Field("y").Bool()
	return problem.Of(problems.Err("the test"))
}

func TestAllProblemsAreToldAtOnceEachWithItsPath(t *testing.T) {
	problems := read(`{"id": "-a", "text": " ", "flag": 1, "count": 13, "date": "2015-02-29", "price": "1,5", "choice": "c",
		"list": [{"x": 1}, {"x": "a", "z": 0}, 7, {}, null], "inner": {"y": "no", "w": 1}, "more": true, "id": "b"}`)
	var places []string
	for _, p := range problems {
		places = append(places, p.Location)
	}
	require.ElementsMatch(t, []string{
		"id", "id", "text", "flag", "count", "date", "price", "choice", "list[1].x", "list[1].z", "list[2]", "list[3].x",
		"list[4]", "inner.y", "inner.w", "more",
	}, places)
}

func TestWhatIsMissingIsNoProblemUnlessRequired(t *testing.T) {
	require.Empty(t, read(`{"id": "a", "text": null, "list": [], "inner": {}}`))
	require.Equal(t, []problem.Problem{{Location: "id", Message: problem.Textf("is required")}}, read(`{"id": null}`))
	require.Equal(t, "document", read(`null`)[0].Location)
	require.Equal(t, "document", read(`[1]`)[0].Location)
}

func TestBrokenJSONIsToldWithItsLine(t *testing.T) {
	for raw, line := range map[string]string{
		"":                                "line 1",
		"{\n\"id\": \"a\",\n}":            "line 3",
		"{\"id\": \"a\"}\n\n x":           "line 3",
		"{\"id\": \"a\"":                  "line 1",
		strings.Repeat("[", 100_000):      "line 1",
		"{\"id\": \"a\", \"price\": 01}":  "line 1",
		"{\"id\": \"a\", \"price\": NaN}": "line 1",
	} {
		problems := read(raw)
		require.Len(t, problems, 1, raw)
		require.Equal(t, line, problems[0].Location, "%.40s: %v", raw, problems)
	}
}

func TestTextsMayNotTurnWhatFollows(t *testing.T) {
	for _, fine := range []string{
		"مزرعة", "خانه\u200cها", "\u200fשלום\u200e", "\u061cأ", "👩\u200d🌾", "e\u0301",
	} {
		require.Empty(t, read(`{"id": "a", "text": "`+fine+`"}`), "%q", fine)
	}
	for _, refused := range []string{"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\x7f", "\u0085"} {
		problems := read(`{"id": "a", "text": "Meter ` + refused + `1"}`)
		require.Len(t, problems, 1, "%q", refused)
		require.Equal(t, "text", problems[0].Location)
	}
}

func TestDecimalsAreExactAndBounded(t *testing.T) {
	for raw, want := range map[string]string{
		`0.1`: "0.1", `"0.3910"`: "0.3910", `-7`: "-7", `"1e-3"`: "0.001", `2E+3`: "2000",
		`0.123456789012345678901234567890`: "0.123456789012345678901234567890",
	} {
		var problems problem.List
		d := document.Parse([]byte(raw), "p", &problems).Decimal()
		require.NoError(t, problems.Err("it"), raw)
		require.Equal(t, want, d.StringFixed(max(0, -d.Exponent())))
	}
	for _, raw := range []string{
		`1e999999999`, `"1e999999999"`, `1e31`, `"NaN"`, `"Infinity"`, `"+1"`, `".5"`, `"5."`, `" 1"`, `"1 "`, `""`, `"0x1"`, `"1_0"`,
		`"true"`, `"null"`, `"[]"`, `true`, `{}`, `1000000000000000`, `1e-31`, "0." + strings.Repeat("1", 31), strings.Repeat("9", 500),
	} {
		var problems problem.List
		require.Nil(t, document.Parse([]byte(raw), "p", &problems).Decimal(), raw)
		require.Equal(t, 1, problems.Len(), raw)
	}
}

func TestIDs(t *testing.T) {
	for _, id := range []string{"a", "7", "station-demo-001", "A_b.c:d-e", strings.Repeat("x", 100)} {
		require.True(t, document.ValidID(id), id)
	}
	for _, id := range []string{"", "-a", ".a", "a b", "a/b", "é", "a\x00", strings.Repeat("x", 101)} {
		require.False(t, document.ValidID(id), id)
	}
}
