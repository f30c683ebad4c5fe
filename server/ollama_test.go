package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/server"
)

// An ollamaLine is a line of an answer of Ollama's API, or all of it.
type ollamaLine struct {
	Model     string
	CreatedAt time.Time `json:"created_at"`
	Response  string
	Thinking  string
	Message   struct {
		Role, Content, Thinking string
		ToolCalls               []struct {
			ID       string
			Function struct {
				Index     int
				Name      string
				Arguments map[string]any
			}
		} `json:"tool_calls"`
	}
	Done       bool
	DoneReason string `json:"done_reason"`
	Context    []int32
	Logprobs   []struct {
		Token   string
		Logprob float64
		Top     []struct{ Token string } `json:"top_logprobs"`
	}
	Total       int64 `json:"total_duration"`
	PromptCount int   `json:"prompt_eval_count"`
	PromptTime  int64 `json:"prompt_eval_duration"`
	Count       int   `json:"eval_count"`
}

// join makes one answer of the lines of a stream, as clients do.
func join(t *testing.T, r answer) ollamaLine {
	t.Helper()
	if ct := r.header.Get("Content-Type"); ct != "application/x-ndjson" {
		t.Errorf("content type %q", ct)
	}
	var all ollamaLine
	list := strings.Split(strings.TrimSuffix(r.body, "\n"), "\n")
	for i, text := range list {
		l := decode[ollamaLine](t, text)
		if l.Done != (i == len(list)-1) || l.CreatedAt.IsZero() || l.Model == "" || l.Done != (l.DoneReason != "") {
			t.Errorf("line %d of %d is %s", i, len(list), text)
		}
		l.Response, l.Thinking = all.Response+l.Response, all.Thinking+l.Thinking
		l.Message.Content, l.Message.Thinking = all.Message.Content+l.Message.Content, all.Message.Thinking+l.Message.Thinking
		l.Message.ToolCalls, l.Logprobs = append(all.Message.ToolCalls, l.Message.ToolCalls...), append(all.Logprobs, l.Logprobs...)
		all = l
	}
	return all
}

// TestOllamaStream compares streams with plain answers.
func TestOllamaStream(t *testing.T) {
	tool := `"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]`
	url := serve(t, server.Options{Models: []server.Model{
		{Name: "tales", Loaded: talesModel(t, chord.Options{})},
		{Name: "thinks", Loaded: chatModel(t, "<think>Hmm, let me see.</think>It is blue.")},
		{Name: "calls", Loaded: chatModel(t, twoCalls)},
	}})
	const chat, text = "/api/chat", "/api/generate"
	for _, c := range []struct {
		name, path, body, content, thinking string
		calls                               int
		reason                              string
	}{
		{"text", text, `{"model":"tales:latest","prompt":"Once upon","raw":true,"options":{"seed":1,"num_predict":60}}`, "", "", 0, "length"},
		{"hot", text, `{"model":"tales","prompt":"Once upon","raw":true,"options":{"seed":3,"num_predict":100,"temperature":20,"top_k":0,"top_p":1,"min_p":0}}`, "", "", 0, "length"},
		{"stop", text, `{"model":"tales","prompt":"Once upon","raw":true,"options":{"temperature":0,"stop":["."]}}`, "", "", 0, "stop"},
		{"answer", text, `{"model":"thinks","prompt":"Hello","think":true,"system":"Be kind"}`, "It is blue.", "Hmm, let me see.", 0, "stop"},
		{"num_ctx", text, `{"model":"tales","prompt":"Once upon","raw":true,"options":{"num_ctx":20,"seed":1,"num_batch":8,"num_gpu":99}}`, "", "", 0, "length"},
		{"logprobs", text, `{"model":"tales","prompt":"Once upon","raw":true,"logprobs":true,"top_logprobs":2,"options":{"num_predict":5,"seed":1}}`, "", "", 0, "length"},
		{"chat", chat, `{"model":"thinks","messages":[{"role":"user","content":"Hello"}],"think":"high","keep_alive":"5m"}`, "It is blue.", "Hmm, let me see.", 0, "stop"},
		{"tools", chat, `{"model":"calls","messages":[{"role":"user","content":"Hello"}],"options":{"temperature":0,"num_predict":200},` + tool + `}`, "", "", 2, "stop"},
		{"JSON", chat, `{"model":"tales","messages":[{"role":"user","content":"Hello"}],"format":"json","options":{"num_predict":30,"seed":1}}`, "", "", 0, "length"},
	} {
		t.Run(c.name, func(t *testing.T) {
			plain := decode[ollamaLine](t, post(t, url+c.path, with(c.body, `"stream":false`)).body)
			stream := join(t, post(t, url+c.path, c.body))
			what := func(l ollamaLine) string {
				return fmt.Sprintf("%q %q %q %q %+v %v %v %d %d %s", l.Response, l.Thinking, l.Message.Content, l.Message.Thinking, l.Message.ToolCalls, l.Context, l.Logprobs, l.PromptCount, l.Count, l.DoneReason)
			}
			if what(plain) != what(stream) {
				t.Errorf("the stream is %s, the answer %s", what(stream), what(plain))
			}
			content, thinking := plain.Response+plain.Message.Content, plain.Thinking+plain.Message.Thinking
			if c.content != "" && (content != c.content || thinking != c.thinking) || content == "" && c.calls == 0 || len(plain.Message.ToolCalls) != c.calls || plain.DoneReason != c.reason {
				t.Errorf("%s", what(plain))
			}
			switch {
			case c.calls > 0 && len(plain.Message.ToolCalls) == c.calls && plain.Message.ToolCalls[1].Function.Arguments["city"] != "Bonn":
				t.Errorf("%+v", plain.Message.ToolCalls)
			case c.name == "num_ctx" && plain.PromptCount+plain.Count != 20:
				t.Errorf("%d tokens in all", plain.PromptCount+plain.Count)
			case c.name == "logprobs" && (len(plain.Logprobs) != 5 || len(plain.Logprobs[0].Top) != 2):
				t.Errorf("%+v", plain.Logprobs)
			case c.name == "JSON" && !strings.HasPrefix(strings.TrimSpace(content), "{"):
				t.Errorf("%q", content)
			}
			if plain.Total <= 0 || plain.PromptTime <= 0 || plain.Model != strings.Split(c.body, `"`)[3] {
				t.Errorf("%+v", plain)
			}
		})
	}
}

// TestOllamaContext continues the tokens of an answer.
func TestOllamaContext(t *testing.T) {
	m := chatModel(t, "Yes, it is.")
	url := serve(t, server.Options{Models: []server.Model{{Name: "m", Loaded: m}}})
	first := decode[ollamaLine](t, post(t, url+"/api/generate", `{"prompt":"Hello","stream":false}`).body)
	text := m.Tokenizer().Decode(first.Context, bpe.DecodeOptions{})
	if !strings.Contains(text, "user\nHello") || !strings.HasSuffix(text, "Yes, it is.") {
		t.Errorf("the context is %q", text)
	}
	body, _ := json.Marshal(map[string]any{"prompt": "And?", "stream": false, "context": first.Context})
	second := decode[ollamaLine](t, post(t, url+"/api/generate", string(body)).body)
	again := m.Tokenizer().Decode(second.Context, bpe.DecodeOptions{})
	if second.Response != "Yes, it is." || !strings.HasPrefix(again, text) || !strings.Contains(again, "user\nAnd?") || second.PromptCount <= first.PromptCount {
		t.Errorf("%+v, the context is %q", second, again)
	}
}

// TestOllamaTruncate leaves out old messages of a chat that is too long.
func TestOllamaTruncate(t *testing.T) {
	m := chatModel(t, "Yes, it is.")
	url := serve(t, server.Options{Models: []server.Model{{Name: "m", Loaded: m}}})
	var list []chord.Message
	list = append(list, chord.Message{Role: "system", Content: "Be kind"})
	for i := range 20 {
		list = append(list, chord.Message{Role: []string{"user", "assistant"}[i%2], Content: fmt.Sprint("message ", i)})
	}
	list = append(list, chord.Message{Role: "user", Content: "last"})
	messages, _ := json.Marshal(list)
	body := `{"stream":false,"options":{"num_ctx":200},"messages":` + string(messages) + `}`
	a := decode[ollamaLine](t, post(t, url+"/api/chat", body).body)
	kept := append([]chord.Message{list[0]}, list[19:]...) // as many as fit, the user first
	tokens := func(list []chord.Message) int {
		text, err := m.ApplyTemplate(list, chord.ChatOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return len(m.Tokenizer().Encode(nil, text, bpe.EncodeOptions{}))
	}
	for n := 19; n > 0 && tokens(append([]chord.Message{list[0]}, list[n:]...)) <= 200; n -= 2 {
		kept = append([]chord.Message{list[0]}, list[n:]...)
	}
	if want := tokens(kept); a.PromptCount != want || len(kept) < 4 {
		t.Errorf("a prompt of %d tokens, want %d of %d messages", a.PromptCount, want, len(kept))
	}
	if r := do(t, "POST", url+"/api/chat", with(body, `"truncate":false`)); r.status != 400 || !strings.Contains(r.body, "num_ctx of 200") {
		t.Errorf("without truncation: %d %s", r.status, r.body)
	}
}

// TestOllamaLoad loads and unloads a model with requests without a prompt.
func TestOllamaLoad(t *testing.T) {
	path := modelFile(t, "late", "Yes, it is.")
	url := serve(t, server.Options{Models: []server.Model{{Name: "late", Path: path, Options: small}}})
	for _, c := range []struct{ path, body, reason, loaded string }{
		{"/api/generate", `{"model":"late"}`, "load", "late"},
		{"/api/generate", `{"model":"late","keep_alive":0}`, "unload", ""},
		{"/api/chat", `{"model":"late","messages":[],"keep_alive":-1}`, "load", "late"},
		{"/api/chat", `{"model":"late:latest","keep_alive":"0s"}`, "unload", ""},
		{"/api/generate", `{"model":"late","prompt":"Hello","stream":false,"keep_alive":0}`, "stop", ""},
	} {
		a := decode[ollamaLine](t, post(t, url+c.path, c.body).body)
		if got := strings.Join(loaded(t, url), " "); a.DoneReason != c.reason || !a.Done || got != c.loaded {
			t.Errorf("%s: %q, loaded %q, want %q, %q", c.body, a.DoneReason, got, c.reason, c.loaded)
		}
	}
}

// TestOllamaEmbed wants the vectors of texts.
func TestOllamaEmbed(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	want, err := m.Embed(t.Context(), []string{"One day", "a cat"}, chord.EmbedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	type vectors struct {
		Model      string
		Embeddings [][]float32
		Embedding  []float32
		Count      int `json:"prompt_eval_count"`
		Total      int `json:"total_duration"`
	}
	get := func(path, body string) vectors { return decode[vectors](t, post(t, url+path, body).body) }
	a := get("/api/embed", `{"model":"tales","input":["One day","a cat"]}`)
	if fmt.Sprint(a.Embeddings) != fmt.Sprint(want) || a.Model != "tales" || a.Count == 0 || a.Total == 0 {
		t.Errorf("%d vectors, %d tokens", len(a.Embeddings), a.Count)
	}
	if one := get("/api/embed", `{"input":"a cat"}`); fmt.Sprint(one.Embeddings) != fmt.Sprint(want[1:]) {
		t.Error("the vector of one text is another")
	}
	if one := get("/api/embed", `{"input":"a cat","dimensions":8}`); len(one.Embeddings[0]) != 8 {
		t.Errorf("%d dimensions", len(one.Embeddings[0]))
	}
	if one := get("/api/embeddings", `{"prompt":"a cat"}`); fmt.Sprint(one.Embedding) != fmt.Sprint(want[1]) {
		t.Error("the vector of a prompt is another")
	}
	for _, c := range [][2]string{{"/api/embed", `{"input":""}`}, {"/api/embed", `{"input":[]}`}, {"/api/embed", `{}`}, {"/api/embeddings", `{"prompt":""}`}} {
		if r := post(t, url+c[0], c[1]).body; !strings.Contains(r, `:[]`) {
			t.Errorf("%s %s: %s", c[0], c[1], r)
		}
	}
	long := strings.Repeat("a cat ", 2000)
	if r := do(t, "POST", url+"/api/embed", `{"input":"`+long+`","truncate":false}`); r.status != 400 {
		t.Errorf("a long text: %d %.200s", r.status, r.body)
	}
	get("/api/embed", `{"input":"`+long+`"}`)
}

// TestOllamaModels lists, describes, copies and deletes models.
func TestOllamaModels(t *testing.T) {
	path := modelFile(t, "late", "Yes, it is.")
	url := serve(t, server.Options{Version: "1.2.3", Models: []server.Model{echoModel(t, "m", "Yes, it is."), {Name: "late", Path: path, Options: small, Size: 7, Digest: "abc"}}})
	type list struct {
		Models []struct {
			Name, Model, Digest string
			Size                int64
			Modified            time.Time `json:"modified_at"`
			Expires             time.Time `json:"expires_at"`
			Context             int       `json:"context_length"`
			Details             struct {
				Format, Family string
				ParameterSize  string `json:"parameter_size"`
				Quantization   string `json:"quantization_level"`
			}
		}
	}
	names := func(path string) (names string) {
		for _, m := range decode[list](t, do(t, "GET", url+path, "").body).Models {
			names += m.Name + " "
		}
		return names
	}
	if got := names("/api/tags"); got != "m late " {
		t.Errorf("tags %s", got)
	}
	late := decode[list](t, do(t, "GET", url+"/api/tags", "").body).Models[1]
	if d := late.Details; late.Size != 7 || late.Digest != "abc" || late.Modified.IsZero() || d.Format != "gguf" || d.Family != "llama" || d.ParameterSize == "" || d.Quantization != "F32" {
		t.Errorf("%+v", late)
	}
	post(t, url+"/api/generate", `{"model":"late"}`)
	for _, m := range decode[list](t, do(t, "GET", url+"/api/ps", "").body).Models {
		if m.Size == 0 || m.Expires.Before(time.Now()) || m.Context == 0 || m.Name == "late" && m.Context != 256 {
			t.Errorf("ps: %+v", m)
		}
	}
	s := decode[struct {
		Details      struct{ Family string }
		Info         map[string]any `json:"model_info"`
		Capabilities []string
		Parameters   string
	}](t, post(t, url+"/api/show", `{"model":"late"}`).body)
	if s.Details.Family != "llama" || s.Info["llama.context_length"] != 16384.0 || s.Info["general.architecture"] != "llama" || s.Capabilities[0] != "completion" || !strings.Contains(s.Parameters, "256") {
		t.Errorf("show: %+v", s)
	}
	post(t, url+"/api/show", `{"name":"m:latest"}`)
	post(t, url+"/api/copy", `{"source":"late","destination":"gpt-4o:latest"}`)
	if got := names("/api/tags"); got != "m late gpt-4o:latest " {
		t.Errorf("tags after a copy: %s", got)
	}
	if a := decode[ollamaLine](t, post(t, url+"/api/generate", `{"model":"gpt-4o:latest","prompt":"a","stream":false}`).body); a.Response != "Yes, it is." || a.Model != "gpt-4o:latest" {
		t.Errorf("the copy: %+v", a)
	}
	if a := do(t, "DELETE", url+"/api/delete", `{"model":"gpt-4o:latest"}`); a.status != 200 || a.body != "" || names("/api/tags") != "m late " {
		t.Errorf("delete: %d %s, tags %s", a.status, a.body, names("/api/tags"))
	}
	if v := do(t, "GET", url+"/api/version", "").body; v != `{"version":"1.2.3"}` {
		t.Errorf("version %s", v)
	}
	if a, b := do(t, "HEAD", url+"/", ""), do(t, "GET", url+"/", ""); a.status != 200 || a.body != "" || b.body != "chord is running" {
		t.Errorf("root: %d, %q", a.status, b.body)
	}
}

// TestOllamaRefused wants the status and text of errors.
func TestOllamaRefused(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	const chat, text, embed = "/api/chat", "/api/generate", "/api/embed"
	hello := `{"messages":[{"role":"user","content":"Hello"}]}`
	long := strings.Repeat("Once upon a time ", 2000)
	for _, c := range []struct {
		name, path, body string
		status           int
		text             string
	}{
		{"no body", chat, "", 400, "body"},
		{"deep", chat, `{"tools":` + strings.Repeat("[", 100_000), 400, "JSON"},
		{"no role", chat, `{"messages":[{"content":"a"}]}`, 400, "messages[0].role"},
		{"image", chat, `{"messages":[{"role":"user","images":["AAAA"]}]}`, 400, "messages[0]: a picture"},
		{"arguments", chat, `{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}]}`, 400, "messages[0].tool_calls[0].function.arguments"},
		{"call without a name", chat, `{"messages":[{"role":"assistant","tool_calls":[{"function":{}}]}]}`, 400, "messages[0].tool_calls[0].function.name"},
		{"tool", chat, with(hello, `"tools":[{"type":"function","function":{}}]`), 400, "tools[0].function.name"},
		{"tool of another type", chat, with(hello, `"tools":[{"type":"web"}]`), 400, "tools[0].type"},
		{"unknown model", chat, with(hello, `"model":"llama3"`), 404, `\"llama3\" does not exist`},
		{"option a text", chat, with(hello, `"options":{"temperature":"hot"}`), 400, "options.temperature"},
		{"options a list", chat, with(hello, `"options":[]`), 400, "options"},
		{"num_ctx 0", chat, with(hello, `"options":{"num_ctx":0}`), 400, "options.num_ctx"},
		{"num_predict", chat, with(hello, `"options":{"num_predict":-5}`), 400, "options.num_predict"},
		{"num_predict 2^63", chat, with(hello, `"options":{"num_predict":9223372036854775808}`), 400, "options.num_predict"},
		{"17 stops", chat, with(hello, `"options":{"stop":[`+strings.TrimSuffix(strings.Repeat(`"a",`, 17), ",")+`]}`), 400, "options.stop"},
		{"template of options", chat, with(hello, `"options":{"chat_template":"a"}`), 400, "options.chat_template"},
		{"think", chat, with(hello, `"think":"loud"`), 400, "think"},
		{"format", chat, with(hello, `"format":"xml"`), 400, "format"},
		{"pattern", chat, with(hello, `"format":{"type":"string","pattern":"*"}`), 400, "format"},
		{"keep_alive", chat, with(hello, `"keep_alive":"soon"`), 400, "keep_alive"},
		{"top_logprobs", chat, with(hello, `"top_logprobs":21`), 400, "top_logprobs"},
		{"long message", chat, `{"messages":[{"role":"user","content":"` + long + `"}]}`, 400, "context"},
		{"long prompt", text, `{"raw":true,"prompt":"` + long + `"}`, 400, "context"},
		{"longer than num_ctx", text, `{"raw":true,"prompt":"Once upon a time there was a cat","options":{"num_ctx":3}}`, 400, "num_ctx of 3"},
		{"image of a prompt", text, `{"prompt":"a","images":["AAAA"]}`, 400, "a picture"},
		{"template", text, `{"prompt":"a","template":"{{ .Prompt }}"}`, 400, "template"},
		{"suffix", text, `{"prompt":"a","suffix":"b"}`, 400, "suffix"},
		{"raw with a system", text, `{"prompt":"a","raw":true,"system":"b"}`, 400, "raw"},
		{"context above the vocabulary", text, `{"prompt":"a","context":[999999]}`, 400, "999999"},
		{"context -1", text, `{"prompt":"a","context":[-1]}`, 400, "-1"},
		{"empty text", embed, `{"input":["a",""]}`, 400, "input[1]"},
		{"input a number", embed, `{"input":7}`, 400, "input"},
		{"dimensions", embed, `{"input":"a","dimensions":0}`, 400, "dimensions"},
		{"2,049 texts", embed, `{"input":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 2049), ",") + `]}`, 400, "input"},
		{"show nothing", "/api/show", `{}`, 400, "model"},
		{"show unknown", "/api/show", `{"model":"x"}`, 404, "x"},
		{"copy unknown", "/api/copy", `{"source":"x","destination":"y"}`, 404, "x"},
		{"copy upwards", "/api/copy", `{"source":"tales","destination":"../../etc/x"}`, 400, "destination"},
		{"copy to nothing", "/api/copy", `{"source":"tales"}`, 400, "destination"},
		{"pull", "/api/pull", `{"model":"org/name"}`, 400, "fetches no models"},
		{"pull an address", "/api/pull", `{"model":"http://127.0.0.1/x"}`, 400, "model"},
		{"pull upwards", "/api/pull", `{"model":"org/../../x"}`, 400, "model"},
		{"pull without TLS", "/api/pull", `{"model":"org/name","insecure":true}`, 400, "insecure"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantText(t, do(t, "POST", url+c.path, c.body), c.status, c.text)
		})
	}
	wantText(t, do(t, "DELETE", url+"/api/delete", `{"model":"tales"}`), 403, "configuration")
	wantText(t, do(t, "DELETE", url+"/api/delete", `{"model":"x"}`), 404, "x")
	wantText(t, do(t, "GET", url+"/api/chat", ""), 405, "POST")
	wantText(t, do(t, "POST", url+"/api/push", "{}"), 404, "push")
	wantText(t, do(t, "POST", url+"/api/chat", "{}", "Content-Type", "text/plain"), 415, "application/json")
	wantText(t, do(t, "POST", url+"/api/chat", "{}", "Origin", "https://evil.example"), 403, "evil")
}

// wantText wants an error in Ollama's shape, a text.
func wantText(t *testing.T, a answer, status int, text string) {
	t.Helper()
	e := decode[map[string]any](t, a.body)
	if message, ok := e["error"].(string); a.status != status || !ok || len(e) != 1 || !strings.Contains(message, strings.ReplaceAll(text, `\"`, `"`)) {
		t.Errorf("%d, want %d and %s: %.300s", a.status, status, text, a.body)
	}
}
