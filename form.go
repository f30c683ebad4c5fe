package chord

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/querent-ai/chord/internal/chat"
	"github.com/querent-ai/chord/internal/constrain"
	"github.com/querent-ai/chord/internal/generate"
)

// An AnswerForm is what an answer in a chat is held to: the calls of its tools and the
// length of its reasoning. [Model.Chat] makes it of [ChatParams]; a [Receipt] keeps it.
type AnswerForm struct {
	Template string     `json:"template"`           // hash of the chat template, hexadecimal
	Tools    []FormTool `json:"tools,omitempty"`    // that may be called
	Required bool       `json:"required,omitempty"` // the answer is calls
	Single   bool       `json:"single,omitempty"`   // one call at most
	// ReasoningBudget is the maximum number of tokens of reasoning; -1 is no limit.
	ReasoningBudget int `json:"reasoning_budget"`
	// Reasoning is "begun" or "ended" if the prompt ends so, else "".
	Reasoning string `json:"reasoning,omitempty"`
}

// A FormTool is a tool of an [AnswerForm].
type FormTool struct {
	Name       string          `json:"name"`
	Parameters json.RawMessage `json:"parameters,omitempty"` // a JSON Schema; nil: no parameters
}

// reasonings are the values of AnswerForm.Reasoning, by chat.Thinking.
var reasonings = []string{chat.MayThink: "", chat.Thinks: "begun", chat.Thought: "ended"}

// formOf returns what d holds an answer to, nil if there is no guide.
func (m *Model) formOf(d *generate.Guide) *AnswerForm {
	if d == nil {
		return nil
	}
	f := &AnswerForm{Template: m.templateHash(), Required: d.Must, Single: d.Alone, ReasoningBudget: d.Budget, Reasoning: reasonings[d.Thinking]}
	for _, t := range d.Tools {
		f.Tools = append(f.Tools, FormTool(t))
	}
	return f
}

// templateHash returns the hash of the chat template.
func (m *Model) templateHash() string {
	sum := sha256.Sum256([]byte(m.chat.chat.Source()))
	return hex.EncodeToString(sum[:])
}

// newGuide returns the guide that holds an answer to f.
func (m *Model) newGuide(v *constrain.Vocabulary, f *AnswerForm) (*generate.Guide, error) {
	d := &generate.Guide{Must: f.Required, Alone: f.Single, Budget: f.ReasoningBudget, Closing: m.chat.chat.CloseThinking(),
		Thinking: chat.Thinking(max(slices.Index(reasonings, f.Reasoning), 0))}
	for _, t := range f.Tools {
		d.Tools = append(d.Tools, chat.ToolSchema(t))
	}
	return d, m.plan(d, v)
}

// plan sets the plan of d.
func (m *Model) plan(d *generate.Guide, v *constrain.Vocabulary) (err error) {
	d.Plan, err = m.plans.Plan(m.chat.chat, chat.PlanOptions{Tools: d.Tools, Alone: d.Alone, Mark: v.Mark})
	return err
}

// checkForm returns an error if f, of a receipt, is not the form of answers of m.
func (m *Model) checkForm(f *AnswerForm) error {
	switch {
	case m.chatErr != nil:
		return m.chatErr
	case f.Template != m.templateHash():
		return fmt.Errorf("chord: receipt: the chat template is not that of the model: %w", ErrMismatch)
	case !slices.Contains(reasonings, f.Reasoning):
		return invalid("Receipt.Form.Reasoning", "%.20q, want one of %q", f.Reasoning, reasonings)
	case f.ReasoningBudget < -1 || f.ReasoningBudget >= 0 && m.chat.chat.CloseThinking() == "":
		return invalid("Receipt.Form.ReasoningBudget", "%d", f.ReasoningBudget)
	case f.Required && len(f.Tools) == 0:
		return invalid("Receipt.Form.Required", "there are no tools")
	}
	for i, t := range f.Tools {
		if !chat.IsName(t.Name) {
			return invalid(fmt.Sprintf("Receipt.Form.Tools[%d].Name", i), "%.200q", t.Name)
		}
	}
	return nil
}
