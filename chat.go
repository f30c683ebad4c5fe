package chord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"time"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/chat"
	"github.com/querent-ai/chord/internal/schema"
)

// A Message is a message of a chat, with the JSON names of OpenAI's API. Content
// given as a list of parts becomes their texts, one a line, and Parts if there are
// pictures among them; a part that is neither a text nor a picture is an error. Content that is null or absent in JSON is "" here; templates and
// MarshalJSON see it as null or absent, until Content is set.
type Message struct {
	Role             string     `json:"role"` // "system", "user", "assistant" or "tool"; templates may know others
	Content          string     `json:"content"`
	ReasoningContent string     `json:"reasoning_content,omitempty"` // reasoning before Content
	Name             string     `json:"name,omitempty"`              // of the tool, in its answer
	ToolCalls        []ToolCall `json:"tool_calls,omitempty"`        // of the assistant
	ToolCallID       string     `json:"tool_call_id,omitempty"`      // of the call that a tool message answers

	// Parts, if not nil, are read in place of Content: texts and pictures in their
	// order. Pictures need [Options.MMProj].
	Parts []Part `json:"-"`

	kind chat.Content // of an empty Content
}

// A ToolCall is a call of a tool by the assistant.
type ToolCall struct {
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type"` // "function"
	Function FunctionCall `json:"function"`
}

// A FunctionCall is a function name and arguments. UnmarshalJSON takes the arguments
// as an object or as a string with the object; MarshalJSON writes the string.
type FunctionCall struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"` // a JSON object, as text
}

// UnmarshalJSON reads a message of OpenAI's API.
func (m *Message) UnmarshalJSON(b []byte) error {
	type plain Message
	in := struct {
		*plain
		Content json.RawMessage `json:"content"`
	}{plain: (*plain)(m)}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	m.kind = chat.Text
	switch string(in.Content) {
	case "":
		m.kind = chat.Absent
	case "null":
		m.kind = chat.Null
	}
	if m.Parts = nil; len(in.Content) > 0 && in.Content[0] == '[' {
		parts, err := contentParts(in.Content)
		if m.Content = joinParts(parts, ""); err == nil && (&Message{Parts: parts}).pictured() {
			m.Parts = parts
		}
		return err
	}
	var err error
	m.Content, err = contentText(in.Content)
	return err
}

// MarshalJSON writes a message of OpenAI's API.
func (m Message) MarshalJSON() ([]byte, error) {
	type plain Message
	if m.Parts == nil && (m.Content != "" || m.kind == chat.Text) {
		return json.Marshal(plain(m))
	}
	out := struct {
		Role    string           `json:"role"`
		Content *json.RawMessage `json:"content,omitempty"`
		plain
	}{Role: m.Role, plain: plain(m)}
	if m.Parts != nil {
		list, err := marshalParts(m.Parts)
		if err != nil {
			return nil, err
		}
		out.Content = &list
	} else if m.kind == chat.Null {
		null := json.RawMessage("null")
		out.Content = &null
	}
	return json.Marshal(out)
}

// contentText returns the text of a message's content: a string or null.
func contentText(b json.RawMessage) (string, error) {
	if len(b) == 0 {
		return "", nil
	}
	var s string // stays empty for null
	if err := json.Unmarshal(b, &s); err != nil {
		return "", fmt.Errorf("content %.20s: want a text, null or a list of parts", b)
	}
	return s, nil
}

// UnmarshalJSON reads a function call of OpenAI's API; arguments may be an object
// instead of a string.
func (f *FunctionCall) UnmarshalJSON(b []byte) error {
	type plain FunctionCall
	in := struct {
		*plain
		Arguments json.RawMessage `json:"arguments"`
	}{plain: (*plain)(f)}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	f.Arguments = ""
	switch a := bytes.TrimSpace(in.Arguments); {
	case len(a) == 0 || string(a) == "null":
	case a[0] == '{':
		f.Arguments = string(a)
	case a[0] == '"':
		return json.Unmarshal(a, &f.Arguments)
	default:
		return fmt.Errorf("arguments %.20s: want a JSON object or its text", a)
	}
	return nil
}

// A Tool is a function that the model may call.
type Tool struct {
	Name        string
	Description string
	Parameters  json.RawMessage // a JSON Schema of an object; nil: no parameters
	// Strict makes keywords of Parameters that cannot be enforced an error, instead
	// of an entry of [Result.Relaxed].
	Strict bool
	// Call runs the tool for [Model.Reply] and returns its answer for the model;
	// the model is told of an error too. nil leaves calls to the caller.
	Call func(ctx context.Context, arguments json.RawMessage) (string, error)
}

// ToolOf returns a tool whose parameters are the fields of T, a struct: names and
// options come from json tags, constraints from jsonschema tags such as
//
//	City string `json:"city" jsonschema:"description=name of the city"`
//	Unit string `json:"unit,omitempty" jsonschema:"enum=celsius,enum=fahrenheit"`
//
// The error names a field that JSON cannot hold.
func ToolOf[T any](name, description string, call func(ctx context.Context, arguments T) (string, error)) (Tool, error) {
	if t := reflect.TypeFor[T](); t.Kind() != reflect.Struct {
		return Tool{}, invalid("ToolOf", "the arguments of %q are a %s, want a struct", name, t)
	}
	parameters, err := schema.Of(reflect.TypeFor[T]())
	if err != nil {
		return Tool{}, invalid("ToolOf", "%q: %v", name, err)
	}
	tool := Tool{Name: name, Description: description, Parameters: parameters}
	if call != nil {
		tool.Call = func(ctx context.Context, arguments json.RawMessage) (string, error) {
			var t T
			if err := json.Unmarshal(arguments, &t); err != nil {
				return "", fmt.Errorf("the arguments are wrong: %w", err)
			}
			return call(ctx, t)
		}
	}
	return tool, nil
}

// MarshalJSON writes a tool of OpenAI's API.
func (t Tool) MarshalJSON() ([]byte, error) {
	parameters := t.Parameters
	if parameters == nil {
		parameters = json.RawMessage(`{"type":"object","properties":{}}`)
	}
	type function struct {
		Name        string          `json:"name"`
		Description string          `json:"description,omitempty"`
		Parameters  json.RawMessage `json:"parameters"`
		Strict      bool            `json:"strict,omitempty"`
	}
	return json.Marshal(struct {
		Type     string   `json:"type"`
		Function function `json:"function"`
	}{"function", function{t.Name, t.Description, parameters, t.Strict}})
}

// UnmarshalJSON reads a tool of OpenAI's API.
func (t *Tool) UnmarshalJSON(b []byte) error {
	var in struct {
		Type     string
		Function struct {
			Name, Description string
			Parameters        json.RawMessage
			Strict            bool
		}
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	if in.Type != "function" || in.Function.Name == "" {
		return fmt.Errorf("tool of type %q, want a function with a name", in.Type)
	}
	*t = Tool{Name: in.Function.Name, Description: in.Function.Description, Parameters: in.Function.Parameters, Strict: in.Function.Strict}
	return nil
}

// chatMessages converts messages to those of package chat.
func chatMessages(messages []Message) []chat.Message {
	list := make([]chat.Message, len(messages))
	for i, m := range messages {
		list[i] = chat.Message{Role: m.Role, Content: m.Content, Reasoning: m.ReasoningContent,
			Name: m.Name, ToolCallID: m.ToolCallID}
		switch {
		case m.Parts != nil:
			list[i].Content = joinParts(m.Parts, "")
		case m.Content == "":
			list[i].Kind = m.kind
		}
		for _, c := range m.ToolCalls {
			list[i].ToolCalls = append(list[i].ToolCalls, chat.Call{ID: c.ID, Name: c.Function.Name, Arguments: c.Function.Arguments})
		}
	}
	return list
}

// ChatOptions say how a chat is rendered to a prompt. The zero value ends the prompt
// where the assistant's answer begins.
type ChatOptions struct {
	// Tools are the tools that the assistant may call, JSON objects as in
	// OpenAI's API. A template without support for tools gets a system message
	// that explains them.
	Tools []json.RawMessage `json:"tools,omitempty"`
	// NoGenerationPrompt leaves out the beginning of the assistant's answer.
	NoGenerationPrompt bool `json:"no_generation_prompt,omitempty"`
	// Vars are more variables for the template, such as enable_thinking and
	// reasoning_effort. Variables not set are undefined in the template.
	Vars map[string]any `json:"chat_template_kwargs,omitempty"`
	// TrustContent lets names of control tokens in messages, tools and Vars
	// become control tokens. Without it they stay text.
	TrustContent bool `json:"trust_content,omitempty"`
	// Now is the date for templates that print it. The zero time means the
	// current time.
	Now time.Time `json:"-"`
}

// A ChatTemplate renders chats to prompts in the form that a model was trained on.
// It is immutable and may be used by any number of goroutines.
type ChatTemplate struct{ chat *chat.Template }

// DefaultTemplate is the template of files that have none, as in llama.cpp.
const DefaultTemplate = chat.Default

// BuiltinTemplates returns the sorted names of the built-in chat templates, which are
// those of llama.cpp.
func BuiltinTemplates() []string { return chat.Builtin() }

// NewChatTemplate returns the template named or written in text: the name of a
// built-in one (see [BuiltinTemplates]), or Jinja source. tok gives bos_token and
// eos_token; if it is nil they are empty.
//
// The Jinja dialect is that of Hugging Face's templates. Templates read no files, and
// rendering one of up to 64 KiB takes at most 100 ms and 64 MiB. Errors name line
// and column.
func NewChatTemplate(text string, tok *bpe.Tokenizer) (*ChatTemplate, error) {
	return newChatTemplate(text, "", tok)
}

// OpenChatTemplate returns the template of the GGUF file at path, which needs no
// tensors, or the default one. Of o only ChatTemplate and OverrideKV are used.
func OpenChatTemplate(path string, o Options) (*ChatTemplate, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := o.override(f); err != nil {
		return nil, err
	}
	tok, err := bpe.FromGGUF(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return chatTemplateOf(f, o.ChatTemplate, tok)
}

// chatTemplateOf returns the template in text if it is not "", else that of f, else
// the default one.
func chatTemplateOf(f *gguf.File, text string, tok *bpe.Tokenizer) (*ChatTemplate, error) {
	if text != "" {
		return newChatTemplate(text, "", tok)
	}
	const key = "tokenizer.chat_template"
	text, _, err := f.Str(key)
	tools, _, err2 := f.Str(key + ".tool_use")
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	t, err := newChatTemplate(text, tools, tok)
	if err != nil {
		err = fmt.Errorf("chord: key %q: %w", key, err)
	}
	return t, err
}

// newChatTemplate returns the template of two texts; see chat.New.
func newChatTemplate(text, tools string, tok *bpe.Tokenizer) (*ChatTemplate, error) {
	var v chat.Tokens
	if tok != nil {
		v = chat.Tokens{BOS: tok.Piece(tok.BOS()), EOS: tok.Piece(tok.EOS()), AddBOS: tok.AddBOS(), AddEOS: tok.AddEOS()}
	}
	t, err := chat.New(text, tools, v)
	if err != nil {
		return nil, err
	}
	return &ChatTemplate{t}, nil
}

// Apply renders the chat to a prompt.
//
// Encode the prompt with control tokens parsed and BOS and EOS added, as Generate
// does with zero Params; Apply leaves out a BOS or EOS that is added then. As in
// llama.cpp, the name of a control token in a message becomes that token, which a
// prompt in the form of text cannot prevent; [ChatTemplate.Encode] does.
//
// Templates get the arguments of calls as JSON values, or as text if they fail with
// values; content that is null or absent as such, or as "" if they fail with it.
func (t *ChatTemplate) Apply(messages []Message, o ChatOptions) (string, error) {
	list, err := t.segments(messages, o)
	return chat.Join(list), err
}

// Encode renders the chat to the token ids of a prompt, with BOS but without EOS.
// Text from messages, tools and variables never becomes a control token, unless
// o.TrustContent is set.
func (t *ChatTemplate) Encode(messages []Message, o ChatOptions, tok *bpe.Tokenizer) ([]int32, error) {
	list, err := t.segments(messages, o)
	if err != nil {
		return nil, err
	}
	ids, err := chat.Encode(context.Background(), nil, tok, list, bpe.EncodeOptions{})
	if err != nil {
		return nil, err
	}
	return withoutEOS(tok, ids), nil
}

// segments renders the chat to a prompt in which content is marked.
func (t *ChatTemplate) segments(messages []Message, o ChatOptions) ([]chat.Segment, error) {
	for i := range messages {
		if messages[i].pictured() {
			return nil, invalid(fmt.Sprintf("messages[%d]", i), "a picture, which has no place in a text: only Model.Chat and what is built on it read pictures")
		}
	}
	list, err := t.chat.Apply(chatMessages(messages), chat.Options{Tools: o.Tools,
		NoGenerationPrompt: o.NoGenerationPrompt, Vars: o.Vars, Now: o.Now, TrustContent: o.TrustContent})
	return list, err
}

// Render renders the template with the variables of a JSON object, as Python's
// jinja2 would. bos_token and eos_token default to those of the vocabulary.
func (t *ChatTemplate) Render(variables []byte) (string, error) { return t.chat.Render(variables) }

// ChatTemplate returns the template of the model: Options.ChatTemplate, else that of
// the file, else [DefaultTemplate]. The error is that of the file's template.
func (m *Model) ChatTemplate() (*ChatTemplate, error) { return m.chat, m.chatErr }

// ApplyTemplate renders the chat to a prompt for this model; see
// [ChatTemplate.Apply].
func (m *Model) ApplyTemplate(messages []Message, o ChatOptions) (string, error) {
	if m.chatErr != nil {
		return "", m.chatErr
	}
	return m.chat.Apply(messages, o)
}
