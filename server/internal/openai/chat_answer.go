package openai

import (
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
)

// A chatAnswer makes the answer of deltas, in one piece or, with events, as they come.
type chatAnswer struct {
	q       *chatRequest
	m       *core.Lease
	id      string
	created int64
	events  *core.Events // nil: in one piece
	choices []chatChoice
	usage   usage
}

// A chatChoice is one answer as it grows.
type chatChoice struct {
	begun              bool // its first chunk is sent
	content, reasoning strings.Builder
	calls              []callOut
	tokens             []tokenLogprob // in a stream: not sent yet
	finish             *string
}

// A callOut is a call of a tool in an answer. In a stream Index is its place.
type callOut struct {
	Index    *int        `json:"index,omitempty"`
	ID       string      `json:"id,omitempty"`
	Type     string      `json:"type,omitempty"`
	Function functionOut `json:"function"`
}

type functionOut struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

// A deltaOut is what a chunk adds to a message, or the message.
type deltaOut struct {
	Role             string    `json:"role,omitempty"`
	Content          *string   `json:"content,omitempty"`
	ReasoningContent string    `json:"reasoning_content,omitempty"`
	Reasoning        string    `json:"reasoning,omitempty"`
	ToolCalls        []callOut `json:"tool_calls,omitempty"`
}

type chunkChoice struct {
	Index    int           `json:"index"`
	Delta    deltaOut      `json:"delta"`
	Logprobs *chatLogprobs `json:"logprobs"`
	Finish   *string       `json:"finish_reason"`
}

type chatChunk struct {
	ID      string        `json:"id"`
	Object  string        `json:"object"`
	Created int64         `json:"created"`
	Model   string        `json:"model"`
	Choices []chunkChoice `json:"choices"`
	Usage   any           `json:"usage,omitempty"`
}

// A chatBody is an answer in one piece.
type chatBody struct {
	ID      string          `json:"id"`
	Object  string          `json:"object"`
	Created int64           `json:"created"`
	Model   string          `json:"model"`
	Choices []chatChoiceOut `json:"choices"`
	Usage   usage           `json:"usage"`
}

type chatChoiceOut struct {
	Index    int           `json:"index"`
	Message  messageOut    `json:"message"`
	Logprobs *chatLogprobs `json:"logprobs"`
	Finish   *string       `json:"finish_reason"`
}

type messageOut struct {
	Role             string    `json:"role"`
	Content          *string   `json:"content"`
	Refusal          *string   `json:"refusal"`
	ReasoningContent string    `json:"reasoning_content,omitempty"`
	Reasoning        string    `json:"reasoning,omitempty"`
	ToolCalls        []callOut `json:"tool_calls,omitempty"`
}

// null is printed as null where nil would be left out.
type null struct{}

// MarshalJSON returns null.
func (null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// add takes a delta of a choice.
func (a *chatAnswer) add(d core.Delta) error {
	c := &a.choices[d.Index]
	if d.Total > 0 {
		if a.events == nil {
			return nil
		}
		return a.events.Progress(d)
	}
	if a.events != nil && !c.begun {
		c.begun = true
		if err := a.send(d.Index, deltaOut{Role: "assistant", Content: new(string)}); err != nil {
			return err
		}
	}
	switch {
	case d.Token != nil:
		c.tokens = append(c.tokens, describeToken(a.m.Model, d.Token, deref(a.q.TopLogprobs)))
	case d.Content != "":
		c.content.WriteString(d.Content)
		return a.send(d.Index, deltaOut{Content: &d.Content})
	case d.Reasoning != "":
		c.reasoning.WriteString(d.Reasoning)
		return a.send(d.Index, deltaOut{ReasoningContent: d.Reasoning, Reasoning: d.Reasoning})
	case d.CallPiece != nil:
		return a.piece(d.Index, d.CallPiece)
	case d.Result != nil:
		word := finish(d.Result.Finish)
		c.finish = &word
		a.usage.add(d.Result, d.Index == 0)
		return a.send(d.Index, deltaOut{})
	}
	return nil
}

// piece takes a piece of a call of a tool: id and name, then arguments. Without parallel
// calls only the first call counts.
func (a *chatAnswer) piece(index int, p *chord.CallPiece) error {
	if p.Index > 0 && a.q.Parallel != nil && !*a.q.Parallel {
		return nil
	}
	c := &a.choices[index]
	at := len(c.calls)
	if p.ID == "" {
		at--
	} else {
		c.calls = append(c.calls, callOut{ID: p.ID, Type: "function", Function: functionOut{Name: p.Name}})
		first := callOut{Index: &at, ID: p.ID, Type: "function", Function: functionOut{Name: p.Name}}
		if err := a.send(index, deltaOut{ToolCalls: []callOut{first}}); err != nil {
			return err
		}
	}
	if p.Arguments == "" {
		return nil
	}
	c.calls[at].Function.Arguments += p.Arguments
	return a.send(index, deltaOut{ToolCalls: []callOut{{Index: &at, Function: functionOut{Arguments: p.Arguments}}}})
}

// send sends a chunk of a choice, with the log probabilities that have come since the
// last one.
func (a *chatAnswer) send(index int, d deltaOut) error {
	if a.events == nil {
		return nil
	}
	c := &a.choices[index]
	out := chunkChoice{Index: index, Delta: d, Finish: c.finish}
	if len(c.tokens) > 0 {
		out.Logprobs, c.tokens = &chatLogprobs{Content: c.tokens}, nil
	}
	return a.chunk([]chunkChoice{out}, null{})
}

// chunk sends a chunk. usage is left out unless it is wanted.
func (a *chatAnswer) chunk(choices []chunkChoice, usage any) error {
	if !a.q.usageWanted() {
		usage = nil
	}
	return a.events.Send("", chatChunk{a.id, "chat.completion.chunk", a.created, a.m.Name, choices, usage})
}

// end ends the answer.
func (a *chatAnswer) end(x *core.Exchange) error {
	if a.events != nil {
		if a.q.usageWanted() {
			if err := a.chunk([]chunkChoice{}, a.usage); err != nil {
				return err
			}
		}
		return a.events.Data("[DONE]")
	}
	list := make([]chatChoiceOut, len(a.choices))
	for i := range a.choices {
		c := &a.choices[i]
		text, reasoning := c.content.String(), c.reasoning.String()
		m := messageOut{Role: "assistant", Content: &text, ReasoningContent: reasoning, Reasoning: reasoning, ToolCalls: c.calls}
		if text == "" && len(c.calls) > 0 {
			m.Content = nil
		}
		list[i] = chatChoiceOut{Index: i, Message: m, Finish: c.finish}
		if a.q.Logprobs != nil && *a.q.Logprobs {
			list[i].Logprobs = &chatLogprobs{Content: append([]tokenLogprob{}, c.tokens...)}
		}
	}
	return x.JSON(chatBody{a.id, "chat.completion", a.created, a.m.Name, list, a.usage})
}
