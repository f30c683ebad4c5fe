package openai

import (
	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A chatRequest asks for the answer to a chat.
type chatRequest struct {
	common
	core.Thoughts
	Messages            []message `json:"messages" api:"as=messages,required"`
	MaxCompletionTokens *int      `json:"max_completion_tokens" api:"min=1"`
	Logprobs            *bool     `json:"logprobs"`
	TopLogprobs         *int      `json:"top_logprobs" api:"min=0,max=20"`
	Tools               []tool    `json:"tools" api:"as=tools"`
	ToolChoice          wire.Raw  `json:"tool_choice" api:"as=tool choice"`
	Parallel            *bool     `json:"parallel_tool_calls"`
	Effort              *string   `json:"reasoning_effort" api:"values=none|minimal|low|medium|high|xhigh|max"`
	Format              *struct {
		Type   string `json:"type" api:"values=text|json_object|json_schema"`
		Schema *struct {
			Schema wire.Raw `json:"schema" api:"as=json schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

// run returns the run of a request and how many choices are wanted.
func (q *chatRequest) run(x *core.Exchange) (run core.Run, n int, err error) {
	if run.Messages, err = chat(q.Messages); err != nil {
		return run, 0, err
	}
	p := &run.Params
	if n, err = q.params(x, &p.Params); err != nil {
		return run, 0, err
	}
	if err := limit(&p.Params, "max_tokens", q.MaxTokens, 1); err != nil {
		return run, 0, err
	}
	if err := limit(&p.Params, "max_completion_tokens", q.MaxCompletionTokens, 1); err != nil {
		return run, 0, err
	}
	if p.Tools, err = tools(q.Tools); err != nil {
		return run, 0, err
	}
	p.ParallelToolCalls = q.Parallel
	for _, set := range []func(x *core.Exchange, p *chord.ChatParams) error{q.logprobs, q.format} {
		if err := set(x, p); err != nil {
			return run, 0, err
		}
	}
	if err := core.SetEffort(p, "reasoning_effort", q.Effort); err != nil {
		return run, 0, err
	}
	if err := q.SetThoughts(p); err != nil {
		return run, 0, err
	}
	return run, n, choose(p, q.ToolChoice)
}

// logprobs sets the log probabilities that are wanted.
func (q *chatRequest) logprobs(x *core.Exchange, p *chord.ChatParams) error {
	top, most := deref(q.TopLogprobs), x.Core.Limits.TopLogprobs
	switch {
	case top < 0 || top > most:
		return wire.Errorf("top_logprobs", "%d, want 0 to %d", top, most)
	case deref(q.Logprobs):
		wantLogprobs(&p.Params, top)
	case top > 0:
		return wire.Errorf("top_logprobs", "logprobs must be true")
	}
	return nil
}

// format sets the form of the answer.
func (q *chatRequest) format(x *core.Exchange, p *chord.ChatParams) error {
	if q.Format == nil {
		return nil
	}
	switch q.Format.Type {
	case "text":
	case "json_object":
		if p.Grammar != nil {
			return wire.Errorf("response_format", "the text is constrained already")
		}
		core.JSONObject(&p.Params)
	case "json_schema":
		if q.Format.Schema == nil {
			return wire.Errorf("response_format.json_schema", "missing")
		}
		return core.Schema(&p.Params, "response_format.json_schema.schema", q.Format.Schema.Schema)
	default:
		return wire.Errorf("response_format.type", "%.40q, want text, json_object or json_schema", q.Format.Type)
	}
	return nil
}

// chatCompletions answers a chat.
func chatCompletions(x *core.Exchange) error {
	var q chatRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	run, n, err := q.run(x)
	if err != nil {
		return err
	}
	m, err := x.Model(deref(q.Model))
	if err != nil {
		return err
	}
	a := &chatAnswer{q: &q, m: m, id: "chatcmpl-" + x.ID, created: x.Created().Unix(), choices: make([]chatChoice, n)}
	if deref(q.Stream) {
		a.events = x.Events()
	}
	for d, err := range x.Generate(m, choices(run, n)) {
		if err == nil {
			err = a.add(d)
		}
		if err != nil {
			return err
		}
	}
	return a.end(x)
}
