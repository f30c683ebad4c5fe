package openapi

// named are the schemas of values that are decoded in steps, by the names of the tag api.
var named = map[string]schema{
	"content":         content,
	"message":         message,
	"messages":        {"type": "array", "items": message, "minItems": 1},
	"arguments":       {"anyOf": []schema{{"type": "string"}, {"type": "object"}, null}},
	"json schema":     jsonSchema,
	"tool choice":     {"anyOf": []schema{{"enum": []any{"none", "auto", "required"}}, choice, null}},
	"response choice": {"anyOf": []schema{{"enum": []any{"none", "auto", "required"}}, responseChoice, null}},
	"tools":           {"type": []string{"array", "null"}, "items": chatTool, "maxItems": 128},
	"response tools":  {"type": []string{"array", "null"}, "items": responseTool, "maxItems": 128},
	"input":           {"anyOf": []schema{{"type": "string"}, {"type": "array", "items": item}, null}},
	"variables":       {"type": []string{"object", "null"}, "maxProperties": 32, "additionalProperties": schema{"type": []string{"string", "number", "boolean", "null"}, "maxLength": 1000}},
	"bias": {"anyOf": []schema{
		{"type": "object", "propertyNames": schema{"pattern": "^[0-9]{1,6}$"}, "additionalProperties": schema{"type": "number"}, "maxProperties": 1024},
		{"type": "array", "items": schema{"type": "array", "prefixItems": []schema{{"type": "integer", "minimum": 0}, {"type": []string{"number"}}}, "minItems": 2, "maxItems": 2}, "maxItems": 1024},
		null}},
	"nothing": null,
}

var (
	null    = schema{"type": "null"}
	text    = schema{"type": "string"}
	part    = object(schema{"type": schema{"enum": []any{"text", "input_text", "output_text"}}, "text": text}, "type", "text")
	content = schema{"anyOf": []schema{text, {"type": "array", "items": part}, null}}
	call    = object(schema{"id": text, "type": schema{"const": "function"}, "function": object(schema{"name": schema{"type": "string", "minLength": 1},
		"arguments": schema{"type": "string"}}, "name", "arguments")}, "id", "type", "function")
	message = object(schema{"role": schema{"enum": []any{"system", "developer", "user", "assistant", "tool"}}, "content": content,
		"reasoning_content": schema{"type": []string{"string", "null"}}, "name": schema{"type": []string{"string", "null"}},
		"tool_call_id": schema{"type": []string{"string", "null"}}, "tool_calls": schema{"type": []string{"array", "null"}, "items": call}}, "role", "content")
	jsonSchema   = schema{"type": []string{"object", "boolean", "null"}, "properties": schema{"type": schema{"enum": []any{"string", "integer", "object", "array", "boolean"}}}}
	parameters   = schema{"type": []string{"object", "null"}, "properties": schema{"type": schema{"const": "object"}, "properties": schema{"type": "object", "maxProperties": 0}}}
	function     = object(schema{"name": schema{"type": "string", "minLength": 1}, "description": schema{"type": []string{"string", "null"}}, "parameters": parameters}, "name")
	chatTool     = object(schema{"type": schema{"const": "function"}, "function": function}, "type", "function")
	responseTool = schema{"anyOf": []schema{
		object(schema{"type": schema{"const": "function"}, "name": schema{"type": "string", "minLength": 1}, "description": schema{"type": []string{"string", "null"}}, "parameters": parameters}, "type", "name"),
		object(schema{"type": schema{"enum": []any{"web_search", "custom", "local_shell", "mcp"}}}, "type")}}
	choice         = object(schema{"type": schema{"const": "function"}, "function": object(schema{"name": text}, "name")}, "type", "function")
	responseChoice = object(schema{"type": schema{"enum": []any{"function", "allowed_tools"}}, "name": text, "mode": schema{"enum": []any{"auto", "required"}},
		"tools": schema{"type": "array", "items": object(schema{"name": text})}}, "type")
	item = schema{"anyOf": []schema{
		object(schema{"type": schema{"enum": []any{"message", nil}}, "role": schema{"enum": []any{"system", "developer", "user", "assistant"}}, "content": content}, "role", "content"),
		object(schema{"type": schema{"const": "function_call"}, "call_id": text, "name": schema{"type": "string", "minLength": 1}, "arguments": text}, "type", "call_id", "name", "arguments"),
		object(schema{"type": schema{"const": "function_call_output"}, "call_id": text, "output": content}, "type", "call_id", "output"),
		object(schema{"type": schema{"const": "reasoning"}, "summary": schema{"type": "array", "items": part}, "content": schema{"type": []string{"array", "null"}, "items": part}}, "type", "summary"),
		object(schema{"type": schema{"enum": []any{"web_search_call", "item_reference"}}}, "type")}}
)

// object returns the schema of an object.
func object(properties schema, required ...string) schema {
	s := schema{"type": "object", "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}
