package convert

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/querent-ai/chord/gguf"
)

// byteBPE is a tokenizer.json of byte-level BPE.
type byteBPE struct {
	prefixKey  bool   // tokenizer_config.json may say whether a space goes before a text
	ends, turn string // tokens that end texts and turns, if they are fixed
}

func (b byteBPE) read(r *reading) (*vocab, error) {
	t, err := r.tokenizer("BPE")
	if err != nil {
		return nil, err
	}
	v, err := t.vocab(r, "gpt2")
	if err != nil {
		return nil, err
	}
	if v.pre, err = t.pre(r, len(v.tokens)); err != nil {
		return nil, err
	}
	if v.more, err = r.specials(v, true); err != nil {
		return nil, err
	}
	if len(v.merges) == 0 {
		return nil, fmt.Errorf("convert: tokenizer.json: no merges")
	}
	if b.prefixKey {
		if err := r.llamaKeys(v); err != nil {
			return nil, err
		}
	}
	return v, b.fixed(t, v)
}

// fixed sets the special tokens that do not depend on the files of a family.
func (b byteBPE) fixed(t *tokenizerJSON, v *vocab) error {
	for _, x := range []struct{ key, text string }{{"eos", b.ends}, {"unknown", b.ends}, {"bos", b.ends}, {"eot", b.turn}} {
		if x.text == "" {
			continue
		}
		key := "tokenizer.ggml." + x.key + "_token_id"
		if slices.ContainsFunc(v.more, func(kv gguf.KV) bool { return kv.Key == key }) {
			continue
		}
		id, ok := t.added(x.text)
		if !ok {
			return fmt.Errorf("convert: tokenizer.json: no added token %q", x.text)
		}
		v.more = append(v.more, gguf.KV{Key: key, Value: uint32(id)})
	}
	return nil
}

// llamaKeys adds the keys that vocabularies of llama models may have.
func (r *reading) llamaKeys(v *vocab) error {
	t, err := r.tokenizerConfig()
	if err != nil {
		return err
	}
	if space, ok := t.values["add_prefix_space"].(bool); ok {
		v.more = setKey(v.more, "tokenizer.ggml.add_space_prefix", space)
	}
	switch n, _ := r.c.count("vocab_size"); n {
	case 32016: // CodeLlama
		for i, name := range []string{"prefix", "suffix", "middle", "eot"} {
			v.more = setKey(v.more, "tokenizer.ggml."+name+"_token_id", uint32(32007+i))
		}
	case 49152: // small models of granite, and SmolLM
		v.more = setKey(v.more, "tokenizer.ggml.add_bos_token", false)
	}
	return nil
}

// fallbackBPE is a tokenizer.json made from a tokenizer.model: BPE over characters,
// with tokens for the bytes of characters that it lacks.
//
// The file has no scores, but the order of merges. The token of an earlier merge
// gets a higher score, so that the same pairs are merged first. (llama.cpp's
// converter gives all tokens the same score.)
type fallbackBPE struct{}

var byteText = regexp.MustCompile(`^<0x[0-9A-Fa-f]{2}>$`)

func (fallbackBPE) read(r *reading) (*vocab, error) {
	t, err := r.tokenizer("BPE")
	if err != nil {
		return nil, err
	}
	if !t.Model.ByteFallback {
		return nil, fmt.Errorf("convert: tokenizer.json without byte_fallback: %w", fs.ErrNotExist)
	}
	v, err := t.vocab(r, "llama")
	if err != nil {
		return nil, err
	}
	merges, err := t.merges()
	if err != nil {
		return nil, err
	}
	v.pre, v.scores = "default", make([]float32, len(v.tokens))
	ids := make(map[string]int, len(v.tokens))
	for id, text := range v.tokens {
		v.scores[id] = -1000
		if v.types[id] == normal {
			ids[text] = id
			if byteText.MatchString(text) {
				v.types[id] = byteToken
			}
		}
	}
	for rank := len(merges) - 1; rank >= 0; rank-- {
		a, b, _ := strings.Cut(merges[rank], " ")
		if id, ok := ids[a+b]; ok {
			v.scores[id] = float32(-rank)
		}
	}
	unk := tokenTextOf(r, "unk")
	if id, ok := t.added(unk); ok && unk != "" {
		v.types[id] = unknown
	}
	if v.more, err = r.specials(v, false); err != nil {
		return nil, err
	}
	return v, r.llamaKeys(v)
}

// tokenTextOf returns the text of the token with a role, "" if there is none.
func tokenTextOf(r *reading, role string) string {
	t, err := r.tokenizerConfig()
	if err != nil {
		return ""
	}
	return tokenText(t, role)
}

// phi3Vocab is a tokenizer.model whose added tokens are in tokenizer.json, or
// the byte-level BPE of phi 4.
type phi3Vocab struct{}

func (phi3Vocab) read(r *reading) (*vocab, error) {
	t, err := r.tokenizerConfig()
	if err != nil {
		return nil, err
	}
	if t.str("tokenizer_class") == "GPT2Tokenizer" {
		return byteBPE{}.read(r)
	}
	v, err := readPieces(r)
	if err != nil {
		return nil, err
	}
	if err := r.addedPieces(v); err != nil {
		return nil, err
	}
	j := &tokenizerJSON{}
	if _, err := readJSON(r.dir, "tokenizer.json", j); err != nil {
		return nil, err
	}
	for _, a := range j.AddedTokens {
		if a.ID < 0 || a.ID >= len(v.tokens) {
			return nil, fmt.Errorf("convert: tokenizer.json: added_tokens: id %d of %d", a.ID, len(v.tokens))
		}
		kind := int32(userDefined)
		if a.Special {
			kind = control
		}
		v.set(a.ID, a.Content, -1000, kind)
	}
	v.more, err = r.specials(v, false)
	return v, err
}

// wordPiece is a tokenizer.json of WordPiece, which BERT uses.
type wordPiece struct{}

func (wordPiece) read(r *reading) (*vocab, error) {
	t, err := r.tokenizer("WordPiece")
	if err != nil {
		return nil, err
	}
	v, err := t.vocab(r, "bert")
	if err != nil {
		return nil, err
	}
	for id, text := range v.tokens {
		rest, inside := strings.CutPrefix(text, "##")
		switch {
		case v.types[id] == control:
		case inside:
			v.tokens[id] = rest
		default:
			v.tokens[id] = "▁" + text // it begins a word
		}
	}
	if v.pre = r.pre; v.pre == "" {
		v.pre = "jina-v2-en" // the name of BERT's own in llama.cpp's converter
	}
	n, ok := r.c.count("type_vocab_size")
	if !ok {
		n = 1
	}
	v.more = []gguf.KV{{Key: "tokenizer.ggml.token_type_count", Value: uint32(n)}}
	special, err := r.specials(v, false)
	v.more = append(v.more, special...)
	return v, err
}
