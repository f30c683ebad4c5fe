package chord

import (
	"errors"
	"fmt"
	"strings"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/jinja"
)

// A ChatTemplate turns chats into prompts as a model was trained to read
// them. It does not change and may be used by any number of goroutines.
type ChatTemplate struct {
	text, tools    *jinja.Template // tools is for chats with tools, nil if it is the same
	bos, eos       string
	addBOS, addEOS bool
	reasoning      string // the template's name for what the assistant thought
}

// DefaultTemplate is the template of files that have none, as in llama.cpp.
const DefaultTemplate = "chatml"

// NewChatTemplate returns the template that text is: the name of a built-in
// one (see [BuiltinTemplates]), or Jinja. The vocabulary says what bos_token
// and eos_token are; without one, nil, they are empty.
//
// The Jinja is what Hugging Face's templates use. It reads no files, and any
// template of 64 KiB ends within 100 ms and 64 MiB. Errors name line and
// column.
func NewChatTemplate(text string, tok *bpe.Tokenizer) (*ChatTemplate, error) {
	return newChatTemplate(text, "", tok)
}

// OpenChatTemplate returns the template of the GGUF file at path, which may
// have a vocabulary only, or the default one. Of o only ChatTemplate and
// OverrideKV matter.
func OpenChatTemplate(path string, o Options) (*ChatTemplate, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := o.override(f); err != nil {
		return nil, err
	}
	v, err := vocabOf(f)
	if err != nil {
		return nil, err
	}
	tok, err := bpe.New(v)
	if err != nil {
		return nil, err
	}
	return chatTemplateOf(f, o.ChatTemplate, tok)
}

// chatTemplateOf returns the template that text is, else that of f, else the
// default one.
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

// newChatTemplate returns the template of two texts; where one is empty, the
// other is taken, and where both are, the default.
func newChatTemplate(text, tools string, tok *bpe.Tokenizer) (*ChatTemplate, error) {
	if text == "" {
		text = tools
	}
	if text == "" {
		text = DefaultTemplate
	}
	t := &ChatTemplate{reasoning: "reasoning_content"}
	if b, ok := builtinTemplate(text); ok {
		text = b
	}
	if !strings.Contains(text, t.reasoning) && strings.Contains(text, "message.thinking") {
		t.reasoning = "thinking"
	}
	var err error
	if t.text, err = jinja.Parse(text); err != nil {
		return nil, err
	}
	if tools != "" && tools != text {
		if t.tools, err = jinja.Parse(tools); err != nil {
			return nil, fmt.Errorf("tool_use: %w", err)
		}
	}
	if tok != nil {
		t.bos, t.eos = tok.Piece(tok.BOS()), tok.Piece(tok.EOS())
		t.addBOS, t.addEOS = tok.AddBOS(), tok.AddEOS()
	}
	return t, nil
}

// Apply returns the chat as a prompt.
//
// The prompt is to be encoded with control tokens parsed and with what the
// vocabulary puts around a text, as Generate does with zero Params: a BOS or
// EOS that Encode will add is left out here. So, as in llama.cpp, what a
// message says that reads as a control token becomes one. A caller whose users
// are not to be trusted takes such names out of their messages first.
//
// The arguments of calls are given to the template as what their JSON means,
// and as text if it fails with that.
func (t *ChatTemplate) Apply(messages []Message, o ChatOptions) (string, error) {
	s, err := t.apply(messages, o, asObject)
	if err == nil {
		return s, nil
	}
	for i := range messages {
		if len(messages[i].ToolCalls) > 0 {
			if s, err := t.apply(messages, o, asText); err == nil {
				return s, nil
			}
			break
		}
	}
	return "", err
}

func (t *ChatTemplate) apply(messages []Message, o ChatOptions, how arguments) (string, error) {
	vars, err := o.vars(messages, how, t.reasoning)
	if err != nil {
		return "", err
	}
	text := t.text
	if t.tools != nil && len(o.Tools) > 0 {
		text = t.tools
	}
	t.tokens(vars)
	s, err := text.Render(vars, jinja.Options{Now: o.Now})
	if err != nil {
		return "", err
	}
	if t.addBOS {
		s = strings.TrimPrefix(s, t.bos)
	}
	if t.addEOS {
		s = strings.TrimSuffix(s, t.eos)
	}
	return s, nil
}

// tokens sets the vocabulary's variables, where they are not set.
func (t *ChatTemplate) tokens(vars *jinja.Dict) {
	for _, v := range []struct{ key, text string }{{"bos_token", t.bos}, {"eos_token", t.eos}} {
		if _, ok := vars.Get(v.key); !ok {
			vars.Set(v.key, v.text)
		}
	}
}

// Render returns what the template makes of a JSON object of variables,
// without leaving anything out: what Python's jinja2 would print. bos_token
// and eos_token are the vocabulary's where the object has none.
func (t *ChatTemplate) Render(variables []byte) (string, error) {
	v, err := jinja.Decode(variables)
	if err != nil {
		return "", err
	}
	vars, ok := v.(*jinja.Dict)
	if !ok {
		return "", errors.New("chord: the variables of a template are no JSON object")
	}
	t.tokens(vars)
	return t.text.Render(vars, jinja.Options{})
}

// ChatTemplate returns the template of the model: Options.ChatTemplate, else
// what the file has, else [DefaultTemplate]. An error says what is wrong with
// the file's.
func (m *Model) ChatTemplate() (*ChatTemplate, error) { return m.chat, m.chatErr }

// ApplyTemplate returns the chat as a prompt for this model; see
// [ChatTemplate.Apply].
func (m *Model) ApplyTemplate(messages []Message, o ChatOptions) (string, error) {
	if m.chatErr != nil {
		return "", m.chatErr
	}
	return m.chat.Apply(messages, o)
}
