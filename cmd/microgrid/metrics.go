package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/observe"
	"github.com/microgrid-cloud/microgrid-cloud/projections"
)

// metrics are the platform's own; the embedded event store registers its beside them.
type metrics struct {
	registry       *prometheus.Registry
	ingestMessages *prometheus.CounterVec
	ingestSeconds  *prometheus.HistogramVec
	storeSeconds   *prometheus.HistogramVec
	events         *prometheus.CounterVec
	batchSeconds   *prometheus.HistogramVec
	lagSeconds     *prometheus.GaugeVec
	windows        prometheus.Counter
	closeSeconds   prometheus.Histogram
	settleSeconds  prometheus.Histogram
}

func newMetrics() *metrics {
	short := prometheus.ExponentialBuckets(0.0005, 2, 15) // 0.5 ms to 8 s
	m := &metrics{
		registry: observe.NewRegistry(version),
		ingestMessages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "microgrid_ingest_messages_total", Help: "Messages of the telemetry webhook, by what became of their request."}, []string{"tenant", "outcome"}),
		ingestSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "microgrid_ingest_seconds", Help: "Time from a request of the telemetry webhook to its answer.", Buckets: short}, []string{"outcome"}),
		storeSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "microgrid_eventstore_call_seconds", Help: "Time of one call of the event store's client.", Buckets: short}, []string{"operation", "ok"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "microgrid_projection_events_total", Help: "Events that a projection or policy has handled."}, []string{"projection"}),
		batchSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "microgrid_projection_batch_seconds", Help: "Time of one batch, rows and checkpoint.", Buckets: short}, []string{"projection"}),
		lagSeconds: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "microgrid_projection_lag_seconds", Help: "Time from the record of a batch's last event to its rows."}, []string{"projection"}),
		windows: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "microgrid_windows_calculated_total", Help: "Windows whose numbers were new or changed."}),
		closeSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "microgrid_close_seconds", Help: "Time to bring one station's statistics up to date.", Buckets: short}),
		settleSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "microgrid_settle_seconds", Help: "Time to settle one day.", Buckets: short}),
	}
	m.registry.MustRegister(m.ingestMessages, m.ingestSeconds, m.storeSeconds, m.events, m.batchSeconds, m.lagSeconds, m.windows,
		m.closeSeconds, m.settleSeconds)
	return m
}

func (m *metrics) handler() http.Handler {
	return observe.MetricsHandler(m.registry)
}

func (m *metrics) ingested(tenant, outcome string, messages int, took time.Duration) {
	if outcome == "unauthorized" {
		tenant = "" // names that anyone makes up must not make series
	}
	m.ingestMessages.WithLabelValues(tenant, outcome).Add(float64(messages))
	m.ingestSeconds.WithLabelValues(outcome).Observe(took.Seconds())
}

// storeCall measures an attempt of a call; how long a subscription lasts tells nothing.
func (m *metrics) storeCall(ctx context.Context, operation string) (context.Context, func(error)) {
	began := time.Now()
	return ctx, func(err error) {
		if operation != "subscribe" {
			m.storeSeconds.WithLabelValues(operation, strconv.FormatBool(err == nil)).Observe(time.Since(began).Seconds())
		}
	}
}

func (m *metrics) projected(p projections.Progress) {
	m.events.WithLabelValues(p.Projection).Add(float64(p.Events))
	m.batchSeconds.WithLabelValues(p.Projection).Observe(p.Took.Seconds())
	m.lagSeconds.WithLabelValues(p.Projection).Set(p.Lag.Seconds())
}

func (m *metrics) closed(windows int, took time.Duration) {
	m.windows.Add(float64(windows))
	m.closeSeconds.Observe(took.Seconds())
}

func (m *metrics) settled(took time.Duration) { m.settleSeconds.Observe(took.Seconds()) }
