package chat

import "strings"

// Thinking says what a prompt says of reasoning at its end.
type Thinking uint8

const (
	MayThink Thinking = iota // nothing, or the model does not reason
	Thinks                   // it has begun
	Thought                  // it has ended
)

// Thinking returns what prompt says of reasoning.
func (t *Template) Thinking(prompt string) Thinking {
	m := t.speech.think
	if t.speech.harmony {
		m = harmonyThink
		if strings.HasSuffix(prompt, m.close+harmonyNext) && strings.Contains(prompt[max(0, len(prompt)-200):], m.open) {
			return Thought
		}
	}
	end := strings.TrimRight(prompt, space)
	switch {
	case m.open == "":
	case strings.HasSuffix(end, m.open):
		return Thinks
	case strings.HasSuffix(end, m.close):
		return Thought
	}
	return MayThink
}

// CloseThinking returns the text that ends reasoning which has begun, with what
// follows it before the answer; "" if the model does not reason.
func (t *Template) CloseThinking() string {
	switch m := t.speech.think; {
	case t.speech.harmony:
		return harmonyThink.close + harmonyNext
	case strings.HasPrefix(m.close, "</"):
		return "\n" + m.close + "\n\n"
	default:
		return m.close
	}
}

// NoThinking returns the text to add to prompt so that the model does not reason: an
// empty block of reasoning, or the end of one that prompt begins. It is "" for a
// template that has a switch of its own and does not begin one.
func (t *Template) NoThinking(prompt string) string {
	switch t.Thinking(prompt) {
	case Thinks:
		return t.CloseThinking()
	case Thought:
		return ""
	}
	switch {
	case t.speech.harmony:
		return harmonyThink.open + t.CloseThinking()
	case t.speech.think.open == "" || t.Switch():
		return ""
	}
	return t.speech.think.open + t.CloseThinking()
}

// Switch reports whether the template has a switch for reasoning.
func (t *Template) Switch() bool {
	return strings.Contains(t.source, "enable_thinking") || strings.Contains(t.source, "thinking is") || strings.Contains(t.source, "if thinking")
}
