package chat

import "strings"

// deepseek parses calls between marks, with the arguments in a code block or
// without one.
func deepseek(_ *Parser, _, body string) ([]Call, bool) {
	const open, mid, end = "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"
	return each(body, open, end, func(text string) ([]Call, bool) {
		name, args, ok := strings.Cut(text, mid)
		if head, code, isCode := strings.Cut(args, "```json"); isCode {
			name = head // name was "function"
			args = strings.TrimSuffix(strings.TrimSpace(code), "```")
		}
		calls, valid := named("", name, args)
		return calls, ok && valid
	})
}

// kimi parses calls between marks, each with an id that contains the name.
func kimi(_ *Parser, _, body string) ([]Call, bool) {
	const open, mid, end = "<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"
	return each(body, open, end, func(text string) ([]Call, bool) {
		id, args, ok := strings.Cut(text, mid)
		name := strings.TrimPrefix(strings.TrimSpace(id), "functions.")
		name, _, _ = strings.Cut(name, ":")
		calls, valid := named(id, name, args)
		return calls, ok && valid
	})
}

// each parses the calls of body, between open and end; the last may lack its end.
func each(body, open, end string, read func(string) ([]Call, bool)) (calls []Call, ok bool) {
	for body = strings.TrimSpace(body); body != ""; body = strings.TrimSpace(body) {
		rest, ok := strings.CutPrefix(body, open)
		if !ok {
			return nil, false
		}
		var text string
		text, body, _ = strings.Cut(rest, end)
		list, ok := read(text)
		if !ok {
			return nil, false
		}
		calls = append(calls, list...)
	}
	return calls, len(calls) > 0
}
