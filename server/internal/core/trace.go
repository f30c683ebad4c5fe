package core

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/querent-ai/chord"
)

// Spans have no text of requests and answers. Their names and attributes are those of
// OpenTelemetry's conventions for HTTP servers and for generative models.

// SetTracer has requests and runs make spans; a nil provider changes nothing.
func (c *Core) SetTracer(p trace.TracerProvider) {
	if p != nil {
		c.tracer = p.Tracer("github.com/querent-ai/chord/server", trace.WithInstrumentationVersion(c.Version))
	}
}

// startSpan begins the span of the request, as a child of the client's if it has one.
func (x *Exchange) startSpan() {
	if x.Core.tracer == nil {
		return
	}
	q := x.Request
	name, attrs := q.Method, []attribute.KeyValue{
		attribute.String("url.path", q.URL.Path), attribute.String("chord.request.id", x.ID)}
	switch q.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, http.MethodOptions:
	default:
		name = "HTTP"
	}
	attrs = append(attrs, attribute.String("http.request.method", name))
	if q.Pattern != "" {
		name += " " + q.Pattern
		attrs = append(attrs, attribute.String("http.route", q.Pattern))
	}
	x.ctx, x.span = x.Core.tracer.Start(withParent(x.ctx, q.Header), name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attrs...))
}

// withParent returns a context with the client's span, if the headers name one. OpenTelemetry's
// package propagation does the same and makes the binary 150 KB larger.
//
// [traceparent] W3C, Trace Context: 00-TRACE-SPAN-FLAGS in lower-case hexadecimal; a later
// version may have more after it.
func withParent(ctx context.Context, h http.Header) context.Context {
	parts := strings.Split(h.Get("Traceparent"), "-")
	if len(parts) < 4 || len(parts[0]) != 2 || len(parts[3]) != 2 || parts[0] == "ff" || parts[0] == "00" && len(parts) > 4 {
		return ctx
	}
	id, err1 := trace.TraceIDFromHex(parts[1])
	span, err2 := trace.SpanIDFromHex(parts[2])
	flags, err3 := strconv.ParseUint(parts[3], 16, 8)
	_, err4 := strconv.ParseUint(parts[0], 16, 8)
	if errors.Join(err1, err2, err3, err4) != nil {
		return ctx
	}
	state, _ := trace.ParseTraceState(strings.Join(h.Values("Tracestate"), ",")) // a wrong one is none
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: id, SpanID: span, TraceFlags: trace.TraceFlags(flags) & trace.FlagsSampled, TraceState: state, Remote: true}))
}

// endSpan ends the span of the request.
func (x *Exchange) endSpan() {
	if x.span == nil {
		return
	}
	x.span.SetAttributes(attribute.Int("http.response.status_code", x.status))
	switch {
	case x.status == statusClosed:
		x.span.SetAttributes(attribute.String("error.type", "client_closed_request"))
	case x.status >= http.StatusInternalServerError:
		x.span.SetStatus(codes.Error, "")
		x.span.SetAttributes(attribute.String("error.type", http.StatusText(x.status)))
	}
	x.span.End()
}

// A runSpan is the span of a run, nil for none.
type runSpan struct {
	tracer trace.Tracer
	span   trace.Span
	ctx    context.Context
	start  time.Time
}

// traceRun begins the span of a run of a model.
func (x *Exchange) traceRun(ctx context.Context, m *Lease, r *Run) (context.Context, *runSpan) {
	if x.Core.tracer == nil {
		return ctx, nil
	}
	operation := "text_completion"
	if r.Messages != nil {
		operation = "chat"
	}
	s := &runSpan{tracer: x.Core.tracer, start: time.Now()}
	s.ctx, s.span = s.tracer.Start(ctx, operation+" "+m.Name, trace.WithTimestamp(s.start), trace.WithAttributes(
		attribute.String("gen_ai.operation.name", operation),
		attribute.String("gen_ai.provider.name", "chord"),
		attribute.String("gen_ai.request.model", m.Name),
		attribute.String("gen_ai.response.model", m.Name),
		attribute.String("gen_ai.response.id", x.ID),
		attribute.Int64("gen_ai.request.seed", r.Params.Seed),
		attribute.Int("gen_ai.request.max_tokens", r.Params.MaxTokens)))
	return s.ctx, s
}

// delta notes what a delta says about its run, if it is the last one, or the error.
func (s *runSpan) delta(r *chord.Result, err error) {
	if s == nil {
		return
	}
	if err != nil {
		s.span.SetStatus(codes.Error, "")
		s.span.SetAttributes(attribute.String("error.type", Classify(err).Code))
	}
	if r == nil {
		return
	}
	s.span.SetAttributes(
		attribute.Int("gen_ai.usage.input_tokens", r.Prompt),
		attribute.Int("gen_ai.usage.cache_read.input_tokens", r.Cached),
		attribute.Int("gen_ai.usage.output_tokens", r.Generated),
		attribute.StringSlice("gen_ai.response.finish_reasons", []string{finishReason(r.Finish)}))
	at := s.start
	for _, part := range []struct {
		name string
		time time.Duration
	}{{"queue", r.Queue}, {"prompt", max(0, r.PromptTime-r.Queue)}, {"decode", r.TokenTime}} {
		_, span := s.tracer.Start(s.ctx, part.name, trace.WithTimestamp(at))
		at = at.Add(part.time)
		span.End(trace.WithTimestamp(at))
	}
}

// finishReason returns the word of the conventions for why a text ended.
func finishReason(f chord.Finish) string {
	switch f {
	case chord.FinishEOG, chord.FinishStop:
		return "stop"
	case chord.FinishLength, chord.FinishContext:
		return "length"
	}
	return string(f)
}

// end ends the span.
func (s *runSpan) end() {
	if s != nil {
		s.span.End()
	}
}
