package core

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/querent-ai/chord"
)

// Metrics are the figures of a server for Prometheus, with llama-server's names below
// chord_.
type Metrics struct {
	c        *Core
	registry *prometheus.Registry
	requests *prometheus.CounterVec

	mu                          sync.Mutex
	prompt, cached, generated   int64
	promptTime, tokenTime, wait time.Duration
	failed, resumptions         int64
}

// newMetrics returns the metrics of c.
func newMetrics(c *Core) *Metrics {
	m := &Metrics{c: c, registry: prometheus.NewRegistry()}
	m.requests = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "chord_http_requests_total", Help: "Requests by method and status."}, []string{"method", "status"})
	m.registry.MustRegister(m.requests, m)
	return m
}

// Handler returns the figures as Prometheus reads them.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// add adds a finished run.
func (m *Metrics) add(r *chord.Result, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.prompt += int64(r.Prompt - r.Cached)
	m.cached += int64(r.Cached)
	m.generated += int64(r.Generated)
	m.promptTime += max(0, r.PromptTime-r.Queue)
	m.tokenTime += r.TokenTime
	m.wait += r.Queue
	if err != nil {
		m.failed++
	}
}

// resumed counts a stream that was begun elsewhere.
func (m *Metrics) resumed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.resumptions++
}

// answered counts a request.
func (m *Metrics) answered(method string, status int) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(method, strconv.Itoa(status)).Inc()
}

// figures are the names of the figures that Collect computes.
var figures = []struct {
	name, help string
	kind       prometheus.ValueType
	value      func(m *Metrics, s *snapshot) float64
}{
	{"prompt_tokens_total", "Tokens of prompts that were computed.", prometheus.CounterValue, func(m *Metrics, s *snapshot) float64 { return float64(m.prompt) }},
	{"prompt_tokens_cached_total", "Tokens of prompts taken from the prefix cache.", prometheus.CounterValue, func(m *Metrics, s *snapshot) float64 { return float64(m.cached) }},
	{"prompt_seconds_total", "Time for prompts.", prometheus.CounterValue, func(m *Metrics, s *snapshot) float64 { return m.promptTime.Seconds() }},
	{"tokens_predicted_total", "Tokens generated.", prometheus.CounterValue, func(m *Metrics, s *snapshot) float64 { return float64(m.generated) }},
	{"tokens_predicted_seconds_total", "Time for generated tokens.", prometheus.CounterValue, func(m *Metrics, s *snapshot) float64 { return m.tokenTime.Seconds() }},
	{"prompt_tokens_seconds", "Tokens of prompts a second.", prometheus.GaugeValue, func(m *Metrics, s *snapshot) float64 { return rate(m.prompt, m.promptTime) }},
	{"predicted_tokens_seconds", "Generated tokens a second.", prometheus.GaugeValue, func(m *Metrics, s *snapshot) float64 { return rate(m.generated, m.tokenTime) }},
	{"queue_seconds_total", "Time that runs waited for their first pass.", prometheus.CounterValue, func(m *Metrics, s *snapshot) float64 { return m.wait.Seconds() }},
	{"runs_failed_total", "Runs that ended with an error.", prometheus.CounterValue, func(m *Metrics, s *snapshot) float64 { return float64(m.failed) }},
	{"streams_resumed_total", "Streams that were begun elsewhere.", prometheus.CounterValue, func(m *Metrics, s *snapshot) float64 { return float64(m.resumptions) }},
	{"n_decode_total", "Forward passes of the loaded models.", prometheus.GaugeValue, func(m *Metrics, s *snapshot) float64 { return float64(s.Steps) }},
	{"n_busy_slots_per_decode", "Tokens computed in a pass.", prometheus.GaugeValue, func(m *Metrics, s *snapshot) float64 { return ratio(s.Rows, s.Steps) }},
	{"kv_cache_usage_ratio", "Caches in use, of their limit.", prometheus.GaugeValue, func(m *Metrics, s *snapshot) float64 { return ratio(s.CacheUsed, s.CacheLimit) }},
	{"kv_cache_bytes", "Bytes of caches in use.", prometheus.GaugeValue, func(m *Metrics, s *snapshot) float64 { return float64(s.CacheUsed) }},
	{"kv_cache_kept_bytes", "Bytes of caches kept for prompts with the same prefix.", prometheus.GaugeValue, func(m *Metrics, s *snapshot) float64 { return float64(s.CacheKept) }},
	{"requests_processing", "Texts that are computed now.", prometheus.GaugeValue, func(m *Metrics, s *snapshot) float64 { return float64(max(0, s.Sequences-s.Queued)) }},
	{"requests_deferred", "Texts whose prompt waits for its first pass: the queue.", prometheus.GaugeValue, func(m *Metrics, s *snapshot) float64 { return float64(s.Queued) }},
	{"requests_running", "Requests that have not been answered yet.", prometheus.GaugeValue, func(m *Metrics, s *snapshot) float64 { return float64(s.running) }},
	{"models_loaded", "Models in memory.", prometheus.GaugeValue, func(m *Metrics, s *snapshot) float64 { return float64(s.models) }},
}

// A snapshot is the sum over the loaded models.
type snapshot struct {
	chord.Metrics
	models, running int
	adapters        []chord.AdapterScale
}

func rate(n int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Describe sends no descriptions: the figures are checked when they are collected.
func (m *Metrics) Describe(chan<- *prometheus.Desc) {}

// Collect sends the figures.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	s := &snapshot{running: m.c.Running()}
	for _, status := range m.c.Models.Loaded() {
		g := status.Open.Metrics()
		s.adapters = append(s.adapters, status.Adapters...)
		s.models++
		s.Steps += g.Steps
		s.Rows += g.Rows
		s.Sequences += g.Sequences
		s.Queued += g.Queued
		s.CacheUsed += g.CacheUsed
		s.CacheKept += g.CacheKept
		s.CacheLimit += g.CacheLimit
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range figures {
		ch <- prometheus.MustNewConstMetric(prometheus.NewDesc("chord_"+f.name, f.help, nil, nil), f.kind, f.value(m, s))
		if name := gatewayNames[f.name]; name != "" {
			ch <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, f.help, nil, nil), f.kind, f.value(m, s))
		}
	}
	s.collectAdapters(ch)
}
