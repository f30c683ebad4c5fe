package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"

	"github.com/querent-ai/chord/server"
)

// prefixAsks are requests of every API, and the text whose hash their header has.
var prefixAsks = []struct{ name, path, body, text string }{
	{"chat", "/v1/chat/completions", `{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Why?"}]}`, "Be brief.Why?"},
	{"next turn", "/v1/chat/completions", `{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Why?"},{"role":"assistant","content":"So."},{"role":"user","content":"How?"}]}`, "Be brief.Why?"},
	{"chat of a user", "/v1/chat/completions", `{"messages":[{"role":"user","content":"Why \"ä\"?"},{"role":"assistant","content":"So."},{"role":"user","content":"How?"}],"stream":true}`, `Why "ä"?`},
	{"text", "/v1/completions", `{"prompt":"` + strings.Repeat("Once upon a time ", 80) + `"}`, strings.Repeat("Once upon a time ", 80)[:1024]},
	{"responses", "/v1/responses", `{"instructions":"Be brief.","input":"Why?","store":false}`, "Be brief.Why?"},
	{"messages", "/v1/messages", `{"max_tokens":9,"system":"Be brief.","messages":[{"role":"user","content":"Why?"}]}`, "Be brief.Why?"},
	{"Ollama", "/api/chat", `{"messages":[{"role":"user","content":"Why?"}],"stream":false}`, "Why?"},
	{"llama-server", "/completion", `{"prompt":"Why?"}`, "Why?"},
}

// TestPrefix wants the header of answers to be the hash of what the prompts of a
// conversation share, from every replica, and that of the request where it has one.
func TestPrefix(t *testing.T) {
	for range 2 {
		url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "Yes, it is.")}})
		for _, c := range prefixAsks {
			want := fmt.Sprintf("%016X", xxhash.Sum64String(c.text))
			plain := strings.Replace(c.body, `,"stream":true`, `,"stream":false`, 1)
			for _, body := range []string{plain, with(strings.Replace(plain, `,"stream":false`, "", 1), `"stream":true`)} {
				if got := post(t, url+c.path, body).header.Get("X-Chord-Prefix"); got != want {
					t.Errorf("%s, %s: %q, want %q", c.name, body[len(body)-16:], got, want)
				}
			}
		}
		ids := post(t, url+"/v1/completions", `{"prompt":[72,105]}`).header.Get("X-Chord-Prefix")
		if want := fmt.Sprintf("%016X", xxhash.Sum64String("72,105")); ids != want {
			t.Errorf("tokens: %q, want %q", ids, want)
		}
		for given, want := range map[string]string{"my-chat_7": "my-chat_7", "a b": fmt.Sprintf("%016X", xxhash.Sum64String("Hello")), strings.Repeat("a", 65): fmt.Sprintf("%016X", xxhash.Sum64String("Hello"))} {
			if got := do(t, "POST", url+"/v1/chat/completions", hello, "X-Chord-Prefix", given).header.Get("X-Chord-Prefix"); got != want {
				t.Errorf("given %.20q: %q, want %q", given, got, want)
			}
		}
		if got := do(t, "GET", url+"/v1/models", "").header.Get("X-Chord-Prefix"); got != "" {
			t.Errorf("a list of models has %q", got)
		}
	}
}
