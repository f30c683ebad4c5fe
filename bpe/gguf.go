package bpe

import (
	"fmt"

	"github.com/querent-ai/chord/gguf"
)

// FromGGUF returns the tokenizer of the vocabulary in f, with llama.cpp's
// defaults for absent keys. f may be closed afterwards. Errors name the key, not
// the file.
//
// Tokens without text get the name [EMPTY_id], as in llama.cpp. Two tokens with
// the same text are an error. A merge whose parts the vocabulary cannot make has
// no effect; one without a space is an error.
func FromGGUF(f *gguf.File) (*Tokenizer, error) {
	v, err := vocabOf(f)
	if err != nil {
		return nil, err
	}
	t, err := newTokenizer(v)
	if err != nil {
		return nil, err
	}
	t.suppressed, err = suppressed(f, t.Len())
	if err != nil {
		return nil, err
	}
	return t, nil
}

// vocabOf returns the vocabulary of f, with llama.cpp's defaults for absent keys.
// Errors name the key.
func vocabOf(f *gguf.File) (vocab, error) {
	k := vocabKeys{file: f}
	model, tokens := k.must("tokenizer.ggml.model"), k.mustList("tokenizer.ggml.tokens")
	pre, _ := keep(&k, f.Str, "tokenizer.ggml.pre")
	if k.err != nil {
		return vocab{}, k.err
	}
	v, err := defaultVocab(model, pre, len(tokens))
	if err != nil {
		return v, err
	}
	v.Tokens = tokens
	v.Name, _ = keep(&k, f.Str, "general.name")
	v.Arch, _ = keep(&k, f.Str, "general.architecture")
	v.Scores, _ = keep(&k, f.Floats, "tokenizer.ggml.scores")
	v.Types, _ = keep(&k, f.Ints, "tokenizer.ggml.token_type")
	k.merges(&v)
	k.charsmap(&v)
	k.ids(&v)
	v.EOG, _ = keep(&k, f.Ints, "tokenizer.ggml.eos_token_ids")
	k.flag(&v.AddBOS, "tokenizer.ggml.add_bos_token")
	k.flag(&v.AddEOS, "tokenizer.ggml.add_eos_token")
	k.flag(&v.AddSEP, "tokenizer.ggml.add_sep_token")
	k.flag(&v.AddSpacePrefix, "tokenizer.ggml.add_space_prefix")
	k.flag(&v.RemoveExtraSpaces, "tokenizer.ggml.remove_extra_whitespaces")
	k.flag(&v.Lowercase, "tokenizer.ggml.normalizer.lowercase")
	v.StripAccents = v.Lowercase
	k.flag(&v.StripAccents, "tokenizer.ggml.normalizer.strip_accents")
	return v, k.err
}

// vocabKeys looks up the keys of a vocabulary and keeps the first error.
type vocabKeys struct {
	file *gguf.File
	err  error
}

// keep looks key up with get and keeps the first error.
func keep[T any](k *vocabKeys, get func(key string) (T, bool, error), key string) (T, bool) {
	v, ok, err := get(key)
	if err != nil && k.err == nil {
		k.err = err
	}
	return v, ok
}

func (k *vocabKeys) must(key string) string {
	s, ok := keep(k, k.file.Str, key)
	k.missing(key, ok)
	return s
}

func (k *vocabKeys) mustList(key string) []string {
	s, ok := keep(k, k.file.Strs, key)
	k.missing(key, ok)
	return s
}

func (k *vocabKeys) missing(key string, ok bool) {
	if !ok && k.err == nil {
		k.err = fmt.Errorf("bpe: key %q is missing: the file has no vocabulary", key)
	}
}

func (k *vocabKeys) flag(dst *bool, key string) {
	if b, ok := keep(k, k.file.Bool, key); ok {
		*dst = b
	}
}

// merges reads the merges of the models with merges. Files of Kimi K2 may have
// none.
func (k *vocabKeys) merges(v *vocab) {
	switch v.Model {
	case "gpt2", "whitespace", "gemma4":
		if v.Pre == "kimi-k2" {
			v.Merges, _ = keep(k, k.file.Strs, "tokenizer.ggml.merges")
		} else {
			v.Merges = k.mustList("tokenizer.ggml.merges")
		}
	}
}

// charsmap reads the normalisation of "t5", an array of bytes.
func (k *vocabKeys) charsmap(v *vocab) {
	if v.Model != "t5" {
		return
	}
	const key = "tokenizer.ggml.precompiled_charsmap"
	value, ok := k.file.Get(key)
	switch b := value.(type) {
	case []uint8:
		v.Charsmap = b
	case []int8:
		v.Charsmap = make([]byte, len(b))
		for i, x := range b {
			v.Charsmap[i] = byte(x)
		}
	default:
		if ok && k.err == nil {
			k.err = fmt.Errorf("bpe: key %q is not an array of bytes", key)
		}
	}
}

// ids reads the ids of tokens with a role. 0xFFFFFFFF, which some writers use for
// none, counts as absent. Later keys have precedence.
func (k *vocabKeys) ids(v *vocab) {
	roles := v.roles()
	for _, r := range append(roles[:], role{"prefix", &v.FIMPre}, role{"suffix", &v.FIMSuf}, role{"middle", &v.FIMMid}) {
		key := r.key()
		id, ok := keep(k, k.file.Int, key)
		if !ok || id == -1 || id == 0xFFFFFFFF {
			continue
		}
		if id < 0 || id >= int64(len(v.Tokens)) {
			if k.err == nil {
				k.err = fmt.Errorf("bpe: key %q is %d, the vocabulary has %d tokens", key, id, len(v.Tokens))
			}
			return
		}
		*r.id = int32(id)
	}
}

// suppressed returns the tokens that must never be sampled, according to f. Like
// llama.cpp, it leaves out ids outside a vocabulary of vocab tokens.
func suppressed(f *gguf.File, vocab int) ([]int32, error) {
	ids, _, err := f.Ints("tokenizer.ggml.suppress_tokens")
	var never []int32
	for _, id := range ids {
		if id >= 0 && int(id) < vocab {
			never = append(never, id)
		}
	}
	return never, err
}
