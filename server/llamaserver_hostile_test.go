package server_test

import (
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
)

// TestHostileLlamaServer is TestHostile for responses and for llama-server's API.
func TestHostileLlamaServer(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}, SlotDir: t.TempDir()})
	neighbour(t, url)
	many := func(element string, n int) string { return strings.TrimSuffix(strings.Repeat(element+",", n), ",") }
	few := `{"prompt":"a","n_predict":3}`
	answer := `{"input":"a","max_output_tokens":3}`
	for _, c := range []struct{ name, path, body string }{
		{"no prompt", "/completion", `{"prompt":""}`},
		{"a prompt that nests", "/completion", `{"prompt":` + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + `}`},
		{"ids out of range", "/completion", `{"prompt":[[-1],[999999]]}`},
		{"a megabyte", "/completion", `{"prompt":"` + strings.Repeat("a", 1<<20) + `"}`},
		{"100,000 parts", "/completion", `{"prompt":[1,` + many(`"a"`, 100_000) + `]}`},
		{"100,000 prompts", "/completion", `{"prompt":[` + many(`"a"`, 100_000) + `]}`},
		{"n_predict 2^31", "/completion", `{"prompt":"a","n_predict":2147483648}`},
		{"n_discard", "/completion", with(few, `"n_discard":-1,"n_keep":-1,"t_max_predict_ms":-1`)},
		{"fields", "/completion", with(few, `"response_fields":["","/","//","timings/","/timings","timings/x/y","prompt/a"]`)},
		{"adapters", "/completion", with(few, `"lora":[{"id":2147483647,"scale":1}]`)},
		{"a grammar of itself", "/completion", with(few, `"grammar":"root ::= root"`)},
		{"a deep grammar", "/completion", with(few, `"grammar":"root ::= `+strings.Repeat("(", 60_000)+`"`)},
		{"bias beyond the vocabulary", "/completion", with(few, `"logit_bias":[[999999,1]]`)},
		{"a gap", "/infill", `{"input_prefix":"a","input_suffix":"b"}`},
		{"a text of controls", "/tokenize", `{"content":"` + strings.Repeat("<|endoftext|>", 10_000) + `","add_special":true,"with_pieces":true}`},
		{"many ids", "/detokenize", `{"tokens":[` + many("1", 200_000) + `]}`},
		{"a template of a request", "/apply-template", with(hello, `"chat_template":"{{ 'a'*10**10 }}"`)},
		{"variables", "/apply-template", with(hello, `"chat_template_kwargs":{"messages":"x","tools":7}`)},
		{"messages that nest", "/apply-template", `{"messages":` + strings.Repeat("[", 10_000)},
		{"100,000 documents", "/rerank", `{"query":"a","documents":[` + many(`"b"`, 100_000) + `]}`},
		{"no reranker", "/v2/rerank", `{"query":"a","documents":["b"]}`},
		{"input that nests", "/v1/responses", `{"input":` + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + `}`},
		{"items of no type", "/v1/responses", `{"input":[{},[],null,7]}`},
		{"100,000 items", "/v1/responses", `{"max_output_tokens":1,"input":[` + many(`{"role":"user","content":"a"}`, 100_000) + `]}`},
		{"results without calls", "/v1/responses", with(strings.Replace(answer, `"a"`, `[{"type":"function_call_output","call_id":"x","output":"y"}]`, 1), `"store":false`)},
		{"tools that nest", "/v1/responses", with(answer, `"tools":`+strings.Repeat("[", 3000)+strings.Repeat("]", 3000))},
		{"a schema that nests", "/v1/responses", with(answer, `"text":{"format":{"type":"json_schema","schema":{"$ref":"#"}}}`)},
		{"a deep pattern", "/v1/responses", with(answer, `"text":{"format":{"type":"json_schema","schema":{"type":"string","pattern":"`+strings.Repeat("(", 5000)+`"}}}`)},
		{"a long id", "/v1/responses", with(answer, `"previous_response_id":"`+strings.Repeat("x", 100_000)+`"`)},
		{"metadata", "/v1/responses", with(answer, `"metadata":{"a":"`+strings.Repeat("x", 1<<20)+`"}`)},
		{"adapters of none", "/lora-adapters", `[{"id":0,"scale":1}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if a := do(t, "POST", url+c.path, c.body); a.status != 200 && a.status != 400 && a.status != 404 {
				t.Errorf("%d: %.300s", a.status, a.body)
			}
		})
	}
}
