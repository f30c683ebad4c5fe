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

// A Tool is a function that the model may ask to be called.
type Tool struct {
	Name        string
	Description string
	Parameters  json.RawMessage // a JSON Schema of an object; nil: no parameters
	// Call answers a call in [Model.Reply]; nil leaves calls to the caller. Not
	// done yet: [ErrUnsupported].
	Call func(ctx context.Context, arguments json.RawMessage) (string, error)
}

// ToolOf returns a tool whose parameters are the fields of T. Not done yet:
// [ErrUnsupported].
func ToolOf[T any](name, description string, call func(ctx context.Context, arguments T) (string, error)) (Tool, error) {
	return Tool{}, unsupported("ToolOf")
}

// MarshalJSON writes t as OpenAI's API has it.
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

// ChatParams say what is answered in a chat, and how.
type ChatParams struct {
	Params
	// Tools may be called. A template that knows of none is [ErrUnsupported].
	Tools []Tool `json:"tools,omitempty"`
	// ToolChoice is "auto", which "" means; "none", which leaves Tools out; or
	// "required", which is not done yet: [ErrUnsupported].
	ToolChoice string `json:"tool_choice,omitempty"`
	// Vars are more variables for the template, such as enable_thinking and
	// reasoning_effort. What is not set is undefined, so the template decides.
	Vars map[string]any `json:"chat_template_kwargs,omitempty"`
	// TrustContent lets names of control tokens in messages, tools and Vars
	// become control tokens. Without it they are text.
	TrustContent bool `json:"trust_content,omitempty"`
	// Now is the date that templates print. The zero time means the clock.
	Now time.Time `json:"-"`
	// Trim, if not nil, returns messages with less text, as long as the chat is
	// longer than the context: without the oldest turns, for instance. It is
	// called again with what it returned; when nothing gets shorter the chat is
	// [ErrContextFull], as it is without Trim.
	Trim func([]Message) []Message `json:"-"`
}

// UnmarshalJSON sets the fields that b has; see [Params.UnmarshalJSON].
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

// A Delta is a piece of an assistant's message: one of its fields is set.
type Delta struct {
	Content   string    // what it says
	Reasoning string    // what it thinks before
	ToolCall  *ToolCall // a whole call
	Result    *Result   // on the last element
}

// Chat answers the last of messages. Ranging over the deltas does the work. The
// prompt is always that of all messages; what an earlier one began with alike is
// not computed again.
//
// An error is yielded once, on the last element: about the template or what it
// says of the messages; and those of [Model.Generate].
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

// Chat answers the last of messages, which are all of the chat: what the session
// has of their prompt stays, the rest of it is forgotten. Otherwise it is as
// [Model.Chat].
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

// Reply returns what the assistant answers, as the messages to add to the chat.
// Calls of tools are left to the caller. Errors are those of [Model.Chat]; the
// message then has what came before.
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

// GenerateAs returns what continues prompt, as a T. Not done yet:
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

// newReply makes the prompt of messages.
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

// chatPrompt returns the tokens of messages, trimmed until they fit, and their
// text.
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

// run parses what generate says and yields the deltas.
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

// yield hands deltas on and reports whether more are wanted.
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
