package bpe

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Token types, as tokenizer.ggml.token_type numbers them.
const (
	Undefined   int32 = 0
	Normal      int32 = 1
	Unknown     int32 = 2
	Control     int32 = 3
	UserDefined int32 = 4
	Unused      int32 = 5
	Byte        int32 = 6
)

// A Vocab is a vocabulary as a GGUF file describes it. Start from [Defaults]
// and put in what the file says: the zero value of the ids is a token.
type Vocab struct {
	Model string // tokenizer.ggml.model, one of [Models]
	Pre   string // tokenizer.ggml.pre, only for "gpt2"; "" means "default"; [PreNames] lists the known ones

	Tokens []string  // tokenizer.ggml.tokens: the texts, by id
	Scores []float32 // tokenizer.ggml.scores: higher is merged first ("llama"), or log probabilities ("t5"); nil means all 0
	Types  []int32   // tokenizer.ggml.token_type: [Normal], [Control], …; nil means all [Normal]
	Merges []string  // tokenizer.ggml.merges: "left right" ("gpt2"), earlier is merged first

	// Ids of tokens with a role; -1 means none. EOT, EOM and the FIM ids are
	// found by the texts they usually have where they are -1.
	BOS, EOS, EOT, EOM, UNK, SEP, PAD, MASK        int32
	FIMPre, FIMSuf, FIMMid, FIMPad, FIMRep, FIMSep int32

	EOG []int32 // tokenizer.ggml.eos_token_ids: tokens that end texts besides; files of ollama have it

	AddBOS            bool // tokenizer.ggml.add_bos_token: texts begin with BOS; with "bert" they always do
	AddEOS            bool // tokenizer.ggml.add_eos_token: texts end with EOS
	AddSEP            bool // tokenizer.ggml.add_sep_token: SEP is between two texts; with "bert" it is after every text
	AddSpacePrefix    bool // tokenizer.ggml.add_space_prefix: a space is put before text ("llama", "t5")
	RemoveExtraSpaces bool // tokenizer.ggml.remove_extra_whitespaces: of several spaces one counts ("t5")

	Lowercase    bool   // tokenizer.ggml.normalizer.lowercase ("bert", "whitespace")
	StripAccents bool   // tokenizer.ggml.normalizer.strip_accents ("bert"); as Lowercase where a file does not say it
	Charsmap     []byte // tokenizer.ggml.precompiled_charsmap: what characters become ("t5")

	// What the file calls the model, general.name and general.architecture:
	// some models' special tokens take the white space beside them with them.
	Name, Arch string
}

// A role is what a token is for, and which one it is.
type role struct {
	name string
	id   *int32
}

// key is the GGUF key with the id of the token with the role.
func (r role) key() string { return "tokenizer.ggml." + r.name + "_token_id" }

// roles returns all roles, by the names that GGUF has for them.
func (v *Vocab) roles() [14]role {
	return [...]role{
		{"bos", &v.BOS}, {"eos", &v.EOS}, {"eot", &v.EOT}, {"eom", &v.EOM}, {"unknown", &v.UNK},
		{"seperator", &v.SEP}, {"padding", &v.PAD}, {"mask", &v.MASK},
		{"fim_pre", &v.FIMPre}, {"fim_suf", &v.FIMSuf}, {"fim_mid", &v.FIMMid},
		{"fim_pad", &v.FIMPad}, {"fim_rep", &v.FIMRep}, {"fim_sep", &v.FIMSep},
	}
}

// Defaults returns what llama.cpp assumes of a vocabulary of n tokens when
// the file's other keys are absent. An id that llama.cpp would assume but
// that is not below n is -1.
func Defaults(model, pre string, n int) (Vocab, error) {
	v := Vocab{Model: model, Pre: pre, Lowercase: true, StripAccents: true}
	for _, r := range v.roles() {
		*r.id = -1
	}
	switch model {
	case "llama":
		v.BOS, v.EOS, v.UNK = 1, 2, 0
		v.AddBOS, v.AddSpacePrefix = true, true
	case "bert":
		v.BOS, v.UNK, v.SEP, v.PAD, v.MASK = 101, 100, 102, 0, 103
		v.AddBOS, v.AddSEP = true, true
	case "t5":
		v.EOS, v.UNK, v.PAD = 1, 2, 0
		v.AddEOS = true
	case "gpt2", "whitespace":
		v.BOS, v.EOS = 11, 11
	case "gemma4":
		v.Pre = "gemma4"
	default:
		return v, errModel(model)
	}
	if err := v.preDefaults(); err != nil {
		return v, err
	}
	for _, id := range []*int32{&v.BOS, &v.EOS, &v.UNK, &v.SEP, &v.PAD, &v.MASK} {
		if int(*id) >= n {
			*id = -1
		}
	}
	return v, nil
}

// preDefaults sets what the pre-tokenizer says, where there is one.
func (v *Vocab) preDefaults() error {
	if k := kindOf(v.Model, 0); k != byteLevel {
		return nil
	}
	p, err := preOf(v.Pre)
	if err != nil {
		return err
	}
	if p.is&noBOS != 0 {
		v.BOS = -1
	}
	v.AddBOS = p.is&(addBOS|alwaysBOS) != 0
	v.AddSEP = p.is&addSEP != 0
	v.Lowercase = v.Pre != "whitespace"
	v.StripAccents = v.Lowercase
	return nil
}

// A kind is how text is turned into tokens.
type kind uint8

const (
	sentencePiece kind = iota // neighbours are merged by score
	byteLevel                 // pieces are merged by rank, byte by byte
	rawLevel                  // the same, character by character
	wordPiece                 // the longest tokens, from left to right
	unigramModel              // the likeliest tokens
)

// Models returns the values of tokenizer.ggml.model that are known.
func Models() []string { return []string{"llama", "gpt2", "bert", "t5", "gemma4", "whitespace"} }

// kindOf returns the kind of a model whose pre-tokenizer has the properties is.
func kindOf(model string, is int) kind {
	switch model {
	case "llama":
		return sentencePiece
	case "bert":
		return wordPiece
	case "t5":
		return unigramModel
	}
	if is&rawText != 0 {
		return rawLevel
	}
	return byteLevel
}

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
