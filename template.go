package chord

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/chat"
)

// A ChatTemplate turns chats into prompts as a model was trained to read
// them. It does not change and may be used by any number of goroutines.
type ChatTemplate struct{ chat *chat.Template }

// DefaultTemplate is the template of files that have none, as in llama.cpp.
const DefaultTemplate = chat.Default

// BuiltinTemplates returns the names of the built-in chat templates, which are
// llama.cpp's, in order.
func BuiltinTemplates() []string { return chat.Builtin() }

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
	tok, err := bpe.FromGGUF(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
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

// Apply returns the chat as a prompt.
//
// The prompt is to be encoded with control tokens parsed and with what the
// vocabulary puts around a text, as Generate does with zero Params: a BOS or
// EOS that Encode will add is left out here. So, as in llama.cpp, what a
// message says that reads as a control token becomes one, which text alone
// cannot prevent: [ChatTemplate.Encode] does.
//
// The arguments of calls are given to the template as what their JSON means,
// and as text if it fails with that; content that is null or absent likewise,
// and then as an empty text.
func (t *ChatTemplate) Apply(messages []Message, o ChatOptions) (string, error) {
	list, err := t.segments(messages, o)
	return chat.Join(list), err
}

// Encode returns the ids of the chat as a prompt, with what the vocabulary puts
// before a text and nothing after it. What messages, tools and variables say
// becomes no control token, unless o.TrustContent lets it.
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

// segments returns the chat as a prompt whose parts are marked.
func (t *ChatTemplate) segments(messages []Message, o ChatOptions) ([]chat.Segment, error) {
	list, err := t.chat.Apply(chatMessages(messages), chat.Options{Tools: o.Tools,
		NoGenerationPrompt: o.NoGenerationPrompt, Vars: o.Vars, Now: o.Now, TrustContent: o.TrustContent})
	return list, chatError(err)
}

// Render returns what the template makes of a JSON object of variables,
// without leaving anything out: what Python's jinja2 would print. bos_token
// and eos_token are the vocabulary's where the object has none.
func (t *ChatTemplate) Render(variables []byte) (string, error) { return t.chat.Render(variables) }

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
