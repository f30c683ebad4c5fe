package queue_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
	"github.com/querent-ai/chord/server/batch"
	"github.com/querent-ai/chord/server/batch/queue"
	"github.com/querent-ai/chord/tales"
)

// talesServer returns a server of the model that tells stories, with a key.
func talesServer(t *testing.T) *server.Server {
	t.Helper()
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}, Keys: []string{"secret"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		m.Close()
	})
	return s
}

// input writes an input of these lines.
func input(t *testing.T, lines ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in.jsonl")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// line returns a line of an input.
func line(id, url, body string) string {
	return fmt.Sprintf(`{"custom_id": %q, "method": "POST", "url": %q, "body": %s}`, id, url, body)
}

// someLines are requests to all endpoints.
func someLines(n int) []string {
	var list []string
	for i := range n {
		id := fmt.Sprintf("r%d", i)
		switch i % 5 {
		case 0:
			list = append(list, line(id, "/v1/completions", fmt.Sprintf(`{"prompt": "Once upon a time there were %d", "max_tokens": 12}`, i)))
		case 1:
			list = append(list, line(id, "/v1/completions", fmt.Sprintf(`{"prompt": "Once upon a time", "max_tokens": 9, "seed": %d, "n": 2, "logprobs": 1}`, i)))
		case 2:
			list = append(list, line(id, "/v1/chat/completions", fmt.Sprintf(`{"messages": [{"role": "user", "content": "A story of %d"}], "max_tokens": 10, "temperature": 1.5}`, i)))
		case 3:
			list = append(list, line(id, "/v1/embeddings", fmt.Sprintf(`{"input": ["the cat number %d", "a dog"]}`, i)))
		case 4:
			list = append(list, line(id, "/v1/responses", fmt.Sprintf(`{"input": "A story of %d", "max_output_tokens": 8}`, i)))
		}
	}
	return list
}

// when is the time of jobs.
var when = time.Unix(1767225600, 0)

// answer runs a job with a queue and returns output and errors.
func answer(t *testing.T, o queue.Options, path string, s *server.Server) (out, errs string) {
	t.Helper()
	q, err := queue.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	j, err := batch.Open(path, "m", "", when)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		_ = q.Work(ctx, s.Handler())
	}()
	defer func() {
		cancel()
		<-worked
	}()
	var last batch.Counts
	counts, err := q.Run(ctx, j, func(c batch.Counts) { last = c })
	if err != nil {
		t.Fatal(err)
	}
	if last != counts || counts.Completed+counts.Failed != counts.Total {
		t.Errorf("counts %+v, progress said %+v", counts, last)
	}
	return written(t, q, j, counts)
}

// written returns output and errors of a job.
func written(t *testing.T, q *queue.Queue, j *batch.Job, counts batch.Counts) (out, errs string) {
	t.Helper()
	var b [2]bytes.Buffer
	var n [2]int
	for i := range b {
		var err error
		if n[i], err = q.Write(t.Context(), j, &b[i], i == 1, nil); err != nil {
			t.Fatal(err)
		}
	}
	if n[0] != counts.Completed || n[1] != counts.Failed {
		t.Errorf("wrote %v lines, the counts are %+v", n, counts)
	}
	return b[0].String(), b[1].String()
}

// TestSameBytes wants the same output of a job from cold and warm caches, many lines at
// once and one after the other.
func TestSameBytes(t *testing.T) {
	path := input(t, someLines(24)...)
	var want string
	for _, c := range []struct {
		name   string
		atOnce int
		again  bool
	}{{"16 at once", 16, true}, {"one at a time", 1, false}} {
		t.Run(c.name, func(t *testing.T) {
			s := talesServer(t)
			out, errs := answer(t, queue.Options{Dir: t.TempDir(), AtOnce: c.atOnce}, path, s)
			if want == "" {
				want = out
			}
			if out != want || errs != "" {
				t.Errorf("output\n%s\nwant\n%s\nerrors %s", out, want, errs)
			}
			if c.again {
				if out, _ := answer(t, queue.Options{Dir: t.TempDir(), AtOnce: 5}, path, s); out != want {
					t.Errorf("warm: output\n%s\nwant\n%s", out, want)
				}
			}
		})
	}
	if n := strings.Count(want, "\n"); n != 24 {
		t.Errorf("%d lines, want 24", n)
	}
}

// TestHostileLines wants an error for each line that asks for what it may not, with its
// number or its custom_id, and the answers of the lines between as without them.
func TestHostileLines(t *testing.T) {
	const url = "/v1/completions"
	good := line("good", url, `{"prompt": "Once upon a time", "max_tokens": 8, "temperature": 0}`)
	hostile := []string{
		`{`, `[]`, `null`, "\xff\xfe", `{"custom_id": "\ud800"}`, strings.Repeat("[", 100000), `{"custom_id": "a", "custom_id": "b"}`,
		`{"custom_id": 7, "method": "POST", "url": "/v1/completions", "body": {}}`,
		`{"method": "POST", "url": "/v1/completions", "body": {"prompt": "x"}}`,
		`{"custom_id": "get", "method": "GET", "url": "/v1/completions", "body": {}}`,
		line("nobody", url, `null`), line("file", "file:///etc/passwd", `{}`), line("up", "/v1/../metrics", `{}`), line("host", "http://example.com/v1/completions", `{}`),
		line("stream", url, `{"prompt": "x", "stream": true}`), line("previous", "/v1/responses", `{"input": "x", "previous_response_id": "resp_1"}`),
		line("good", url, `{"prompt": "the custom_id of another line"}`),
		line("ids", url, `{"prompt": [-1]}`), line("vocabulary", url, `{"prompt": [999999]}`), line("n", url, `{"prompt": "x", "n": 1000000}`),
		line("tokens", url, `{"prompt": "x", "max_tokens": -5}`), line("temperature", url, `{"prompt": "x", "temperature": 1e999}`),
		line("bias", url, `{"prompt": "x", "logit_bias": {"999999": 1}}`), line("stop", url, `{"prompt": "x", "stop": ""}`),
		line("deep", url, `{"prompt": `+strings.Repeat("[", 3000)+`}`), line("root", url, `{"prompt": "x", "grammar": "rout ::= \"a\""}`),
		line("parentheses", url, `{"prompt": "x", "grammar": "root ::= `+strings.Repeat("(", 60000)+`"}`),
		line("template", "/v1/chat/completions", `{"messages": [{"role": "user", "content": "x"}], "chat_template": "{{ 1 }}"}`),
		line("long", url, `{"prompt": "`+strings.Repeat("word ", 5000)+`"}`),
	}
	s := talesServer(t)
	alone, _ := answer(t, queue.Options{Dir: t.TempDir()}, input(t, good), s)
	out, errs := answer(t, queue.Options{Dir: t.TempDir()}, input(t, append([]string{good}, hostile...)...), s)
	if text := func(s string) string { _, s, _ = strings.Cut(s, `"choices":`); return s }; text(out) != text(alone) {
		t.Errorf("output\n%s\nwant the choices of\n%s", out, alone)
	}
	list := strings.Split(strings.TrimSuffix(errs, "\n"), "\n")
	if len(list) != len(hostile) {
		t.Fatalf("%d errors, want %d:\n%s", len(list), len(hostile), errs)
	}
	for i, got := range list {
		if !strings.Contains(got, fmt.Sprintf(`"line":%d}`, i+2)) && !strings.Contains(got, `"status_code":400`) {
			t.Errorf("line %d, %.60s: %s", i+2, hostile[i], got)
		}
	}
}
