package core

import (
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/wire"
)

// Thoughts are the fields about reasoning that requests of all faces may have, beside
// those of their own.
type Thoughts struct {
	Enable *bool               `json:"enable_thinking"`
	Budget *int                `json:"reasoning_budget" api:"min=-1"`       // tokens, -1: any number
	Tokens *int                `json:"thinking_budget_tokens" api:"min=-1"` // the same, as llama-server calls it
	Vars   map[string]wire.Raw `json:"chat_template_kwargs" api:"as=variables"`
}

// SetThoughts sets what the fields say. A face sets those of its own before.
func (t *Thoughts) SetThoughts(p *chord.ChatParams) error {
	if t.Enable != nil {
		p.EnableThinking = t.Enable
	}
	for _, b := range []struct {
		param string
		n     *int
	}{{"reasoning_budget", t.Budget}, {"thinking_budget_tokens", t.Tokens}} {
		switch {
		case b.n == nil:
			continue
		case *b.n < -1:
			return wire.Errorf(b.param, "%d, want -1 (no limit), 0 or more", *b.n)
		case *b.n == 0:
			p.EnableThinking = new(bool)
		}
		p.ReasoningBudget = b.n
	}
	return vars(p, t.Vars)
}

// Efforts are the words for how much a model is to reason.
const Efforts = "none minimal low medium high xhigh max"

// SetEffort sets how much the model is to reason, the field param of the request: a word,
// which the template knows what to do with.
func SetEffort(p *chord.ChatParams, param string, effort *string) error {
	if effort == nil {
		return nil
	}
	if !strings.Contains(" "+Efforts+" ", " "+*effort+" ") || *effort == "" {
		return wire.Errorf(param, "%.40q, want one of %s", *effort, Efforts)
	}
	p.EnableThinking = new(*effort != "none")
	if *effort != "none" {
		SetVar(p, "reasoning_effort", *effort)
	}
	return nil
}

// vars sets variables of the chat template that a request may give: numbers, booleans and
// short strings. Those that switch reasoning do so for templates without them too.
func vars(p *chord.ChatParams, raw map[string]wire.Raw) error {
	const most, longest = 32, 1 << 10
	const param = "chat_template_kwargs"
	if len(raw) > most {
		return wire.Errorf(param, "%d variables, at most %d", len(raw), most)
	}
	for name, r := range raw {
		at := param + "." + name
		if len(name) > 64 || len(r) > longest {
			return wire.Errorf(param, "a name has at most 64 bytes, a value at most %d", longest)
		}
		switch r.Kind() {
		case '"', '0', 't', 'f':
			var v any
			if err := wire.DecodeAt(at, r, &v); err != nil {
				return err
			}
			SetVar(p, name, v)
			if on, ok := v.(bool); ok && (name == "enable_thinking" || name == "thinking") {
				p.EnableThinking = &on
			}
		case 0:
		default:
			return wire.Errorf(at, "want a string, number or boolean")
		}
	}
	return nil
}

// SetVar sets one variable of the chat template.
func SetVar(p *chord.ChatParams, name string, value any) {
	if p.Vars == nil {
		p.Vars = map[string]any{}
	}
	p.Vars[name] = value
}
