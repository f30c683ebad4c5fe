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
	"nothing":         null,
	"blocks":          {"anyOf": []schema{text, {"type": "array", "items": textBlock}, null}},
	"blocks messages": {"type": "array", "items": blockMessage, "minItems": 1},
	"blocks tools": {"type": []string{"array", "null"}, "maxItems": 1024, "items": schema{"anyOf": []schema{
		object(schema{"name": schema{"type": "string", "minLength": 1}, "description": schema{"type": []string{"string", "null"}}, "input_schema": parameterObject}, "name", "input_schema"),
		object(schema{"type": schema{"const": "web_search_20250305"}, "name": text}, "type", "name")}}},
	"blocks choice": {"anyOf": []schema{object(schema{"type": schema{"enum": []any{"auto", "none"}}, "disable_parallel_tool_use": schema{"type": []string{"boolean", "null"}}}, "type"), null}},
	"ollama messages": {"type": []string{"array", "null"}, "items": object(schema{"role": schema{"enum": []any{"system", "user", "assistant", "tool"}},
		"content": schema{"type": []string{"string", "null"}}, "thinking": schema{"type": []string{"string", "null"}}, "tool_name": schema{"type": []string{"string", "null"}},
		"tool_calls": schema{"type": []string{"array", "null"}, "items": object(schema{"function": object(schema{"name": schema{"type": "string", "minLength": 1}, "arguments": schema{"type": "object"}}, "name")}, "function")}}, "role")},
	"format":  {"anyOf": []schema{{"enum": []any{"", "json"}}, {"type": "object"}, null}},
	"think":   {"anyOf": []schema{{"type": "boolean"}, {"enum": []any{"low", "medium", "high", "max"}}, null}},
	"options": {"type": []string{"object", "null"}, "properties": options},
	"images":  {"type": []string{"array", "null"}, "maxItems": 0},
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

// The blocks of Anthropic's messages, and the options of Ollama's requests.
var (
	textBlock       = object(schema{"type": schema{"const": "text"}, "text": text}, "type", "text")
	parameterObject = object(schema{"type": schema{"const": "object"}, "properties": schema{"type": "object", "maxProperties": 0}}, "type")
	thoughtBlock    = object(schema{"type": schema{"const": "thinking"}, "thinking": text, "signature": text}, "type", "thinking")
	useBlock        = object(schema{"type": schema{"const": "tool_use"}, "id": schema{"type": "string", "minLength": 1}, "name": schema{"type": "string", "minLength": 1}, "input": schema{"type": "object"}}, "type", "id", "name", "input")
	resultBlock     = object(schema{"type": schema{"const": "tool_result"}, "tool_use_id": schema{"type": "string", "minLength": 1}, "is_error": schema{"type": []string{"boolean", "null"}},
		"content": schema{"anyOf": []schema{text, {"type": "array", "items": textBlock}, null}}}, "type", "tool_use_id")
	blockMessage = schema{"anyOf": []schema{
		object(schema{"role": schema{"const": "user"}, "content": schema{"anyOf": []schema{text, {"type": "array", "items": schema{"anyOf": []schema{textBlock, resultBlock}}}}}}, "role", "content"),
		object(schema{"role": schema{"const": "assistant"}, "content": schema{"anyOf": []schema{text, {"type": "array", "items": schema{"anyOf": []schema{textBlock, thoughtBlock, useBlock}}}}}}, "role", "content")}}
	options = schema{"num_predict": schema{"type": []string{"integer", "null"}, "minimum": -2, "maximum": 16}, "num_ctx": schema{"type": []string{"integer", "null"}, "minimum": 1},
		"temperature": schema{"type": []string{"number", "null"}, "maximum": 2}, "seed": schema{"type": []string{"integer", "null"}}, "stop": schema{"anyOf": []schema{{"type": "string", "minLength": 1}, null}}}
)

// object returns the schema of an object.
func object(properties schema, required ...string) schema {
	s := schema{"type": "object", "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}
