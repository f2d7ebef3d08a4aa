package station

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAZoneOffTheQuartersIsNone(t *testing.T) {
	require.True(t, onQuarters(time.FixedZone("", 45*60)))
	require.True(t, onQuarters(time.FixedZone("", -(3*60+30)*60)))
	require.False(t, onQuarters(time.FixedZone("", 20*60)))
	require.False(t, onQuarters(time.FixedZone("", -44*60-30)))
}
