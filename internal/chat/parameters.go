package chat

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// A parameter is a property of a tool's arguments.
type parameter struct {
	key      string
	schema   json.RawMessage
	required bool
}

// A member is a member of a JSON object.
type member struct {
	key   string
	value json.RawMessage
}

// members returns the members of a JSON object in their order, nil if it is none.
func members(raw json.RawMessage) (list []member) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for d.More() {
		var m member
		key, err := d.Token()
		if err != nil || d.Decode(&m.value) != nil {
			return nil
		}
		m.key, _ = key.(string)
		list = append(list, m)
	}
	return list
}

// get returns the value of the last member with a key.
func get(list []member, key string) json.RawMessage {
	for _, m := range slices.Backward(list) {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// annotations are keywords of a schema that need no enforcing.
var annotations = []string{"type", "properties", "required", "additionalProperties", "$defs", "definitions", "title", "description", "$schema", "$id", "default", "examples", "$comment"}

// parameters returns the parameters of a schema in their order. Each schema gets the
// definitions of the whole one.
func (w *formWriter) parameters(schema json.RawMessage) (list []parameter) {
	root := members(schema)
	if ref := get(root, "$ref"); ref != nil && get(root, "properties") == nil {
		root = append(slices.Clip(root), members(definition(root, ref))...)
	}
	for _, m := range root {
		if !slices.Contains(annotations, m.key) {
			w.drop("at #: " + m.key + ": is not enforced in this format of calls")
		}
	}
	var required []string
	_ = json.Unmarshal(get(root, "required"), &required) // one that is malformed requires nothing
	properties := members(get(root, "properties"))
	for _, key := range required {
		if get(properties, key) == nil {
			properties = append(properties, member{key, json.RawMessage("true")})
		}
	}
	for i, m := range properties {
		if slices.ContainsFunc(properties[:i], func(a member) bool { return a.key == m.key }) {
			continue
		}
		if m.key == "" || len(m.key) > MaxName || strings.ContainsAny(m.key, "<>\"'=:,{}[]()\\\x00\x01\n") || strings.TrimSpace(m.key) != m.key {
			w.drop("at #/properties: " + quote(m.key) + ": cannot be written in this format of calls")
			continue
		}
		list = append(list, parameter{m.key, define(root, m.value), slices.Contains(required, m.key)})
	}
	return list
}

// definition returns the schema that a reference to a definition leads to.
func definition(root []member, ref json.RawMessage) json.RawMessage {
	var path string
	_ = json.Unmarshal(ref, &path) // no text, no definition
	for _, key := range []string{"$defs", "definitions"} {
		if name, ok := strings.CutPrefix(path, "#/"+key+"/"); ok {
			return get(members(get(root, key)), name)
		}
	}
	return nil
}

// define adds the definitions of root to a schema.
func define(root []member, schema json.RawMessage) json.RawMessage {
	own := members(schema)
	if own == nil && strings.TrimSpace(string(schema)) != "{}" {
		return schema
	}
	for _, key := range []string{"$defs", "definitions"} {
		if defs := get(root, key); defs != nil && get(own, key) == nil {
			own = append(own, member{key, defs})
		}
	}
	return writeObject(own)
}

// writeObject returns the JSON object of members.
func writeObject(list []member) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(m.key) + ":")
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// objectOnly returns a schema that says of itself that it is of objects.
func objectOnly(schema json.RawMessage) json.RawMessage {
	list := members(schema)
	if list == nil {
		return json.RawMessage(`{"type":"object"}`)
	}
	var kind string
	if json.Unmarshal(get(list, "type"), &kind) == nil && kind == "object" {
		return schema
	}
	list = slices.DeleteFunc(list, func(m member) bool { return m.key == "type" })
	return writeObject(append(list, member{"type", json.RawMessage(`"object"`)}))
}
