package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/server"
)

// A calling is an answer with calls of tools, in the form of one API.
type calling struct {
	finish string
	names  []string
	args   []string
	ids    []string
	pieces int // deltas with arguments, of a stream
}

// add adds a call.
func (c *calling) add(id, name string) {
	c.ids, c.names, c.args = append(c.ids, id), append(c.names, name), append(c.args, "")
}

// grow adds arguments to call i, which must be the last.
func (c *calling) grow(t *testing.T, i int, text string) {
	t.Helper()
	if i != len(c.args)-1 || text == "" {
		t.Fatalf("arguments %q for call %d of %d", text, i, len(c.args))
	}
	c.args[i] += text
	c.pieces++
}

// An openaiCall is a call or a piece of one.
type openaiCall struct {
	Index    *int
	ID, Type string
	Function struct{ Name, Arguments string }
}

// callsOfChat reads an answer of chat completions.
func callsOfChat(t *testing.T, body string, stream bool) (c calling) {
	if !stream {
		a := decode[chatAnswer](t, body).Choices[0]
		for _, call := range a.Message.ToolCalls {
			c.add(call.ID, call.Function.Name)
			c.args[len(c.args)-1] = call.Function.Arguments
		}
		c.finish = a.FinishReason
		return c
	}
	for _, data := range events(t, body) {
		if data == "[DONE]" {
			continue
		}
		k := decode[chatChunk](t, data).Choices[0]
		c.finish = str(k.FinishReason)
		if k.Delta["tool_calls"] == nil {
			continue
		}
		list := decode[[]openaiCall](t, string(k.Delta["tool_calls"]))
		d := list[0]
		switch first := d.ID != ""; {
		case len(list) != 1 || d.Index == nil || first != (d.Function.Name != "") || first != (d.Type == "function") || first != (d.Function.Arguments == ""):
			t.Fatalf("delta %s", k.Delta["tool_calls"])
		case first:
			if c.add(d.ID, d.Function.Name); *d.Index != len(c.ids)-1 {
				t.Errorf("call %d begins with index %d", len(c.ids)-1, *d.Index)
			}
		default:
			c.grow(t, *d.Index, d.Function.Arguments)
		}
	}
	return c
}

// callsOfResponse reads a response.
func callsOfResponse(t *testing.T, body string, stream bool) (c calling) {
	r := response{}
	if !stream {
		r = decode[response](t, body)
	}
	open, at := false, 0
	for _, e := range streamedIf(t, body, stream) {
		switch e.Type {
		case "response.output_item.added":
			if e.Item.Type == "function_call" {
				open, at = true, *e.Output
				c.add(e.Item.CallID, e.Item.Name)
			}
		case "response.function_call_arguments.delta":
			if !open || *e.Output != at {
				t.Errorf("a delta of item %d", *e.Output)
			}
			c.grow(t, len(c.args)-1, e.Delta)
		case "response.function_call_arguments.done":
			if e.Arguments != c.args[len(c.args)-1] {
				t.Errorf("done %q, the deltas are %q", e.Arguments, c.args[len(c.args)-1])
			}
			open = false
		case "response.completed", "response.incomplete":
			r = decode[response](t, string(*e.Response))
		}
	}
	n := 0
	for _, item := range r.Output {
		if item.Type != "function_call" {
			continue
		}
		if !stream {
			c.add(item.CallID, item.Name)
			c.args[n] = item.Arguments
		}
		if n++; n > len(c.args) || c.args[n-1] != item.Arguments || c.ids[n-1] != item.CallID {
			t.Errorf("item %+v of the response, its events said %+v", item, c)
		}
		c.finish += item.Status + " "
	}
	c.finish += r.Status
	return c
}

// streamedIf returns the events of a stream, none of a plain answer.
func streamedIf(t *testing.T, body string, stream bool) []responseEvent {
	if !stream {
		return nil
	}
	return streamed(t, body)
}

// callsOfMessage reads a message of Anthropic's API. Calls that are cut have no input.
func callsOfMessage(t *testing.T, body string, stream bool) (c calling) {
	m := messageAnswer{}
	if stream {
		m = gather(t, body)
		c.pieces = strings.Count(body, `"input_json_delta"`)
	} else {
		m = decode[messageAnswer](t, body)
	}
	for _, b := range m.Content {
		if b.Type == "tool_use" {
			c.add(b.ID, b.Name)
			c.args[len(c.args)-1] = string(b.Input)
		}
	}
	c.finish = str(m.StopReason)
	return c
}

// callsOfOllama reads a chat of Ollama's API, where calls come whole.
func callsOfOllama(t *testing.T, body string, stream bool) (c calling) {
	for line := range strings.Lines(body) {
		l := decode[struct {
			Message struct {
				ToolCalls []struct {
					ID       string
					Function struct {
						Index     int
						Name      string
						Arguments json.RawMessage
					}
				} `json:"tool_calls"`
			}
			DoneReason string `json:"done_reason"`
		}](t, line)
		for _, call := range l.Message.ToolCalls {
			if c.add(call.ID, call.Function.Name); call.Function.Index != len(c.ids)-1 {
				t.Errorf("index %d of call %d", call.Function.Index, len(c.ids)-1)
			}
			c.args[len(c.args)-1] = string(call.Function.Arguments)
		}
		c.finish = l.DoneReason
	}
	return c
}

// TestPieces wants calls of tools to come in pieces, where the API has them, which add up
// to the calls of the plain answer: also of one that is cut off, and without parallel
// calls.
func TestPieces(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{{Name: "m", Loaded: chatModel(t, twoCalls)}}})
	const schema = `{"type":"object","properties":{"city":{"type":"string"}}}`
	const tool = `"temperature":0,"tools":[{"type":"function","function":{"name":"weather","parameters":` + schema + `}}]`
	const rome, bonn = `{"city": "Rome"}`, `{"city": "Bonn"}`
	both, first, half := []string{rome, bonn}, []string{rome}, []string{`{"city":`}
	for _, c := range []struct {
		name, path, body string
		read             func(*testing.T, string, bool) calling
		args             []string
		finish           string
		pieces           int // at least
	}{
		{"chat", "/v1/chat/completions", with(hello, tool), callsOfChat, both, "tool_calls", 4},
		{"chat, one", "/v1/chat/completions", with(hello, `"parallel_tool_calls":false,`+tool), callsOfChat, first, "tool_calls", 2},
		{"chat, cut", "/v1/chat/completions", with(hello, `"max_tokens":CUT,`+tool), callsOfChat, half, "length", 1},
		{"responses", "/v1/responses", `{"input":"Hello",` + weather + `,"temperature":0}`, callsOfResponse, both, "completed completed completed", 4},
		{"responses, one", "/v1/responses", `{"input":"Hello",` + weather + `,"temperature":0,"parallel_tool_calls":false}`, callsOfResponse, first, "completed completed", 2},
		{"responses, cut", "/v1/responses", `{"input":"Hello",` + weather + `,"temperature":0,"max_output_tokens":CUT}`, callsOfResponse, half, "incomplete incomplete", 1},
		{"messages", "/v1/messages", with(greeting, `"temperature":0,"tools":[{"name":"weather","input_schema":`+schema+`}]`), callsOfMessage, []string{`{"city":"Rome"}`, `{"city":"Bonn"}`}, "tool_use", 4},
		{"messages, one", "/v1/messages", with(greeting, `"temperature":0,"tool_choice":{"type":"auto","disable_parallel_tool_use":true},"tools":[{"name":"weather","input_schema":`+schema+`}]`), callsOfMessage, []string{`{"city":"Rome"}`}, "tool_use", 2},
		{"ollama", "/api/chat", with(hello, strings.Replace(tool, `"temperature":0`, `"options":{"temperature":0}`, 1)), callsOfOllama, []string{`{"city":"Rome"}`, `{"city":"Bonn"}`}, "stop", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := strings.Replace(c.body, "CUT", fmt.Sprint(cutAt(t, url, with(hello, tool))), 1)
			plain := c.read(t, post(t, url+c.path, with(body, `"stream":false`)).body, false)
			stream := c.read(t, post(t, url+c.path, with(body, `"stream":true`)).body, true)
			if !slices.Equal(plain.args, c.args) || plain.finish != c.finish {
				t.Errorf("calls %q, %s, want %q, %s", plain.args, plain.finish, c.args, c.finish)
			}
			if !slices.Equal(stream.args, plain.args) || !slices.Equal(stream.names, plain.names) || !slices.Equal(stream.ids, plain.ids) || stream.finish != plain.finish {
				t.Errorf("the stream has %+v, the answer %+v", stream, plain)
			}
			if stream.pieces < c.pieces {
				t.Errorf("%d pieces, want %d", stream.pieces, c.pieces)
			}
		})
	}
}

// cutAt returns the number of tokens after which the first arguments have begun and not
// ended.
func cutAt(t *testing.T, url, body string) int {
	t.Helper()
	for n := 1; n < 200; n++ {
		a := callsOfChat(t, post(t, url+"/v1/chat/completions", with(body, fmt.Sprintf(`"max_tokens":%d`, n))).body, false)
		if len(a.args) > 0 && strings.HasSuffix(a.args[0], ":") {
			return n
		}
	}
	t.Fatal("no call is cut")
	return 0
}
