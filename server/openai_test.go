package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/server"
)

// TestTools wants calls of tools in plain answers and in streams.
func TestTools(t *testing.T) {
	const text = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>\n" +
		"<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn\"}}\n</tool_call>"
	m := echoModel(t, "m", text)
	m.Loaded = chatModel(t, text)
	url := serve(t, server.Options{Models: []server.Model{m}})
	body := with(hello, `"tools":[{"type":"function","function":{"name":"weather","description":"of a city","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]`)
	a := decode[chatAnswer](t, post(t, url+"/v1/chat/completions", body).body)
	c := a.Choices[0]
	if c.FinishReason != "tool_calls" || c.Message.Content != nil || len(c.Message.ToolCalls) != 2 {
		t.Fatalf("%+v", c)
	}
	call := c.Message.ToolCalls[1]
	if call.Type != "function" || call.ID == "" || call.Function.Name != "weather" || !strings.Contains(call.Function.Arguments, `"Bonn"`) {
		t.Errorf("%+v", call)
	}
	one := decode[chatAnswer](t, post(t, url+"/v1/chat/completions", with(body, `"parallel_tool_calls":false`)).body)
	if n := len(one.Choices[0].Message.ToolCalls); n != 1 {
		t.Errorf("%d calls without parallel calls", n)
	}
	none := decode[chatAnswer](t, post(t, url+"/v1/chat/completions", with(body, `"tool_choice":"none"`)).body)
	if c := none.Choices[0]; len(c.Message.ToolCalls) != 0 || str(c.Message.Content) == "" {
		t.Errorf("with tool_choice none: %+v", c)
	}
}

// TestReasoning wants reasoning apart from content, under both of its names.
func TestReasoning(t *testing.T) {
	m := server.Model{Name: "m", Loaded: chatModel(t, "<think>Hmm, let me see.</think>It is blue.")}
	url := serve(t, server.Options{Models: []server.Model{m}})
	a := post(t, url+"/v1/chat/completions", hello).body
	if !strings.Contains(a, `"reasoning_content":"Hmm, let me see.","reasoning":"Hmm, let me see."`) || !strings.Contains(a, `"content":"It is blue."`) {
		t.Errorf("%s", a)
	}
	s := post(t, url+"/v1/chat/completions", with(hello, `"stream":true`)).body
	if got := streamText(t, s, 0); got != "It is blue." || !strings.Contains(s, `"reasoning_content":"Hmm,`) {
		t.Errorf("%q in %s", got, s)
	}
}

// TestFormat constrains answers.
func TestFormat(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: talesModel(t, chord.Options{})}}})
	const schema = `{"type":"object","properties":{"age":{"type":"integer","minimum":1,"maximum":99},"name":{"enum":["Ann","Bob"]}},"required":["age","name"],"additionalProperties":false}`
	for _, field := range []string{
		`"response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":` + schema + `}}`,
		`"json_schema":` + schema,
	} {
		a := decode[chatAnswer](t, post(t, url+"/v1/chat/completions", with(hello, `"seed":1,`+field)).body)
		v := decode[struct {
			Age  int
			Name string
		}](t, str(a.Choices[0].Message.Content))
		if v.Age < 1 || v.Age > 99 || v.Name != "Ann" && v.Name != "Bob" {
			t.Errorf("%s", str(a.Choices[0].Message.Content))
		}
	}
	a := decode[chatAnswer](t, post(t, url+"/v1/chat/completions", with(hello, `"seed":1,"max_tokens":300,"response_format":{"type":"json_object"}`)).body)
	if text := str(a.Choices[0].Message.Content); !strings.HasPrefix(text, "{") || a.Choices[0].FinishReason == "stop" && !json.Valid([]byte(text)) {
		t.Errorf("%q", text)
	}
	a = decode[chatAnswer](t, post(t, url+"/v1/completions", `{"prompt":"Is it?","grammar":"root ::= \"yes\" | \"no\"","seed":1}`).body)
	if text := a.Choices[0].Text; text != "yes" && text != "no" {
		t.Errorf("%q", text)
	}
}

// TestSampling wants parameters to have their effect, and a seed to repeat a text.
func TestSampling(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	for _, c := range []struct {
		fields string
		p      chord.Params
	}{
		{`"temperature":0`, chord.Params{Temperature: chord.Greedy}},
		{`"seed":7`, chord.Params{Seed: 7}},
		{`"seed":7,"temperature":1.5,"top_k":0,"top_p":0.5,"min_p":0`, chord.Params{Seed: 7, Temperature: 1.5, TopK: chord.Off, TopP: 0.5, MinP: chord.Off}},
		{`"seed":7,"repeat_penalty":1.3,"repeat_last_n":-1,"frequency_penalty":0.5`, chord.Params{Seed: 7, RepeatPenalty: 1.3, RepeatLastN: -1, FrequencyPenalty: 0.5}},
		{`"seed":7,"logit_bias":{"300":-100,"301":5}`, chord.Params{Seed: 7, LogitBias: map[int32]float32{300: -100, 301: 5}}},
		{`"seed":7,"logit_bias":[[300,false],[301,5]]`, chord.Params{Seed: 7, LogitBias: map[int32]float32{300: float32(math.Inf(-1)), 301: 5}}},
		{`"seed":7,"samplers":["top_k","temperature"],"Temperature":0`, chord.Params{Seed: 7, Samplers: []string{"top_k", "temperature"}}},
		{`"seed":0`, chord.Params{Seed: math.MinInt64}},
	} {
		c.p.MaxTokens = 24
		want, err := m.Complete(t.Context(), "One day", c.p)
		if err != nil {
			t.Fatal(err)
		}
		a := decode[chatAnswer](t, post(t, url+"/v1/completions", with(`{"prompt":"One day","max_tokens":24}`, c.fields)).body)
		if got := a.Choices[0].Text; got != want.Text {
			t.Errorf("%s: %q, want %q", c.fields, got, want.Text)
		}
	}
	if a := decode[chatAnswer](t, post(t, url+"/v1/completions", `{"prompt":"One day","ignore_eos":true}`).body); a.Usage.CompletionTokens != 16 {
		t.Errorf("%d tokens by default", a.Usage.CompletionTokens)
	}
	a := decode[chatAnswer](t, post(t, url+"/v1/completions", `{"prompt":"One day","seed":5,"n":3}`).body)
	for i, c := range a.Choices {
		want, err := m.Complete(t.Context(), "One day", chord.Params{Seed: 5 + int64(i), MaxTokens: 16})
		if err != nil || c.Text != want.Text || c.Index != i {
			t.Errorf("choice %d of index %d: %q, want %q, %v", i, c.Index, c.Text, want.Text, err)
		}
	}
}

// TestCompletions gives prompts in all forms.
func TestCompletions(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	ids := func(text string) string {
		b, _ := json.Marshal(m.Tokenizer().Encode(nil, text, bpe.EncodeOptions{}))
		return string(b)
	}
	text := func(prompt string) (list []string) {
		a := decode[chatAnswer](t, post(t, url+"/v1/completions", `{"prompt":`+prompt+`,"temperature":0}`).body)
		for _, c := range a.Choices {
			list = append(list, c.Text)
		}
		return list
	}
	want := text(`["One day","The dragon"]`)
	for _, c := range []struct {
		prompt string
		want   []string
	}{
		{`"One day"`, want[:1]},
		{`["One day"]`, want[:1]},
		{ids("One day"), want[:1]},
		{"[" + ids("One day") + "," + ids("The dragon") + "]", want},
	} {
		if got := text(c.prompt); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.prompt, got, c.want)
		}
	}
	if a := text(`""`); len(a) != 1 || a[0] == "" {
		t.Errorf("an empty prompt gives %q", a)
	}
	echoed := decode[chatAnswer](t, post(t, url+"/v1/completions", `{"prompt":`+ids("One day")+`,"echo":true,"temperature":0}`).body)
	if got := echoed.Choices[0].Text; got != "One day"+want[0] {
		t.Errorf("echo: %q", got)
	}
}

type textLogprobs struct {
	Tokens        []string
	TokenLogprobs []*float64           `json:"token_logprobs"`
	TopLogprobs   []map[string]float64 `json:"top_logprobs"`
	TextOffset    []int                `json:"text_offset"`
}

// TestTextLogprobs wants log probabilities in their old shape, also those of a prompt,
// and the same in streams.
func TestTextLogprobs(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: talesModel(t, chord.Options{})}}})
	const body = `{"prompt":"Once upon a time","echo":true,"logprobs":2,"max_tokens":5,"temperature":0}`
	a := decode[chatAnswer](t, post(t, url+"/v1/completions", body).body).Choices[0]
	l := decode[textLogprobs](t, string(a.Logprobs))
	if strings.Join(l.Tokens, "") != a.Text || len(l.TokenLogprobs) != len(l.Tokens) || len(l.TopLogprobs) != len(l.Tokens) || len(l.TextOffset) != len(l.Tokens) {
		t.Fatalf("%q: %+v", a.Text, l)
	}
	for i, token := range l.Tokens {
		if at := l.TextOffset[i]; !strings.HasPrefix(a.Text[at:], token) {
			t.Errorf("token %q is not at %d", token, at)
		}
		if p := l.TokenLogprobs[i]; p == nil || *p > 0 || len(l.TopLogprobs[i]) < 2 || l.TopLogprobs[i][token] != *p {
			t.Errorf("token %q: %v, %v", token, p, l.TopLogprobs[i])
		}
	}
	var s textLogprobs
	for _, data := range events(t, post(t, url+"/v1/completions", with(body, `"stream":true`)).body) {
		if data == "[DONE]" {
			break
		}
		if raw := decode[chatChunk](t, data).Choices[0].Logprobs; string(raw) != "null" {
			p := decode[textLogprobs](t, string(raw))
			s.Tokens, s.TextOffset = append(s.Tokens, p.Tokens...), append(s.TextOffset, p.TextOffset...)
		}
	}
	if !slices.Equal(s.Tokens, l.Tokens) || !slices.Equal(s.TextOffset, l.TextOffset) {
		t.Errorf("the stream has %q %v", s.Tokens, s.TextOffset)
	}
	only := decode[chatAnswer](t, post(t, url+"/v1/completions", strings.Replace(body, `"max_tokens":5`, `"max_tokens":0`, 1)).body)
	if c := only.Choices[0]; c.Text != "Once upon a time" || c.FinishReason != "length" || only.Usage.CompletionTokens != 0 || only.Usage.PromptTokens == 0 {
		t.Errorf("%+v", only)
	}
}

// TestChatLogprobs wants log probabilities of every token.
func TestChatLogprobs(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: talesModel(t, chord.Options{})}}})
	type logprobs struct {
		Content []struct {
			Token       string
			Logprob     float64
			Bytes       []byte
			TopLogprobs []struct{ Token string } `json:"top_logprobs"`
		}
	}
	body := with(hello, `"logprobs":true,"top_logprobs":3,"max_tokens":8,"seed":1`)
	a := decode[chatAnswer](t, post(t, url+"/v1/chat/completions", body).body)
	l := decode[logprobs](t, strings.NewReplacer(`"bytes":[`, `"skip":[`).Replace(string(a.Choices[0].Logprobs)))
	text := ""
	for _, c := range l.Content {
		text += c.Token
		if c.Logprob > 0 || len(c.TopLogprobs) != 3 {
			t.Errorf("%+v", c)
		}
	}
	if len(l.Content) != a.Usage.CompletionTokens || strings.TrimSpace(text) != strings.TrimSpace(str(a.Choices[0].Message.Content)) {
		t.Errorf("%d tokens %q of %d, %q", len(l.Content), text, a.Usage.CompletionTokens, str(a.Choices[0].Message.Content))
	}
	n := strings.Count(post(t, url+"/v1/chat/completions", with(body, `"stream":true`)).body, `"top_logprobs":[`)
	if n != len(l.Content) {
		t.Errorf("the stream has %d tokens, want %d", n, len(l.Content))
	}
}

// TestEmbeddings wants vectors in both formats, shortened, of tokens and of many texts.
func TestEmbeddings(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	type vectors struct {
		Object string
		Data   []struct {
			Object    string
			Index     int
			Embedding json.RawMessage
		}
		Usage struct {
			Prompt int `json:"prompt_tokens"`
			Total  int `json:"total_tokens"`
		}
	}
	ask := func(body string) vectors { return decode[vectors](t, post(t, url+"/v1/embeddings", body).body) }
	want, err := m.Embed(t.Context(), []string{"a dragon"}, chord.EmbedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ids, _ := json.Marshal(m.Tokenizer().Encode(nil, "a dragon", bpe.EncodeOptions{}))
	for _, input := range []string{`"a dragon"`, `["a dragon"]`, string(ids), "[" + string(ids) + "]"} {
		v := ask(`{"input":` + input + `}`)
		if got := decode[[]float32](t, string(v.Data[0].Embedding)); !slices.Equal(got, want[0]) || v.Usage.Prompt == 0 || v.Usage.Total != v.Usage.Prompt {
			t.Errorf("%s: %v", input, v)
		}
	}
	b, err := base64.StdEncoding.DecodeString(decode[string](t, string(ask(`{"input":"a dragon","encoding_format":"base64"}`).Data[0].Embedding)))
	if err != nil || len(b) != 4*len(want[0]) {
		t.Fatal(len(b), err)
	}
	for i, f := range want[0] {
		if math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])) != f {
			t.Fatalf("element %d differs", i)
		}
	}
	short := decode[[]float64](t, string(ask(`{"input":"a dragon","dimensions":16}`).Data[0].Embedding))
	sum := 0.0
	for _, f := range short {
		sum += f * f
	}
	if len(short) != 16 || math.Abs(sum-1) > 1e-5 {
		t.Errorf("%d elements of length %g", len(short), sum)
	}
	texts := make([]string, 300)
	for i := range texts {
		texts[i] = fmt.Sprintf("dragon number %d", i)
	}
	list, _ := json.Marshal(texts)
	v := ask(`{"input":` + string(list) + `}`)
	for i, d := range v.Data {
		if d.Index != i || d.Object != "embedding" {
			t.Errorf("vector %d: %d %s", i, d.Index, d.Object)
		}
	}
	if len(v.Data) != 300 || v.Object != "list" {
		t.Errorf("%d vectors", len(v.Data))
	}
}

// chatModel is a model that answers every chat with text. Its template has tools and
// reasoning.
func chatModel(t *testing.T, text string) *chord.Model {
	t.Helper()
	b, err := chordtest.File(text)
	if err != nil {
		t.Fatal(err)
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(b), int64(len(b)), chord.Options{Threads: 1, ChatTemplate: chatTemplate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

const chatTemplate = `{%- if tools %}{{ tools|tojson }} <tool_call>{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{% for c in m.tool_calls or [] %}
<tool_call>
{"name": {{ c.function.name|tojson }}, "arguments": {{ c.function.arguments|tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`
