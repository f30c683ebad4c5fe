package langchaingo

import (
	"context"
	"strings"
	"sync"

	"github.com/tmc/langchaingo/callbacks"
	"github.com/tmc/langchaingo/llms"

	"github.com/querent-ai/chord"
)

// A Model is a model for LangChain. Any number of goroutines may use it at once.
type Model struct {
	// CallbacksHandler, if not nil, is told of every call.
	CallbacksHandler callbacks.Handler

	model  *chord.Model
	params chord.ChatParams
}

var (
	_ llms.Model          = (*Model)(nil)
	_ llms.ReasoningModel = (*Model)(nil)
)

// New returns m for LangChain. p is what a call does not set; its Tools are those of
// calls that have none. The caller closes m.
func New(m *chord.Model, p chord.ChatParams) *Model {
	return &Model{model: m, params: p}
}

// Call returns the answer to a prompt.
//
// Deprecated: as in LangChain; use [llms.GenerateFromSinglePrompt].
func (m *Model) Call(ctx context.Context, prompt string, options ...llms.CallOption) (string, error) {
	return llms.GenerateFromSinglePrompt(ctx, m, prompt, options...)
}

// SupportsReasoning reports true: reasoning is told apart where the template has it.
func (m *Model) SupportsReasoning() bool { return true }

// GenerateContent returns the answer to messages, with llms.WithN or
// llms.WithCandidateCount several. The streaming functions get text, not calls of
// tools, which are only in the response; they need a single answer.
//
// Calls are constrained to the schemas of their tools. JSON mode makes the answer a
// JSON object; for a schema set Grammar in the parameters of [New]. An answer that is
// constrained calls no tools.
func (m *Model) GenerateContent(ctx context.Context, messages []llms.MessageContent, options ...llms.CallOption) (*llms.ContentResponse, error) {
	if h := m.CallbacksHandler; h != nil {
		h.HandleLLMGenerateContentStart(ctx, messages)
	}
	r, err := m.generate(ctx, messages, callOptions(options))
	if h := m.CallbacksHandler; h != nil {
		if err != nil {
			h.HandleLLMError(ctx, err)
		} else {
			h.HandleLLMGenerateContentEnd(ctx, r)
		}
	}
	return r, err
}

// generate is GenerateContent without callbacks.
func (m *Model) generate(ctx context.Context, messages []llms.MessageContent, o llms.CallOptions) (*llms.ContentResponse, error) {
	chat, err := chatMessages(messages)
	if err != nil {
		return nil, err
	}
	p, err := chatParams(m.params, &o)
	if err != nil {
		return nil, err
	}
	n := max(o.N, o.CandidateCount, 1)
	if n > 1 && (o.StreamingFunc != nil || o.StreamingReasoningFunc != nil) {
		return nil, invalid("streaming of %d answers, want one", n)
	}
	r := &llms.ContentResponse{Choices: make([]*llms.ContentChoice, n)}
	if n == 1 { // the streaming functions are called by the caller's goroutine
		r.Choices[0], err = m.answer(ctx, chat, p, &o)
	} else {
		err = m.answers(ctx, chat, p, &o, r.Choices)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// answers generates several answers at once; the first error ends all.
func (m *Model) answers(ctx context.Context, chat []chord.Message, p chord.ChatParams, o *llms.CallOptions, choices []*llms.ContentChoice) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		all   sync.WaitGroup
		once  sync.Once
		first error
	)
	for i := range choices {
		p := p
		if p.Seed > 0 { // each answer has its own
			p.Seed += int64(i)
		}
		all.Go(func() {
			var err error
			if choices[i], err = m.answer(ctx, chat, p, o); err != nil {
				once.Do(func() { first = err })
				cancel()
			}
		})
	}
	all.Wait()
	return first
}

// answer generates one answer.
func (m *Model) answer(ctx context.Context, chat []chord.Message, p chord.ChatParams, o *llms.CallOptions) (*llms.ContentChoice, error) {
	a := answer{ctx: ctx, options: o}
	for d, err := range m.model.Chat(ctx, chat, p) {
		if err != nil {
			return nil, mapError(err)
		}
		if err := a.add(d); err != nil {
			return nil, err
		}
	}
	return a.choice(), nil
}

// An answer collects one answer.
type answer struct {
	ctx                context.Context
	options            *llms.CallOptions
	content, reasoning strings.Builder
	calls              []llms.ToolCall
	result             *chord.Result
}

// add takes one delta.
func (a *answer) add(d chord.Delta) error {
	switch {
	case d.ToolCall != nil:
		f := d.ToolCall.Function
		a.calls = append(a.calls, llms.ToolCall{ID: d.ToolCall.ID, Type: "function",
			FunctionCall: &llms.FunctionCall{Name: f.Name, Arguments: f.Arguments}})
	case d.Result != nil:
		a.result = d.Result
	case d.Content != "" || d.Reasoning != "":
		a.content.WriteString(d.Content)
		a.reasoning.WriteString(d.Reasoning)
		return a.stream(d)
	}
	return nil
}

// stream passes text on to the functions of the options.
func (a *answer) stream(d chord.Delta) error {
	if f := a.options.StreamingReasoningFunc; f != nil {
		if err := f(a.ctx, []byte(d.Reasoning), []byte(d.Content)); err != nil {
			return err
		}
	}
	if f := a.options.StreamingFunc; f != nil && d.Content != "" {
		return f(a.ctx, []byte(d.Content))
	}
	return nil
}

// choice returns the answer, whose usage has the names of LangChain's own models.
func (a *answer) choice() *llms.ContentChoice {
	c := &llms.ContentChoice{Content: a.content.String(), ReasoningContent: a.reasoning.String(), ToolCalls: a.calls}
	if len(a.calls) > 0 {
		c.FuncCall = a.calls[0].FunctionCall
	}
	if r := a.result; r != nil {
		c.StopReason = stopReason(r.Finish)
		c.GenerationInfo = map[string]any{
			"PromptTokens": r.Prompt, "CompletionTokens": r.Generated, "TotalTokens": r.Prompt + r.Generated,
			"PromptCachedTokens": r.Cached, "ThinkingContent": c.ReasoningContent, "Seed": r.Seed,
		}
	}
	return c
}

// stopReason returns OpenAI's word for the end of an answer.
func stopReason(f chord.Finish) string {
	switch f {
	case chord.FinishLength, chord.FinishContext:
		return "length"
	case chord.FinishToolCalls:
		return "tool_calls"
	}
	return "stop"
}
