package chord

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/schema"
)

// A Tool is a function that the model may call.
type Tool struct {
	Name        string
	Description string
	Parameters  json.RawMessage // a JSON Schema of an object; nil: no parameters
	// Strict makes keywords of Parameters that cannot be enforced an error, instead
	// of an entry of [Result.Relaxed].
	Strict bool
	// Call runs the tool for [Model.Reply] and returns its answer for the model;
	// the model is told of an error too. nil leaves calls to the caller.
	Call func(ctx context.Context, arguments json.RawMessage) (string, error)
}

// ToolOf returns a tool whose parameters are the fields of T, a struct: names and
// options come from json tags, constraints from jsonschema tags such as
//
//	City string `json:"city" jsonschema:"description=name of the city"`
//	Unit string `json:"unit,omitempty" jsonschema:"enum=celsius,enum=fahrenheit"`
//
// The error names a field that JSON cannot hold.
func ToolOf[T any](name, description string, call func(ctx context.Context, arguments T) (string, error)) (Tool, error) {
	if t := reflect.TypeFor[T](); t.Kind() != reflect.Struct {
		return Tool{}, invalid("ToolOf", "the arguments of %q are a %s, want a struct", name, t)
	}
	parameters, err := schema.Of(reflect.TypeFor[T]())
	if err != nil {
		return Tool{}, invalid("ToolOf", "%q: %v", name, err)
	}
	tool := Tool{Name: name, Description: description, Parameters: parameters}
	if call != nil {
		tool.Call = func(ctx context.Context, arguments json.RawMessage) (string, error) {
			var t T
			if err := json.Unmarshal(arguments, &t); err != nil {
				return "", fmt.Errorf("the arguments are wrong: %w", err)
			}
			return call(ctx, t)
		}
	}
	return tool, nil
}

// MarshalJSON writes a tool of OpenAI's API.
func (t Tool) MarshalJSON() ([]byte, error) {
	parameters := t.Parameters
	if parameters == nil {
		parameters = json.RawMessage(`{"type":"object","properties":{}}`)
	}
	type function struct {
		Name        string          `json:"name"`
		Description string          `json:"description,omitempty"`
		Parameters  json.RawMessage `json:"parameters"`
		Strict      bool            `json:"strict,omitempty"`
	}
	return json.Marshal(struct {
		Type     string   `json:"type"`
		Function function `json:"function"`
	}{"function", function{t.Name, t.Description, parameters, t.Strict}})
}

// UnmarshalJSON reads a tool of OpenAI's API.
func (t *Tool) UnmarshalJSON(b []byte) error {
	var in struct {
		Type     string
		Function struct {
			Name, Description string
			Parameters        json.RawMessage
			Strict            bool
		}
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	if in.Type != "function" || in.Function.Name == "" {
		return fmt.Errorf("tool of type %q, want a function with a name", in.Type)
	}
	*t = Tool{Name: in.Function.Name, Description: in.Function.Description, Parameters: in.Function.Parameters, Strict: in.Function.Strict}
	return nil
}

// ChatParams say how a chat is answered.
type ChatParams struct {
	Params
	// Tools are the tools that the model may call. A template without support for
	// tools gets a system message that explains them.
	Tools []Tool `json:"tools,omitempty"`
	// ToolChoice is "auto" or "": the model calls tools as it likes; "none", which
	// hides Tools; "required": the answer is one or more calls; or the name of the
	// tool that the answer calls. Calls are constrained to the schemas of their
	// tools, with "auto" as soon as one begins; [Result.Relaxed] says what of a
	// schema is not enforced. JSON may have OpenAI's object instead of a name.
	ToolChoice string `json:"tool_choice,omitempty"`
	// ParallelToolCalls says whether an answer may have several calls. nil means
	// true, where the template knows how to write them.
	ParallelToolCalls *bool `json:"parallel_tool_calls,omitempty"`
	// EnableThinking switches reasoning on or off, by the template's own switch, or
	// off by an empty block of reasoning in the prompt. nil leaves it to the
	// template.
	EnableThinking *bool `json:"enable_thinking,omitempty"`
	// ReasoningBudget is the maximum number of tokens of reasoning: it is ended
	// there and the answer begins. nil and negative numbers mean no limit.
	ReasoningBudget *int `json:"reasoning_budget,omitempty"`
	// ReasoningFormat is "auto", "deepseek" or "": reasoning is told apart from
	// the content; or "none": it stays in the content as the model writes it.
	ReasoningFormat string `json:"reasoning_format,omitempty"`
	// MaxToolRounds is how often [Model.Reply] runs tools and lets the model go
	// on. 0 means 16.
	MaxToolRounds int `json:"max_tool_rounds,omitempty"`
	// Vars are more variables for the template, such as enable_thinking and
	// reasoning_effort. Variables not set are undefined in the template.
	Vars map[string]any `json:"chat_template_kwargs,omitempty"`
	// TrustContent lets names of control tokens in messages, tools and Vars
	// become control tokens. Without it they stay text.
	TrustContent bool `json:"trust_content,omitempty"`
	// Now is the date for templates that print it. The zero time means the
	// current time.
	Now time.Time `json:"-"`
	// Trim, if not nil, shortens a chat that is longer than the context, for
	// instance by dropping its oldest messages. It is called with its own result
	// until the chat fits; if the chat does not get shorter, the error is
	// [ErrContextFull], as without Trim.
	Trim func([]Message) []Message `json:"-"`
}

// UnmarshalJSON sets the fields present in b; see [Params.UnmarshalJSON].
func (p *ChatParams) UnmarshalJSON(b []byte) error {
	if err := p.Params.UnmarshalJSON(b); err != nil {
		return err
	}
	rest := struct {
		Tools        *[]Tool         `json:"tools"`
		ToolChoice   *toolChoice     `json:"tool_choice"`
		Parallel     **bool          `json:"parallel_tool_calls"`
		Thinking     **bool          `json:"enable_thinking"`
		Budget       **int           `json:"reasoning_budget"`
		Format       *string         `json:"reasoning_format"`
		ToolRounds   *int            `json:"max_tool_rounds"`
		Vars         *map[string]any `json:"chat_template_kwargs"`
		TrustContent *bool           `json:"trust_content"`
	}{&p.Tools, (*toolChoice)(&p.ToolChoice), &p.ParallelToolCalls, &p.EnableThinking, &p.ReasoningBudget, &p.ReasoningFormat,
		&p.MaxToolRounds, &p.Vars, &p.TrustContent}
	return json.Unmarshal(b, &rest)
}

// A toolChoice is ChatParams.ToolChoice in OpenAI's JSON.
type toolChoice string

// UnmarshalJSON reads a text, or an object with the name of a function.
func (c *toolChoice) UnmarshalJSON(b []byte) error {
	if b[0] != '{' {
		return json.Unmarshal(b, (*string)(c))
	}
	var in struct {
		Type, Name string
		Function   struct{ Name string }
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	name := cmp.Or(in.Function.Name, in.Name)
	if in.Type != "function" || name == "" {
		return fmt.Errorf("tool_choice of type %q, want a function with a name", in.Type)
	}
	*c = toolChoice(name)
	return nil
}

// A Delta is a piece of an assistant's message: exactly one field is set.
type Delta struct {
	Content   string     // text of the answer
	Reasoning string     // text of the reasoning before it
	CallPiece *CallPiece // a piece of a call of a tool
	ToolCall  *ToolCall  // a complete call, after its pieces
	Token     *Token     // with Params.Logprobs: a token, before the text that it completes
	Result    *Result    // on the last element
}

// A CallPiece is a piece of a call of a tool. Calls that are constrained come in pieces
// as they are written, others in one piece. A call that MaxTokens cuts off has pieces
// but is never complete.
type CallPiece struct {
	Index     int    // of the call in the answer
	ID, Name  string // on the first piece of a call
	Arguments string // text to append to that of earlier pieces
}

// Chat answers the last message. Ranging over the deltas generates the answer. The
// prompt always has all messages; the prefix in common with an earlier prompt is not
// computed again.
//
// An error is yielded once, on the last element: an error of the template, or one of
// [Model.Generate].
func (m *Model) Chat(ctx context.Context, messages []Message, p ChatParams) iter.Seq2[Delta, error] {
	return func(yield func(Delta, error) bool) {
		c, err := m.newReply(ctx, messages, &p)
		var o engine.SeqOptions
		if err == nil {
			o, err = m.seqOptions(&p.Params)
		}
		if err != nil {
			yield(Delta{Result: &Result{}}, failed(err))
			return
		}
		seq := m.engine.Attach(ctx, c.ids, o)
		defer seq.Close()
		g := &generation{m: m, p: &p.Params, seq: seq, pending: c.ids[seq.Len():], names: true, guide: c.guide}
		c.run(func(tokens func(Token, error) bool) { g.run(ctx, tokens) }, yield)
	}
}

// ChatTokens returns the tokens of the prompt that [Model.Chat] makes of messages, also
// of one that is longer than the context. Errors are those of Chat.
func (m *Model) ChatTokens(ctx context.Context, messages []Message, p ChatParams) ([]int32, error) {
	ids, _, _, err := m.replyPrompt(ctx, messages, &p)
	return ids, failed(err)
}

// Chat answers the last message, as [Model.Chat] does. messages are the whole chat:
// the session keeps its common prefix with their prompt and drops the rest.
func (s *Session) Chat(ctx context.Context, messages []Message, p ChatParams) iter.Seq2[Delta, error] {
	return func(yield func(Delta, error) bool) {
		c, err := s.m.newReply(ctx, messages, &p)
		if err == nil && s.closed {
			err = fmt.Errorf("chord: session: %w", ErrClosed)
		}
		if err == nil {
			err = s.adopt(&p.Params)
		}
		if err != nil {
			yield(Delta{Result: &Result{}}, failed(err))
			return
		}
		had, same := s.Tokens(), 0
		for same < min(len(had), len(c.ids)-1) && had[same] == c.ids[same] {
			same++
		}
		s.Rewind(same)
		s.rest = append(slices.Clip(s.rest), c.ids[same:]...)
		s.logits = nil
		g := &generation{m: s.m, p: &p.Params, names: true, guide: c.guide}
		c.run(func(tokens func(Token, error) bool) { s.run(ctx, g, tokens) }, yield)
	}
}

// Reply returns the messages to add to the chat: the assistant's answer and, as long
// as it calls tools that all have a Call, the tools' answers and the assistant's next
// one. It stops before a call of a tool without Call, which is the caller's to run.
//
// Errors are those of [Model.Chat]; the last message then has the text generated
// before. [ErrIncomplete] says that the model still called tools after
// MaxToolRounds.
func (m *Model) Reply(ctx context.Context, messages []Message, p ChatParams) ([]Message, error) {
	return replies(ctx, messages, &p, func(messages []Message) (Message, error) { return m.answer(ctx, messages, p) })
}

// toolRounds is the default of ChatParams.MaxToolRounds.
const toolRounds = 16

// replies lets answer answer messages and runs the tools that it calls.
func replies(ctx context.Context, messages []Message, p *ChatParams, answer func([]Message) (Message, error)) ([]Message, error) {
	chat := slices.Clone(messages)
	for range cmp.Or(p.MaxToolRounds, toolRounds) {
		a, err := answer(chat)
		chat = append(chat, a)
		if err != nil || !p.callable(a.ToolCalls) {
			return chat[len(messages):], err
		}
		for _, c := range a.ToolCalls {
			text, err := p.call(ctx, c.Function)
			if err := ctx.Err(); err != nil {
				return chat[len(messages):], err
			}
			if err != nil {
				text = "error: " + err.Error()
			}
			chat = append(chat, Message{Role: "tool", Name: c.Function.Name, ToolCallID: c.ID, Content: text})
		}
	}
	return chat[len(messages):], fmt.Errorf("chord: the model called tools %d times in a row: %w", cmp.Or(p.MaxToolRounds, toolRounds), ErrIncomplete)
}

// callable reports whether there are calls and Reply can run them all. One of a tool
// that does not exist is answered with an error.
func (p *ChatParams) callable(calls []ToolCall) bool {
	return len(calls) > 0 && !slices.ContainsFunc(calls, func(c ToolCall) bool {
		t := p.tool(c.Function.Name)
		return t != nil && t.Call == nil
	})
}

// tool returns the tool with the given name, nil if there is none.
func (p *ChatParams) tool(name string) *Tool {
	if i := slices.IndexFunc(p.Tools, func(t Tool) bool { return t.Name == name }); i >= 0 {
		return &p.Tools[i]
	}
	return nil
}

// call runs a tool.
func (p *ChatParams) call(ctx context.Context, f FunctionCall) (string, error) {
	t := p.tool(f.Name)
	if t == nil {
		return "", fmt.Errorf("there is no tool %q", f.Name)
	}
	return t.Call(ctx, json.RawMessage(f.Arguments))
}

// answer returns the assistant's next message.
func (m *Model) answer(ctx context.Context, messages []Message, p ChatParams) (Message, error) {
	answer := Message{Role: "assistant"}
	var content, reasoning strings.Builder
	var err error
	for d, e := range m.Chat(ctx, messages, p) {
		content.WriteString(d.Content)
		reasoning.WriteString(d.Reasoning)
		if d.ToolCall != nil {
			answer.ToolCalls = append(answer.ToolCalls, *d.ToolCall)
		}
		err = e
	}
	answer.Content, answer.ReasoningContent = content.String(), reasoning.String()
	return answer, err
}
