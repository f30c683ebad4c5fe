package chat

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/querent-ai/chord/grammar"
)

// A ToolSchema is a tool that may be called.
type ToolSchema struct {
	Name       string
	Parameters json.RawMessage // a JSON Schema; nil is that of an object without properties
}

// A Plan says how an answer has to be written, beside what the model likes to write.
type Plan struct {
	// Think and Unthink begin and end reasoning; "" if the model does not reason.
	Think, Unthink string
	// Often says that there may be reasoning more than once.
	Often bool
	// Triggers are the beginnings of calls within the text, Starts those at its
	// beginning only. Open is how Call begins for all of them.
	Triggers, Starts []string
	Open             string
	// Call is the grammar of a call, or of all calls where they are written
	// together, from Open on; nil without tools.
	Call *grammar.Grammar
	// Calls is the grammar of an answer that is nothing but calls, Thought that
	// of one after reasoning, and Begin that of Calls or of Think.
	Calls, Thought, Begin *grammar.Grammar
	// Relaxed is what Call and Calls do not enforce, by tool.
	Relaxed []string
}

// PlanOptions say what a [Plan] is for.
type PlanOptions struct {
	Tools []ToolSchema
	Alone bool // one call at most
	// Mark writes the control tokens in a text as the grammar's vocabulary has
	// them.
	Mark func(string) string
}

// harmonyThink are the marks around reasoning of gpt-oss, and harmonyNext begins
// what follows it.
var harmonyThink = marks{"<|channel|>analysis<|message|>", "<|end|>"}

const harmonyNext = "<|start|>assistant"

// MaxName bounds the names of tools and of their parameters.
const MaxName = 128

// IsName reports whether s may be the name of a tool.
func IsName(s string) bool {
	for i := range len(s) {
		if !isName(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= MaxName
}

// Plan returns the plan for answers with o's tools. The error is that of a grammar
// that cannot be made.
func (t *Template) Plan(o PlanOptions) (*Plan, error) {
	m := t.speech.think
	if t.speech.harmony {
		m = harmonyThink
	}
	p := &Plan{Think: o.Mark(m.open), Unthink: o.Mark(m.close), Often: t.speech.harmony}
	if len(o.Tools) == 0 {
		return p, nil
	}
	return p, t.calls(p, o)
}

// calls fills the grammars and triggers of p.
func (t *Template) calls(p *Plan, o PlanOptions) error {
	w := &formWriter{form: t.form(), mark: o.Mark}
	var calls []grammar.Part
	for _, tool := range o.Tools {
		calls = append(calls, w.call(tool))
	}
	call := grammar.Either(calls...)
	one, all := w.section(call, o.Alone)
	thought, begin := all, all
	if t.speech.harmony {
		thought = grammar.Sequence(w.literal(harmonyNext), all)
	}
	if p.Think != "" {
		begin = grammar.Either(grammar.Literal(p.Think), all)
	}
	for _, g := range []struct {
		to   **grammar.Grammar
		part grammar.Part
	}{{&p.Call, one}, {&p.Calls, all}, {&p.Thought, thought}, {&p.Begin, begin}} {
		var err error
		if *g.to, err = g.part.Grammar(); err != nil {
			return fmt.Errorf("chat: calls: %w", err)
		}
	}
	p.Relaxed = w.relaxed
	w.triggers(p, t)
	return nil
}

// A formWriter writes a form as a grammar.
type formWriter struct {
	*form
	mark    func(string) string
	relaxed []string
	tool    string
}

// section returns the part of one call, or of all that are written together, and
// that of an answer of calls.
func (w *formWriter) section(call grammar.Part, alone bool) (one, all grammar.Part) {
	more := call
	if alone = alone || w.alone; !alone {
		more = grammar.Sequence(call, grammar.Repeat(grammar.Sequence(w.literal(w.sep), call), 0, -1))
	}
	blank := grammar.Part{}
	if w.open == recipient { // the first one is in the prompt
		return grammar.Either(grammar.Literal("all\n"), call), more
	}
	if w.open != "" && w.open != harmonyForm.open {
		blank = grammar.Pattern(`[ \n]{0,2}`)
	}
	if w.begin == "" && w.end == "" {
		return call, grammar.Sequence(blank, more)
	}
	one = grammar.Sequence(w.literal(w.begin), more, w.literal(w.end))
	return one, grammar.Sequence(blank, one)
}

// triggers sets the triggers of p.
func (w *formWriter) triggers(p *Plan, t *Template) {
	switch {
	case t.speech.harmony:
		for _, s := range []string{"<|start|>assistant to=functions.", "<|channel|>commentary to=functions.", "<|channel|>analysis to=functions."} {
			p.Triggers = append(p.Triggers, w.mark(s))
		}
		p.Starts = []string{" to=functions."}
		p.Open = w.mark(w.open)
	case w.open == "":
		head, _, _ := strings.Cut(w.begin+w.form.call, slotName)
		p.Open = w.mark(head)
		p.Starts = []string{p.Open}
	case w.open == recipient:
		p.Triggers, p.Starts = []string{w.open}, []string{""}
	default:
		p.Open = w.mark(w.open)
		p.Triggers = []string{p.Open}
	}
}

// literal returns the part of a text of the form. Blanks after the opening mark may
// differ.
func (w *formWriter) literal(text string) grammar.Part {
	if rest, ok := strings.CutPrefix(text, w.open); ok && w.open != "" {
		if bare := strings.TrimLeft(rest, " \n"); bare != "" && (bare != rest || bare[0] == '{' || bare[0] == '[') {
			return grammar.Sequence(grammar.Literal(w.mark(w.open)), grammar.Pattern(`[ \n]{0,2}`), grammar.Literal(w.mark(bare)))
		}
	}
	return grammar.Literal(w.mark(text))
}

// call returns the part of a call of a tool.
func (w *formWriter) call(tool ToolSchema) grammar.Part {
	w.tool = tool.Name
	if tool.Parameters == nil {
		tool.Parameters = json.RawMessage(`{"type": "object", "properties": {}, "additionalProperties": false}`)
	}
	text := strings.ReplaceAll(w.form.call, slotName, tool.Name)
	var parts []grammar.Part
	for {
		before, after, ok := strings.Cut(text, "\x00")
		parts = append(parts, w.literal(before))
		if !ok {
			return grammar.Sequence(parts...)
		}
		switch "\x00" + after[:1] {
		case slotArgs:
			parts = append(parts, w.arguments(tool.Parameters))
		case slotID:
			parts = append(parts, grammar.Pattern("[a-zA-Z0-9]{9}"))
		case slotIndex:
			parts = append(parts, grammar.Pattern("[0-9]{1,2}"))
		}
		text = after[1:]
	}
}

// drop notes what is not enforced.
func (w *formWriter) drop(what ...string) {
	for _, s := range what {
		w.relaxed = append(w.relaxed, w.tool+": "+s)
	}
}
