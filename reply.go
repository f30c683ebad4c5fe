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

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/chat"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/schema"
)

// A Tool is a function that the model may call.
type Tool struct {
	Name        string
	Description string
	Parameters  json.RawMessage // a JSON Schema of an object; nil: no parameters
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
	}
	return json.Marshal(struct {
		Type     string   `json:"type"`
		Function function `json:"function"`
	}{"function", function{t.Name, t.Description, parameters}})
}

// UnmarshalJSON reads a tool of OpenAI's API.
func (t *Tool) UnmarshalJSON(b []byte) error {
	var in struct {
		Type     string
		Function struct {
			Name, Description string
			Parameters        json.RawMessage
		}
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	if in.Type != "function" || in.Function.Name == "" {
		return fmt.Errorf("tool of type %q, want a function with a name", in.Type)
	}
	*t = Tool{Name: in.Function.Name, Description: in.Function.Description, Parameters: in.Function.Parameters}
	return nil
}

// ChatParams say how a chat is answered.
type ChatParams struct {
	Params
	// Tools are the tools that the model may call. A template without support for
	// tools gives [ErrUnsupported].
	Tools []Tool `json:"tools,omitempty"`
	// ToolChoice is "auto" or ""; "none", which hides Tools; or "required", which
	// is not done yet: [ErrUnsupported].
	ToolChoice string `json:"tool_choice,omitempty"`
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
		ToolChoice   *string         `json:"tool_choice"`
		ToolRounds   *int            `json:"max_tool_rounds"`
		Vars         *map[string]any `json:"chat_template_kwargs"`
		TrustContent *bool           `json:"trust_content"`
	}{&p.Tools, &p.ToolChoice, &p.MaxToolRounds, &p.Vars, &p.TrustContent}
	return json.Unmarshal(b, &rest)
}

// A Delta is a piece of an assistant's message: exactly one field is set.
type Delta struct {
	Content   string    // text of the answer
	Reasoning string    // text of the reasoning before it
	ToolCall  *ToolCall // a complete call
	Token     *Token    // with Params.Logprobs: a token, before the text that it completes
	Result    *Result   // on the last element
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
		seq := m.engine.NewSeq(c.ids, o)
		defer seq.Close()
		g := &generation{m: m, p: &p.Params, seq: seq, pending: c.ids[seq.Len():], names: true}
		c.run(func(tokens func(Token, error) bool) { g.run(ctx, tokens) }, yield)
	}
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
		g := &generation{m: s.m, p: &p.Params, names: true}
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

// A reply is one answer in a chat.
type reply struct {
	ids    []int32 // the prompt
	parser *chat.Parser
	calls  int
	tokens bool // are yielded
}

// newReply renders messages to a prompt.
func (m *Model) newReply(ctx context.Context, messages []Message, p *ChatParams) (*reply, error) {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	if err := p.check(m.vocab); err != nil {
		return nil, err
	}
	if p.MaxToolRounds < 0 {
		return nil, invalid("ChatParams.MaxToolRounds", "%d, want 0 (%d) or more", p.MaxToolRounds, toolRounds)
	}
	tools := p.Tools
	switch p.ToolChoice {
	case "", "auto":
	case "none":
		tools = nil
	case "required":
		return nil, unsupported("ChatParams.ToolChoice")
	default:
		return nil, invalid("ChatParams.ToolChoice", "%q, want auto, none or required", p.ToolChoice)
	}
	if m.chatErr != nil {
		return nil, m.chatErr
	}
	o := ChatOptions{Vars: p.Vars, TrustContent: p.TrustContent, Now: p.Now}
	for i := range tools {
		raw, err := json.Marshal(tools[i])
		if err != nil {
			return nil, invalid(fmt.Sprintf("ChatParams.Tools[%d].Parameters", i), "%v", err)
		}
		o.Tools = append(o.Tools, raw)
	}
	ids, text, err := m.chatPrompt(ctx, messages, o, p.Trim)
	if err != nil {
		return nil, err
	}
	r := &reply{ids: ids, tokens: p.Logprobs > 0, parser: chat.NewParser(m.chat.chat, text, len(tools) > 0)}
	r.parser.Tools(o.Tools)
	for i := range messages {
		r.parser.First += len(messages[i].ToolCalls)
	}
	return r, m.checkPrompt(ids)
}

// chatPrompt returns the tokens and the text of the prompt of messages, trimmed
// until it fits.
func (m *Model) chatPrompt(ctx context.Context, messages []Message, o ChatOptions, trim func([]Message) []Message) ([]int32, string, error) {
	tok, err := m.tokenizer()
	if err != nil {
		return nil, "", err
	}
	last := -1
	for {
		list, err := m.chat.segments(messages, o)
		if err != nil {
			return nil, "", err
		}
		ids, err := chat.Encode(ctx, nil, tok, list, bpe.EncodeOptions{})
		if err != nil {
			return nil, "", err
		}
		ids = withoutEOS(tok, ids)
		if len(ids) <= m.Context() || trim == nil || last >= 0 && len(ids) >= last {
			return ids, chat.Join(list), nil
		}
		last = len(ids)
		messages = trim(slices.Clone(messages))
	}
}

// run parses the generated text and yields the deltas.
func (r *reply) run(generate func(tokens func(Token, error) bool), yield func(Delta, error) bool) {
	generate(func(t Token, err error) bool {
		if r.tokens && t.Result == nil && !yield(Delta{Token: &t}, nil) {
			return false
		}
		if !r.yield(r.parser.Write(t.Text), yield) {
			return false
		}
		if t.Result == nil {
			return true
		}
		if !r.yield(r.parser.Close(), yield) {
			return false
		}
		if r.calls > 0 && t.Result.Finish == FinishEOG {
			t.Result.Finish = FinishToolCalls
		}
		return yield(Delta{Result: t.Result}, err)
	})
}

// yield yields deltas and reports whether the caller wants more.
func (r *reply) yield(deltas []chat.Delta, yield func(Delta, error) bool) bool {
	for _, d := range deltas {
		out := Delta{Content: d.Content, Reasoning: d.Reasoning}
		if c := d.ToolCall; c != nil {
			r.calls++
			out.ToolCall = &ToolCall{ID: c.ID, Type: "function", Function: FunctionCall{Name: c.Name, Arguments: c.Arguments}}
		}
		if !yield(out, nil) {
			return false
		}
	}
	return true
}
