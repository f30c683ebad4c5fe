package chord

import (
	"fmt"
	"slices"

	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/sample"
)

// Sampling says how the next token is chosen; see [sample.Params].
type Sampling = sample.Params

// Values of [Sampling] that no positive number can say.
const (
	Greedy = sample.Greedy // Temperature: always the likeliest token
	Off    = sample.Off    // TopK, TopP, MinP, TypicalP: keep everything
)

// Options say how a model is opened. The zero value is a good choice.
type Options struct {
	// Context is the most tokens of a prompt and what is generated from it.
	// 0 means what the model was trained for; more is possible, not sensible.
	Context int `json:"context,omitempty"`
	// Threads compute. 0 means the cores that this process may really use.
	Threads int `json:"threads,omitempty"`
	// CacheTypeK is the type of the keys in the key/value cache: "f16"; "q8_0",
	// which takes about half the memory and wants heads of a multiple of 32
	// elements; or "f32", which takes twice the memory. "" means "f16".
	CacheTypeK string `json:"cache_type_k,omitempty"`
	// CacheTypeV is the type of the values there, likewise.
	CacheTypeV string `json:"cache_type_v,omitempty"`
	// ChatTemplate is used instead of the file's: the name of a built-in one
	// (see [BuiltinTemplates]), or Jinja. "" means the file's.
	ChatTemplate string `json:"chat_template,omitempty"`
	// NoRepack computes from the mapped file as it lies: opening takes no time
	// and memory is shared with other processes, while tokens take longer. A
	// model too large for the memory available is opened so, in part, anyway.
	NoRepack bool `json:"no_repack,omitempty"`
	// OverrideKV are keys of the file that have another value, or are added:
	// KEY=TYPE:VALUE with TYPE int, float, bool or str, as in
	// "tokenizer.ggml.pre=str:llama-bpe".
	OverrideKV []string `json:"override_kv,omitempty"`
}

// maxThreads is beyond any machine: more is a mistake, not a wish.
const maxThreads = 1 << 12

// llama returns o as the model's own options, or an error that names a field.
func (o Options) llama() (llama.Options, error) {
	l := llama.Options{Context: o.Context, Threads: o.Threads, NoRepack: o.NoRepack}
	if o.Context < 0 {
		return l, fmt.Errorf("chord: Options.Context: %d, want 0 (the model's) or more", o.Context)
	}
	if o.Threads < 0 || o.Threads > maxThreads {
		return l, fmt.Errorf("chord: Options.Threads: %d, want 0 (all cores) to %d", o.Threads, maxThreads)
	}
	var err error
	if l.CacheTypeK, err = llama.ParseKVType(o.CacheTypeK); err != nil {
		return l, fmt.Errorf("chord: Options.CacheTypeK: %w", err)
	}
	if l.CacheTypeV, err = llama.ParseKVType(o.CacheTypeV); err != nil {
		return l, fmt.Errorf("chord: Options.CacheTypeV: %w", err)
	}
	return l, nil
}

// Params say what is generated from a prompt, and how. The zero value samples
// as llama.cpp does by default until the model has finished.
type Params struct {
	Sampling

	// MaxTokens is the most tokens to generate. 0 and -1 mean: until the model
	// has finished or the context is full.
	MaxTokens int `json:"max_tokens,omitempty"`
	// Stop strings end the text before the first of them to be complete in it.
	// What may be the beginning of one is held back until that is decided.
	Stop []string `json:"stop,omitempty"`
	// StopTokens end the text as the vocabulary's own end tokens do.
	StopTokens []int32 `json:"stop_token_ids,omitempty"`
	// IgnoreEOS forbids the vocabulary's end tokens instead of ending at them.
	IgnoreEOS bool `json:"ignore_eos,omitempty"`

	// NoBOS leaves out the BOS that the model asks for before a prompt.
	NoBOS bool `json:"no_bos,omitempty"`
	// NoParseSpecial takes names of control tokens in the prompt as text.
	NoParseSpecial bool `json:"no_parse_special,omitempty"`

	// Stats, if not nil, is filled in when generation ends, however it does.
	Stats *Stats `json:"-"`
}

// check returns an error that names the first field that has no meaning for a
// vocabulary of vocab tokens.
func (p *Params) check(vocab int) error {
	if p.MaxTokens < -1 {
		return fmt.Errorf("chord: Params.MaxTokens: %d, want 0 or -1 (no limit) or more", p.MaxTokens)
	}
	if i := slices.Index(p.Stop, ""); i >= 0 {
		return fmt.Errorf("chord: Params.Stop[%d]: empty", i)
	}
	for i, id := range p.StopTokens {
		if id < 0 || int(id) >= vocab {
			return fmt.Errorf("chord: Params.StopTokens[%d]: token %d, the vocabulary has %d", i, id, vocab)
		}
	}
	return p.Sampling.Check(vocab)
}
