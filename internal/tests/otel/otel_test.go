// Package otel has OpenTelemetry's SDK record the spans of chord's server.
package otel

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/server"
)

const secret, said = "xylophone", "marmalade and nothing else."

// serve starts a server whose spans go to a recorder.
func serve(t *testing.T) (string, *tracetest.SpanRecorder) {
	t.Helper()
	r := tracetest.NewSpanRecorder()
	p := sdk.NewTracerProvider(sdk.WithSampler(sdk.AlwaysSample()), sdk.WithSpanProcessor(r))
	t.Cleanup(func() { _ = p.Shutdown(context.Background()) })
	s, err := server.New(server.Options{Models: []server.Model{{Name: "m", Loaded: chordtest.Model(t, said)}}, TracerProvider: p})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(h.Close)
	return h.URL, r
}

// post sends a request and returns the status.
func post(t *testing.T, url, body string, header ...string) int {
	t.Helper()
	q, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	_, _ = io.Copy(io.Discard, r.Body)
	return r.StatusCode
}

// value returns an attribute of a span as text, "" if it has none.
func value(s sdk.ReadOnlySpan, key string) string {
	for _, a := range s.Attributes() {
		if string(a.Key) == key {
			return a.Value.Emit()
		}
	}
	return ""
}

// ended returns the spans that have ended, by name, when there are n.
func ended(t *testing.T, r *tracetest.SpanRecorder, n int) map[string][]sdk.ReadOnlySpan {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); len(r.Ended()) < n; {
		if time.Now().After(deadline) {
			t.Fatalf("%d spans, want %d", len(r.Ended()), n)
		}
	}
	spans := map[string][]sdk.ReadOnlySpan{}
	for _, s := range r.Ended() {
		spans[s.Name()] = append(spans[s.Name()], s)
	}
	return spans
}

// TestSpans wants the spans of a request: it is a child of the client's, its text one of
// it, and queue, prompt and decode are parts of that, one after the other.
func TestSpans(t *testing.T) {
	for _, c := range []struct{ path, body, operation string }{
		{"/v1/chat/completions", `{"messages":[{"role":"user","content":"` + secret + `"}],"seed":7,"max_tokens":50`, "chat"},
		{"/v1/completions", `{"prompt":"` + secret + `","seed":7,"max_tokens":50`, "text_completion"},
		{"/v1/messages", `{"messages":[{"role":"user","content":"` + secret + `"}],"seed":7,"max_tokens":50`, "chat"},
	} {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprint(c.path, " ", stream), func(t *testing.T) {
				url, recorder := serve(t)
				const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
				if status := post(t, url+c.path, c.body+fmt.Sprintf(`,"stream":%v}`, stream), "traceparent", parent); status != 200 {
					t.Fatal(status)
				}
				spans := ended(t, recorder, 5)
				one := func(name string) sdk.ReadOnlySpan {
					if len(spans[name]) != 1 {
						t.Fatalf("%d spans %q of %v", len(spans[name]), name, spans)
					}
					return spans[name][0]
				}
				request, run := one("POST "+c.path), one(c.operation+" m")
				if p := request.Parent(); p.TraceID().String() != parent[3:35] || p.SpanID().String() != parent[36:52] || request.SpanKind() != trace.SpanKindServer {
					t.Errorf("the request is a child of %v", p)
				}
				want(t, request, map[string]string{"http.request.method": "POST", "http.route": c.path, "http.response.status_code": "200", "url.path": c.path})
				want(t, run, map[string]string{"gen_ai.operation.name": c.operation, "gen_ai.provider.name": "chord", "gen_ai.request.model": "m",
					"gen_ai.request.seed": "7", "gen_ai.request.max_tokens": "50", "gen_ai.response.finish_reasons": `["stop"]`, "gen_ai.response.id": value(request, "chord.request.id")})
				for _, key := range []string{"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"} {
					if n := value(run, key); n == "" || n == "0" {
						t.Errorf("%s: %q", key, n)
					}
				}
				if run.Parent().SpanID() != request.SpanContext().SpanID() {
					t.Error("the text is no child of the request")
				}
				at := run.StartTime()
				for _, name := range []string{"queue", "prompt", "decode"} {
					part := one(name)
					if part.Parent().SpanID() != run.SpanContext().SpanID() || !part.StartTime().Equal(at) || part.EndTime().Before(at) {
						t.Errorf("%s: child of %v, from %v to %v, want to begin at %v", name, part.Parent().SpanID(), part.StartTime(), part.EndTime(), at)
					}
					at = part.EndTime()
				}
				quiet(t, recorder)
			})
		}
	}
}

// want wants attributes of a span.
func want(t *testing.T, s sdk.ReadOnlySpan, attributes map[string]string) {
	t.Helper()
	for key, want := range attributes {
		if got := value(s, key); got != want {
			t.Errorf("%s: %s is %q, want %q", s.Name(), key, got, want)
		}
	}
}

// quiet wants no word of prompts and answers in any span.
func quiet(t *testing.T, r *tracetest.SpanRecorder) {
	t.Helper()
	for _, s := range r.Ended() {
		set := attribute.NewSet(s.Attributes()...)
		text := fmt.Sprint(s.Name(), s.Status(), s.Events(), set.Encoded(attribute.DefaultEncoder()))
		if strings.Contains(text, secret) || strings.Contains(text, "marmalade") {
			t.Errorf("a span has text: %s", text)
		}
	}
}

// TestSpansOfErrors wants spans of requests that fail, without what they said.
func TestSpansOfErrors(t *testing.T) {
	url, recorder := serve(t)
	long := strings.Repeat(secret+" ", 40_000)
	for i, c := range []struct {
		path, body string
		status     int
	}{
		{"/v1/chat/completions", `{"messages":"` + secret + `"}`, 400},
		{"/v1/" + secret, "{}", 404},
		{"/v1/completions", `{"prompt":"` + long + `"}`, 400},
		{"/v1/chat/completions", `{"model":"` + secret + `","messages":[{"role":"user","content":"a"}]}`, 404},
	} {
		if got := post(t, url+c.path, c.body); got != c.status {
			t.Errorf("%s: status %d, want %d", c.path, got, c.status)
		}
		ended(t, recorder, i+1) // at least one for each
	}
	statuses := map[string]int{}
	for _, s := range recorder.Ended() {
		if s.SpanKind() == trace.SpanKindServer {
			statuses[value(s, "http.response.status_code")]++
			continue
		}
		if e := value(s, "error.type"); strings.HasSuffix(s.Name(), " m") && e != "context_length_exceeded" {
			t.Errorf("%s: error %q", s.Name(), e)
		}
	}
	if statuses["400"] != 2 || statuses["404"] != 2 {
		t.Errorf("statuses %v", statuses)
	}
}

// TestParents wants the client's span that OpenTelemetry's own reader takes of headers,
// and none where that takes none.
func TestParents(t *testing.T) {
	url, recorder := serve(t)
	const id, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	for i, parent := range []string{
		"", "00-" + id + "-" + span + "-01", "00-" + id + "-" + span + "-00", "00-" + id + "-" + span + "-01-more", "01-" + id + "-" + span + "-01-more",
		"ff-" + id + "-" + span + "-01", "00-" + strings.Repeat("0", 32) + "-" + span + "-01", "00-" + id + "-" + strings.Repeat("0", 16) + "-01",
		"00-" + id[1:] + "-" + span + "-01", "00-" + strings.ToUpper(id) + "-" + span + "-01", "00-" + id + "-" + span, "zz-" + id + "-" + span + "-01",
		"00-" + id + "-" + span + "-0x", "0-" + id + "-" + span + "-01", strings.Repeat("-", 1000),
	} {
		h := http.Header{"Traceparent": {parent}, "Tracestate": {"a=1,b=2"}}
		want := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(t.Context(), propagation.HeaderCarrier(h)))
		post(t, url+"/v1/nothing", "{}", "Traceparent", parent, "Tracestate", "a=1,b=2")
		if len(recorder.Started()) != i+1 {
			t.Fatalf("%d spans after %d requests", len(recorder.Started()), i+1)
		}
		if got := recorder.Started()[i].Parent(); !got.Equal(want) {
			t.Errorf("%q: %v, want %v", parent, got, want)
		}
	}
}
