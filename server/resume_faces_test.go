package server_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/querent-ai/chord/server"
	"github.com/querent-ai/chord/server/sse"
)

// ofCache are the figures of a stream that depend on what a replica has computed before.
var ofCache = regexp.MustCompile(`"(cached_tokens|input_tokens|cache_read_input_tokens)":\d+`)

// faceStreams are requests for streams of events of other APIs.
var faceStreams = []struct{ name, path, body string }{
	{"response", "/v1/responses", `{"model":"tales","input":"Hello","max_output_tokens":16,"stream":true}`},
	{"response, seed", "/v1/responses", `{"model":"tales","input":"Hello","max_output_tokens":16,"stream":true,"seed":3,"instructions":"Be kind."}`},
	{"response, log probabilities", "/v1/responses", `{"model":"tales","input":"Hello","max_output_tokens":8,"stream":true,"include":["message.output_text.logprobs"],"top_logprobs":1}`},
	{"response, reasoning", "/v1/responses", `{"model":"thinks","input":"Hello","stream":true}`},
	{"response, calls", "/v1/responses", `{"model":"calls","input":"Hello","stream":true,"temperature":0,` + weather + `}`},
	{"response to nothing", "/v1/responses", `{"model":"tales","input":[],"stream":true}`},
	{"message", "/v1/messages", `{"model":"tales","messages":[{"role":"user","content":"Hello"}],"max_tokens":16,"stream":true}`},
	{"message, thinking", "/v1/messages", `{"model":"thinks","messages":[{"role":"user","content":"Hello"}],"max_tokens":60,"stream":true}`},
	{"message, calls", "/v1/messages", `{"model":"calls","messages":[{"role":"user","content":"Hello"}],"max_tokens":200,"stream":true,"temperature":0,"tools":[{"name":"weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}]}`},
	{"chat, calls", "/v1/chat/completions", `{"model":"calls","messages":[{"role":"user","content":"Hello"}],"max_tokens":200,"stream":true,"temperature":0,"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]}`},
}

// faceReplicas starts two servers with models of their own that answer in all ways.
func faceReplicas(t *testing.T) (list [2]string) {
	for i := range list {
		list[i] = serve(t, server.Options{Version: "1", Models: []server.Model{{Name: "tales", Loaded: talesModel(t, small)},
			{Name: "thinks", Loaded: chatModel(t, "<think>Hmm, let me see.</think>It is blue.")}, {Name: "calls", Loaded: chatModel(t, twoCalls)}}})
	}
	return list
}

// faceEvents returns the events of a stream, without what a cache changes.
func faceEvents(t *testing.T, url, body string, header ...string) []sse.Event {
	list := stream(t, url, body, header...)
	for i := range list {
		list[i].Data = ofCache.ReplaceAllString(list[i].Data, `"$1":0`)
	}
	return list
}

// TestResumeFaces cuts streams of other APIs after each event and wants another server to
// send the rest: the same data with the same ids and names.
func TestResumeFaces(t *testing.T) {
	urls := faceReplicas(t)
	for _, c := range faceStreams {
		t.Run(c.name, func(t *testing.T) {
			whole := faceEvents(t, urls[0]+c.path, c.body)
			for i, e := range whole {
				if rest := faceEvents(t, urls[1]+c.path, c.body, "Last-Event-ID", e.ID); fmt.Sprint(rest) != fmt.Sprint(whole[i+1:]) {
					t.Fatalf("after event %d of %d, %s:\n%v\nwant\n%v", i, len(whole), e.ID, rest, whole[i+1:])
				}
			}
			if len(whole) < 3 {
				t.Errorf("only %d events", len(whole))
			}
		})
	}
}

// A faceText is how the text of a stream of an API is read.
type faceText struct {
	name, path, body, id string
	lines                bool   // of JSON, in place of events
	texts                string // expression for a piece of text
	reasoning            string // and for one of reasoning
}

// read returns text and reasoning of a stream.
func (f *faceText) read(body string) (text, reasoning string) {
	for i, to := range []*string{&text, &reasoning} {
		for _, m := range regexp.MustCompile([]string{f.texts, f.reasoning}[i]).FindAllStringSubmatch(body, -1) {
			var s string
			_ = json.Unmarshal([]byte(m[1]), &s) // the expression is that of a JSON string
			*to += s
		}
	}
	return text, reasoning
}

// TestResumeFaceText repeats requests with the text that a client has.
func TestResumeFaceText(t *testing.T) {
	urls := faceReplicas(t)
	const text = `("(?:[^"\\]|\\.)*")`
	for _, f := range []faceText{
		{"response", "/v1/responses", `{"model":"tales","input":"Hello","max_output_tokens":16,"stream":true}`, "resp_", false, `"response.output_text.delta".*?"delta":` + text, `"response.reasoning_text.delta".*?"delta":` + text},
		{"response, reasoning", "/v1/responses", `{"model":"thinks","input":"Hello","stream":true}`, "resp_", false, `"response.output_text.delta".*?"delta":` + text, `"response.reasoning_text.delta".*?"delta":` + text},
		{"message", "/v1/messages", `{"model":"tales","messages":[{"role":"user","content":"Hello"}],"max_tokens":16,"stream":true}`, "msg_", false, `"text_delta","text":` + text, `"thinking_delta","thinking":` + text},
		{"message, thinking", "/v1/messages", `{"model":"thinks","messages":[{"role":"user","content":"Hello"}],"max_tokens":60,"stream":true}`, "msg_", false, `"text_delta","text":` + text, `"thinking_delta","thinking":` + text},
		{"ollama chat", "/api/chat", `{"model":"tales","messages":[{"role":"user","content":"Hello"}],"options":{"num_predict":16}}`, "", true, `"content":` + text, `"thinking":` + text},
		{"ollama thinking", "/api/chat", `{"model":"thinks","messages":[{"role":"user","content":"Hello"}]}`, "", true, `"content":` + text, `"thinking":` + text},
		{"ollama text", "/api/generate", `{"model":"tales","prompt":"Once upon a time","raw":true,"options":{"num_predict":16}}`, "", true, `"response":` + text, `"thinking":` + text},
	} {
		t.Run(f.name, func(t *testing.T) {
			first := post(t, urls[0]+f.path, f.body)
			text, reasoning := f.read(first.body)
			if text == "" {
				t.Fatalf("no text in %s", first.body)
			}
			id := f.id + first.header.Get("X-Request-Id")
			both := reasoning + text
			for n := 0; n <= len(both); n += 1 + n/3 {
				if strings.ToValidUTF8(both[:n], "") != both[:n] {
					continue
				}
				had := map[string]string{"id": id, "text": both[min(n, len(reasoning)):n], "reasoning": both[:min(n, len(reasoning))]}
				b, err := json.Marshal(had)
				if err != nil {
					t.Fatal(err)
				}
				rest := post(t, urls[1]+f.path, with(f.body, `"resume":`+string(b)))
				more, moreReasoning := f.read(rest.body)
				if had["text"]+more != text || had["reasoning"]+moreReasoning != reasoning {
					t.Fatalf("with %d bytes: %q and %q, want %q and %q", n, moreReasoning, more, reasoning, text)
				}
				if last := strings.TrimSpace(rest.body); f.lines && !strings.Contains(last[strings.LastIndex(last, "\n")+1:], `"done":true`) || !f.lines && n > 0 && strings.Contains(rest.body, "message_start") {
					t.Errorf("with %d bytes: %s", n, rest.body)
				}
			}
		})
	}
}
