package chat

import (
	"encoding/json"
	"strings"
)

// The functions that parse the bodies of calls return false if the body is not a
// call. Arguments are a JSON object, verbatim where the model wrote JSON.

// spoken is a call in the JSON that models write.
type spoken struct {
	Name, Tool             string
	Function               json.RawMessage // the name, or an object with name and arguments
	Arguments, Parameters  json.RawMessage
	ID, CallID, ToolCallID json.RawMessage
}

// UnmarshalJSON reads the keys that models use.
func (s *spoken) UnmarshalJSON(b []byte) error {
	var in struct {
		Name       string          `json:"name"`
		Tool       string          `json:"tool_name"`
		Function   json.RawMessage `json:"function"`
		Arguments  json.RawMessage `json:"arguments"`
		Parameters json.RawMessage `json:"parameters"`
		ID         json.RawMessage `json:"id"`
		CallID     json.RawMessage `json:"call_id"`
		ToolCallID json.RawMessage `json:"tool_call_id"`
	}
	err := json.Unmarshal(b, &in)
	*s = spoken(in)
	return err
}

// call returns the call.
func (s *spoken) call() (c Call, ok bool) {
	c.Name = s.Name
	if c.Name == "" {
		c.Name = s.Tool
	}
	args := s.Arguments
	if args == nil {
		args = s.Parameters
	}
	if s.Function != nil && c.Name == "" && json.Unmarshal(s.Function, &c.Name) != nil {
		var f spoken
		if json.Unmarshal(s.Function, &f) != nil || f.Function != nil {
			return c, false
		}
		c, ok = f.call()
		c.ID = ""
		if !ok {
			return c, false
		}
		args = json.RawMessage(c.Arguments)
	}
	for _, id := range []json.RawMessage{s.ID, s.CallID, s.ToolCallID} {
		if c.ID == "" && id != nil && json.Unmarshal(id, &c.ID) != nil {
			c.ID = string(id) // a number
		}
	}
	c.Arguments, ok = object(string(args))
	return c, ok && c.Name != ""
}

// object returns the JSON object in s, or in the JSON string s; {} if s is empty or
// null.
func object(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" || s == "null" {
		return "{}", true
	}
	var text string
	if json.Unmarshal([]byte(s), &text) == nil {
		if s = strings.TrimSpace(text); s == "" {
			return "{}", true
		}
	}
	return s, s[0] == '{' && json.Valid([]byte(s))
}

// listed parses a call in JSON, or a list of calls.
func listed(_ *Parser, _, body string) ([]Call, bool) {
	body = strings.TrimSpace(body)
	if !strings.HasPrefix(body, "[") {
		body = "[" + body + "]"
	}
	var list []spoken
	if json.Unmarshal([]byte(body), &list) != nil || len(list) == 0 {
		return nil, false
	}
	calls := make([]Call, len(list))
	for i := range list {
		c, ok := list[i].call()
		if !ok {
			return nil, false
		}
		calls[i] = c
	}
	return calls, true
}

// bare parses a call without an opening mark, which must have arguments.
func bare(p *Parser, _, body string) ([]Call, bool) {
	var s spoken
	if json.Unmarshal([]byte(body), &s) != nil || s.Arguments == nil && s.Parameters == nil && s.Function == nil {
		return nil, false
	}
	return listed(p, "", body)
}

// keyed parses a list of {"name": arguments}.
func keyed(_ *Parser, _, body string) (calls []Call, ok bool) {
	var list []map[string]json.RawMessage
	if json.Unmarshal([]byte(body), &list) != nil || len(list) == 0 {
		return nil, false
	}
	for _, m := range list {
		if len(m) != 1 {
			return nil, false
		}
		for name, args := range m {
			args, ok := object(string(args))
			if !ok {
				return nil, false
			}
			calls = append(calls, Call{Name: name, Arguments: args})
		}
	}
	return calls, true
}

// named returns the call of a tool.
func named(id, name, args string) ([]Call, bool) {
	name = strings.TrimSpace(name)
	args, ok := object(args)
	if !ok || name == "" || strings.ContainsAny(name, "<>[]{}\"\n ") {
		return nil, false
	}
	return []Call{{ID: strings.TrimSpace(id), Name: name, Arguments: args}}, true
}

// mistral parses a list of calls, or name[CALL_ID]id[ARGS]{…}, where the marks are
// optional.
func mistral(p *Parser, head, body string) ([]Call, bool) {
	if head == "" || strings.HasPrefix(body, "[") {
		return listed(p, "", body)
	}
	name, _ := strings.CutSuffix(strings.TrimSpace(head), "[ARGS]")
	name, id, _ := strings.Cut(name, "[CALL_ID]")
	return named(id, name, body)
}

// recipientCall parses a name, a line end and arguments.
func recipientCall(_ *Parser, head, body string) ([]Call, bool) { return named("", head, body) }
