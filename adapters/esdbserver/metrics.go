package esdbserver

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts and times what an operator watches. All of it is named
// eventstore_….
type metrics struct {
	appends  *prometheus.HistogramVec // by outcome
	sync     prometheus.Histogram
	events   prometheus.Counter
	outcomes [numOutcomes]prometheus.Observer

	mu          sync.Mutex
	subscribers map[*subscriber]struct{}
}

// subscriber is what is shown of one subscription.
type subscriber struct {
	kind string        // "stream", "all" or "persistent"
	next atomic.Uint64 // position it goes on from; 0 when it isn't told
}

type outcome int

const (
	outcomeWritten outcome = iota
	outcomeRepeated
	outcomeWrongVersion
	outcomeDeleted
	outcomeFailed
	numOutcomes
)

var outcomeNames = [numOutcomes]string{"written", "repeated", "wrong_expected_version", "stream_deleted", "failed"}

func newMetrics() *metrics {
	m := &metrics{
		appends: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "eventstore_append_seconds", Help: "Time of appends and deletes from their arrival to their answer.",
			Buckets: prometheus.ExponentialBuckets(0.00025, 2, 16),
		}, []string{"outcome"}),
		sync: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "eventstore_sync_seconds", Help: "Time from writing a group of appends to the end of its sync.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
		}),
		events:      prometheus.NewCounter(prometheus.CounterOpts{Name: "eventstore_events_written_total", Help: "Events written."}),
		subscribers: make(map[*subscriber]struct{}),
	}
	for i, name := range outcomeNames {
		m.outcomes[i] = m.appends.WithLabelValues(name)
	}
	return m
}

func (m *metrics) synced(took time.Duration, events int) {
	m.sync.Observe(took.Seconds())
	m.events.Add(float64(events))
}

func (m *metrics) appended(took time.Duration, r *writeResult) {
	o := outcomeWritten
	switch {
	case r.err != nil:
		o = outcomeFailed
	case r.verdict == verdictRepeat:
		o = outcomeRepeated
	case r.verdict == verdictWrongVersion:
		o = outcomeWrongVersion
	case r.verdict == verdictDeleted:
		o = outcomeDeleted
	}
	m.outcomes[o].Observe(took.Seconds())
}

// subscribed counts a subscription until the returned function is called.
func (m *metrics) subscribed(kind string) (s *subscriber, done func()) {
	s = &subscriber{kind: kind}
	m.mu.Lock()
	m.subscribers[s] = struct{}{}
	m.mu.Unlock()
	return s, func() {
		m.mu.Lock()
		delete(m.subscribers, s)
		m.mu.Unlock()
	}
}

// register adds the collectors, this store's gauges among them.
func (m *metrics) register(r prometheus.Registerer, st *store) (unregister func(), err error) {
	collectors := []prometheus.Collector{m.appends, m.sync, m.events, &gauges{m: m, st: st}}
	for i, c := range collectors {
		if err := r.Register(c); err != nil {
			for _, done := range collectors[:i] {
				r.Unregister(done)
			}
			return nil, fmt.Errorf("event store metrics: %w", err)
		}
	}
	return func() {
		for _, c := range collectors {
			r.Unregister(c)
		}
	}, nil
}

// gauges reads what is known only at the moment it is asked for.
type gauges struct {
	m  *metrics
	st *store
}

var (
	descPosition    = prometheus.NewDesc("eventstore_last_position", "Position of the newest event.", nil, nil)
	descDisk        = prometheus.NewDesc("eventstore_disk_bytes", "Bytes that the store takes on disk.", nil, nil)
	descFree        = prometheus.NewDesc("eventstore_disk_free_bytes", "Bytes that are free for the store.", nil, nil)
	descStalled     = prometheus.NewDesc("eventstore_disk_full", "1 while writes wait for a full disk.", nil, nil)
	descSubscribers = prometheus.NewDesc("eventstore_subscribers", "Open subscriptions.", []string{"kind"}, nil)
	descLag         = prometheus.NewDesc("eventstore_subscriber_lag_events", "Events that the slowest subscription to $all has yet to be sent.", nil, nil)
	descCompaction  = prometheus.NewDesc("eventstore_compaction_debt_bytes", "Bytes that compactions have yet to rewrite.", nil, nil)
)

func (g *gauges) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descPosition, descDisk, descFree, descStalled, descSubscribers, descLag, descCompaction} {
		out <- d
	}
}

func (g *gauges) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	last := g.st.visible.Load()
	pebble := g.st.db.Metrics()
	g.st.disk.refresh()
	gauge(descPosition, float64(last))
	gauge(descDisk, float64(pebble.DiskSpaceUsage()))
	gauge(descCompaction, float64(pebble.Compact.EstimatedDebt))
	gauge(descFree, float64(g.st.disk.free.Load()))
	gauge(descStalled, float64(min(g.st.disk.stalled.Load(), 1)))
	counts := map[string]int{"stream": 0, "all": 0, "persistent": 0}
	var lag uint64
	g.m.mu.Lock()
	for s := range g.m.subscribers {
		counts[s.kind]++
		if next := s.next.Load(); next > 0 && next <= last {
			lag = max(lag, last-next+1)
		}
	}
	g.m.mu.Unlock()
	for kind, n := range counts {
		gauge(descSubscribers, float64(n), kind)
	}
	gauge(descLag, float64(lag))
}
