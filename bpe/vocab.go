// Package bpe turns text into tokens and tokens into text, with the two kinds
// of vocabulary that GGUF files of language models carry: SentencePiece
// (tokenizer.ggml.model = "llama") and byte-level BPE with its
// pre-tokenizers ("gpt2").
//
// The ids are llama.cpp's, for every vocabulary and text; where llama.cpp
// gives up or aborts, the documentation of the function says what happens
// here.
package bpe

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
	Model string // tokenizer.ggml.model: "llama" or "gpt2"
	Pre   string // tokenizer.ggml.pre, only for "gpt2"; "" means "default"; [PreNames] lists the known ones

	Tokens []string  // tokenizer.ggml.tokens: the texts, by id
	Scores []float32 // tokenizer.ggml.scores: higher is merged first ("llama"); nil means all 0
	Types  []int32   // tokenizer.ggml.token_type: [Normal], [Control], …; nil means all [Normal]
	Merges []string  // tokenizer.ggml.merges: "left right" ("gpt2"), earlier is merged first

	// Ids of tokens with a role; -1 means none. EOT, EOM and the FIM ids are
	// found by the texts they usually have where they are -1.
	BOS, EOS, EOT, EOM, UNK                        int32
	FIMPre, FIMSuf, FIMMid, FIMPad, FIMRep, FIMSep int32

	AddBOS         bool // tokenizer.ggml.add_bos_token: texts begin with BOS
	AddEOS         bool // tokenizer.ggml.add_eos_token: texts end with EOS
	AddSpacePrefix bool // tokenizer.ggml.add_space_prefix: a space is put before text ("llama")
}

// Defaults returns what llama.cpp assumes of a vocabulary of n tokens when
// the file's other keys are absent. An id that llama.cpp would assume but
// that is not below n is -1.
func Defaults(model, pre string, n int) (Vocab, error) {
	v := Vocab{Model: model, Pre: pre, BOS: -1, EOS: -1, EOT: -1, EOM: -1, UNK: -1,
		FIMPre: -1, FIMSuf: -1, FIMMid: -1, FIMPad: -1, FIMRep: -1, FIMSep: -1}
	switch model {
	case "llama":
		v.BOS, v.EOS, v.UNK = 1, 2, 0
		v.AddBOS, v.AddSpacePrefix = true, true
	case "gpt2":
		p, err := preOf(pre)
		if err != nil {
			return v, err
		}
		v.BOS, v.EOS = 11, 11
		if p.is&noBOS != 0 {
			v.BOS = -1
		}
		v.AddBOS = p.is&addBOS != 0
	default:
		return v, errModel(model)
	}
	for _, id := range []*int32{&v.BOS, &v.EOS, &v.UNK} {
		if int(*id) >= n {
			*id = -1
		}
	}
	return v, nil
}
