package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
	"github.com/querent-ai/chord/server/batch"
)

// upload sends a form with these fields and files, by the names of their parts.
func upload(t *testing.T, url string, parts ...string) answer {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		if parts[i] != "file" {
			if err := w.WriteField(parts[i], parts[i+1]); err != nil {
				t.Fatal(err)
			}
			continue
		}
		f, err := w.CreateFormFile("file", "in.jsonl")
		if err == nil {
			_, err = f.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	r, err := http.Post(url+"/v1/files", w.FormDataContentType(), &b)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{r.StatusCode, r.Header, string(body)}
}

// kept uploads a file and returns its id.
func kept(t *testing.T, url, content string) string {
	t.Helper()
	a := upload(t, url, "purpose", "batch", "file", content)
	f := decode[batch.File](t, a.body)
	if a.status != 200 || f.Object != "file" || f.Bytes != int64(len(content)) || f.Name != "in.jsonl" || f.Purpose != "batch" || f.Status != "processed" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return f.ID
}

// begun begins a batch of completions.
func begun(t *testing.T, url, file string) batch.Batch {
	t.Helper()
	return decode[batch.Batch](t, post(t, url+"/v1/batches", `{"input_file_id":"`+file+`","endpoint":"/v1/completions","completion_window":"24h","metadata":{"a":"b"}}`).body)
}

// ended asks for a batch until it has ended.
func ended(t *testing.T, url, id string) (b batch.Batch) {
	t.Helper()
	for t.Context().Err() == nil {
		if b = decode[batch.Batch](t, get(t, url+"/v1/batches/"+id).body); b.Ended() {
			return b
		}
	}
	return b
}

// requestLine is a line of a batch.
func requestLine(id, body string) string {
	return fmt.Sprintf(`{"custom_id":%q,"method":"POST","url":"/v1/completions","body":%s}`+"\n", id, body)
}

// batchServer starts a server with a store in a folder.
func batchServer(t *testing.T, dir string, o batch.StoreOptions) (url string, s *batch.Store) {
	t.Helper()
	s = batch.NewStore(dir, o)
	url = serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: talesModel(t, chord.Options{})}}, Batches: s})
	t.Cleanup(s.Close)
	return url, s
}

// TestBatches answers a file, whose answers are kept as files.
func TestBatches(t *testing.T) {
	url, _ := batchServer(t, t.TempDir(), batch.StoreOptions{})
	input := requestLine("one", `{"prompt":"Once","max_tokens":4}`) + "\n" + requestLine("two", `{"prompt":"One day","max_tokens":5,"temperature":0}`) + requestLine("three", `{"prompt":"a","temperature":"hot"}`)
	in := kept(t, url, input)
	if got := get(t, url+"/v1/files/"+in+"/content").body; got != input {
		t.Errorf("content %q", got)
	}
	b := ended(t, url, begun(t, url, in).ID)
	if b.Status != batch.Completed || b.Counts != (batch.RequestCounts{Total: 3, Completed: 2, Failed: 1}) || b.Errors != nil || b.Completed == nil || b.InProgress == nil || b.Metadata["a"] != "b" || b.Expires != b.Created+86400 || b.Object != "batch" {
		t.Fatalf("%+v", b)
	}
	lines := strings.Split(get(t, url+"/v1/files/"+str(b.Output)+"/content").body, "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], `"custom_id":"one"`) || !strings.Contains(lines[1], `"custom_id":"two","response":{"status_code":200`) {
		t.Errorf("output %q", lines)
	}
	if s := get(t, url+"/v1/files/"+str(b.Failures)+"/content").body; strings.Count(s, "\n") != 1 || !strings.Contains(s, `"status_code":400`) {
		t.Errorf("errors %q", s)
	}
	type page[T any] struct {
		Data    []T
		HasMore bool `json:"has_more"`
	}
	if files := decode[page[batch.File]](t, get(t, url+"/v1/files").body); len(files.Data) != 3 || files.HasMore {
		t.Errorf("%+v", files)
	}
	if files := decode[page[batch.File]](t, get(t, url+"/v1/files?purpose=batch_output&limit=1&order=asc").body); len(files.Data) != 1 || !files.HasMore || files.Data[0].Purpose != "batch_output" {
		t.Errorf("%+v", files)
	}
	second := ended(t, url, begun(t, url, in).ID)
	list := decode[page[batch.Batch]](t, get(t, url+"/v1/batches?limit=1").body)
	rest := decode[page[batch.Batch]](t, get(t, url+"/v1/batches?after="+list.Data[0].ID).body)
	if ids := []string{list.Data[0].ID, rest.Data[0].ID}; !list.HasMore || rest.HasMore || !slices.Contains(ids, b.ID) || !slices.Contains(ids, second.ID) {
		t.Errorf("%+v, then %+v", list, rest)
	}
	for _, want := range []int{200, 404} {
		if a := do(t, "DELETE", url+"/v1/files/"+in, ""); a.status != want {
			t.Errorf("delete: %d %s", a.status, a.body)
		}
	}
}

// TestBatchInvalid wants a batch of a file with wrong lines to fail, with their numbers.
func TestBatchInvalid(t *testing.T) {
	url, _ := batchServer(t, t.TempDir(), batch.StoreOptions{})
	input := requestLine("one", `{"prompt":"a"}`) + "{\n\n" + requestLine("one", `{"prompt":"a"}`) + strings.Replace(requestLine("four", `{"input":"a"}`), "completions", "embeddings", 1)
	b := ended(t, url, begun(t, url, kept(t, url, input)).ID)
	var got []string
	for _, e := range b.Errors.Data {
		got = append(got, fmt.Sprint(*e.Line, " ", e.Code, " ", str(e.Param)))
	}
	if want := []string{"2 invalid_line ", "4 duplicate_custom_id custom_id", "5 invalid_line url"}; b.Status != batch.Failed || b.Failed == nil || !slices.Equal(got, want) {
		t.Errorf("%s %q, want %q", b.Status, got, want)
	}
	if b = ended(t, url, begun(t, url, kept(t, url, "\n\n")).ID); b.Status != batch.Failed || b.Errors.Data[0].Code != "empty_file" {
		t.Errorf("of no lines: %+v", b)
	}
}

// TestBatchCancel cancels a batch: the answers that there are are kept, and the other lines
// have an error.
func TestBatchCancel(t *testing.T) {
	r := &waiting{first: make(chan struct{})}
	url, _ := batchServer(t, t.TempDir(), batch.StoreOptions{Open: r.open})
	in := kept(t, url, requestLine("one", `{"prompt":"Once","max_tokens":4}`)+requestLine("two", `{"prompt":"a","max_tokens":4}`))
	b := begun(t, url, in)
	<-r.first
	if b = decode[batch.Batch](t, get(t, url+"/v1/batches/"+b.ID).body); b.Status != batch.InProgress || b.Counts != (batch.RequestCounts{Total: 2, Completed: 1}) {
		t.Errorf("%+v", b)
	}
	if a := do(t, "DELETE", url+"/v1/files/"+in, ""); a.status != 400 || !strings.Contains(a.body, "file_in_use") {
		t.Errorf("delete: %d %s", a.status, a.body)
	}
	if b = decode[batch.Batch](t, post(t, url+"/v1/batches/"+b.ID+"/cancel", "").body); b.Cancelling == nil || b.Status != batch.Cancelling && b.Status != batch.Cancelled {
		t.Errorf("%+v", b)
	}
	b = ended(t, url, b.ID)
	if b.Status != batch.Cancelled || b.Cancelled == nil || b.Counts != (batch.RequestCounts{Total: 2, Completed: 1, Failed: 1}) {
		t.Errorf("%+v", b)
	}
	if s := get(t, url+"/v1/files/"+str(b.Failures)+"/content").body; !strings.Contains(s, `"custom_id":"two","response":null,"error":{"code":"batch_cancelled"`) {
		t.Errorf("errors %q", s)
	}
	if again := decode[batch.Batch](t, post(t, url+"/v1/batches/"+b.ID+"/cancel", "").body); again.Status != batch.Cancelled {
		t.Errorf("cancelled again: %+v", again)
	}
}

// TestBatchRestart goes on with a batch on another server, with the same answers.
func TestBatchRestart(t *testing.T) {
	dir := t.TempDir()
	r := &waiting{first: make(chan struct{})}
	url, s := batchServer(t, dir, batch.StoreOptions{Open: r.open})
	in := kept(t, url, requestLine("one", `{"prompt":"Once","max_tokens":6}`)+requestLine("two", `{"prompt":"One day","max_tokens":6}`))
	b := begun(t, url, in)
	<-r.first
	s.Close()
	if a := do(t, "POST", url+"/v1/batches", `{"input_file_id":"`+in+`","endpoint":"/v1/completions","completion_window":"24h"}`); a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("a store that is closed: %d %s", a.status, a.body)
	}
	url, _ = batchServer(t, dir, batch.StoreOptions{})
	after := ended(t, url, b.ID)
	if after.Status != batch.Completed || after.Counts.Completed != 2 || after.Created != b.Created {
		t.Fatalf("%+v", after)
	}
	if out := get(t, url+"/v1/files/"+str(after.Output)+"/content").body; r.line == "" || !strings.HasPrefix(out, r.line) || strings.Count(out, "\n") != 2 {
		t.Errorf("output %q, the first server had %q", out, r.line)
	}
}

// TestBatchRefused wants the status and the field of what is wrong with a request.
func TestBatchRefused(t *testing.T) {
	base, _ := batchServer(t, t.TempDir(), batch.StoreOptions{FileBytes: 2000, Bytes: 3000})
	line := requestLine("one", `{"prompt":"a"}`)
	for _, c := range []struct {
		name   string
		parts  []string
		status int
		param  string
	}{
		{"no file", []string{"purpose", "batch"}, 400, "file"},
		{"an empty file", []string{"purpose", "batch", "file", ""}, 400, "file"},
		{"two files", []string{"purpose", "batch", "file", line, "file", line}, 400, "file"},
		{"no purpose", []string{"file", line}, 400, "purpose"},
		{"another purpose", []string{"file", line, "purpose", "fine-tune"}, 400, "purpose"},
		{"a long field", []string{"purpose", strings.Repeat("x", 5000)}, 400, "purpose"},
		{"too short a time", []string{"purpose", "batch", "file", line, "expires_after[anchor]", "created_at", "expires_after[seconds]", "1"}, 400, "expires_after.seconds"},
		{"too large", []string{"purpose", "batch", "file", strings.Repeat(line, 30)}, 413, "file"},
		{"many parts", strings.Split(strings.Repeat("a b ", 40)[:159], " "), 400, ""},
	} {
		a := upload(t, base, c.parts...)
		if e := decode[apiError](t, a.body).Error; a.status != c.status || str(e.Param) != c.param {
			t.Errorf("%s: %d %s, want %d %s", c.name, a.status, a.body, c.status, c.param)
		}
	}
	if s := get(t, base+"/v1/files").body; !strings.Contains(s, `"data":[]`) {
		t.Errorf("refused files are kept: %s", s)
	}
	if a := do(t, "POST", base+"/v1/files", `{}`); a.status != 415 {
		t.Errorf("JSON: %d %s", a.status, a.body)
	}
	for _, body := range []string{"--x\r\n", "", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc"} {
		r, err := http.Post(base+"/v1/files", "multipart/form-data; boundary=x", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if r.Body.Close(); r.StatusCode != 400 {
			t.Errorf("the form %q: %d", body, r.StatusCode)
		}
	}
	file := kept(t, base, line)
	for _, c := range []struct {
		body   string
		status int
		param  string
	}{
		{`{}`, 400, "input_file_id"},
		{`{"input_file_id":"` + file + `","completion_window":"24h"}`, 400, "endpoint"},
		{`{"input_file_id":"` + file + `","endpoint":"/v1/../metrics","completion_window":"24h"}`, 400, "endpoint"},
		{`{"input_file_id":"` + file + `","endpoint":"/v1/completions","completion_window":"1h"}`, 400, "completion_window"},
		{`{"input_file_id":"` + file + `","endpoint":"/v1/completions","completion_window":"24h","metadata":{"a":"` + strings.Repeat("x", 600) + `"}}`, 400, "metadata"},
		{`{"input_file_id":"file-0123","endpoint":"/v1/completions","completion_window":"24h"}`, 404, "input_file_id"},
	} {
		a := do(t, "POST", base+"/v1/batches", c.body)
		if e := decode[apiError](t, a.body).Error; a.status != c.status || str(e.Param) != c.param {
			t.Errorf("%s: %d %s", c.body, a.status, a.body)
		}
	}
	for _, id := range []string{"file-0123", "../../etc/passwd", "batch_0123456789abcdef01234567", "x\x00y"} {
		for _, path := range []string{"/v1/files/", "/v1/batches/"} {
			if a := do(t, "GET", base+path+url.PathEscape(id), ""); a.status != 404 {
				t.Errorf("%s%q: %d %s", path, id, a.status, a.body)
			}
		}
	}
	for _, query := range []string{"/v1/files?limit=0", "/v1/batches?limit=x", "/v1/files?after=file-1", "/v1/files?order=up"} {
		if a := do(t, "GET", base+query, ""); a.status != 400 {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	if a := do(t, "GET", serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "an answer")}})+"/v1/files", ""); a.status != 404 {
		t.Errorf("a server without a store: %d", a.status)
	}
}

// A waiting is a Runner that answers the first line of a job and waits then.
type waiting struct {
	*batch.Memory
	first chan struct{} // closed when that is answered
	line  string        // the answer
}

// open returns the Runner.
func (w *waiting) open(_ context.Context, h http.Handler) (batch.Runner, error) {
	w.Memory = batch.NewMemory(h)
	return w, nil
}

// Run answers the first line.
func (w *waiting) Run(ctx context.Context, j *batch.Job, progress func(batch.Counts)) (counts batch.Counts, err error) {
	one, cancel := context.WithCancel(ctx)
	defer cancel()
	_, _ = w.Memory.Run(one, j, func(c batch.Counts) {
		counts = c
		progress(c)
		cancel()
	})
	var out bytes.Buffer
	_, _ = w.Write(ctx, j, &out, false, func(l *batch.Line) *batch.LineError { return &batch.LineError{Number: l.Number} })
	w.line = out.String()
	close(w.first)
	<-ctx.Done()
	return counts, context.Cause(ctx)
}
