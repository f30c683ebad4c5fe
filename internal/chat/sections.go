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

// each parses the calls of body, between open and end; the last may lack its end. An
// end within a JSON object does not count, as long as the objects end.
func each(body, open, end string, read func(string) ([]Call, bool)) (calls []Call, ok bool) {
	n, broken := 0, false
	for body = strings.TrimSpace(body); body != ""; body = strings.TrimSpace(body) {
		rest, ok := strings.CutPrefix(body, open)
		if !ok {
			return nil, false
		}
		if n = 0; !broken {
			n, broken = objectEnd(rest, end)
		}
		text, after, _ := strings.Cut(rest[n:], end)
		text, body = rest[:n+len(text)], after
		list, ok := read(text)
		if !ok {
			return nil, false
		}
		calls = append(calls, list...)
	}
	return calls, len(calls) > 0
}

// objectEnd returns where the JSON object ends that begins before the first mark in
// text; 0 if there is none, and broken if it does not end.
func objectEnd(text, mark string) (n int, broken bool) {
	start := strings.IndexByte(text, '{')
	if first := strings.Index(text, mark); start < 0 || first >= 0 && first < start {
		return 0, false
	}
	s := scan{at: start}
	n, v := s.json([]byte(text))
	return n, v != ended
}

// mcp parses the call of a tool of a server.
func mcp(_ *Parser, _, body string) ([]Call, bool) {
	_, rest, _ := strings.Cut(body, "<tool_name>")
	name, rest, _ := strings.Cut(rest, "</tool_name>")
	args, begun := strings.CutPrefix(strings.TrimSpace(rest), "<arguments>")
	args, ended := strings.CutSuffix(strings.TrimSpace(args), "</arguments>")
	if !begun || !ended {
		return nil, false
	}
	return named("", name, args)
}
