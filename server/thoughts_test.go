package server_test

import (
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/server"
)

// thoughtTemplate tells in the prompt what a request says about reasoning.
const thoughtTemplate = `{% for m in messages %}{{ m.content }}{% endfor %}[{{ reasoning_effort|default('') }}|{{ enable_thinking if enable_thinking is defined else '' }}]<think>`

// TestThoughts wants what requests of all faces say about reasoning to reach the prompt,
// of which a token is a byte.
func TestThoughts(t *testing.T) {
	b, err := chordtest.File("Yes, it is.")
	if err != nil {
		t.Fatal(err)
	}
	m, err := chord.OpenReaderAt(strings.NewReader(string(b)), int64(len(b)), chord.Options{Threads: 1, ChatTemplate: thoughtTemplate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	url := serve(t, server.Options{Models: []server.Model{{Name: "m", Loaded: m}}})
	bodies := map[string]string{"/v1/chat/completions": with(hello, `"stream":false`), "/v1/responses": `{"input":"Hello"}`, "/v1/messages": greeting, "/api/chat": with(hello, `"stream":false`)}
	for _, c := range []struct{ path, fields, want string }{
		{"/v1/chat/completions", `"user":"u"`, "[|]"},
		{"/v1/chat/completions", `"reasoning_effort":"none"`, "[|False]"},
		{"/v1/chat/completions", `"reasoning_effort":"minimal"`, "[minimal|True]"},
		{"/v1/chat/completions", `"reasoning_effort":"high","enable_thinking":false`, "[high|False]"},
		{"/v1/chat/completions", `"chat_template_kwargs":{"enable_thinking":false}`, "[|False]"},
		{"/v1/chat/completions", `"reasoning_effort":"low","chat_template_kwargs":{"reasoning_effort":"extreme"}`, "[extreme|True]"},
		{"/v1/chat/completions", `"reasoning_budget":0`, "[|False]"},
		{"/v1/chat/completions", `"thinking_budget_tokens":9`, "[|]"},
		{"/v1/responses", `"reasoning":{"effort":"medium"}`, "[medium|True]"},
		{"/v1/responses", `"reasoning":{"effort":"none"}`, "[|False]"},
		{"/v1/responses", `"enable_thinking":true`, "[|True]"},
		{"/v1/messages", `"thinking":{"type":"disabled"}`, "[|False]"},
		{"/v1/messages", `"thinking":{"type":"enabled","budget_tokens":1024}`, "[|True]"},
		{"/v1/messages", `"output_config":{"effort":"xhigh"}`, "[xhigh|True]"},
		{"/v1/messages", `"chat_template_kwargs":{"enable_thinking":true}`, "[|True]"},
		{"/api/chat", `"think":true`, "[|True]"},
		{"/api/chat", `"think":false`, "[|False]"},
		{"/api/chat", `"think":"high"`, "[high|True]"},
		{"/api/chat", `"enable_thinking":false`, "[|False]"},
	} {
		t.Run(c.path+" "+c.fields, func(t *testing.T) {
			a := post(t, url+c.path, with(bodies[c.path], c.fields))
			want := promptOf(t, post(t, url+c.path, bodies[c.path]).body) + len(c.want) - len("[|]")
			if strings.HasSuffix(c.want, "|False]") { // the block that the template begins is closed
				want += len("\n</think>\n\n")
			}
			if got := promptOf(t, a.body); got != want {
				t.Errorf("a prompt of %d tokens, want %d of %s", got, want, c.want)
			}
		})
	}
}

// TestBudgets wants reasoning to end after the tokens that a request allows, and the answer
// to follow.
func TestBudgets(t *testing.T) {
	m := talesModel(t, chord.Options{ChatTemplate: "{# </think> #}{% for m in messages %}{{ m.content }}{% endfor %}<think>\n"})
	url := serve(t, server.Options{Models: []server.Model{{Name: "m", Loaded: m}}})
	const messages = `"messages":[{"role":"user","content":"Hello"}],"stream":false,`
	for _, c := range []struct{ path, body, field, none string }{
		{"/v1/chat/completions", `{` + messages + `"seed":3,"max_tokens":60`, `"reasoning_budget":7`, `"reasoning_budget":-1`},
		{"/v1/chat/completions", `{` + messages + `"seed":3,"max_tokens":60`, `"thinking_budget_tokens":7`, `"reasoning_effort":"high"`},
		{"/v1/responses", `{"input":"Hello","seed":3,"max_output_tokens":60`, `"reasoning_budget":7`, `"user":null`},
		{"/v1/messages", `{` + messages + `"seed":3,"max_tokens":60`, `"thinking":{"type":"enabled","budget_tokens":7}`, `"thinking":{"type":"enabled","budget_tokens":500}`},
		{"/api/chat", `{` + messages + `"options":{"seed":3,"num_predict":60}`, `"reasoning_budget":7`, `"think":true`},
	} {
		t.Run(c.path+" "+c.field, func(t *testing.T) {
			reasoning, content := thoughtOf(t, post(t, url+c.path, c.body+","+c.field+"}").body)
			if n := len(strings.Fields(reasoning)); n == 0 || n > 7 || content == "" {
				t.Errorf("reasoning %q, content %q", reasoning, content)
			}
			reasoning, content = thoughtOf(t, post(t, url+c.path, c.body+","+c.none+"}").body)
			if n := len(strings.Fields(reasoning)); n < 20 || content != "" {
				t.Errorf("without a budget: reasoning %q, content %q", reasoning, content)
			}
		})
	}
}

// thoughtOf returns reasoning and content of an answer of any face.
func thoughtOf(t *testing.T, body string) (reasoning, content string) {
	t.Helper()
	a := decode[struct {
		Choices []struct {
			Message struct {
				Content          string
				ReasoningContent string `json:"reasoning_content"`
			}
		}
		Output  []responseItem
		Content []messageBlock
		Message struct{ Content, Thinking string }
	}](t, body)
	reasoning, content = a.Message.Thinking, a.Message.Content
	for _, c := range a.Choices {
		reasoning, content = c.Message.ReasoningContent, c.Message.Content
	}
	for _, item := range a.Output {
		if item.Type == "reasoning" {
			reasoning += item.Content[0].Text
		} else {
			content += item.Content[0].Text
		}
	}
	for _, b := range a.Content {
		reasoning, content = reasoning+b.Thinking, content+b.Text
	}
	return reasoning, content
}

// promptOf returns the tokens of the prompt, as an answer of any face tells them.
func promptOf(t *testing.T, body string) int {
	a := decode[struct {
		Usage struct {
			Prompt int `json:"prompt_tokens"`
			Input  int `json:"input_tokens"`
			Read   int `json:"cache_read_input_tokens"`
		}
		Count int `json:"prompt_eval_count"`
	}](t, body)
	return a.Usage.Prompt + a.Usage.Input + a.Usage.Read + a.Count
}
