package server_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
)

// TestLog wants a record of every request, and no word of prompts, answers or keys in it,
// whatever comes of the request.
func TestLog(t *testing.T) {
	const secret, key, said = "xylophone", "quicksilver", "marmalade"
	var log records
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", said+" and nothing else.")}, Log: slog.New(&log), Keys: []string{key}})
	talk := `[{"role":"user","content":"` + secret + `"}]`
	n := 0
	for _, c := range []struct{ path, body string }{
		{"/v1/chat/completions", `{"messages":` + talk + `}`},
		{"/v1/chat/completions", `{"messages":` + talk + `,"stream":true,"user":"` + secret + `"}`},
		{"/v1/chat/completions", `{"messages":` + talk + `,"temperature":"` + secret + `"}`},
		{"/v1/chat/completions", `{"messages":[{"role":"` + secret + `"}]}`},
		{"/v1/chat/completions", `{"messages":` + talk + `,"json_schema":{"type":"` + secret + `"}}`},
		{"/v1/chat/completions", `{"messages":` + talk + `,"model":"` + secret + `"}`},
		{"/v1/chat/completions", `{"messages":` + talk + `,"stop":["` + secret + `"],"logprobs":true}`},
		{"/v1/completions", `{"prompt":"` + secret + `"}`},
		{"/v1/completions", `{"prompt":"` + strings.Repeat(secret, 10_000) + `"}`},
		{"/v1/embeddings", `{"input":"` + secret + `"}`},
		{"/v1/responses", `{"input":"` + secret + `"}`},
		{"/v1/messages", `{"max_tokens":9,"messages":` + talk + `}`},
		{"/api/chat", `{"messages":` + talk + `}`},
		{"/api/generate", `{"prompt":"` + secret + `"}`},
		{"/completion", `{"prompt":"` + secret + `"}`},
		{"/tokenize", `{"content":"` + secret + `"}`},
		{"/v1/rerank", `{"query":"` + secret + `","documents":["` + secret + `"]}`},
		{"/v1/completions?prompt=" + secret, secret},
	} {
		for _, header := range []string{"Bearer " + key, "Bearer not-" + key} {
			do(t, "POST", url+c.path, c.body, "Authorization", header)
			n++
		}
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	text := log.text.String()
	if got := strings.Count(text, "msg=request "); got != n {
		t.Errorf("%d records of %d requests", got, n)
	}
	for _, word := range []string{secret, key, said} {
		if i := strings.Index(text, word); i >= 0 {
			t.Errorf("the log has %q: %s", word, text[max(0, i-200):i+len(word)])
		}
	}
	for _, want := range []string{"method=POST", "path=/v1/chat/completions", "status=200", "status=400", "status=401", "status=404", "model=m", "generated=", "time="} {
		if !strings.Contains(text, want) {
			t.Errorf("the log has no %s:\n%s", want, text)
		}
	}
}

// TestLimits asks for as much as the limits allow, and for one more.
func TestLimits(t *testing.T) {
	m := talesModel(t, chord.Options{})
	limits := server.Limits{Choices: 2, Stops: 3, LogitBias: 4, TopLogprobs: 5, Inputs: 6, Header: 8 << 10}
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}, Limits: limits})
	neighbour(t, url)
	list := func(n int, format string) string {
		var s []string
		for i := range n {
			s = append(s, strings.ReplaceAll(format, "#", fmt.Sprint(i)))
		}
		return strings.Join(s, ",")
	}
	const text, chat, few = "/v1/completions", "/v1/chat/completions", `"max_tokens":1,"messages":[{"role":"user","content":"a"}]`
	for _, c := range []struct {
		name, path string
		most       int
		body       func(n int) string
		param      string // of the error
	}{
		{"n", chat, 2, func(n int) string { return fmt.Sprintf(`{%s,"n":%d}`, few, n) }, "n"},
		{"n of texts", text, 2, func(n int) string { return fmt.Sprintf(`{"prompt":"a","max_tokens":1,"n":%d}`, n) }, "n"},
		{"stop", chat, 3, func(n int) string { return `{` + few + `,"stop":[` + list(n, `"#"`) + `]}` }, "stop"},
		{"stop of texts", text, 3, func(n int) string { return `{"prompt":"a","max_tokens":1,"stop":[` + list(n, `"#"`) + `]}` }, "stop"},
		{"stop of llama-server", "/completion", 3, func(n int) string { return `{"prompt":"a","n_predict":1,"stop":[` + list(n, `"#"`) + `]}` }, "stop"},
		{"stop of Anthropic", "/v1/messages", 3, func(n int) string { return `{` + few + `,"stop_sequences":[` + list(n, `"#"`) + `]}` }, "stop_sequences"},
		{"stop of Ollama", "/api/chat", 3, func(n int) string {
			return `{"stream":false,"messages":[{"role":"user","content":"a"}],"options":{"num_predict":1,"stop":[` + list(n, `"#"`) + `]}}`
		}, "stop"},
		{"logit_bias", chat, 4, func(n int) string { return `{` + few + `,"logit_bias":{` + list(n, `"#":1`) + `}}` }, "logit_bias"},
		{"logit_bias of llama-server", "/completion", 4, func(n int) string { return `{"prompt":"a","n_predict":1,"logit_bias":[` + list(n, `[#,1]`) + `]}` }, "logit_bias"},
		{"top_logprobs", chat, 5, func(n int) string { return fmt.Sprintf(`{%s,"logprobs":true,"top_logprobs":%d}`, few, n) }, "top_logprobs"},
		{"logprobs of texts", text, 5, func(n int) string { return fmt.Sprintf(`{"prompt":"a","max_tokens":1,"logprobs":%d}`, n) }, "logprobs"},
		{"n_probs of llama-server", "/completion", 5, func(n int) string { return fmt.Sprintf(`{"prompt":"a","n_predict":1,"n_probs":%d}`, n) }, "n_probs"},
		{"inputs", "/v1/embeddings", 6, func(n int) string { return `{"input":[` + list(n, `"a"`) + `]}` }, "input"},
		{"prompts", text, 6, func(n int) string { return `{"max_tokens":1,"prompt":[` + list(n, `"a"`) + `]}` }, "prompt"},
		{"prompts of llama-server", "/completion", 6, func(n int) string { return `{"n_predict":1,"prompt":[` + list(n, `"a"`) + `]}` }, "prompt"},
		{"inputs of Ollama", "/api/embed", 6, func(n int) string { return `{"input":[` + list(n, `"a"`) + `]}` }, "input"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if a := do(t, "POST", url+c.path, c.body(c.most)); a.status != 200 {
				t.Errorf("%d: status %d: %.300s", c.most, a.status, a.body)
			}
			a := do(t, "POST", url+c.path, c.body(c.most+1))
			if a.status != 400 || !strings.Contains(a.body, c.param) {
				t.Errorf("%d: status %d, want 400 and %q: %.300s", c.most+1, a.status, c.param, a.body)
			}
		})
	}
	line := "GET /health HTTP/1.1\r\nHost: localhost\r\nX: "
	for n, want := range map[int]int{8<<10 - len(line) - 4: 200, 8<<10 + 1: 431} {
		if got := raw(t, url, line+strings.Repeat("x", n)+"\r\n\r\n"); got != want {
			t.Errorf("a header with %d bytes more: status %d, want %d", n, got, want)
		}
	}
}
