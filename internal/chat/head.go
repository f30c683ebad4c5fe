package chat

import (
	"bytes"
	"strings"
)

// maxHead is the maximum length of the text before the JSON of a call.
const maxHead = 256

// Functions for the heads of call bodies. Each returns where the JSON or text of the
// body b begins, with asJSON or asText; or more, none or plain.

// headJSON expects JSON.
func headJSON(b []byte) (int, verdict) {
	rest := bytes.TrimLeft(b, space)
	n := len(b) - len(rest)
	switch {
	case n > maxHead:
		return 0, none
	case len(rest) == 0:
		return 0, more
	case rest[0] == '{' || rest[0] == '[':
		return n, asJSON
	}
	return 0, none
}

// headFence expects JSON in a block of code.
func headFence(b []byte) (int, verdict) {
	const fence = "```json"
	rest := bytes.TrimLeft(b, space)
	n := len(b) - len(rest)
	switch {
	case n > maxHead:
		return 0, none
	case len(rest) < len(fence) && strings.HasPrefix(fence, string(rest)):
		return 0, more
	case !bytes.HasPrefix(rest, []byte(fence)):
		return 0, none
	}
	at, v := headJSON(rest[len(fence):])
	return n + len(fence) + at, v
}

// headBare expects a JSON object that begins like a call.
func headBare(b []byte) (int, verdict) {
	rest := b[1:]
	for _, want := range []string{`"`, ""} {
		rest = bytes.TrimLeft(rest, space)
		switch {
		case len(b)-len(rest) > maxHead:
			return 0, none
		case want == "":
		case len(rest) == 0:
			return 0, more
		case rest[0] != want[0]:
			return 0, none
		default:
			rest = rest[1:]
		}
	}
	for _, key := range []string{`name"`, `type"`, `function"`, `id"`, `parameters"`, `arguments"`} {
		if bytes.HasPrefix(rest, []byte(key)) {
			return 0, asJSON
		}
		if bytes.HasPrefix([]byte(key), rest) {
			return 0, more
		}
	}
	return 0, none
}

// headText expects text other than JSON.
func headText([]byte) (int, verdict) { return 0, asText }

// headEither expects JSON or text.
func headEither(b []byte) (int, verdict) {
	n, v := headJSON(b)
	if v == none {
		v = asText
	}
	return n, v
}

// headTagged expects JSON, or text that begins with a tag.
func headTagged(b []byte) (int, verdict) {
	n, v := headJSON(b)
	if rest := bytes.TrimLeft(b, space); v == none && len(rest) > 0 && rest[0] == '<' {
		return 0, asText
	}
	return n, v
}

// headKeys expects JSON or a tag, optionally after a name.
func headKeys(b []byte) (int, verdict) {
	rest := bytes.TrimLeft(b, space)
	n := 0
	for n < len(rest) && isName(rest[n]) {
		n++
	}
	if rest = bytes.TrimLeft(rest[n:], space); n > 0 && len(rest) > 0 && rest[0] != '<' {
		return 0, none
	}
	at, v := headTagged(rest)
	if v == more && len(b) > maxHead {
		return 0, none
	}
	return len(b) - len(rest) + at, v
}

// headName expects JSON, optionally after a name.
func headName(b []byte) (int, verdict) {
	rest := bytes.TrimLeft(b, space)
	switch {
	case len(b)-len(rest) > maxHead:
		return 0, none
	case len(rest) == 0:
		return 0, more
	case rest[0] == '[':
		return len(b) - len(rest), asJSON
	}
	blank := len(b) - len(rest)
	b = rest
	n := bytes.IndexAny(b, "{\n")
	switch {
	case n > maxHead, n < 0 && len(b) > maxHead, n >= 0 && b[n] == '\n':
		return 0, none
	case n < 0:
		return 0, more
	}
	return blank + n, asJSON
}

// name returns the length of the name at the beginning of b, which end terminates.
func name(b []byte, end byte) (int, verdict) {
	n := 0
	for n < len(b) && isName(b[n]) {
		n++
	}
	switch {
	case n > maxHead || n < len(b) && (n == 0 || b[n] != end):
		return 0, none
	case n == len(b):
		return 0, more
	}
	return n, ended
}

// headTag expects a name, >, and JSON or text.
func headTag(b []byte) (int, verdict) {
	n, v := name(b, '>')
	if v != ended {
		return 0, v
	}
	at, v := headEither(b[n+1:])
	return n + 1 + at, v
}

// headRecipient expects a name, a line end and JSON, or content for all.
func headRecipient(b []byte) (int, verdict) {
	n, v := name(b, '\n')
	if v != ended {
		return 0, v
	}
	if string(b[:n]) == "all" {
		return n + 1, plain
	}
	at, v := headJSON(b[n+1:])
	return n + 1 + at, v
}

// headAll expects a recipient where there are no tools.
func headAll(b []byte) (int, verdict) {
	const all = "all\n"
	switch {
	case strings.HasPrefix(string(b[:min(len(b), len(all))]), all):
		return len(all), plain
	case strings.HasPrefix(all, string(b[:min(len(b), len(all))])):
		return 0, more
	}
	return 0, none
}

// isName reports whether c may be in the name of a tool.
func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == ':' || c == '/'
}
