//go:build !nobatch

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/querent-ai/chord/server/batch"
)

// batchOf returns what a server says of a batch.
func batchOf(t *testing.T, url, id string) (b batch.Batch) {
	t.Helper()
	status, body := request(t, "GET", url+"/v1/batches/"+id, "")
	if err := json.Unmarshal([]byte(body), &b); err != nil || status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	return b
}

// TestServeBatches kills a server in the middle of a batch, again and again, and wants the
// output to have each answer once, in order, and nothing that has been answered to change.
func TestServeBatches(t *testing.T) {
	dir := t.TempDir()
	const n = 40
	var form, input bytes.Buffer
	for i := range n {
		fmt.Fprintf(&input, `{"custom_id":"r%d","method":"POST","url":"/v1/completions","body":{"prompt":"One day, %d","max_tokens":60,"ignore_eos":true}}`+"\n", i, i)
	}
	w := multipart.NewWriter(&form)
	_ = w.WriteField("purpose", "batch")
	f, err := w.CreateFormFile("file", "in.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write(input.Bytes())
	w.Close()
	url, kill := child(t, "", "--batch-dir", dir)
	r, err := http.Post(url+"/v1/files", w.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var file batch.File
	if b, err := io.ReadAll(r.Body); err != nil || json.Unmarshal(b, &file) != nil || file.ID == "" {
		t.Fatalf("%s, %v", b, err)
	}
	status, body := request(t, "POST", url+"/v1/batches", `{"input_file_id":"`+file.ID+`","endpoint":"/v1/completions","completion_window":"24h"}`)
	var b batch.Batch
	if err := json.Unmarshal([]byte(body), &b); err != nil || status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	kills := 0
	for done := 0; !b.Ended(); b = batchOf(t, url, b.ID) {
		if got := b.Counts.Completed; got >= done+n/5 && got < n && kills < 3 {
			done = got
			kill()
			kills++
			url, kill = child(t, "", "--batch-dir", dir)
		}
	}
	if b.Status != batch.Completed || b.Counts != (batch.RequestCounts{Total: n, Completed: n}) || b.Output == nil {
		t.Fatalf("%+v", b)
	}
	if kills < 2 {
		t.Errorf("killed %d times only", kills)
	}
	_, out := request(t, "GET", url+"/v1/files/"+*b.Output+"/content", "")
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != n {
		t.Fatalf("%d lines, want %d", len(lines), n)
	}
	for i, line := range lines {
		if !strings.Contains(line, fmt.Sprintf(`"custom_id":"r%d",`, i)) || !strings.Contains(line, `"status_code":200`) {
			t.Errorf("line %d is %s", i, line)
		}
	}
}
