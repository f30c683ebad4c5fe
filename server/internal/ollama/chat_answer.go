package ollama

import (
	"encoding/json"
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A chatAnswer makes the answer of deltas, in one piece or, with lines, as they come.
type chatAnswer struct {
	q     *chatRequest
	m     *core.Lease
	lines *core.Lines // nil: in one piece
	clock
	content, reasoning strings.Builder
	calls              []toolCall
	logprobs           []logprob // in a stream: not sent yet
	whole              chatLine
}

// A chatLine is a line of an answer, or all of it.
type chatLine struct {
	head
	Message  messageOut `json:"message"`
	Done     bool       `json:"done"`
	Logprobs []logprob  `json:"logprobs,omitempty"`
	stats
}

type messageOut struct {
	Role      string     `json:"role"`
	Content   string     `json:"content"`
	Thinking  string     `json:"thinking,omitempty"`
	ToolCalls []toolCall `json:"tool_calls,omitempty"`
}

// add takes a delta.
func (a *chatAnswer) add(d core.Delta) error {
	switch {
	case d.Token != nil:
		a.logprobs = append(a.logprobs, describeToken(a.m, d.Token, deref(a.q.Top)))
	case d.Content != "":
		a.content.WriteString(d.Content)
		return a.send(messageOut{Content: d.Content})
	case d.Reasoning != "":
		a.reasoning.WriteString(d.Reasoning)
		return a.send(messageOut{Thinking: d.Reasoning})
	case d.ToolCall != nil:
		c := toolCall{ID: d.ToolCall.ID, Function: functionCall{len(a.calls), d.ToolCall.Function.Name, object(d.ToolCall.Function.Arguments)}}
		a.calls = append(a.calls, c)
		return a.send(messageOut{ToolCalls: []toolCall{c}})
	case d.Result != nil:
		return a.end(d.Result)
	}
	return nil
}

// send sends a line of a stream.
func (a *chatAnswer) send(m messageOut) error {
	if a.lines == nil {
		return nil
	}
	m.Role = "assistant"
	line := chatLine{head: newHead(deref(a.q.Model), a.m), Message: m, Logprobs: a.logprobs}
	a.logprobs = nil
	return a.lines.Send(line)
}

// end sends the last line, or makes the whole answer.
func (a *chatAnswer) end(r *chord.Result) error {
	m := messageOut{Role: "assistant"}
	if a.lines == nil {
		m = messageOut{m.Role, a.content.String(), a.reasoning.String(), a.calls}
	}
	a.whole = chatLine{newHead(deref(a.q.Model), a.m), m, true, a.logprobs, a.stats(r)}
	if a.lines == nil {
		return nil
	}
	return a.lines.Send(a.whole)
}

// object returns the arguments of a call as an object. What a model writes without being
// held to a schema may be none: it is then a member of one.
func object(arguments string) wire.Raw {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(arguments), &members) == nil && members != nil {
		return wire.Raw(arguments)
	}
	if arguments == "" {
		return wire.Raw("{}")
	}
	b, err := core.Marshal(map[string]string{"arguments": arguments})
	if err != nil {
		return wire.Raw("{}")
	}
	return b
}
