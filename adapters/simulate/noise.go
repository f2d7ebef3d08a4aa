package simulate

import "math"

// hash mixes the parts to a number that looks like chance and is always the same.
func hash(seed uint64, parts ...int64) uint64 {
	h := seed ^ 0x9e3779b97f4a7c15
	for _, p := range parts {
		h ^= uint64(p) //nolint:gosec // bits, not a number
		h *= 0xbf58476d1ce4e5b9
		h ^= h >> 29
		h *= 0x94d049bb133111eb
		h ^= h >> 32
	}
	return h
}

// chance is in [0, 1).
func chance(seed uint64, parts ...int64) float64 {
	return float64(hash(seed, parts...)>>11) / (1 << 53)
}

// noise wanders smoothly within [-1, 1] as time goes on, with a new direction every period. Channels are independent.
// It is a function of time alone, so that any stretch of time can be computed without what came before it.
func noise(seed uint64, channel, ms, period int64) float64 {
	n := ms / period
	x := float64(ms%period) / float64(period)
	a, b := 2*chance(seed, channel, n)-1, 2*chance(seed, channel, n+1)-1
	x = x * x * (3 - 2*x)
	return a + (b-a)*x
}

// upTo keeps v within [0, high].
func upTo(v, high float64) float64 { return math.Max(0, math.Min(high, v)) }
