package chord

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/chat"
)

// A Tool is a function that the model may call.
type Tool struct {
	Name        string
	Description string
	Parameters  json.RawMessage // a JSON Schema of an object; nil: no parameters
	// Call runs the tool for [Model.Reply]; nil leaves calls to the caller. Not
	// done yet: [ErrUnsupported].
	Call func(ctx context.Context, arguments json.RawMessage) (string, error)
}

// ToolOf returns a tool whose parameters are the fields of T. Not done yet:
// [ErrUnsupported].
func ToolOf[T any](name, description string, call func(ctx context.Context, arguments T) (string, error)) (Tool, error) {
	return Tool{}, unsupported("ToolOf")
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
		Vars         *map[string]any `json:"chat_template_kwargs"`
		TrustContent *bool           `json:"trust_content"`
	}{&p.Tools, &p.ToolChoice, &p.Vars, &p.TrustContent}
	return json.Unmarshal(b, &rest)
}

// A Delta is a piece of an assistant's message: exactly one field is set.
type Delta struct {
	Content   string    // text of the answer
	Reasoning string    // text of the reasoning before it
	ToolCall  *ToolCall // a complete call
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
		if err != nil {
			yield(Delta{Result: &Result{}}, failed(err))
			return
		}
		seq := m.engine.NewSeq(c.ids, m.seqOptions(&p.Params))
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

// Reply returns the assistant's answer as the messages to add to the chat. Calls of
// tools are left to the caller. Errors are those of [Model.Chat]; the message then
// has the text generated before.
func (m *Model) Reply(ctx context.Context, messages []Message, p ChatParams) ([]Message, error) {
	for i := range p.Tools {
		if p.Tools[i].Call != nil {
			return nil, unsupported(fmt.Sprintf("ChatParams.Tools[%d].Call", i))
		}
	}
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
	return []Message{answer}, err
}

// GenerateAs returns the continuation of prompt as a T. Not done yet:
// [ErrUnsupported].
func GenerateAs[T any](ctx context.Context, m *Model, prompt string, p Params) (T, error) {
	var t T
	return t, unsupported("GenerateAs")
}

// ChatAs returns the answer to the last of messages, as a T. Not done yet:
// [ErrUnsupported].
func ChatAs[T any](ctx context.Context, m *Model, messages []Message, p ChatParams) (T, error) {
	var t T
	return t, unsupported("ChatAs")
}

// A reply is one answer in a chat.
type reply struct {
	ids    []int32 // the prompt
	parser *chat.Parser
	calls  int
}

// newReply renders messages to a prompt.
func (m *Model) newReply(ctx context.Context, messages []Message, p *ChatParams) (*reply, error) {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	if err := p.check(m.vocab); err != nil {
		return nil, err
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
	r := &reply{ids: ids, parser: chat.NewParser(m.chat.chat, text, len(tools) > 0)}
	r.parser.Tools(o.Tools)
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
