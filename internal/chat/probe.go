package chat

import (
	"encoding/json"
	"strings"
)

// The calls of a probe.
const (
	probeName  = "probe_tool"
	probeOther = "probe_two"
	probeID    = "probe1ids"
	probeA     = "probe_a"
	probeB     = "probe_b"
	probeText  = "probe text"
	probeInt   = "271828"
)

// probe renders a message with n calls; "" if the template cannot.
func (t *Template) probe(n int) string {
	tool := func(name string) json.RawMessage {
		return json.RawMessage(`{"type": "function", "function": {"name": "` + name + `", "description": "d", "parameters": {"type": "object", "properties": {"` +
			probeA + `": {"type": "string", "description": "d"}, "` + probeB + `": {"type": "integer", "description": "d"}}, "required": ["` + probeA + `"]}}}`)
	}
	calls := []Call{
		{ID: probeID, Name: probeName, Arguments: `{"` + probeA + `": "` + probeText + `", "` + probeB + `": ` + probeInt + `}`},
		{ID: probeID, Name: probeOther, Arguments: `{"` + probeA + `": "` + probeText + `", "` + probeB + `": ` + probeInt + `}`},
	}
	list := []Message{{Role: "user", Content: "q"}, {Role: "assistant", ToolCalls: calls[:n]}}
	o := Options{Tools: []json.RawMessage{tool(probeName), tool(probeOther)}, NoGenerationPrompt: true}
	prompt, err := t.Apply(list, o)
	if err != nil {
		return ""
	}
	return Join(prompt)
}

// deriveForm reads the form of y's calls off a rendered call, and off two.
func deriveForm(y *syntax, one, two string) (f form, ok bool) {
	at := strings.LastIndex(one, probeName)
	if at < 0 {
		return f, false
	}
	first := min(at, max(strings.LastIndex(one, probeA), 0))
	if y.open != "" {
		at = strings.LastIndex(one[:first], y.open)
	} else {
		at = strings.LastIndex(one[:first], "{")
	}
	if at < 0 || first-at > maxHead {
		return f, false
	}
	text, ok := f.args.slots(one[at:])
	if !ok {
		return f, false
	}
	last := max(strings.Index(text, slotName), strings.Index(text, slotArgs)) + len(slotName)
	end := last + tail(text[:last], text[last:], y.close)
	text = ids(text[:end])
	f.open, f.call = y.open, text
	f.repeat(y, two)
	return f, true
}

// tail returns how much of rest belongs to the call in head: up to the closing mark,
// or the brackets that close.
func tail(head, rest, mark string) int {
	if i := strings.Index(rest, mark); mark != "" && i >= 0 {
		return i + len(mark)
	}
	depth := strings.Count(head, "{") + strings.Count(head, "[") - strings.Count(head, "}") - strings.Count(head, "]")
	for i := 0; i < len(rest) && depth > 0; i++ {
		if rest[i] == '}' || rest[i] == ']' {
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// slots returns the text of a call with slots for its name and its arguments, whose
// form it notes.
func (a *argsForm) slots(text string) (string, bool) {
	key := strings.Index(text, probeA)
	if key < 0 {
		return "", false
	}
	if open := strings.LastIndexByte(text[:key], '{'); open >= 0 && strings.TrimSpace(text[open+1:key]) == `"` {
		d := json.NewDecoder(strings.NewReader(text[open:]))
		var args json.RawMessage
		if d.Decode(&args) != nil {
			return "", false
		}
		text = text[:open] + slotArgs + text[open+int(d.InputOffset()):]
		return strings.Replace(text, probeName, slotName, 1), strings.Contains(text, probeName)
	}
	return a.tags(text, key)
}

// tags is slots for arguments between tags; key is the place of the first key.
func (a *argsForm) tags(text string, key int) (string, bool) {
	name := strings.Index(text, probeName) + len(probeName)
	value := strings.Index(text, probeText)
	second := strings.Index(text, probeB)
	number := strings.Index(text, probeInt)
	if !(len(probeName) <= name && name < key && key < value && value < second && second < number) {
		return "", false
	}
	between := text[value+len(probeText) : second]
	a.style = asTags
	a.keyOpen = commonEnd(text[name:key], between)
	a.textOpen = text[key+len(probeA) : value]
	a.valueOpen = text[second+len(probeB) : number]
	a.valueClose = strings.TrimSuffix(between, a.keyOpen)
	after, ok := strings.CutPrefix(text[number+len(probeInt):], a.valueClose)
	if !ok || a.keyOpen == "" || a.textOpen == "" || a.valueClose == "" || strings.ContainsAny(a.textOpen, "'\"=") && !strings.Contains(a.textOpen, ">") {
		return "", false
	}
	head := strings.TrimSuffix(text[:key], a.keyOpen)
	return strings.Replace(head, probeName, slotName, 1) + slotArgs + after, true
}

// repeat finds out how several calls are written.
func (f *form) repeat(y *syntax, two string) {
	head, _, _ := strings.Cut(f.call, slotName)
	if before, _, ok := strings.Cut(f.call, slotArgs); ok && len(before) < len(head) {
		head = before
	}
	end := f.call[max(strings.LastIndex(f.call, slotName), strings.LastIndex(f.call, slotArgs))+len(slotArgs):]
	i, j := strings.LastIndex(two, probeName), strings.LastIndex(two, probeOther)
	f.alone = true
	if i < 0 || j < i {
		return
	}
	var a argsForm
	text, ok := a.slots(two[i:])
	if !ok {
		return
	}
	text = strings.TrimPrefix(text, slotName)
	if k := strings.Index(text, slotArgs); k >= 0 {
		text = text[k+len(slotArgs):]
	}
	k := strings.Index(text, probeOther)
	if k < 0 {
		return
	}
	between := ids(text[:k])
	if y.open != "" && strings.Contains(between, y.open) {
		if f.sep, ok = strings.CutPrefix(between, end); ok {
			f.sep, ok = strings.CutSuffix(f.sep, head)
		}
		f.alone = !ok
		return
	}
	start := commonEnd(head, between)
	close := commonStart(strings.TrimSuffix(between, start), end)
	f.begin, f.end = strings.TrimSuffix(head, start), strings.TrimPrefix(end, close)
	f.sep = strings.TrimPrefix(strings.TrimSuffix(between, start), close)
	f.call = strings.TrimSuffix(strings.TrimPrefix(f.call, f.begin), f.end)
	f.alone = false
}

// ids replaces the ids of calls by slots.
func ids(text string) string {
	text = strings.ReplaceAll(text, probeID, slotID)
	for _, key := range []string{`"tool_call_id": "`, `"id": "`} {
		for _, digit := range []string{"0", "1"} {
			text = strings.ReplaceAll(text, key+digit+`"`, key+slotIndex+`"`)
		}
	}
	return text
}

// commonStart returns the longest common prefix.
func commonStart(a, b string) string {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// commonEnd returns the longest common suffix.
func commonEnd(a, b string) string {
	n := 0
	for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return a[len(a)-n:]
}
