package main

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// rateLimits bound the messages of each tenant. A tenant has proven who it is before it is asked about, so that there
// are no more limiters than tenants.
type rateLimits struct {
	perSecond func() float64 // 0: no limit
	mu        sync.Mutex
	tenants   map[string]*rate.Limiter
}

func newRateLimits(perSecond func() float64) *rateLimits {
	return &rateLimits{perSecond: perSecond, tenants: map[string]*rate.Limiter{}}
}

// allow says whether the messages may be taken now, or how long to wait. A burst of two seconds is let through.
func (l *rateLimits) allow(tenant string, messages int) (time.Duration, bool) {
	perSecond := l.perSecond()
	if perSecond <= 0 {
		return 0, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	burst := max(1, int(2*perSecond))
	limiter := l.tenants[tenant]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Limit(perSecond), burst)
		l.tenants[tenant] = limiter
	}
	if limiter.Limit() != rate.Limit(perSecond) {
		limiter.SetLimit(rate.Limit(perSecond))
		limiter.SetBurst(burst)
	}
	// a batch larger than the burst takes the whole burst: it must be able to pass at all
	r := limiter.ReserveN(time.Now(), min(messages, burst))
	if wait := r.Delay(); wait > 0 {
		r.Cancel()
		return wait, false
	}
	return 0, true
}
