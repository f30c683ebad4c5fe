package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/server"
	"github.com/querent-ai/chord/server/sse"
)

// stream posts a request and returns the events of the answer.
func stream(t *testing.T, url, body string, header ...string) (list []sse.Event) {
	t.Helper()
	a := do(t, "POST", url, body, header...)
	if a.status != 200 {
		t.Fatalf("%s %.200s: %d %s", url, body, a.status, a.body)
	}
	for e, err := range sse.Read(strings.NewReader(a.body)) {
		if err != nil {
			t.Fatal(err)
		}
		e.Data = cached.ReplaceAllString(e.Data, `"cached_tokens":0`)
		list = append(list, e)
	}
	return list
}

// cached is what the usage says of a replica's cache.
var cached = regexp.MustCompile(`"cached_tokens":\d+`)

// resumable are requests whose streams are resumed.
var resumable = []struct{ name, path, body string }{
	{"sampled chat", "/v1/chat/completions", with(hello, `"max_tokens":24,"stream":true`)},
	{"greedy chat", "/v1/chat/completions", with(hello, `"max_tokens":24,"stream":true,"temperature":0`)},
	{"usage", "/v1/chat/completions", with(hello, `"max_tokens":12,"stream":true,"stream_options":{"include_usage":true}`)},
	{"hot", "/v1/chat/completions", with(hello, `"max_tokens":40,"stream":true,"temperature":20,"top_k":0,"top_p":1,"min_p":0`)},
	{"log probabilities", "/v1/chat/completions", with(hello, `"max_tokens":12,"stream":true,"logprobs":true,"top_logprobs":2`)},
	{"text", "/v1/completions", `{"prompt":"Once upon a time","max_tokens":24,"stream":true}`},
	{"seed", "/v1/completions", `{"prompt":"Once upon a time","max_tokens":24,"stream":true,"seed":7}`},
	{"stop", "/v1/completions", `{"prompt":"Once upon a time","max_tokens":60,"stream":true,"seed":1,"stop":[" was"," saw"]}`},
	{"banned", "/v1/completions", `{"prompt":"Once upon a time","max_tokens":24,"stream":true,"banned_strings":[" little"]}`},
	{"penalties", "/v1/completions", `{"prompt":"Once upon a time","max_tokens":24,"stream":true,"repeat_penalty":1.3,"dry_multiplier":1,"mirostat":2}`},
	{"schema", "/v1/completions", `{"prompt":"Once upon a time","max_tokens":24,"stream":true,"json_schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}}`},
	{"echo", "/v1/completions", `{"prompt":"Once upon","max_tokens":10,"stream":true,"echo":true,"logprobs":1}`},
	{"lookup", "/v1/completions", `{"prompt":"One day, one day, one day","max_tokens":24,"stream":true,"lookup":8}`},
}

// replicas starts two servers with models of their own, and returns their addresses.
func replicas(t *testing.T) (a, b string) {
	for _, url := range []*string{&a, &b} {
		*url = serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: talesModel(t, chord.Options{})}}, Version: "1"})
	}
	return a, b
}

// TestResume cuts a stream after each event and wants another server to send the rest:
// the same data with the same ids.
func TestResume(t *testing.T) {
	a, b := replicas(t)
	for _, c := range resumable {
		t.Run(c.name, func(t *testing.T) {
			whole := stream(t, a+c.path, c.body)
			for i, e := range whole {
				if rest := stream(t, b+c.path, c.body, "Last-Event-ID", e.ID); fmt.Sprint(rest) != fmt.Sprint(whole[i+1:]) {
					t.Fatalf("after event %d of %d, %s:\n%v\nwant\n%v", i, len(whole), e.ID, rest, whole[i+1:])
				}
			}
			if len(whole) < 3 {
				t.Errorf("only %d events", len(whole))
			}
		})
	}
}

// TestResumeSeveral resumes streams of several texts, whose events come in any order: each
// text must go on where it was.
func TestResumeSeveral(t *testing.T) {
	a, b := replicas(t)
	for _, c := range []struct{ name, path, body string }{
		{"choices", "/v1/chat/completions", with(hello, `"max_tokens":8,"stream":true,"n":3`)},
		{"prompts", "/v1/completions", `{"prompt":["Once upon a time","One day"],"n":2,"max_tokens":6,"stream":true,"echo":true}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole := stream(t, a+c.path, c.body)
			want := choicesOf(t, whole)
			for i, e := range whole {
				rest := stream(t, b+c.path, c.body, "Last-Event-ID", e.ID)
				if got := choicesOf(t, append(whole[:i+1:i+1], rest...)); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("after event %d of %d, %s:\n%v\nwant\n%v", i, len(whole), e.ID, got, want)
				}
			}
		})
	}
}

// choicesOf returns the chunks of each choice, in order, and the number of all events.
func choicesOf(t *testing.T, list []sse.Event) (out [9][]string) {
	t.Helper()
	for _, e := range list {
		out[8] = append(out[8], "x")
		if e.Data == "[DONE]" {
			continue
		}
		for _, c := range decode[struct {
			Choices []json.RawMessage
		}](t, e.Data).Choices {
			i := decode[struct{ Index int }](t, string(c)).Index
			out[i] = append(out[i], string(c))
		}
	}
	return out
}

// TestResumeText repeats requests with the text that a client has of the answer.
func TestResumeText(t *testing.T) {
	a, b := replicas(t)
	for _, c := range resumable {
		if c.name == "echo" {
			continue // its text has the prompt too
		}
		t.Run(c.name, func(t *testing.T) {
			whole := stream(t, a+c.path, c.body)
			var id, text string
			for _, e := range whole {
				if e.Data != "[DONE]" {
					k := decode[chatChunk](t, e.Data)
					id = k.ID
				}
			}
			text = textOf(t, whole)
			for n := 0; n <= len(text); n += 1 + n/3 {
				if strings.ToValidUTF8(text[:n], "") != text[:n] {
					continue
				}
				have, _ := json.Marshal(map[string]string{"id": id, "text": text[:n]})
				rest := stream(t, b+c.path, with(c.body, `"resume":`+string(have)))
				if got := text[:n] + textOf(t, rest); got != text {
					t.Fatalf("with %d bytes %q, want %q", n, got, text)
				}
				if n == 0 && len(rest) != len(whole) {
					t.Errorf("%d events with no text, want %d", len(rest), len(whole))
				}
			}
		})
	}
}

// textOf returns the text that events have of the first choice.
func textOf(t *testing.T, list []sse.Event) string {
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintf(&b, "id: %s\ndata: %s\n\n", e.ID, e.Data)
	}
	if b.Len() == 0 {
		return ""
	}
	return streamText(t, b.String(), 0)
}

// TestResumeTwice wants a resumed stream to be one that can be resumed again.
func TestResumeTwice(t *testing.T) {
	a, b := replicas(t)
	c := resumable[0]
	whole := stream(t, a+c.path, c.body)
	id := decode[chatChunk](t, whole[0].Data).ID
	text := textOf(t, whole[:9])
	have, _ := json.Marshal(map[string]string{"id": id, "text": text[:len(text)-1]})
	body := with(c.body, `"resume":`+string(have))
	second := stream(t, b+c.path, body)
	for i, e := range second {
		rest := stream(t, a+c.path, c.body, "Last-Event-ID", e.ID)
		got := text[:len(text)-1] + textOf(t, second[:i+1]) + textOf(t, rest)
		if want := textOf(t, whole); got != want {
			t.Fatalf("after event %d: %q, want %q", i, got, want)
		}
	}
}

// TestResumeRefused wants an error for what cannot be resumed.
func TestResumeRefused(t *testing.T) {
	a, _ := replicas(t)
	const path, body = "/v1/completions", `{"prompt":"Once upon a time","max_tokens":6,"stream":true}`
	whole := stream(t, a+path, body)
	mid, last := whole[3].ID, whole[len(whole)-1].ID
	newer := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: talesModel(t, chord.Options{})}}, Version: "2"})
	shorter := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: talesModel(t, chord.Options{Context: 64})}}, Version: "1"})
	other := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: chordtest.Model(t, "Another text.")}}, Version: "1"})
	answer := decode[chatChunk](t, whole[0].Data).ID
	resume := func(id, text string) string {
		b, _ := json.Marshal(map[string]string{"id": id, "text": text})
		return with(body, `"resume":`+string(b))
	}
	for _, c := range []struct {
		name, url, body, id string
		status              int
		code, param         string
	}{
		{"a number", a, body, "17", 400, "invalid_value", "Last-Event-ID"},
		{"no id", a, body, "x-" + mid, 400, "invalid_value", "Last-Event-ID"},
		{"no position", a, body, strings.TrimRight(mid, "0123456789."), 400, "invalid_value", "Last-Event-ID"},
		{"negative position", a, body, mid + ".-1", 400, "invalid_value", "Last-Event-ID"},
		{"very long position", a, body, mid + strings.Repeat(".1", 20000), 400, "invalid_value", "Last-Event-ID"},
		{"other number of texts", a, body, mid + ".1", 400, "invalid_value", "Last-Event-ID"},
		{"beyond the end", a, body, last + "7", 409, "cannot_resume", ""},
		{"other request", a, strings.Replace(body, "time", "day", 1), mid, 409, "cannot_resume", ""},
		{"other option", a, with(body, `"temperature":0.5`), mid, 409, "cannot_resume", ""},
		{"other version", newer, body, mid, 409, "cannot_resume", ""},
		{"other context", shorter, body, mid, 409, "cannot_resume", ""},
		{"other model", other, body, mid, 409, "cannot_resume", ""},
		{"other text", a, resume(answer, "Colourless green ideas"), "", 409, "cannot_resume", ""},
		{"longer text", a, resume(answer, textOf(t, whole)+" and"), "", 409, "cannot_resume", ""},
		{"no answer's id", a, resume("chatcmpl-1", ""), "", 400, "invalid_value", "resume.id"},
		{"both", a, resume(answer, ""), mid, 400, "invalid_value", "resume"},
		{"resume a number", a, with(body, `"resume":7`), "", 400, "invalid_value", "resume"},
		{"two texts", a, with(body, `"resume":{"id":"`+answer+`","text":["a","b"]}`), "", 400, "invalid_value", "resume.text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var header []string
			if c.id != "" {
				header = []string{"Last-Event-ID", c.id}
			}
			r := do(t, "POST", c.url+path, c.body, header...)
			e := decode[apiError](t, r.body).Error
			if r.status != c.status || str(e.Code) != c.code || str(e.Param) != c.param {
				t.Errorf("%d %s, want %d %s %q", r.status, r.body, c.status, c.code, c.param)
			}
		})
	}
	again := do(t, "POST", a+path, `{"stream":true,"max_tokens":6,"prompt":"Once upon a time"}`, "Last-Event-ID", mid)
	if again.status != 200 {
		t.Errorf("the order of the members: %d %s", again.status, again.body)
	}
	if r := do(t, "POST", a+path, body, "Last-Event-ID", last); r.status != 200 || r.body != "" || r.header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("a client that has all gets %d %q", r.status, r.body)
	}
}

// cutWriter breaks the connection after some bytes.
type cutWriter struct {
	http.ResponseWriter
	left *int
}

func (w cutWriter) Write(b []byte) (int, error) {
	n := min(len(b), *w.left)
	*w.left -= n
	_, _ = w.ResponseWriter.Write(b[:n])
	if *w.left == 0 {
		_ = http.NewResponseController(w.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, nil
}

func (w cutWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// TestFollow reads streams through servers that break them after a while.
func TestFollow(t *testing.T) {
	a, _ := replicas(t)
	c := resumable[6] // with a seed
	want := textOf(t, stream(t, a+c.path, c.body))
	proxy := breaking(t, a, func(i int) int { return 300 + 331*i })
	text, breaks := "", 0
	q := sse.Request{URL: proxy + c.path, Body: []byte(c.body), Pause: 1, Reconnected: func(sse.Event, error) { breaks++ }}
	for e, err := range sse.Follow(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		text += textOf(t, []sse.Event{e})
	}
	if text != want || breaks < 2 {
		t.Errorf("%d breaks, %q, want %q", breaks, text, want)
	}
}

// breaking starts a proxy that breaks answer i after left(i) bytes.
func breaking(t *testing.T, to string, left func(i int) int) string {
	n := 0
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := http.NewRequestWithContext(r.Context(), r.Method, to+r.URL.Path, r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		q.Header = r.Header.Clone()
		p, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Error(err)
			return
		}
		defer p.Body.Close()
		bytes := left(n)
		n++
		w.WriteHeader(p.StatusCode)
		_, _ = io.Copy(cutWriter{w, &bytes}, p.Body)
	})
	s := newServer(t, h)
	return s.URL
}

// newServer starts an HTTP server.
func newServer(t *testing.T, h http.Handler) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}
