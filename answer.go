package chord

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/chat"
)

// A reply is one answer in a chat.
type reply struct {
	ids     []int32 // the prompt
	parser  *chat.Parser
	guide   *guide // nil: none is needed
	relaxed []string
	calls   int
	tokens  bool // are yielded
}

// newReply renders messages to a prompt.
func (m *Model) newReply(ctx context.Context, messages []Message, p *ChatParams) (*reply, error) {
	ids, text, tools, err := m.replyPrompt(ctx, messages, p)
	if err != nil {
		return nil, err
	}
	r := &reply{ids: ids, tokens: p.Logprobs > 0, parser: chat.NewParser(m.chat.chat, text, len(tools) > 0)}
	r.parser.Tools(tools)
	if p.ReasoningFormat == "none" {
		r.parser.Inline()
	}
	for i := range messages {
		r.parser.First += len(messages[i].ToolCalls)
	}
	if err := m.checkPrompt(ids); err != nil {
		return r, err
	}
	return r, r.steer(m, p, p.tools(), text)
}

// replyPrompt returns the tokens and the text of the prompt of messages, and the tools
// in it.
func (m *Model) replyPrompt(ctx context.Context, messages []Message, p *ChatParams) (ids []int32, text string, tools []json.RawMessage, err error) {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	if err := p.Params.check(m.vocab); err != nil {
		return nil, "", nil, err
	}
	if err := p.checkChat(); err != nil {
		return nil, "", nil, err
	}
	if m.chatErr != nil {
		return nil, "", nil, m.chatErr
	}
	o := ChatOptions{Vars: p.vars(), TrustContent: p.TrustContent, Now: p.Now}
	for i, t := range p.tools() {
		raw, err := json.Marshal(t)
		if err != nil {
			return nil, "", nil, invalid(fmt.Sprintf("ChatParams.Tools[%d].Parameters", i), "%v", err)
		}
		o.Tools = append(o.Tools, raw)
	}
	ids, text, err = m.chatPrompt(ctx, messages, o, p)
	return ids, text, o.Tools, err
}

// tools returns the tools that the model is told of.
func (p *ChatParams) tools() []Tool {
	if p.ToolChoice == "none" {
		return nil
	}
	return p.Tools
}

// checkChat returns an error that names the first invalid field of p itself.
func (p *ChatParams) checkChat() error {
	switch {
	case p.MaxToolRounds < 0:
		return invalid("ChatParams.MaxToolRounds", "%d, want 0 (%d) or more", p.MaxToolRounds, toolRounds)
	case !slices.Contains([]string{"", "auto", "deepseek", "none"}, p.ReasoningFormat):
		return invalid("ChatParams.ReasoningFormat", "%q, want auto, deepseek or none", p.ReasoningFormat)
	}
	for i, t := range p.Tools {
		field := fmt.Sprintf("ChatParams.Tools[%d].Name", i)
		if !chat.IsName(t.Name) {
			return invalid(field, "%q, want at most %d letters, digits and _-.:/", t.Name, chat.MaxName)
		}
		if p.tool(t.Name) != &p.Tools[i] {
			return invalid(field, "%q is the name of two tools", t.Name)
		}
	}
	switch p.ToolChoice {
	case "", "auto", "none":
		return nil
	case "required":
		if len(p.Tools) == 0 {
			return invalid("ChatParams.ToolChoice", "required, but there are no Tools")
		}
	default:
		if p.tool(p.ToolChoice) == nil {
			return invalid("ChatParams.ToolChoice", "%q, want auto, none, required or the name of a tool", p.ToolChoice)
		}
	}
	if p.Grammar != nil {
		return invalid("ChatParams.ToolChoice", "%q, but a Grammar says what the answer is", p.ToolChoice)
	}
	return nil
}

// vars returns the variables for the template.
func (p *ChatParams) vars() map[string]any {
	if p.EnableThinking == nil {
		return p.Vars
	}
	vars := map[string]any{"enable_thinking": *p.EnableThinking, "thinking": *p.EnableThinking}
	maps.Copy(vars, p.Vars)
	return vars
}

// must reports whether the answer has to be calls.
func (p *ChatParams) must() bool {
	return !slices.Contains([]string{"", "auto", "none"}, p.ToolChoice)
}

// steer makes the guide of an answer to a prompt.
func (r *reply) steer(m *Model, p *ChatParams, tools []Tool, prompt string) error {
	d := &guide{must: p.must(), budget: -1, thinking: m.chat.chat.Thinking(prompt), closing: m.chat.chat.CloseThinking()}
	if p.ReasoningBudget != nil && d.closing != "" {
		d.budget = max(*p.ReasoningBudget, -1)
	}
	d.alone = p.ParallelToolCalls != nil && !*p.ParallelToolCalls
	steers := d.must || d.budget >= 0 || d.thinking == chat.Thinks && p.Grammar != nil
	switch {
	case p.Receipt && steers:
		return invalid("Params.Receipt", "with ToolChoice, ReasoningBudget or a Grammar, which receipts do not have yet")
	case p.Receipt, !steers && (len(tools) == 0 || p.Grammar != nil):
		return nil
	}
	if p.Grammar != nil {
		tools = nil // the grammar is the form of the answer
	}
	if d.must && p.ToolChoice != "required" {
		tools = []Tool{*p.tool(p.ToolChoice)}
	}
	plan, err := m.plan(tools, d.alone)
	if err != nil {
		return err
	}
	for _, t := range tools {
		for _, what := range plan.Relaxed {
			if what, ok := strings.CutPrefix(what, t.Name+": "); ok && t.Strict {
				return invalid("ChatParams.Tools", "the parameters of %q, which is strict, %s", t.Name, what)
			}
		}
	}
	d.plan, r.guide, r.relaxed, r.parser.Sure = plan, d, plan.Relaxed, true
	return nil
}

// maxPlans is the maximum number of plans that a model keeps.
const maxPlans = 64

// plan returns the plan for answers with tools.
func (m *Model) plan(tools []Tool, alone bool) (*chat.Plan, error) {
	tok, err := m.tokenizer()
	if err != nil {
		return nil, err
	}
	list := make([]chat.ToolSchema, len(tools))
	for i, t := range tools {
		list[i] = chat.ToolSchema{Name: t.Name, Parameters: t.Parameters}
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprint(alone, string(raw))
	m.grammars.Lock()
	plan := m.plans[key]
	m.grammars.Unlock()
	if plan != nil {
		return plan, nil
	}
	plan, err = m.chat.chat.Plan(chat.PlanOptions{Tools: list, Alone: alone, Mark: func(text string) string { return markControls(tok, text) }})
	if err != nil {
		return nil, err
	}
	m.grammars.Lock()
	defer m.grammars.Unlock()
	if m.plans == nil || len(m.plans) >= maxPlans {
		m.plans = map[string]*chat.Plan{}
	}
	m.plans[key] = plan
	return plan, nil
}

// chatPrompt returns the tokens and the text of the prompt of messages, trimmed
// until it fits.
func (m *Model) chatPrompt(ctx context.Context, messages []Message, o ChatOptions, p *ChatParams) ([]int32, string, error) {
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
		if p.EnableThinking != nil && !*p.EnableThinking {
			if text := m.chat.chat.NoThinking(chat.Join(list)); text != "" {
				list = append(list, chat.Segment{Text: text})
			}
		}
		ids, err := chat.Encode(ctx, nil, tok, list, bpe.EncodeOptions{})
		if err != nil {
			return nil, "", err
		}
		ids = withoutEOS(tok, ids)
		if len(ids) <= m.Context() || p.Trim == nil || last >= 0 && len(ids) >= last {
			return ids, chat.Join(list), nil
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
