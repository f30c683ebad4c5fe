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
