package bpe

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// errModel is the error about a model that is not in [Models].
func errModel(model string) error {
	switch model {
	case "no_vocab", "none":
		return fmt.Errorf("bpe: tokenizer.ggml.model is %q: the file has no vocabulary, so there is no text", model)
	case "rwkv", "plamo2", "hybriddna":
		return fmt.Errorf("bpe: tokenizer.ggml.model is %q, a kind of tokenizer that is not supported; supported are %s",
			model, strings.Join(Models(), ", "))
	}
	return fmt.Errorf("bpe: tokenizer.ggml.model is %q; known are %s", model, strings.Join(Models(), ", "))
}

// check returns what is wrong with v, naming the GGUF key.
func (v *Vocab) check() error {
	if !slices.Contains(Models(), v.Model) {
		return errModel(v.Model)
	}
	n := len(v.Tokens)
	if n == 0 || n > math.MaxInt32/8 {
		return fmt.Errorf("bpe: tokenizer.ggml.tokens: %d tokens", n)
	}
	if v.Scores != nil && len(v.Scores) != n {
		return fmt.Errorf("bpe: tokenizer.ggml.scores: %d values for %d tokens", len(v.Scores), n)
	}
	if v.Types != nil && len(v.Types) != n {
		return fmt.Errorf("bpe: tokenizer.ggml.token_type: %d values for %d tokens", len(v.Types), n)
	}
	if len(v.Merges) > math.MaxInt32/8 {
		return fmt.Errorf("bpe: tokenizer.ggml.merges: %d merges", len(v.Merges))
	}
	for i, s := range v.Scores {
		if s != s {
			return fmt.Errorf("bpe: tokenizer.ggml.scores[%d] is not a number", i)
		}
	}
	return v.checkIDs()
}

func (v *Vocab) checkIDs() error {
	for _, r := range v.roles() {
		if id := *r.id; id < -1 || int(id) >= len(v.Tokens) {
			return fmt.Errorf("bpe: %s is %d of %d tokens", r.key(), id, len(v.Tokens))
		}
	}
	for i, id := range v.EOG {
		if id < 0 || int(id) >= len(v.Tokens) {
			return fmt.Errorf("bpe: tokenizer.ggml.eos_token_ids[%d] is %d of %d tokens", i, id, len(v.Tokens))
		}
	}
	if v.AddBOS && v.BOS < 0 {
		return fmt.Errorf("bpe: tokenizer.ggml.add_bos_token is true, but tokenizer.ggml.bos_token_id is not set")
	}
	if v.AddEOS && v.EOS < 0 {
		return fmt.Errorf("bpe: tokenizer.ggml.add_eos_token is true, but tokenizer.ggml.eos_token_id is not set")
	}
	if v.UNK < 0 && (v.Model == "bert" || v.Model == "t5") {
		return fmt.Errorf("bpe: tokenizer.ggml.unknown_token_id is not set, which a %q vocabulary needs", v.Model)
	}
	if v.Model == "bert" && (v.BOS < 0 || v.SEP < 0) {
		return fmt.Errorf("bpe: tokenizer.ggml.bos_token_id is %d and seperator_token_id %d; a \"bert\" vocabulary needs both", v.BOS, v.SEP)
	}
	return nil
}

// byteOf returns the byte that a token of type [Byte] stands for: its text
// is exactly <0xHH>.
func byteOf(text string) (byte, bool) {
	if len(text) != 6 || text[:3] != "<0x" || text[5] != '>' {
		return 0, false
	}
	hi, ok1 := hexDigit(text[3])
	lo, ok2 := hexDigit(text[4])
	return hi<<4 | lo, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
