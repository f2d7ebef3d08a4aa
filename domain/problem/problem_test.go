package problem_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

func TestKindAndPlacesAreFoundThroughWrapping(t *testing.T) {
	err := fmt.Errorf("provisioning: %w", problem.New(problem.Conflict, "no").At("timezone", "can't change"))
	require.Equal(t, problem.Conflict, problem.KindOf(err))
	require.Equal(t, []problem.Problem{{Location: "timezone", Message: problem.Textf("can't change")}}, problem.Of(err))
	require.EqualError(t, err, "provisioning: no: timezone: can't change")
	require.Empty(t, problem.KindOf(errors.New("other")))
	require.Empty(t, problem.Of(nil))
}

func TestAnEmptyListIsNoError(t *testing.T) {
	var l problem.List
	require.NoError(t, l.Err("it is refused"))
	l.At("a", "is %d", 7)
	require.Equal(t, problem.Invalid, problem.KindOf(l.Err("it is refused")))
	require.EqualError(t, l.Err("it is refused"), "it is refused: a: is 7")
}

func TestATextKeepsWhatItWasMadeOf(t *testing.T) {
	kind := problem.Textf("a string")
	text := problem.Textf("must be %s, not %q", kind, "x")
	require.EqualError(t, text, `must be a string, not "x"`)
	format, args := text.Parts()
	require.Equal(t, "must be %s, not %q", format)
	require.Equal(t, []any{kind, "x"}, args)
}
