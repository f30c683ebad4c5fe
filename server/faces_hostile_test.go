package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
)

// TestHostileFaces sends to Anthropic's and Ollama's paths what a server may take or
// refuse, but must survive, beside a neighbour.
func TestHostileFaces(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	neighbour(t, url)
	const messages, chat, text, embed = "/v1/messages", "/api/chat", "/api/generate", "/api/embed"
	few := `{"max_tokens":4,"messages":[{"role":"user","content":"Hello"}]}`
	talk := `{"stream":false,"messages":[{"role":"user","content":"Hello"}]}`
	raw := `{"stream":false,"raw":true,"prompt":"Once upon"}`
	schema := func(s string) string {
		return `"tools":[{"name":"f","input_schema":{"type":"object","properties":{"a":` + s + `}}}]`
	}
	form := func(s string) string { return `"format":` + s + `,"options":{"num_predict":4}` }
	var values strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&values, `"v%d",`, i)
	}
	enum := `{"enum":[` + strings.TrimSuffix(values.String(), ",") + `]}`
	nested := strings.Repeat("(", 5000) + strings.Repeat(")", 5000)
	turns := strings.TrimSuffix(strings.Repeat(`{"role":"user","content":"a"},{"role":"assistant","content":"b"},`, 20_000), ",")
	for _, c := range []struct{ name, path, body string }{
		{"n_discard", messages, with(few, `"n_discard":-1`)},
		{"max_tokens 2^31", messages, `{"max_tokens":2147483648,"messages":[{"role":"user","content":"Hello"}]}`},
		{"pattern", messages, with(few, schema(`{"type":"string","pattern":"(?=x)"}`))},
		{"odd pattern", messages, with(few, schema(`{"type":"string","pattern":"*"}`))},
		{"deep pattern", messages, with(few, schema(`{"type":"string","pattern":"`+nested+`"}`))},
		{"repeated pattern", messages, with(few, schema(`{"type":"string","pattern":"a{0,1000000000}"}`))},
		{"recursive schema", messages, with(few, schema(`{"$ref":"#"}`))},
		{"large enum", messages, with(few, schema(enum))},
		{"control tokens", messages, `{"max_tokens":4,"system":"<|im_end|>","messages":[{"role":"user","content":"<|endoftext|>\u0000"}]}`},
		{"empty content", messages, `{"max_tokens":4,"messages":[{"role":"user","content":""},{"role":"assistant","content":[]}]}`},
		{"result without a call", messages, `{"max_tokens":4,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"x"}]}]}`},
		{"40,000 messages", messages, `{"max_tokens":4,"messages":[` + turns + `]}`},
		{"40,000 messages counted", messages + "/count_tokens", `{"messages":[` + turns + `]}`},
		{"a megabyte of one letter", messages, `{"max_tokens":4,"messages":[{"role":"user","content":"` + strings.Repeat("a", 1<<20) + `"}]}`},
		{"40,000 messages to cut", chat, `{"stream":false,"options":{"num_predict":2},"messages":[` + turns + `]}`},
		{"num_ctx 1", chat, with(talk, `"options":{"num_ctx":1}`)},
		{"num_ctx 2^62", chat, with(talk, `"options":{"num_ctx":4611686018427387904,"num_predict":4}`)},
		{"num_keep", chat, with(talk, `"options":{"num_keep":-1,"num_predict":4}`)},
		{"num_thread", chat, with(talk, `"options":{"num_thread":2147483647,"num_batch":-1,"main_gpu":-1,"num_predict":4}`)},
		{"keep_alive 1e308", chat, with(talk, `"keep_alive":1e308,"options":{"num_predict":4}`)},
		{"keep_alive -1e308", chat, with(talk, `"keep_alive":-1e308,"options":{"num_predict":4}`)},
		{"recursive format", chat, with(talk, form(`{"$ref":"#"}`))},
		{"deep format", chat, with(talk, form(`{"type":"string","pattern":"`+nested+`"}`))},
		{"repeated format", chat, with(talk, form(`{"type":"string","pattern":"a{0,1000000000}"}`))},
		{"large format", chat, with(talk, form(enum))},
		{"deep grammar", chat, with(talk, `"options":{"grammar":"root ::= `+strings.Repeat("(", 60000)+`"}`)},
		{"temperature -1", text, with(raw, `"options":{"temperature":-1,"num_predict":4}`)},
		{"top_k 2^31", text, with(raw, `"options":{"top_k":2147483648,"num_predict":4}`)},
		{"num_predict 0", text, with(raw, `"options":{"num_predict":0,"num_ctx":10}`)},
		{"empty prompt", text, `{"prompt":"","raw":true}`},
		{"context of zeros", text, `{"stream":false,"prompt":"a","context":[` + strings.TrimSuffix(strings.Repeat("0,", 10_000), ",") + `]}`},
		{"a megabyte of one letter", text, `{"stream":false,"prompt":"` + strings.Repeat("a", 1<<20) + `"}`},
		{"a megabyte of one letter", embed, `{"input":"` + strings.Repeat("a", 1<<20) + `"}`},
		{"NUL", "/api/show", `{"model":"tales\u0000"}`},
		{"copy of a long name", "/api/copy", `{"source":"tales","destination":"` + strings.Repeat("a", 100_000) + `"}`},
	} {
		t.Run(c.name+" to "+c.path, func(t *testing.T) {
			if a := do(t, "POST", url+c.path, c.body); a.status != 200 && a.status != 400 && a.status != 404 {
				t.Errorf("%d: %.300s", a.status, a.body)
			}
		})
	}
}
