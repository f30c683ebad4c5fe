package anthropic

import (
	"errors"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A request asks for the answer to a chat. Fields that chord has nothing to do for, such
// as metadata, service_tier and cache_control, are ignored: prompts are cached always.
type request struct {
	core.Thoughts
	Model         *string     `json:"model"`
	Messages      []message   `json:"messages" api:"as=blocks messages,required"`
	System        wire.Raw    `json:"system" api:"as=blocks"`
	MaxTokens     *int        `json:"max_tokens" api:"min=1"`
	StopSequences []string    `json:"stop_sequences"`
	Stream        *bool       `json:"stream"`
	Tools         []tool      `json:"tools" api:"as=blocks tools"`
	ToolChoice    *toolChoice `json:"tool_choice" api:"as=blocks choice"`
	Thinking      *thinking   `json:"thinking"`
	OutputFormat  *format     `json:"output_format"`
	OutputConfig  *struct {
		Effort *string `json:"effort" api:"values=low|medium|high|xhigh|max"`
		Format *format `json:"format"`
	} `json:"output_config"`
}

// A thinking says whether and how much the model reasons.
type thinking struct {
	Type    string  `json:"type" api:"required,values=enabled|adaptive|disabled"`
	Budget  *int    `json:"budget_tokens" api:"min=1"`
	Display *string `json:"display"`
}

// A format is the form of an answer.
type format struct {
	Type   string   `json:"type" api:"required,values=json_schema"`
	Schema wire.Raw `json:"schema" api:"as=json schema,required"`
}

// run returns the run of a request.
func (q *request) run(x *core.Exchange) (run core.Run, err error) {
	if run.Messages, err = chat(q.System, q.Messages); err != nil {
		return run, err
	}
	p := &run.Params
	if err := x.Sampling(&p.Params); err != nil {
		return run, err
	}
	if n := q.MaxTokens; n != nil {
		if *n < 1 {
			return run, wire.Errorf("max_tokens", "%d, want 1 or more", *n)
		}
		p.MaxTokens = *n
	}
	if p.Tools, err = tools(q.Tools); err != nil {
		return run, err
	}
	for _, set := range []func(*core.Exchange, *chord.ChatParams) error{q.stop, q.think, q.form} {
		if err := set(x, p); err != nil {
			return run, err
		}
	}
	return run, q.ToolChoice.set(p)
}

// stop sets the stop sequences.
func (q *request) stop(x *core.Exchange, p *chord.ChatParams) error {
	err := x.Stop(&p.Params, q.StopSequences)
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return wire.Errorf("stop_sequences", "%s", e.Reason)
	}
	return err
}

// think sets whether the model reasons and how much.
func (q *request) think(_ *core.Exchange, p *chord.ChatParams) error {
	if q.OutputConfig != nil {
		if err := core.SetEffort(p, "output_config.effort", q.OutputConfig.Effort); err != nil {
			return err
		}
	}
	if q.Thinking == nil {
		return q.SetThoughts(p)
	}
	switch t := q.Thinking; t.Type {
	case "disabled":
		p.EnableThinking = new(bool)
	case "adaptive":
		p.EnableThinking = new(true)
	case "enabled":
		if t.Budget != nil && *t.Budget < 1 {
			return wire.Errorf("thinking.budget_tokens", "%d, want 1 or more", *t.Budget)
		}
		p.EnableThinking, p.ReasoningBudget = new(true), t.Budget
	default:
		return wire.Errorf("thinking.type", "%.40q, want enabled, adaptive or disabled", t.Type)
	}
	return q.SetThoughts(p)
}

// form sets the form of the answer.
func (q *request) form(_ *core.Exchange, p *chord.ChatParams) error {
	f, at := q.OutputFormat, "output_format"
	if q.OutputConfig != nil && q.OutputConfig.Format != nil {
		f, at = q.OutputConfig.Format, "output_config.format"
	}
	if f == nil {
		return nil
	}
	if f.Type != "json_schema" {
		return wire.Errorf(at+".type", "%.40q, want json_schema", f.Type)
	}
	return core.Schema(&p.Params, at+".schema", f.Schema)
}

// messages answers a chat.
func messages(x *core.Exchange) error {
	var q request
	if err := x.Decode(&q); err != nil {
		return err
	}
	run, err := q.run(x)
	if err != nil {
		return err
	}
	m, err := x.Model(deref(q.Model))
	if err != nil {
		return err
	}
	a := &answer{q: &q, out: messageOut{ID: "msg_" + x.ID, Type: "message", Role: "assistant", Model: m.Name, Content: []blockOut{}}}
	m.Default(&run)
	if deref(q.Stream) {
		a.events = x.Events()
		ids, err := m.ChatTokens(x.Context(), run.Messages, run.Params)
		if err != nil {
			return err
		}
		a.prompt = len(ids)
	}
	for d, err := range x.Generate(m, []core.Run{run}) {
		if err == nil {
			err = a.add(d)
		}
		if err != nil {
			return err
		}
	}
	return a.end(x)
}

// countTokens answers with the number of tokens of a prompt.
func countTokens(x *core.Exchange) error {
	var q request
	if err := x.Decode(&q); err != nil {
		return err
	}
	run, err := q.run(x)
	if err != nil {
		return err
	}
	m, err := x.Model(deref(q.Model))
	if err != nil {
		return err
	}
	m.Default(&run)
	ids, err := m.ChatTokens(x.Context(), run.Messages, run.Params)
	if err != nil {
		return err
	}
	return x.JSON(countAnswer{len(ids)})
}

// A countAnswer is the number of tokens of a prompt.
type countAnswer struct {
	Tokens int `json:"input_tokens"`
}
