package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/server"
)

const greeting = `{"max_tokens":200,"messages":[{"role":"user","content":"Hello"}]}`

// twoCalls is an answer with calls in the form of chatModel.
const twoCalls = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>\n" +
	"<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn\"}}\n</tool_call>"

type messageBlock struct {
	Type, Text, Thinking, Signature, ID, Name string
	Input                                     json.RawMessage
}

type messageAnswer struct {
	ID, Type, Role, Model string
	Content               []messageBlock
	StopReason            *string `json:"stop_reason"`
	StopSequence          *string `json:"stop_sequence"`
	Usage                 messageUsage
}

type messageUsage struct {
	Input  *int `json:"input_tokens"`
	Write  *int `json:"cache_creation_input_tokens"`
	Read   *int `json:"cache_read_input_tokens"`
	Output *int `json:"output_tokens"`
}

// prompt returns the tokens of the prompt.
func (u messageUsage) prompt() int { return *u.Input + *u.Write + *u.Read }

// An anthropicError is an error in Anthropic's shape.
type anthropicError struct {
	Type      string
	Error     struct{ Type, Message string }
	RequestID string `json:"request_id"`
}

// A messageEvent is an event of a stream.
type messageEvent struct {
	Type    string
	Message *messageAnswer
	Index   *int
	Block   *messageBlock `json:"content_block"`
	Delta   *struct {
		Type, Text, Thinking, Signature string
		JSON                            *string `json:"partial_json"`
		StopReason                      *string `json:"stop_reason"`
		StopSequence                    *string `json:"stop_sequence"`
	}
	Usage *messageUsage
}

// messageEvents returns the events of a stream, and wants the name of each to be its
// type.
func messageEvents(t *testing.T, body string) (list []messageEvent) {
	t.Helper()
	for _, e := range strings.Split(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		if strings.HasPrefix(e, ":") {
			continue
		}
		head, data, _ := strings.Cut(e, "\ndata: ")
		v := decode[messageEvent](t, data)
		name, _, _ := strings.Cut(head, "\n")
		if name != "event: "+v.Type {
			t.Fatalf("event %q", e)
		}
		list = append(list, v)
	}
	return list
}

// gather makes the message of a stream, as clients do, and wants the order of events.
func gather(t *testing.T, body string) messageAnswer {
	t.Helper()
	list := messageEvents(t, body)
	n := len(list)
	if n < 4 || list[0].Type != "message_start" || list[1].Type != "ping" || list[n-2].Type != "message_delta" || list[n-1].Type != "message_stop" {
		t.Fatalf("the events are %s", body)
	}
	m := *list[0].Message
	if m.StopReason != nil || m.StopSequence != nil || len(m.Content) != 0 || !strings.Contains(body, `"content":[],"stop_reason":null,"stop_sequence":null`) {
		t.Errorf("the first event is %+v", m)
	}
	open, input := false, ""
	for _, e := range list[2 : n-2] {
		at := len(m.Content) - 1
		switch {
		case e.Type == "content_block_start" && !open && *e.Index == at+1:
			m.Content, open, input = append(m.Content, *e.Block), true, ""
		case e.Type == "content_block_delta" && open && *e.Index == at:
			b := &m.Content[at]
			b.Text += e.Delta.Text
			b.Thinking += e.Delta.Thinking
			b.Signature += e.Delta.Signature
			input += str(e.Delta.JSON)
		case e.Type == "content_block_stop" && open && *e.Index == at:
			var b bytes.Buffer
			if open = false; input != "" && json.Compact(&b, []byte(input)) == nil {
				m.Content[at].Input = b.Bytes()
			}
		default:
			t.Fatalf("event %+v out of order in %s", e, body)
		}
	}
	if open {
		t.Errorf("the last block has no end: %s", body)
	}
	if first := m.Usage.prompt(); first != list[n-2].Usage.prompt() {
		t.Errorf("a prompt of %d tokens in the first event, of %d in the last", first, list[n-2].Usage.prompt())
	}
	m.StopReason, m.StopSequence, m.Usage = list[n-2].Delta.StopReason, list[n-2].Delta.StopSequence, *list[n-2].Usage
	return m
}

func TestMessages(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "It is blue, all day.")}})
	r := post(t, url+"/v1/messages?beta=true", greeting)
	a := decode[messageAnswer](t, r.body)
	if a.Type != "message" || a.Role != "assistant" || a.Model != "m" || !strings.HasPrefix(a.ID, "msg_") || len(a.Content) != 1 ||
		a.Content[0].Type != "text" || a.Content[0].Text != "It is blue, all day." || str(a.StopReason) != "end_turn" || !strings.Contains(r.body, `"stop_sequence":null`) {
		t.Errorf("%s", r.body)
	}
	if id := r.header.Get("Request-Id"); !strings.HasPrefix(id, "req_") {
		t.Errorf("request-id %q", id)
	}
	count := decode[messageUsage](t, post(t, url+"/v1/messages/count_tokens", greeting).body)
	again := decode[messageAnswer](t, post(t, url+"/v1/messages", greeting).body)
	if n := *count.Input; n == 0 || a.Usage.prompt() != n || again.Usage.prompt() != n || *a.Usage.Read != 0 || *again.Usage.Read == 0 {
		t.Errorf("%d tokens counted, usage %s, then %+v", n, r.body, again.Usage)
	}
	cut := decode[messageAnswer](t, post(t, url+"/v1/messages", strings.Replace(greeting, "200", "2", 1)).body)
	if str(cut.StopReason) != "max_tokens" || *cut.Usage.Output != 2 {
		t.Errorf("cut: %+v", cut)
	}
}

// TestMessagesStream compares streams with plain answers, block by block.
func TestMessagesStream(t *testing.T) {
	tool := `"tools":[{"name":"weather","description":"of a city","input_schema":{"type":"object","properties":{"city":{"type":"string","pattern":"^(?!x)\\p{Lu}.*$"}}}},{"type":"web_search_20250305","name":"web_search"}]`
	url := serve(t, server.Options{Models: []server.Model{
		{Name: "tales", Loaded: talesModel(t, chord.Options{})},
		{Name: "thinks", Loaded: chatModel(t, "<think>Hmm, let me see.</think>It is blue.")},
		{Name: "calls", Loaded: chatModel(t, twoCalls)},
		echoModel(t, "none", ""),
	}})
	for _, c := range []struct{ name, body, blocks, reason string }{
		{"text", `"model":"tales","max_tokens":60,"seed":1`, "text", "max_tokens"},
		{"hot", `"model":"tales","max_tokens":100,"seed":3,"temperature":20,"top_k":0,"top_p":1,"min_p":0`, "text", "max_tokens"},
		{"stop", `"model":"tales","max_tokens":100,"temperature":0,"stop_sequences":["never said"," the"]`, "text", "stop_sequence"},
		{"thinking", `"model":"thinks","thinking":{"type":"enabled","budget_tokens":1024}`, "thinking text", "end_turn"},
		{"thinking omitted", `"model":"thinks","thinking":{"type":"adaptive","display":"omitted"}`, "thinking text", "end_turn"},
		{"tools", `"model":"calls","max_tokens":200,"temperature":0,` + tool, "tool_use tool_use", "tool_use"},
		{"one tool", `"model":"calls","max_tokens":200,"temperature":0,"tool_choice":{"type":"auto","disable_parallel_tool_use":true},` + tool, "tool_use", "tool_use"},
		{"no tools", `"model":"calls","max_tokens":200,"temperature":0,"tool_choice":{"type":"none"},` + tool, "text", "end_turn"},
		{"nothing", `"model":"none"`, "", "end_turn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := with(`{"messages":[{"role":"user","content":"Hello"}]}`, c.body)
			plain := decode[messageAnswer](t, post(t, url+"/v1/messages", body).body)
			stream := gather(t, post(t, url+"/v1/messages", with(body, `"stream":true`)).body)
			var types []string
			for i, b := range plain.Content {
				types = append(types, b.Type)
				if i < len(stream.Content) && fmt.Sprintf("%+v", b) != fmt.Sprintf("%+v", stream.Content[i]) {
					t.Errorf("the stream has %+v, the answer %+v", stream.Content[i], b)
				}
			}
			if got := strings.Join(types, " "); got != c.blocks || len(stream.Content) != len(plain.Content) {
				t.Errorf("blocks %q and %d in the stream, want %q", got, len(stream.Content), c.blocks)
			}
			if str(plain.StopReason) != c.reason || str(stream.StopReason) != c.reason || str(plain.StopSequence) != str(stream.StopSequence) {
				t.Errorf("%s %q and %s %q, want %s", str(plain.StopReason), str(plain.StopSequence), str(stream.StopReason), str(stream.StopSequence), c.reason)
			}
			if c.name == "stop" && str(plain.StopSequence) != " the" {
				t.Errorf("stop sequence %q", str(plain.StopSequence))
			}
			if c.name == "tools" && len(plain.Content) == 2 && string(plain.Content[1].Input) != `{"city":"Bonn"}` {
				t.Errorf("input %s", plain.Content[1].Input)
			}
		})
	}
}

// TestMessagesChat wants the prompt that the blocks of a chat make.
func TestMessagesChat(t *testing.T) {
	m := chatModel(t, "Yes, it is.")
	url := serve(t, server.Options{Models: []server.Model{{Name: "m", Loaded: m}}})
	body := `{"max_tokens":5,"system":[{"type":"text","text":"Be","cache_control":{"type":"ephemeral"}},{"type":"text","text":"kind"}],
		"metadata":{"user_id":"u"},"context_management":{},"tools":[{"name":"weather","input_schema":{"type":"object"}}],"messages":[
		{"role":"user","content":[{"type":"text","text":"Rome?","cache_control":null},{"type":"document","title":"Map","source":{"type":"text","media_type":"text/plain","data":"roads"}}]},
		{"role":"assistant","content":[{"type":"thinking","thinking":"Hmm","signature":"x"},{"type":"redacted_thinking","data":"x"},{"type":"text","text":"Let me see"},
			{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"tool_use","id":"t1","name":"weather","input":{"city":"Rome"}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"rain"}]},{"type":"tool_result","tool_use_id":"t1","is_error":true,"content":"late"},{"type":"text","text":"and?"}]}]}`
	want, err := m.ApplyTemplate([]chord.Message{
		{Role: "system", Content: "Be\nkind"}, {Role: "user", Content: "Rome?\nMap\nroads"},
		{Role: "assistant", Content: "Let me see", ReasoningContent: "Hmm", ToolCalls: []chord.ToolCall{{ID: "t1", Type: "function", Function: chord.FunctionCall{Name: "weather", Arguments: `{"city":"Rome"}`}}}},
		{Role: "tool", Content: "rain", ToolCallID: "t1", Name: "weather"}, {Role: "tool", Content: "error: late", ToolCallID: "t1", Name: "weather"},
		{Role: "user", Content: "and?"},
	}, chord.ChatOptions{Tools: []json.RawMessage{[]byte(`{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	ids := m.Tokenizer()
	n := *decode[messageUsage](t, post(t, url+"/v1/messages/count_tokens", body).body).Input
	if got := len(ids.Encode(nil, want, bpe.EncodeOptions{})); got != n {
		t.Errorf("a prompt of %d tokens, want the %d of %q", n, got, want)
	}
	if a := decode[messageAnswer](t, post(t, url+"/v1/messages", body).body); a.Usage.prompt() != n {
		t.Errorf("usage %+v, %d tokens counted", a.Usage, n)
	}
}

// TestMessagesRefused wants the status, type and text of errors.
func TestMessagesRefused(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	long := strings.Repeat("Once upon a time ", 2000)
	for _, c := range []struct {
		name, body string
		status     int
		kind, text string
	}{
		{"no body", "", 400, "invalid_request_error", "body"},
		{"no messages", `{"max_tokens":1}`, 400, "invalid_request_error", "messages"},
		{"deep", `{"tools":` + strings.Repeat("[", 100_000), 400, "invalid_request_error", "JSON"},
		{"role", `{"max_tokens":1,"messages":[{"role":"tool","content":"a"}]}`, 400, "invalid_request_error", "messages[0].role"},
		{"no content", `{"max_tokens":1,"messages":[{"role":"user"}]}`, 400, "invalid_request_error", "messages[0].content"},
		{"content a number", `{"max_tokens":1,"messages":[{"role":"user","content":1}]}`, 400, "invalid_request_error", "messages[0].content"},
		{"image", `{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","data":""}}]}]}`, 400, "invalid_request_error", "messages[0].content[0].source.data"},
		{"PDF", `{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","data":""}}]}]}`, 400, "invalid_request_error", "messages[0].content[0].source.type"},
		{"unknown block", `{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"smell"}]}]}`, 400, "invalid_request_error", "messages[0].content[0].type"},
		{"invalid UTF-8", "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}", 400, "invalid_request_error", "messages[0].content"},
		{"lone surrogate", `{"max_tokens":1,"messages":[{"role":"user","content":"\ud800"}]}`, 400, "invalid_request_error", "messages[0].content"},
		{"max_tokens 0", `{"max_tokens":0,"messages":[{"role":"user","content":"a"}]}`, 400, "invalid_request_error", "max_tokens"},
		{"max_tokens -5", `{"max_tokens":-5,"messages":[{"role":"user","content":"a"}]}`, 400, "invalid_request_error", "max_tokens"},
		{"temperature", with(greeting, `"temperature":1e999`), 400, "invalid_request_error", "temperature"},
		{"17 stops", with(greeting, `"stop_sequences":[`+strings.TrimSuffix(strings.Repeat(`"a",`, 17), ",")+`]`), 400, "invalid_request_error", "stop_sequences"},
		{"empty stop", with(greeting, `"stop_sequences":[""]`), 400, "invalid_request_error", "stop_sequences"},
		{"thinking", with(greeting, `"thinking":{"type":"loud"}`), 400, "invalid_request_error", "thinking.type"},
		{"budget", with(greeting, `"thinking":{"type":"enabled","budget_tokens":-1}`), 400, "invalid_request_error", "thinking.budget_tokens"},
		{"tool without a schema", with(greeting, `"tools":[{"name":"f"}]`), 400, "invalid_request_error", "tools[0].input_schema"},
		{"tool without a name", with(greeting, `"tools":[{"input_schema":{}}]`), 400, "invalid_request_error", "tools[0].name"},
		{"tool choice", with(greeting, `"tool_choice":{"type":"maybe"}`), 400, "invalid_request_error", "tool_choice.type"},
		{"any of no tools", with(greeting, `"tool_choice":{"type":"any"}`), 400, "invalid_request_error", "tool_choice"},
		{"no such tool", with(greeting, `"tool_choice":{"type":"tool","name":"f"}`), 400, "invalid_request_error", "tool_choice.name"},
		{"unknown model", with(greeting, `"model":"claude"`), 404, "not_found_error", "claude"},
		{"long prompt", `{"max_tokens":1,"messages":[{"role":"user","content":"` + long + `"}]}`, 400, "invalid_request_error", "context"},
		{"template", with(greeting, `"chat_template":"{{ 1 }}"`), 400, "invalid_request_error", "chat_template"},
		{"format", with(greeting, `"output_config":{"format":{"type":"xml"}}`), 400, "invalid_request_error", "output_config.format.type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, path := range []string{"/v1/messages", "/v1/messages/count_tokens"} {
				if c.name == "long prompt" && path != "/v1/messages" {
					continue // it can be counted
				}
				wantError(t, do(t, "POST", url+path, c.body), c.status, c.kind, c.text)
			}
		})
	}
}

// wantError wants an error in Anthropic's shape.
func wantError(t *testing.T, a answer, status int, kind, text string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("%d, want %d: %.300s", a.status, status, a.body)
	}
	e := decode[anthropicError](t, a.body)
	if e.Type != "error" || e.Error.Type != kind || !strings.Contains(e.Error.Message, text) || e.RequestID == "" || e.RequestID != a.header.Get("Request-Id") {
		t.Errorf("want %s about %s: %.300s", kind, text, a.body)
	}
}

// TestMessagesStatus wants Anthropic's shape of every error of a check.
func TestMessagesStatus(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "Yes, it is.")}, Keys: []string{"secret"}, Limits: server.Limits{Body: 1000}})
	path := url + "/v1/messages"
	wantError(t, do(t, "POST", path, greeting), 401, "authentication_error", "key")
	wantError(t, do(t, "POST", path, greeting, "X-Api-Key", "other"), 401, "authentication_error", "key")
	wantError(t, do(t, "GET", path, "", "X-Api-Key", "secret"), 405, "invalid_request_error", "POST")
	wantError(t, do(t, "POST", path+"/batches", greeting, "X-Api-Key", "secret"), 404, "not_found_error", "batches")
	wantError(t, do(t, "POST", path, greeting, "X-Api-Key", "secret", "Content-Type", "text/plain"), 415, "invalid_request_error", "application/json")
	wantError(t, do(t, "POST", path, greeting, "X-Api-Key", "secret", "Origin", "https://evil.example"), 403, "permission_error", "evil")
	wantError(t, do(t, "POST", path, greeting, "X-Api-Key", "secret", "Host", "evil.example"), 421, "invalid_request_error", "evil")
	wantError(t, do(t, "POST", path, with(greeting, `"x":"`+strings.Repeat("a", 1000)+`"`), "X-Api-Key", "secret"), 413, "request_too_large", "1000")
	for _, key := range [][]string{{"X-Api-Key", "secret"}, {"Authorization", "Bearer secret"}} {
		if a := do(t, "POST", path, greeting, key...); a.status != 200 {
			t.Errorf("%s: %d", key[0], a.status)
		}
	}
}

// TestAnthropicModels wants Anthropic's lists where the header asks for them.
func TestAnthropicModels(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "a", "Yes, it is."), echoModel(t, "b", "Yes, it is."), echoModel(t, "c/d", "Yes, it is.")}})
	type list struct {
		Data []struct {
			Type, ID  string
			CreatedAt string `json:"created_at"`
		}
		More bool `json:"has_more"`
	}
	get := func(path string) answer { return do(t, "GET", url+path, "", "Anthropic-Version", "2023-06-01") }
	for _, c := range []struct {
		query, names string
		more         bool
	}{
		{"", "a b c/d", false}, {"?limit=2", "a b", true}, {"?after_id=a", "b c/d", false}, {"?after_id=a&limit=1", "b", true},
		{"?before_id=c/d&limit=1", "b", true}, {"?before_id=b", "a", false}, {"?after_id=c/d", "", false},
	} {
		l := decode[list](t, get("/v1/models"+c.query).body)
		var names []string
		for _, m := range l.Data {
			names = append(names, m.ID)
			if m.Type != "model" || m.CreatedAt == "" {
				t.Errorf("%+v", m)
			}
		}
		if got := strings.Join(names, " "); got != c.names || l.More != c.more {
			t.Errorf("%s: %q, more %v", c.query, got, l.More)
		}
	}
	wantError(t, get("/v1/models?limit=0"), 400, "invalid_request_error", "limit")
	wantError(t, get("/v1/models?after_id=x"), 400, "invalid_request_error", "after_id")
	wantError(t, get("/v1/models/x"), 404, "not_found_error", "x")
	if m := decode[struct{ ID string }](t, get("/v1/models/c%2Fd").body); m.ID != "c/d" {
		t.Errorf("%+v", m)
	}
	openai := decode[struct{ Object string }](t, do(t, "GET", url+"/v1/models", "").body)
	if openai.Object != "list" {
		t.Errorf("without the header: %+v", openai)
	}
}
