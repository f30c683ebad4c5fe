package ollama

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A chatRequest asks for the answer to a chat.
type chatRequest struct {
	common
	Messages []message `json:"messages" api:"as=ollama messages"`
	Tools    []tool    `json:"tools" api:"as=tools"`
}

// A message is a message of a request.
type message struct {
	Role       string     `json:"role"`
	Content    *string    `json:"content"`
	Thinking   *string    `json:"thinking"`
	Images     []wire.Raw `json:"images"`
	ToolCalls  []toolCall `json:"tool_calls"`
	ToolName   *string    `json:"tool_name"`
	ToolCallID *string    `json:"tool_call_id"`
}

// A toolCall is a call of a tool. Its arguments are an object.
type toolCall struct {
	ID       string       `json:"id,omitempty"`
	Function functionCall `json:"function"`
}

type functionCall struct {
	Index     int      `json:"index"`
	Name      string   `json:"name"`
	Arguments wire.Raw `json:"arguments"`
}

// A tool is a tool of a request.
type tool struct {
	Type     *string `json:"type"`
	Function *struct {
		Name        string   `json:"name"`
		Description *string  `json:"description"`
		Parameters  wire.Raw `json:"parameters"`
	} `json:"function"`
}

// maxTools bounds the tools of a request, maxRole the name of a role.
const maxTools, maxRole = 128, 64

// run returns the run of a request.
func (q *chatRequest) run(x *core.Exchange) (run core.Run, err error) {
	run.Messages = make([]chord.Message, len(q.Messages))
	calls := 0
	for i := range q.Messages {
		if err := q.Messages[i].convert(fmt.Sprintf("messages[%d]", i), &calls, &run.Messages[i]); err != nil {
			return run, err
		}
	}
	answerCalls(run.Messages)
	if run.Params.Tools, err = tools(q.Tools); err != nil {
		return run, err
	}
	return run, q.params(x, &run.Params)
}

// convert converts a message, the field at. calls counts those of the chat, for calls
// without an id.
func (m *message) convert(at string, calls *int, to *chord.Message) error {
	if m.Role == "" || len(m.Role) > maxRole {
		return wire.Errorf(at+".role", "want system, user, assistant or tool")
	}
	*to = chord.Message{Role: m.Role, Content: deref(m.Content), ReasoningContent: deref(m.Thinking),
		Name: deref(m.ToolName), ToolCallID: deref(m.ToolCallID)}
	if err := pictures(at+".images", m.Images, to); err != nil {
		return err
	}
	for i, c := range m.ToolCalls {
		at := fmt.Sprintf("%s.tool_calls[%d].function", at, i)
		switch kind := c.Function.Arguments.Kind(); {
		case c.Function.Name == "":
			return wire.Errorf(at+".name", "missing")
		case kind != 0 && kind != '{':
			return wire.Errorf(at+".arguments", "want an object")
		}
		call := chord.ToolCall{ID: c.ID, Type: "function", Function: chord.FunctionCall{Name: c.Function.Name, Arguments: "{}"}}
		if c.Function.Arguments != nil {
			call.Function.Arguments = string(c.Function.Arguments)
		}
		if call.ID == "" {
			call.ID = "call_" + strconv.Itoa(*calls)
		}
		*calls++
		to.ToolCalls = append(to.ToolCalls, call)
	}
	return nil
}

// pictures puts the images of a request, each in base64, before the text of a message.
func pictures(at string, images []wire.Raw, to *chord.Message) error {
	for i, raw := range images {
		var data string
		at := fmt.Sprintf("%s[%d]", at, i)
		if err := wire.DecodeAt(at, raw, &data); err != nil {
			return err
		}
		b, err := wire.Picture(at, data)
		if err != nil {
			return err
		}
		to.Parts = append(to.Parts, chord.Part{Image: b})
	}
	if to.Parts != nil && to.Content != "" {
		to.Parts = append(to.Parts, chord.Part{Text: to.Content})
	}
	return nil
}

// answerCalls gives the answers of tools that say only a tool's name, or nothing, the id
// of the first call that they may answer, which templates may want.
func answerCalls(list []chord.Message) {
	var open []chord.ToolCall
	for i := range list {
		m := &list[i]
		open = append(open, m.ToolCalls...)
		if m.Role != "tool" {
			continue
		}
		for j, c := range open {
			if m.ToolCallID == c.ID || m.ToolCallID == "" && (m.Name == "" || m.Name == c.Function.Name) {
				m.ToolCallID, m.Name = c.ID, c.Function.Name
				open = append(open[:j], open[j+1:]...)
				break
			}
		}
	}
}

// tools converts the tools of a request.
func tools(list []tool) ([]chord.Tool, error) {
	if len(list) > maxTools {
		return nil, wire.Errorf("tools", "%d tools, at most %d", len(list), maxTools)
	}
	var out []chord.Tool
	for i, t := range list {
		at := fmt.Sprintf("tools[%d]", i)
		switch {
		case t.Type != nil && *t.Type != "function":
			return nil, wire.Errorf(at+".type", "%.40q, want function", *t.Type)
		case t.Function == nil || t.Function.Name == "":
			return nil, wire.Errorf(at+".function.name", "missing")
		case t.Function.Parameters != nil && t.Function.Parameters.Kind() != '{':
			return nil, wire.Errorf(at+".function.parameters", "want an object, a JSON Schema")
		}
		out = append(out, chord.Tool{Name: t.Function.Name, Description: deref(t.Function.Description), Parameters: json.RawMessage(t.Function.Parameters)})
	}
	return out, nil
}

// chat answers a chat; without messages it loads or unloads the model.
func chat(x *core.Exchange) error {
	var q chatRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	run, err := q.run(x)
	if err != nil {
		return err
	}
	if len(q.Messages) == 0 {
		h, reason, err := q.loaded(x)
		if err != nil {
			return err
		}
		return x.JSON(chatLine{head: h, Message: messageOut{Role: "assistant"}, Done: true, stats: stats{DoneReason: reason}})
	}
	a := &chatAnswer{q: &q, clock: clock{start: time.Now()}}
	if a.m, err = x.ModelFor(deref(q.Model), q.KeepAlive.time); err != nil {
		return err
	}
	a.loaded = time.Now()
	a.m.Default(&run)
	if err := q.fit(x.Context(), a.m, &run); err != nil {
		return err
	}
	if q.streamed() {
		a.lines = x.Lines()
	}
	for d, err := range x.Generate(a.m, []core.Run{run}) {
		if err == nil {
			err = a.add(d)
		}
		if err != nil {
			return err
		}
	}
	if a.lines != nil {
		return nil
	}
	return x.JSON(a.whole)
}
