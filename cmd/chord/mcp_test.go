package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/querent-ai/chord"
)

// startMCP runs chord mcp and returns a session of a client, and what ends it.
func startMCP(t *testing.T, progress func()) (*mcp.ClientSession, func() int) {
	t.Helper()
	fromClient, toServer := io.Pipe()
	fromServer, toClient := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- newApp(fromClient, toClient, &stderr).run([]string{"mcp"})
		toClient.Close()
	}()
	c := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, &mcp.ClientOptions{
		ProgressNotificationHandler: func(context.Context, *mcp.ProgressNotificationClientRequest) { progress() }})
	s, err := c.Connect(t.Context(), &mcp.IOTransport{Reader: fromServer, Writer: toServer}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, func() int {
		s.Close()
		toServer.Close()
		n := <-code
		if stderr.Len() > 0 {
			t.Errorf("stderr: %s", &stderr)
		}
		return n
	}
}

// TestMCP calls each tool with the client of the protocol's authors.
func TestMCP(t *testing.T) {
	progress := make(chan bool, 64)
	s, stop := startMCP(t, func() { progress <- true })
	if err := s.Ping(t.Context(), nil); err != nil {
		t.Error(err)
	}
	list, err := s.ListTools(t.Context(), nil)
	if err != nil || len(list.Tools) != 3 || s.InitializeResult().ServerInfo.Name != "chord" {
		t.Fatalf("%+v, %v", list, err)
	}
	call := func(name, arguments string, out any) *mcp.CallToolResult {
		t.Helper()
		p := &mcp.CallToolParams{Name: name, Arguments: json.RawMessage(arguments)}
		p.SetProgressToken("p")
		r, err := s.CallTool(t.Context(), p)
		if err != nil {
			t.Fatalf("%s %s: %v", name, arguments, err)
		}
		if b, err := json.Marshal(r.StructuredContent); out != nil && (err != nil || json.Unmarshal(b, out) != nil) {
			t.Fatalf("%s: %s", name, b)
		}
		return r
	}
	var text mcpText
	r := call("generate", `{"prompt":"Once upon a time","max_tokens":20,"temperature":0}`, &text)
	want := do(t, "", "run", "-n", "20", "--temp", "0", "--no-display-prompt", "Once upon a time").out
	if got := r.Content[0].(*mcp.TextContent).Text; got != text.Text || strings.TrimSpace(got) != strings.TrimSpace(want) || text.Generated != 20 || text.Finish != string(chord.FinishLength) {
		t.Errorf("%q and %+v, want %q", got, text, want)
	}
	<-progress
	call("chat", `{"messages":[{"role":"user","content":"Tell me a story."}],"max_tokens":5,"seed":7}`, &text)
	if text.Generated != 5 || text.Seed != 7 {
		t.Errorf("chat: %+v", text)
	}
	var vectors mcpVectors
	call("embed", `{"texts":["a cat","a dog"]}`, &vectors)
	if len(vectors.Vectors) != 2 || len(vectors.Vectors[0]) == 0 {
		t.Errorf("%d vectors", len(vectors.Vectors))
	}
	for name, arguments := range map[string]string{"chat": `{"messages":[{"role":"x","content":""}]}`, "embed": `{"texts":[]}`, "generate": `{"prompt":"a","max_tokens":-7}`} {
		if r := call(name, arguments, nil); !r.IsError {
			t.Errorf("%s %s is no error: %+v", name, arguments, r)
		}
	}
	if code := stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
}

// TestMCPCancel cancels a call; the next one works.
func TestMCPCancel(t *testing.T) {
	began := make(chan bool, 1024)
	s, stop := startMCP(t, func() { began <- true })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-began; cancel() }()
	p := &mcp.CallToolParams{Name: "generate", Arguments: json.RawMessage(`{"prompt":"Once"}`)}
	p.SetProgressToken("p")
	if _, err := s.CallTool(ctx, p); err == nil {
		t.Skip("the text ended before it was cancelled")
	}
	if r, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: "generate", Arguments: json.RawMessage(`{"prompt":"Once","max_tokens":2}`)}); err != nil || r.IsError {
		t.Errorf("%+v, %v", r, err)
	}
	if code := stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
}

// TestMCPUsage wants the codes of wrong command lines.
func TestMCPUsage(t *testing.T) {
	if r := do(t, "", "mcp", "x"); r.code != 2 {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	if r := do(t, "not JSON\n", "mcp"); r.code != 1 || r.out != "" && !strings.Contains(r.out, "jsonrpc") {
		t.Errorf("exit %d: %q %q", r.code, r.out, r.stderr)
	}
	if r := do(t, "", "mcp"); r.code != 0 || r.out != "" {
		t.Errorf("no input: exit %d: %q %q", r.code, r.out, r.stderr)
	}
}
