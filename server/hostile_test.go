package server_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
)

// neighbour streams a greedy text again and again while the test runs, and wants the
// text that it has alone.
func neighbour(t *testing.T, url string) {
	t.Helper()
	const body = `{"prompt":"Once upon a time","max_tokens":200,"temperature":0,"stream":true}`
	want := streamText(t, post(t, url+"/v1/completions", body).body, 0)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; ; n++ {
			select {
			case <-done:
				if n == 0 {
					t.Error("the neighbour has had no stream")
				}
				return
			default:
			}
			r, err := http.Post(url+"/v1/completions", "application/json", strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			b, err := io.ReadAll(r.Body)
			r.Body.Close()
			if got := streamText(t, string(b), 0); err != nil || got != want {
				t.Errorf("the neighbour's stream is %q, alone %q, %v", got, want, err)
				return
			}
		}
	}()
	t.Cleanup(func() { close(done); <-ended })
}

// TestHostile sends what a server may take or refuse, but must survive, beside a
// neighbour.
func TestHostile(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	neighbour(t, url)
	const chat, text = "/v1/chat/completions", "/v1/completions"
	few := with(hello, `"max_tokens":4`)
	var rules, values strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&rules, `r%d ::= r%d\n`, i, i+1)
	}
	for i := range 100_000 {
		fmt.Fprintf(&values, `"v%d",`, i)
	}
	for _, c := range []struct{ name, path, body string }{
		{"n_discard", text, `{"prompt":"a","n_discard":-1}`},
		{"empty prompt", text, `{"prompt":""}`},
		{"max_tokens 2^31-1", chat, with(hello, `"max_tokens":2147483647`)},
		{"max_tokens -1", chat, with(hello, `"max_tokens":-1`)},
		{"n_predict 2^31", chat, with(few, `"n_predict":2147483648`)},
		{"top_k -1", chat, with(few, `"top_k":-1`)},
		{"top_k 2^31", chat, with(few, `"top_k":2147483648`)},
		{"top_p 0", chat, with(few, `"top_p":0`)},
		{"temperature 1e38", chat, with(few, `"temperature":1e38`)},
		{"temperature -1", chat, with(few, `"temperature":-1`)},
		{"n 8", chat, with(few, `"n":8`)},
		{"16 stops", chat, with(few, `"stop":["`+strings.Repeat(`x","`, 15)+`x"]`)},
		{"20 logprobs", chat, with(few, `"logprobs":true,"top_logprobs":20`)},
		{"chain of rules", chat, with(few, `"grammar":"root ::= r0\n`+rules.String()+`r5000 ::= \"a\""`)},
		{"rule of itself", chat, with(few, `"grammar":"root ::= root"`)},
		{"rule that does not end", chat, with(few, `"grammar":"root ::= \"a\" root"`)},
		{"deep pattern", chat, with(few, `"json_schema":{"type":"string","pattern":"`+strings.Repeat("(", 5000)+strings.Repeat(")", 5000)+`"}`)},
		{"repeated pattern", chat, with(few, `"json_schema":{"type":"string","pattern":"a{0,1000000000}"}`)},
		{"recursive schema", chat, with(few, `"json_schema":{"$ref":"#"}`)},
		{"schema of itself in a list", chat, with(few, `"json_schema":{"type":"array","items":{"$ref":"#"}}`)},
		{"large enum", chat, with(few, `"json_schema":{"enum":[`+strings.TrimSuffix(values.String(), ",")+`]}`)},
		{"tool with an unusual schema", chat, with(few, `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"pattern":"(?=x)"}}}}}]`)},
		{"control tokens", chat, `{"messages":[{"role":"user","content":"<|im_end|><|endoftext|>\u0000"}],"max_tokens":4}`},
		{"role of a template", chat, `{"messages":[{"role":"<|im_start|>","content":"a"}],"max_tokens":4}`},
		{"call without a tool", chat, `{"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"no JSON"}}]}],"max_tokens":4}`},
		{"100,000 messages", chat, `{"messages":[` + strings.TrimSuffix(strings.Repeat(`{"role":"user","content":"a"},`, 100_000), ",") + `]}`},
		{"a megabyte of one letter", text, `{"prompt":"` + strings.Repeat("a", 1<<20) + `"}`},
		{"all tokens forbidden", text, `{"prompt":"a","max_tokens":4,"grammar":"root ::= \"\u4e2d\"","logit_bias":{"1":-100}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if a := do(t, "POST", url+c.path, c.body); a.status != 200 && a.status != 400 {
				t.Errorf("%d: %.300s", a.status, a.body)
			}
		})
	}
}

// TestLeave has clients leave at every stage: queued, while a prompt is read, and in the
// middle of a stream. The others get their texts, and nothing stays behind.
func TestLeave(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	neighbour(t, url)
	prompt := strings.Repeat("Once upon a time ", 80)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			body := fmt.Sprintf(`{"prompt":"%d %s","max_tokens":100,"ignore_eos":true,"stream":true}`, i, prompt)
			q, _ := http.NewRequestWithContext(ctx, "POST", url+"/v1/completions", strings.NewReader(body))
			q.Header.Set("Content-Type", "application/json")
			if i%2 == 0 {
				time.AfterFunc(time.Duration(i)*time.Millisecond, cancel)
			}
			r, err := http.DefaultClient.Do(q)
			if err != nil {
				return
			}
			defer r.Body.Close()
			_, _ = io.ReadFull(r.Body, make([]byte, 100*i))
		})
	}
	wg.Wait()
	settled(t, m)
}

// settled waits until a model has no text but the neighbour's.
func settled(t *testing.T, m *chord.Model) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); m.Metrics().Sequences > 1; {
		if time.Now().After(deadline) {
			t.Fatalf("%d texts are still there", m.Metrics().Sequences)
		}
	}
}

// TestStalled wants the stream of a client that does not read to end.
func TestStalled(t *testing.T) {
	words := make([]string, 3000)
	for i := range words {
		words[i] = fmt.Sprintf("word%d", i)
	}
	model := echoModel(t, "m", strings.Join(words, " "))
	s, err := server.New(server.Options{Models: []server.Model{model}, Limits: server.Limits{WriteTime: 50 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewUnstartedServer(nil)
	h.Config = s.HTTP()
	h.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		_ = c.(*net.TCPConn).SetWriteBuffer(4096)
		return ctx
	}
	h.Start()
	defer h.Close()
	c, err := net.Dial("tcp", strings.TrimPrefix(h.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.(*net.TCPConn).SetReadBuffer(4096)
	body := with(hello, `"stream":true`)
	fmt.Fprintf(c, "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	for m := model.Loaded; m.Metrics().Calls == 0; {
	}
	for deadline := time.Now().Add(time.Minute); model.Loaded.Metrics().Sequences > 0; {
		if time.Now().After(deadline) {
			t.Fatal("the stream goes on")
		}
	}
	if calls := model.Loaded.Metrics().Calls; calls >= 3000 {
		t.Errorf("the whole text was generated, in %d calls", calls)
	}
}

// TestPing wants comments in a stream that has nothing to say yet, which change no text.
func TestPing(t *testing.T) {
	model := echoModel(t, "m", "It is blue, all day.")
	url := serve(t, server.Options{Models: []server.Model{model}, Limits: server.Limits{Ping: time.Nanosecond}})
	r := post(t, url+"/v1/chat/completions", with(hello, `"stream":true`)).body
	if got := streamText(t, r, 0); !strings.Contains(r, ": ping\n\n") || got != "It is blue, all day." {
		t.Errorf("%q in %s", got, r)
	}
}

// TestProgress wants comments while a long prompt is read.
func TestProgress(t *testing.T) {
	model := echoModel(t, "m", "It is blue, all day.")
	url := serve(t, server.Options{Models: []server.Model{model}})
	body := `{"messages":[{"role":"user","content":"` + strings.Repeat("x", 3000) + `"}],"stream":true}`
	r := post(t, url+"/v1/chat/completions", body).body
	if got := streamText(t, r, 0); strings.Count(r, ": prompt ") < 5 || got != "It is blue, all day." {
		t.Errorf("%q in %s", got, r)
	}
	if plain := decode[chatAnswer](t, post(t, url+"/v1/chat/completions", strings.Replace(body, `,"stream":true`, "", 1)).body); str(plain.Choices[0].Message.Content) != "It is blue, all day." {
		t.Errorf("%+v", plain)
	}
}
