package chord

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/querent-ai/chord/internal/chat"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/generate"
)

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
		if err == nil {
			c.text.Seq, err = m.attach(ctx, c.ids, &p.Params, c.pictures)
		}
		if err != nil {
			yield(Delta{Result: &Result{}}, failed(err))
			return
		}
		defer c.text.Seq.Close()
		c.text.Pending = c.ids[c.text.Seq.Len():]
		c.run(func(tokens func(Token, error) bool) { m.run(ctx, c.text, &p.Params, tokens) }, yield)
	}
}

// ChatTokens returns the tokens of the prompt that [Model.Chat] makes of messages, also
// of one that is longer than the context. Ids below 0 are rows of pictures. Errors are
// those of Chat.
func (m *Model) ChatTokens(ctx context.Context, messages []Message, p ChatParams) ([]int32, error) {
	prompt, _, err := m.replyPrompt(ctx, messages, &p)
	return prompt.ids, failed(err)
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
		s.seq.SetPictures(c.pictures)
		had, same := s.Tokens(), 0
		for same < min(len(had), len(c.ids)-1) && had[same] == c.ids[same] {
			same++
		}
		s.Rewind(same)
		s.rest = append(slices.Clip(s.rest), c.ids[same:]...)
		s.logits = nil
		c.run(func(tokens func(Token, error) bool) { s.run(ctx, c.text, &p.Params, tokens) }, yield)
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
	ids      []int32           // the prompt
	pictures []*engine.Picture // of it
	text     *generate.Text
	parser   *chat.Parser
	relaxed  []string
	calls    int
	tokens   bool // are yielded
}

// newReply renders messages to a prompt.
func (m *Model) newReply(ctx context.Context, messages []Message, p *ChatParams) (*reply, error) {
	prompt, tools, err := m.replyPrompt(ctx, messages, p)
	if err != nil {
		return nil, err
	}
	ids, text := prompt.ids, prompt.text
	t, err := m.newText(&p.Params)
	if err != nil {
		return nil, err
	}
	t.Names = true
	r := &reply{ids: ids, text: t, tokens: p.Logprobs > 0, parser: chat.NewParser(m.chat.chat, text, len(tools) > 0)}
	r.parser.Tools(tools)
	if p.ReasoningFormat == "none" {
		r.parser.Inline()
	}
	for i := range messages {
		r.parser.First += len(messages[i].ToolCalls)
	}
	if err := m.checkPrompt(ids); err != nil {
		return nil, err
	}
	if len(prompt.pictures) > 0 {
		if p.Receipt {
			return nil, invalid("Params.Receipt", "with pictures, which a receipt does not have")
		}
		if r.pictures, err = m.sight.rows(ctx, prompt.pictures); err != nil {
			return nil, err
		}
	}
	return r, r.steer(m, p, p.tools(), text)
}

// A chatPrompt is the prompt of a chat.
type chatPrompt struct {
	ids      []int32
	text     string
	pictures []picture
}

// replyPrompt returns the prompt of messages and the tools in it.
func (m *Model) replyPrompt(ctx context.Context, messages []Message, p *ChatParams) (prompt chatPrompt, tools []json.RawMessage, err error) {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	if err := p.Params.check(m.vocab); err != nil {
		return prompt, nil, err
	}
	if err := p.checkChat(); err != nil {
		return prompt, nil, err
	}
	if m.chatErr != nil {
		return prompt, nil, m.chatErr
	}
	o := ChatOptions{Vars: p.vars(), TrustContent: p.TrustContent, Now: p.Now}
	for i, t := range p.tools() {
		raw, err := json.Marshal(t)
		if err != nil {
			return prompt, nil, invalid(fmt.Sprintf("ChatParams.Tools[%d].Parameters", i), "%v", err)
		}
		o.Tools = append(o.Tools, raw)
	}
	prompt, err = m.chatPrompt(ctx, messages, o, p)
	return prompt, o.Tools, err
}

// steer makes the guide of an answer to a prompt.
func (r *reply) steer(m *Model, p *ChatParams, tools []Tool, prompt string) error {
	d := &generate.Guide{Must: p.must(), Budget: -1, Thinking: m.chat.chat.Thinking(prompt), Closing: m.chat.chat.CloseThinking()}
	if p.ReasoningBudget != nil && d.Closing != "" {
		d.Budget = max(*p.ReasoningBudget, -1)
	}
	d.Alone = p.ParallelToolCalls != nil && !*p.ParallelToolCalls
	steers := d.Must || d.Budget >= 0 || d.Thinking == chat.Thinks && p.Grammar != nil
	if !steers && (len(tools) == 0 || p.Grammar != nil) {
		return nil
	}
	if p.Grammar != nil {
		tools = nil // the grammar is the form of the answer
	}
	if d.Must && p.ToolChoice != "required" {
		tools = []Tool{*p.tool(p.ToolChoice)}
	}
	for _, t := range tools {
		d.Tools = append(d.Tools, chat.ToolSchema{Name: t.Name, Parameters: t.Parameters})
	}
	if err := m.plan(d, r.text.Vocab); err != nil {
		return err
	}
	for _, t := range tools {
		for _, what := range d.Plan.Relaxed {
			if what, ok := strings.CutPrefix(what, t.Name+": "); ok && t.Strict {
				return invalid("ChatParams.Tools", "the parameters of %q, which is strict, %s", t.Name, what)
			}
		}
	}
	r.text.Guide, r.relaxed, r.parser.Sure = d, d.Plan.Relaxed, true
	return nil
}

// chatPrompt returns the prompt of messages, trimmed until it fits.
func (m *Model) chatPrompt(ctx context.Context, messages []Message, o ChatOptions, p *ChatParams) (prompt chatPrompt, err error) {
	v, err := m.tokens()
	if err != nil {
		return prompt, err
	}
	last := -1
	for {
		marked, pictures, marker := mark(messages)
		if len(pictures) > 0 && m.sight == nil {
			return prompt, invalid(fmt.Sprintf("messages[%d]", pictures[0].message), "a picture: this model reads only text, as long as no mmproj file with a vision tower is given")
		}
		list, err := m.chat.segments(marked, o)
		if err != nil {
			return prompt, err
		}
		if p.EnableThinking != nil && !*p.EnableThinking {
			if text := m.chat.chat.NoThinking(chat.Join(list)); text != "" {
				list = append(list, chat.Segment{Text: text})
			}
		}
		ids, err := m.encodePrompt(ctx, v.Tokenizer, list, marker, pictures)
		if err != nil {
			return prompt, err
		}
		if len(ids) <= m.Context() || p.Trim == nil || last >= 0 && len(ids) >= last {
			return chatPrompt{ids, chat.Join(list), pictures}, nil
		}
		last = len(ids)
		messages = p.Trim(slices.Clone(messages))
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
		t.Result.Relaxed = r.relaxed
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
		if c := d.CallPiece; c != nil {
			out.CallPiece = &CallPiece{Index: c.Index, ID: c.ID, Name: c.Name, Arguments: c.Arguments}
		}
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
