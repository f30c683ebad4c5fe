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

// A vocab is a vocabulary as a GGUF file describes it. [defaultVocab] has the
// values of absent keys; the zero value of an id is a token.
type vocab struct {
	Model string // tokenizer.ggml.model, one of [Models]
	Pre   string // tokenizer.ggml.pre, only for "gpt2", one of [PreNames]; "" means "default"

	Tokens []string  // tokenizer.ggml.tokens: the texts, by id
	Scores []float32 // tokenizer.ggml.scores: higher is merged first ("llama"), or log probabilities ("t5"), or what a split costs ("plamo2"); nil means all 0
	Types  []int32   // tokenizer.ggml.token_type: [Normal], [Control], …; nil means all [Normal]
	Merges []string  // tokenizer.ggml.merges: "left right" ("gpt2"), earlier is merged first

	// Ids of tokens with a role; -1 means none. If EOT, EOM or a FIM id is -1,
	// the token is searched for by its usual names.
	BOS, EOS, EOT, EOM, UNK, SEP, PAD, MASK        int32
	FIMPre, FIMSuf, FIMMid, FIMPad, FIMRep, FIMSep int32

	EOG []int32 // tokenizer.ggml.eos_token_ids: further tokens that end a text, in files of ollama

	AddBOS            bool // tokenizer.ggml.add_bos_token: a text begins with BOS; with "bert" it always does
	AddEOS            bool // tokenizer.ggml.add_eos_token: a text ends with EOS
	AddSEP            bool // tokenizer.ggml.add_sep_token: SEP is between two texts; with "bert" it is after every text
	AddSpacePrefix    bool // tokenizer.ggml.add_space_prefix: a space is put before a text ("llama", "t5")
	RemoveExtraSpaces bool // tokenizer.ggml.remove_extra_whitespaces: several spaces become one ("t5")

	Lowercase    bool   // tokenizer.ggml.normalizer.lowercase ("bert", "whitespace")
	StripAccents bool   // tokenizer.ggml.normalizer.strip_accents ("bert"); absent: Lowercase
	Charsmap     []byte // tokenizer.ggml.precompiled_charsmap: the normalisation of characters ("t5")

	// general.name and general.architecture. Special tokens of some models
	// include the white space beside them.
	Name, Arch string
}

// A role is a role that tokens can have, and the token that has it.
type role struct {
	name string
	id   *int32
}

// key returns the GGUF key of the role's token.
func (r role) key() string { return "tokenizer.ggml." + r.name + "_token_id" }

// roles returns all roles, named as in GGUF.
func (v *vocab) roles() [14]role {
	return [...]role{
		{"bos", &v.BOS}, {"eos", &v.EOS}, {"eot", &v.EOT}, {"eom", &v.EOM}, {"unknown", &v.UNK},
		{"seperator", &v.SEP}, {"padding", &v.PAD}, {"mask", &v.MASK},
		{"fim_pre", &v.FIMPre}, {"fim_suf", &v.FIMSuf}, {"fim_mid", &v.FIMMid},
		{"fim_pad", &v.FIMPad}, {"fim_rep", &v.FIMRep}, {"fim_sep", &v.FIMSep},
	}
}

// defaultVocab returns llama.cpp's defaults for the absent keys of a vocabulary
// of n tokens. A default id that is not below n is -1.
func defaultVocab(model, pre string, n int) (vocab, error) {
	v := vocab{Model: model, Pre: pre, Lowercase: true, StripAccents: true}
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
	case "rwkv":
	case "plamo2":
		v.BOS, v.EOS, v.UNK, v.PAD = 1, 2, 0, 3
	default:
		return v, errModel(model)
	}
	if err := v.preTokenizerDefaults(); err != nil {
		return v, err
	}
	for _, id := range []*int32{&v.BOS, &v.EOS, &v.UNK, &v.SEP, &v.PAD, &v.MASK} {
		if int(*id) >= n {
			*id = -1
		}
	}
	return v, nil
}

// CheckNames returns the error of [FromGGUF] for an unsupported model
// (tokenizer.ggml.model) or pre-tokenizer (tokenizer.ggml.pre).
func CheckNames(model, pre string) error {
	_, err := defaultVocab(model, pre, 0)
	return err
}

// preTokenizerDefaults sets the defaults of the pre-tokenizer, if there is one.
func (v *vocab) preTokenizerDefaults() error {
	if k := kindOf(v.Model, 0); k != byteLevel {
		return nil
	}
	p, err := preOf(v.Pre)
	if err != nil {
		return err
	}
	if p.flags&noBOS != 0 {
		v.BOS = -1
	}
	v.AddBOS = p.flags&(addBOS|alwaysBOS) != 0
	v.AddSEP = p.flags&addSEP != 0
	v.Lowercase = v.Pre != "whitespace"
	v.StripAccents = v.Lowercase
	return nil
}

// A kind is an algorithm that turns text into tokens.
type kind uint8

const (
	sentencePiece kind = iota // BPE of characters, merged by score
	byteLevel                 // BPE of bytes, merged by rank within a pre-token
	rawLevel                  // BPE of characters, merged by rank within a pre-token
	wordPiece                 // the longest tokens, from left to right
	unigramModel              // the most likely tokens
	worldModel                // the longest tokens, from left to right, of bytes
	plamoModel                // the tokens with the highest sum of scores
)

// Models returns the supported values of tokenizer.ggml.model.
func Models() []string {
	return []string{"llama", "gpt2", "bert", "t5", "gemma4", "whitespace", "rwkv", "plamo2"}
}

// kindOf returns the kind of a model whose pre-tokenizer has the given flags.
func kindOf(model string, flags preFlags) kind {
	switch model {
	case "llama":
		return sentencePiece
	case "bert":
		return wordPiece
	case "t5":
		return unigramModel
	case "rwkv":
		return worldModel
	case "plamo2":
		return plamoModel
	}
	if flags&rawText != 0 {
		return rawLevel
	}
	return byteLevel
}

// errModel returns the error for a model that is not in [Models].
func errModel(model string) error {
	switch model {
	case "no_vocab", "none":
		return fmt.Errorf("bpe: tokenizer.ggml.model is %q: the file has no vocabulary, so there is no text", model)
	case "hybriddna":
		return fmt.Errorf("bpe: tokenizer.ggml.model is %q, which is not supported; supported are %s",
			model, strings.Join(Models(), ", "))
	}
	return fmt.Errorf("bpe: tokenizer.ggml.model is %q; known are %s", model, strings.Join(Models(), ", "))
}

// check returns an error if v is invalid. It names the GGUF key.
func (v *vocab) check() error {
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

func (v *vocab) checkIDs() error {
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
