package server_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/server"
)

// A responseItem is an item of output.
type responseItem struct {
	ID, Type, Status, Role, Name, Arguments string
	CallID                                  string `json:"call_id"`
	Content                                 []struct {
		Type, Text string
		Logprobs   []json.RawMessage
	}
}

// A response is a response as clients read it.
type response struct {
	ID, Object, Status, Model string
	Incomplete                *struct{ Reason string } `json:"incomplete_details"`
	Previous                  *string                  `json:"previous_response_id"`
	Output                    []responseItem
	Metadata                  map[string]string
	Tools                     []json.RawMessage
	Error                     *struct{ Code, Message string }
	Usage                     *struct {
		Input   int `json:"input_tokens"`
		Output  int `json:"output_tokens"`
		Total   int `json:"total_tokens"`
		Details struct {
			Cached int `json:"cached_tokens"`
		} `json:"input_tokens_details"`
		More struct {
			Reasoning int `json:"reasoning_tokens"`
		} `json:"output_tokens_details"`
	}
}

// A responseEvent is an event of a stream.
type responseEvent struct {
	Type                   string
	Sequence               int `json:"sequence_number"`
	Response               *json.RawMessage
	Output                 *int `json:"output_index"`
	Delta, Text, Arguments string
	Item                   *responseItem
}

// streamed returns the events of a stream. It wants their names to be their types and
// their numbers to count.
func streamed(t *testing.T, body string) (list []responseEvent) {
	t.Helper()
	ids := map[string]bool{}
	for i, e := range strings.Split(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		if strings.HasPrefix(e, ":") {
			continue
		}
		lines := strings.Split(e, "\n")
		if len(lines) != 3 {
			t.Fatalf("event %d is %q", i, e)
		}
		v := decode[responseEvent](t, strings.TrimPrefix(lines[2], "data: "))
		if lines[0] != "event: "+v.Type || !resumableID.MatchString(lines[1]) || ids[lines[1]] || v.Sequence != i {
			t.Errorf("event %d is %q", i, e)
		}
		ids[lines[1]] = true
		list = append(list, v)
	}
	return list
}

// resumableID is the id of an event after which a stream can be resumed.
var resumableID = regexp.MustCompile(`^id: [0-9a-f]{24}-[0-9a-f]{12}-[0-9.]+$`)

const thinking = `{%- for m in messages %}<|im_start|>{{ m.role }}
{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>{{ c.function.name }}{{ c.function.arguments }}</tool_call>{% endfor %}<|im_end|>
{% endfor %}{{ tools|tojson if tools }}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// toolModel is a model whose template knows tools and reasoning.
func toolModel(t *testing.T, name, text string) server.Model {
	t.Helper()
	b, err := chordtest.File(text)
	if err != nil {
		t.Fatal(err)
	}
	m, err := chord.OpenReaderAt(strings.NewReader(string(b)), int64(len(b)), chord.Options{Threads: 1, ChatTemplate: thinking})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return server.Model{Name: name, Loaded: m}
}

const weather = `"tools":[{"type":"web_search"},{"type":"function","name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}},"strict":false},{"type":"custom","name":"apply_patch","format":{"type":"grammar"}},{"type":"namespace"}]`

// TestResponses holds a plain answer of each kind of item, and that its stream says the
// same.
func TestResponses(t *testing.T) {
	for name, c := range map[string]struct {
		text, body string
		types      []string
		status     string
	}{
		"text":      {"It is blue.", `{"input":"Why?","metadata":{"a":"b"}}`, []string{"message"}, "completed"},
		"empty":     {"", `{"input":"Why?"}`, []string{"message"}, "completed"},
		"reasoning": {"<think>Let me see.</think>It is blue.", `{"input":"Why?","reasoning":{"effort":"low","summary":"auto"}}`, []string{"reasoning", "message"}, "completed"},
		"cut":       {"one two three four five", `{"input":"Count.","max_output_tokens":2}`, []string{"message"}, "incomplete"},
		"call":      {`I look.<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}</tool_call>`, `{"input":"Rain?","temperature":0,"parallel_tool_calls":false,` + weather + `}`, []string{"message", "function_call"}, "completed"},
		"logprobs":  {"<think>x y</think>It is.", `{"input":"Why?","include":["message.output_text.logprobs","reasoning.encrypted_content"],"top_logprobs":1}`, []string{"reasoning", "message"}, "completed"},
		"probe":     {"never said", `{"input":[],"instructions":"Be brief."}`, nil, "completed"},
		"no input":  {"never said", `{}`, nil, "completed"},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, server.Options{Models: []server.Model{toolModel(t, "m", c.text)}})
			plain := decode[response](t, post(t, url+"/v1/responses", c.body).body)
			var types []string
			for _, item := range plain.Output {
				types = append(types, item.Type)
				if item.ID == "" || item.Type != "function_call" && item.Status != c.status && item.Type == "message" {
					t.Errorf("item %+v", item)
				}
			}
			if plain.Object != "response" || !strings.HasPrefix(plain.ID, "resp_") || plain.Model != "m" || plain.Status != c.status || !slices.Equal(types, c.types) || plain.Usage == nil || plain.Error != nil {
				t.Fatalf("%+v", plain)
			}
			if (plain.Incomplete != nil) != (c.status == "incomplete") || plain.Incomplete != nil && plain.Incomplete.Reason != "max_output_tokens" {
				t.Errorf("incomplete_details %+v", plain.Incomplete)
			}
			if slices.Contains(types, "reasoning") != (plain.Usage.More.Reasoning > 0) {
				t.Errorf("usage %+v", plain.Usage)
			}
			same(t, plain, streamed(t, post(t, url+"/v1/responses", streaming(c.body)).body))
		})
	}
}

// streaming asks for a stream.
func streaming(body string) string {
	if body == "{}" {
		return `{"stream":true}`
	}
	return with(body, `"stream":true`)
}

// same wants the events of a stream to say what the plain answer does.
func same(t *testing.T, plain response, list []responseEvent) {
	t.Helper()
	for i, name := range []string{"response.created", "response.in_progress"} {
		first := decode[map[string]json.RawMessage](t, string(*list[i].Response))
		if list[i].Type != name || string(first["output"]) != "[]" || string(first["usage"]) != "null" || string(first["status"]) != `"in_progress"` {
			t.Errorf("event %d: %s %s", i, list[i].Type, *list[i].Response)
		}
	}
	last := list[len(list)-1]
	final := decode[response](t, string(*last.Response))
	if last.Type != "response."+plain.Status || final.Status != plain.Status || len(final.Output) != len(plain.Output) || final.Usage.Output != plain.Usage.Output {
		t.Fatalf("%s %+v, want %+v", last.Type, final, plain)
	}
	texts := make([]string, len(plain.Output))
	added, done := 0, 0
	for _, e := range list {
		switch {
		case strings.HasSuffix(e.Type, ".delta"):
			texts[*e.Output] += e.Delta
		case e.Type == "response.output_text.done" || e.Type == "response.reasoning_text.done":
			if texts[*e.Output] != e.Text {
				t.Errorf("the deltas are %q, done is %q", texts[*e.Output], e.Text)
			}
		case e.Type == "response.output_item.added":
			if added++; e.Item.Status != "in_progress" || len(e.Item.Content) > 0 {
				t.Errorf("added %+v", e.Item)
			}
		case e.Type == "response.output_item.done":
			done++
		}
	}
	for i, item := range plain.Output {
		want := item.Arguments
		if item.Type != "function_call" {
			want = item.Content[0].Text
		}
		if texts[i] != want || final.Output[i].Type != item.Type || len(item.Content) > 0 && len(final.Output[i].Content[0].Logprobs) != len(item.Content[0].Logprobs) {
			t.Errorf("item %d of the stream is %q, want %q", i, texts[i], want)
		}
	}
	if added != len(plain.Output) || done != added {
		t.Errorf("%d items begin, %d end, want %d", added, done, len(plain.Output))
	}
}

// TestResponsesChat goes on with previous_response_id, and with the items themselves:
// both are the same chat.
func TestResponsesChat(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{toolModel(t, "m", `<think>Hm.</think>I look.<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}</tool_call>`)}})
	first := decode[response](t, post(t, url+"/v1/responses", `{"input":"Rain?","instructions":"Be brief.","temperature":0,"parallel_tool_calls":false,`+weather+`}`).body)
	call := first.Output[2]
	result := `{"type":"function_call_output","call_id":"` + call.CallID + `","output":"no"}`
	more := decode[response](t, post(t, url+"/v1/responses", `{"previous_response_id":"`+first.ID+`","instructions":"Be brief.","input":[`+result+`],`+weather+`}`).body)
	items := `{"instructions":"Be brief.","store":false,"input":[{"role":"user","content":"Rain?"},` +
		`{"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"Hm."}],"encrypted_content":null},` +
		`{"type":"message","role":"assistant","content":[{"type":"output_text","text":"I look.","annotations":[]}]},` +
		`{"type":"web_search_call","id":"ws_1","status":"completed"},` +
		`{"type":"function_call","call_id":"` + call.CallID + `","name":"weather","arguments":` + quoted(t, call.Arguments) + `},` + result + `],` + weather + `}`
	all := decode[response](t, post(t, url+"/v1/responses", items).body)
	if more.Usage.Input != all.Usage.Input || more.Usage.Input <= first.Usage.Input || str(more.Previous) != first.ID {
		t.Errorf("%d tokens with previous_response_id, %d with the items, %d before", more.Usage.Input, all.Usage.Input, first.Usage.Input)
	}
	if all.Usage.Details.Cached < more.Usage.Input-1 {
		t.Errorf("of %d tokens %d are cached: the prompts differ", more.Usage.Input, all.Usage.Details.Cached)
	}
	got := decode[response](t, get(t, url+"/v1/responses/"+first.ID).body)
	if got.ID != first.ID || len(got.Output) != len(first.Output) || got.Usage.Total != first.Usage.Total {
		t.Errorf("stored %+v, want %+v", got, first)
	}
	for id, want := range map[string]int{all.ID: 404, first.ID: 200, "resp_none": 404} {
		if a := do(t, "DELETE", url+"/v1/responses/"+id, ""); a.status != want {
			t.Errorf("delete %s: %d %s, want %d", id, a.status, a.body, want)
		}
	}
	for _, path := range []string{first.ID, all.ID} {
		if a := do(t, "GET", url+"/v1/responses/"+path, ""); a.status != 404 {
			t.Errorf("%s is stored: %d", path, a.status)
		}
	}
	if a := do(t, "POST", url+"/v1/responses", `{"input":"a","previous_response_id":"`+first.ID+`"}`); a.status != 404 || str(decode[apiError](t, a.body).Error.Param) != "previous_response_id" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// quoted returns text as JSON.
func quoted(t *testing.T, text string) string {
	t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestCodex sends what Codex sends.
func TestCodex(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{toolModel(t, "gpt-oss", "Done.")}, AnyModel: true})
	body := `{"model":"gpt-5-codex","instructions":"You are a coding agent.","input":[` +
		`{"type":"message","role":"developer","content":[{"type":"input_text","text":"<permissions>"}]},` +
		`{"type":"message","role":"user","content":[{"type":"input_text","text":"<environment_context>"},{"type":"input_text","text":"Fix it."}]}],` +
		weather + `,"tool_choice":"auto","parallel_tool_calls":false,"reasoning":{"effort":"medium","summary":"auto"},"store":false,"stream":true,` +
		`"include":["reasoning.encrypted_content"],"prompt_cache_key":"0199","text":{"verbosity":"medium"},"client_metadata":{"x":"y"},"service_tier":null}`
	list := streamed(t, post(t, url+"/v1/responses", body).body)
	if last := list[len(list)-1]; last.Type != "response.completed" || decode[response](t, string(*last.Response)).Output[0].Content[0].Text != "Done." {
		t.Errorf("%s %s", last.Type, *last.Response)
	}
	models := decode[map[string]json.RawMessage](t, get(t, url+"/v1/models?client_version=0.99.0").body)
	if models["models"] == nil || models["data"] == nil {
		t.Errorf("%s", models)
	}
}

// TestResponsesErrors holds the status and the field of wrong requests.
func TestResponsesErrors(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{toolModel(t, "m", "Done.")}})
	for _, c := range []struct{ body, param string }{
		{`{"input":7}`, "input"},
		{`{"input":[7]}`, "input[0]"},
		{`{"input":[{"type":7}]}`, "input[0].type"},
		{`{"input":[{"role":"","content":"a"}]}`, "input[0].role"},
		{`{"input":[{"role":"user","content":[{"type":"input_image","image_url":"x"}]}]}`, "input[0].content[0].image_url"},
		{`{"input":[{"type":"function_call","call_id":"c"}]}`, "input[0].name"},
		{`{"input":"a","max_output_tokens":0}`, "max_output_tokens"},
		{`{"input":"a","temperature":"x"}`, "temperature"},
		{`{"input":"a","background":true}`, "background"},
		{`{"input":"a","conversation":"c"}`, "conversation"},
		{`{"input":"a","prompt":{"id":"p"}}`, "prompt"},
		{`{"input":"a","truncation":"x"}`, "truncation"},
		{`{"input":"a","top_logprobs":21}`, "top_logprobs"},
		{`{"input":"a","tools":[7]}`, "tools[0]"},
		{`{"input":"a","tools":[{"type":"function"}]}`, "tools[0].name"},
		{`{"input":"a","tool_choice":"x"}`, "tool_choice"},
		{`{"input":"a","tool_choice":{"type":"function","name":"x"}}`, "tool_choice.function.name"},
		{`{"input":"a","reasoning":{"effort":"x"}}`, "reasoning.effort"},
		{`{"input":"a","text":{"format":{"type":"x"}}}`, "text.format.type"},
		{`{"input":"a","text":{"format":{"type":"json_schema","schema":{"type":"strange"}}}}`, "text.format.schema"},
		{`{"input":"a","metadata":{"a":7}}`, "metadata.a"},
	} {
		a := do(t, "POST", url+"/v1/responses", c.body)
		if e := decode[apiError](t, a.body); a.status != 400 || str(e.Error.Param) != c.param || str(e.Error.Code) == "" {
			t.Errorf("%s: %d %s, want 400 for %q", c.body, a.status, a.body, c.param)
		}
	}
}
