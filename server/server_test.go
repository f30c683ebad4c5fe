package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/server"
	"github.com/querent-ai/chord/tales"
)

// talesModel opens the model that tells stories.
func talesModel(t *testing.T, o chord.Options) *chord.Model {
	t.Helper()
	o.Threads = 1
	m, err := chord.OpenFS(tales.FS, tales.Name, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// serve starts a server and returns its address.
func serve(t *testing.T, o server.Options) string {
	t.Helper()
	_, url := start(t, o)
	return url
}

// start starts a server.
func start(t *testing.T, o server.Options) (*server.Server, string) {
	t.Helper()
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewUnstartedServer(nil)
	h.Config = s.HTTP()
	h.Start()
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
		s.Close()
	})
	return s, h.URL
}

// echoModel is a server's model that always answers text.
func echoModel(t *testing.T, name, text string) server.Model {
	return server.Model{Name: name, Loaded: chordtest.Model(t, text)}
}

// An answer is what a server answers.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request. A body is JSON.
func do(t *testing.T, method, url, body string, header ...string) answer {
	t.Helper()
	q, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method != http.MethodGet && method != http.MethodHead {
		q.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		if q.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			q.Host = header[i+1]
		}
	}
	c := http.Client{Timeout: time.Minute}
	r, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{r.StatusCode, r.Header, string(b)}
}

// post posts JSON and wants 200.
func post(t *testing.T, url, body string) answer {
	t.Helper()
	a := do(t, "POST", url, body)
	if a.status != 200 {
		t.Fatalf("%s %.200s: %d %s", url, body, a.status, a.body)
	}
	return a
}

// decode decodes an answer.
func decode[T any](t *testing.T, body string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

// An apiError is an error in OpenAI's shape.
type apiError struct {
	Error struct {
		Message string
		Type    string
		Param   *string
		Code    *string
	}
}

// str returns *s, "" for nil.
func str(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// events returns the data of a stream's events, and wants its form: an id for each,
// counted from 1.
func events(t *testing.T, body string) (list []string) {
	t.Helper()
	for i, e := range strings.Split(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		if strings.HasPrefix(e, ":") {
			continue
		}
		id, data, ok := strings.Cut(e, "\ndata: ")
		if !ok || strings.Contains(data, "\n") || !strings.HasPrefix(id, "id: ") {
			t.Fatalf("event %d is %q", i, e)
		}
		list = append(list, data)
	}
	return list
}

type chatChunk struct {
	ID, Object, Model string
	Created           int64
	Choices           []struct {
		Index        int
		Delta        map[string]json.RawMessage
		Text         string
		Logprobs     json.RawMessage
		FinishReason *string `json:"finish_reason"`
	}
	Usage json.RawMessage
}

type chatAnswer struct {
	ID, Object, Model string
	Choices           []struct {
		Index   int
		Message struct {
			Role      string
			Content   *string
			ToolCalls []struct {
				ID, Type string
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
			ReasoningContent string `json:"reasoning_content"`
		}
		Text         string
		Logprobs     json.RawMessage
		FinishReason string `json:"finish_reason"`
	}
	Usage struct {
		PromptTokens        int `json:"prompt_tokens"`
		CompletionTokens    int `json:"completion_tokens"`
		TotalTokens         int `json:"total_tokens"`
		PromptTokensDetails struct {
			CachedTokens int `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
	}
}

const hello = `{"messages":[{"role":"user","content":"Hello"}]}`

// with returns a JSON object with more members.
func with(object, members string) string {
	return strings.TrimSuffix(object, "}") + "," + members + "}"
}

func TestChat(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "It is blue, all day.")}})
	a := decode[chatAnswer](t, post(t, url+"/v1/chat/completions", hello).body)
	c := a.Choices[0]
	if a.Object != "chat.completion" || a.Model != "m" || c.Message.Role != "assistant" || str(c.Message.Content) != "It is blue, all day." || c.FinishReason != "stop" {
		t.Errorf("%+v", a)
	}
	if u := a.Usage; u.PromptTokens == 0 || u.CompletionTokens == 0 || u.TotalTokens != u.PromptTokens+u.CompletionTokens {
		t.Errorf("usage %+v", u)
	}
	again := decode[chatAnswer](t, post(t, url+"/v1/chat/completions", hello).body)
	if again.Usage.PromptTokensDetails.CachedTokens == 0 {
		t.Errorf("the second usage has no cached tokens: %+v", again.Usage)
	}
}

// TestChatStream holds every chunk of a stream.
func TestChatStream(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "It is blue, all day.")}})
	r := post(t, url+"/v1/chat/completions", with(hello, `"stream":true,"stream_options":{"include_usage":true}`))
	if ct, cc, xa := r.header.Get("Content-Type"), r.header.Get("Cache-Control"), r.header.Get("X-Accel-Buffering"); ct != "text/event-stream" || cc != "no-cache" || xa != "no" {
		t.Errorf("headers %q %q %q", ct, cc, xa)
	}
	list := events(t, r.body)
	if list[len(list)-1] != "[DONE]" {
		t.Errorf("the last event is %s", list[len(list)-1])
	}
	if !strings.Contains(list[0], `"delta":{"role":"assistant","content":""}`) || !strings.Contains(list[0], `"finish_reason":null`) || !strings.Contains(list[0], `"usage":null`) {
		t.Errorf("the first chunk is %s", list[0])
	}
	n := len(list)
	if !strings.Contains(list[n-2], `"choices":[],"usage":{"prompt_tokens":`) {
		t.Errorf("the chunk with the usage is %s", list[n-2])
	}
	if !strings.Contains(list[n-3], `"delta":{},"logprobs":null,"finish_reason":"stop"`) {
		t.Errorf("the last chunk of the choice is %s", list[n-3])
	}
	first := decode[chatChunk](t, list[0])
	for _, data := range list[:n-1] {
		c := decode[chatChunk](t, data)
		if c.ID != first.ID || c.Created != first.Created || c.Object != "chat.completion.chunk" || c.Model != "m" {
			t.Errorf("chunk %s", data)
		}
	}
	if strings.Contains(post(t, url+"/v1/chat/completions", with(hello, `"stream":true`)).body, `"usage"`) {
		t.Error("a stream has usage that nobody asked for")
	}
}

// streamText returns the text of a stream's choice.
func streamText(t *testing.T, body string, index int) string {
	t.Helper()
	text := ""
	for _, data := range events(t, body) {
		if data == "[DONE]" {
			continue
		}
		for _, c := range decode[chatChunk](t, data).Choices {
			if c.Index == index {
				text += c.Text
				if b := c.Delta["content"]; b != nil {
					text += decode[string](t, string(b))
				}
			}
		}
	}
	return text
}

// TestStreamIsAnswer compares streams with plain answers, byte for byte.
func TestStreamIsAnswer(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	for _, c := range []struct{ name, path, body string }{
		{"text", "/v1/completions", `{"prompt":"Once upon a time","max_tokens":60,"seed":1}`},
		{"greedy", "/v1/completions", `{"prompt":"Once upon a time","max_tokens":60,"temperature":0}`},
		{"chat", "/v1/chat/completions", with(hello, `"max_tokens":60,"seed":2`)},
		{"hot", "/v1/chat/completions", with(hello, `"max_tokens":100,"seed":3,"temperature":20,"top_k":0,"top_p":1,"min_p":0`)},
		{"choices", "/v1/chat/completions", with(hello, `"max_tokens":20,"seed":4,"n":3`)},
		{"stop", "/v1/completions", `{"prompt":"Once upon a time","max_tokens":80,"seed":1,"stop":[" was"," saw"]}`},
		{"echo", "/v1/completions", `{"prompt":["Once upon","One day"],"max_tokens":10,"seed":1,"echo":true,"n":2}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			plain := decode[chatAnswer](t, post(t, url+c.path, c.body).body)
			stream := post(t, url+c.path, with(c.body, `"stream":true`)).body
			for i, choice := range plain.Choices {
				want := choice.Text + str(choice.Message.Content)
				if got := streamText(t, stream, i); got != want {
					t.Errorf("choice %d: the stream is %q, the answer %q", i, got, want)
				}
				if want == "" {
					t.Errorf("choice %d is empty", i)
				}
			}
		})
	}
}

// TestRefused wants, for each wrong request, its status, type, code and param.
func TestRefused(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	neighbour(t, url)
	const chat, text, embed = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
	big := strings.Repeat("Once upon a time ", 2000)
	many := func(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }
	for _, c := range []struct {
		name, path, body string
		status           int
		code, param      string
	}{
		{"no body", chat, "", 400, "invalid_value", ""},
		{"no JSON", chat, "{", 400, "invalid_value", ""},
		{"no object", chat, "[]", 400, "invalid_value", ""},
		{"two values", chat, hello + "{}", 400, "invalid_value", ""},
		{"invalid UTF-8", chat, "{\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}", 400, "invalid_value", "messages[0].content"},
		{"lone surrogate", chat, `{"messages":[{"role":"user","content":"\ud800"}]}`, 400, "invalid_value", "messages[0].content"},
		{"name twice", chat, `{"messages":[],"messages":[]}`, 400, "invalid_value", "messages"},
		{"deep", chat, with(hello, `"tools":`+strings.Repeat("[", 3000)), 400, "invalid_value", ""},
		{"deep and long", chat, with(hello, `"tools":`+strings.Repeat("[", 1_000_000)), 400, "invalid_value", ""},
		{"no messages", chat, `{}`, 400, "invalid_value", "messages"},
		{"other case", chat, `{"Messages":[{"role":"user","content":"Hello"}]}`, 400, "invalid_value", "messages"},
		{"messages null", chat, `{"messages":null}`, 400, "invalid_value", "messages"},
		{"messages a text", chat, `{"messages":"Hello"}`, 400, "invalid_value", "messages"},
		{"no role", chat, `{"messages":[{"content":"Hello"}]}`, 400, "invalid_value", "messages[0].role"},
		{"content a number", chat, `{"messages":[{"role":"user","content":1}]}`, 400, "invalid_value", "messages[0].content"},
		{"image", chat, `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}`, 400, "invalid_value", "messages[0].content[0].image_url.url"},
		{"unknown model", chat, with(hello, `"model":"gpt-4o"`), 404, "model_not_found", "model"},
		{"model a number", chat, with(hello, `"model":1`), 400, "invalid_value", "model"},
		{"temperature a text", chat, with(hello, `"temperature":"hot"`), 400, "invalid_value", "temperature"},
		{"temperature NaN", chat, with(hello, `"temperature":NaN`), 400, "invalid_value", "temperature"},
		{"temperature too large", chat, with(hello, `"temperature":1e999`), 400, "invalid_value", "temperature"},
		{"temperature too large for a float32", chat, with(hello, `"temperature":1e300`), 400, "invalid_value", "temperature"},
		{"top_p", chat, with(hello, `"top_p":2`), 400, "invalid_value", "top_p"},
		{"min_p", chat, with(hello, `"min_p":2`), 400, "invalid_value", "min_p"},
		{"top_k no integer", chat, with(hello, `"top_k":1.5`), 400, "invalid_value", "top_k"},
		{"repeat_last_n", chat, with(hello, `"repeat_last_n":2147483648`), 400, "invalid_value", "repeat_last_n"},
		{"seed", chat, with(hello, `"seed":99999999999999999999`), 400, "invalid_value", "seed"},
		{"max_tokens 0", chat, with(hello, `"max_tokens":0`), 400, "invalid_value", "max_tokens"},
		{"max_tokens -5", chat, with(hello, `"max_tokens":-5`), 400, "invalid_value", "max_tokens"},
		{"max_completion_tokens", chat, with(hello, `"max_completion_tokens":1.5`), 400, "invalid_value", "max_completion_tokens"},
		{"n 0", chat, with(hello, `"n":0`), 400, "invalid_value", "n"},
		{"n 9", chat, with(hello, `"n":9`), 400, "invalid_value", "n"},
		{"n a million", text, `{"prompt":"a","n":1000000}`, 400, "invalid_value", "n"},
		{"best_of", text, `{"prompt":"a","best_of":1000000}`, 400, "invalid_value", "best_of"},
		{"17 stops", chat, with(hello, `"stop":[`+many(17, `"a"`)+`]`), 400, "invalid_value", "stop"},
		{"100,000 stops", chat, with(hello, `"stop":[`+many(100_000, `"a"`)+`]`), 400, "invalid_value", "stop"},
		{"empty stop", chat, with(hello, `"stop":""`), 400, "invalid_value", "stop"},
		{"stop a number", chat, with(hello, `"stop":7`), 400, "invalid_value", "stop"},
		{"logit_bias above the vocabulary", chat, with(hello, `"logit_bias":{"999999":1}`), 400, "invalid_value", "logit_bias"},
		{"logit_bias of no token", chat, with(hello, `"logit_bias":{"-1":1}`), 400, "invalid_value", "logit_bias"},
		{"logit_bias a text", chat, with(hello, `"logit_bias":{"1":"x"}`), 400, "invalid_value", "logit_bias"},
		{"stop_token_ids above the vocabulary", chat, with(hello, `"stop_token_ids":[999999]`), 400, "invalid_value", "stop_token_ids[0]"},
		{"top_logprobs 21", chat, with(hello, `"logprobs":true,"top_logprobs":21`), 400, "invalid_value", "top_logprobs"},
		{"top_logprobs alone", chat, with(hello, `"top_logprobs":2`), 400, "invalid_value", "top_logprobs"},
		{"logprobs a number", chat, with(hello, `"logprobs":2`), 400, "invalid_value", "logprobs"},
		{"logprobs a million", text, `{"prompt":"a","logprobs":1000000}`, 400, "invalid_value", "logprobs"},
		{"template", chat, with(hello, `"chat_template":"{{ 1 }}"`), 400, "invalid_value", "chat_template"},
		{"template variable", chat, with(hello, `"chat_template_kwargs":{"x":[1]}`), 400, "invalid_value", "chat_template_kwargs.x"},
		{"effort", chat, with(hello, `"reasoning_effort":"much"`), 400, "invalid_value", "reasoning_effort"},
		{"format", chat, with(hello, `"response_format":{"type":"xml"}`), 400, "invalid_value", "response_format.type"},
		{"no schema", chat, with(hello, `"response_format":{"type":"json_schema","json_schema":{"name":"x"}}`), 400, "invalid_value", "response_format.json_schema.schema"},
		{"grammar without root", chat, with(hello, `"grammar":"Root ::= \"a\""`), 400, "invalid_value", "grammar"},
		{"deep grammar", chat, with(hello, `"grammar":"root ::= `+strings.Repeat("(", 60000)+`"`), 400, "invalid_value", "grammar"},
		{"pattern", chat, with(hello, `"json_schema":{"type":"string","pattern":"*"}`), 400, "invalid_value", "json_schema"},
		{"look behind", chat, with(hello, `"json_schema":{"type":"string","pattern":"(?<=x)*"}`), 400, "invalid_value", "json_schema"},
		{"grammar and schema", chat, with(hello, `"grammar":"root ::= \"a\"","json_schema":{}`), 400, "invalid_value", "grammar"},
		{"tool choice", chat, with(hello, `"tool_choice":"maybe"`), 400, "invalid_value", "tool_choice"},
		{"tool choice without tools", chat, with(hello, `"tool_choice":"required"`), 400, "invalid_value", "tool_choice"},
		{"no such tool", chat, with(hello, `"tool_choice":{"type":"function","function":{"name":"f"}}`), 400, "invalid_value", "tool_choice.function.name"},
		{"tool of another type", chat, with(hello, `"tools":[{"type":"web"}]`), 400, "invalid_value", "tools[0].type"},
		{"tool without a name", chat, with(hello, `"tools":[{"type":"function","function":{}}]`), 400, "invalid_value", "tools[0].function.name"},
		{"no prompt", text, `{}`, 400, "invalid_value", "prompt"},
		{"no prompts", text, `{"prompt":[]}`, 400, "invalid_value", "prompt"},
		{"prompt an object", text, `{"prompt":{}}`, 400, "invalid_value", "prompt"},
		{"prompt of mixed kinds", text, `{"prompt":["a",1]}`, 400, "invalid_value", "prompt[1]"},
		{"token -1", text, `{"prompt":[-1]}`, 400, "invalid_value", "ids[0]"},
		{"token above the vocabulary", text, `{"prompt":[999999]}`, 400, "invalid_value", "ids[0]"},
		{"tokens [[-1]]", text, `{"prompt":[[-1]]}`, 400, "invalid_value", "ids[0]"},
		{"token too large", text, `{"prompt":[99999999999]}`, 400, "invalid_value", "prompt[0]"},
		{"no tokens", text, `{"prompt":[[]]}`, 400, "invalid_value", "prompt"},
		{"suffix", text, `{"prompt":"a","suffix":"b"}`, 400, "invalid_value", "suffix"},
		{"long prompt", text, `{"prompt":"` + big + `"}`, 400, "context_length_exceeded", ""},
		{"long chat", chat, `{"messages":[{"role":"user","content":"` + big + `"}]}`, 400, "context_length_exceeded", ""},
		{"no input", embed, `{}`, 400, "invalid_value", "input"},
		{"empty input", embed, `{"input":""}`, 400, "invalid_value", "input[0]"},
		{"2,049 inputs", embed, `{"input":[` + many(2049, `"a"`) + `]}`, 400, "invalid_value", "input"},
		{"input token", embed, `{"input":[[1],[999999]]}`, 400, "invalid_value", "ids[0]"},
		{"format of vectors", embed, `{"input":"a","encoding_format":"hex"}`, 400, "invalid_value", "encoding_format"},
		{"dimensions", embed, `{"input":"a","dimensions":100000}`, 400, "invalid_value", "dimensions"},
		{"dimensions 0", embed, `{"input":"a","dimensions":0}`, 400, "invalid_value", "dimensions"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, stream := range []string{"", `"stream":true`} {
				body := c.body
				if stream != "" {
					if !strings.HasSuffix(body, "}") || c.path == embed {
						continue
					}
					body = strings.Replace(body, "{", `{"stream":true`+map[bool]string{true: ","}[body != "{}"], 1)
				}
				a := do(t, "POST", url+c.path, body)
				if a.status != c.status {
					t.Fatalf("%d, want %d: %.300s", a.status, c.status, a.body)
				}
				e := decode[apiError](t, a.body).Error
				if str(e.Code) != c.code || str(e.Param) != c.param || e.Message == "" || e.Type == "" {
					t.Errorf("code %q, param %q, want %q, %q: %.300s", str(e.Code), str(e.Param), c.code, c.param, a.body)
				}
			}
		})
	}
}

// TestNull wants null to be as good as absent for every optional field.
func TestNull(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "Yes, it is.")}})
	fields := strings.Fields(`model stream stream_options n stop max_tokens max_completion_tokens logprobs top_logprobs tools tool_choice
		parallel_tool_calls response_format seed temperature top_p top_k min_p frequency_penalty presence_penalty logit_bias reasoning_effort
		chat_template_kwargs user metadata store service_tier prediction modalities audio grammar json_schema samplers stop_token_ids ignore_eos`)
	body := hello
	for _, f := range fields {
		body = with(body, `"`+f+`":null`)
	}
	a := decode[chatAnswer](t, post(t, url+"/v1/chat/completions", body).body)
	if got := str(a.Choices[0].Message.Content); got != "Yes, it is." {
		t.Errorf("got %q", got)
	}
	post(t, url+"/v1/completions", `{"prompt":"a","suffix":null,"echo":null,"best_of":null,"logprobs":null,"model":null,"max_tokens":null,"stream":null}`)
	post(t, url+"/v1/embeddings", `{"input":"a","model":null,"encoding_format":null,"dimensions":null}`)
}

// TestStandardModel wants the first of the models where a request names none,
// whichever was used last.
func TestStandardModel(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "one", "This is one."), echoModel(t, "another", "This is another.")}})
	for _, name := range []string{`"one"`, `"another"`} {
		post(t, url+"/v1/completions", `{"prompt":"x","model":`+name+`}`)
		if a := post(t, url+"/v1/completions", `{"prompt":"x"}`); !strings.Contains(a.body, "This is one.") {
			t.Errorf("after %s: %s", name, a.body)
		}
	}
}
