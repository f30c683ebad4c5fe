package convert

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/querent-ai/chord/gguf"
)

// maxTokens is the most tokens of a vocabulary; the largest known have 2^18.
const maxTokens = 1 << 20

// Types of tokens, with the numbers of SentencePiece.
const (
	normal      = 1
	unknown     = 2
	control     = 3
	userDefined = 4
	unused      = 5
	byteToken   = 6
)

// A vocab is a vocabulary in GGUF's form.
type vocab struct {
	model, pre string
	tokens     []string
	scores     []float32 // nil where the model has none
	types      []int32
	merges     []string
	more       []gguf.KV
}

// A reading is what vocabularies are read from, and for which model.
type reading struct {
	dir string
	f   *family
	c   *config // config.json
	pre string  // the caller's choice, or ""

	answers []int         // see builder
	dense   []denseModule // projections after pooling
}

// A vocabulary is a form of a vocabulary in a folder. read errs with
// [fs.ErrNotExist] if the folder does not have this form.
type vocabulary interface {
	read(r *reading) (*vocab, error)
}

// The forms, in the order in which they are tried.
var (
	llamaVocab = []vocabulary{sentencePiece{prefixKey: true}, fallbackBPE{}, byteBPE{prefixKey: true}}
	spmOrBPE   = []vocabulary{sentencePiece{}, byteBPE{}}
	bpeOnly    = []vocabulary{byteBPE{}}
)

// readVocab returns the vocabulary of a folder.
func readVocab(r *reading) (*vocab, error) {
	for _, form := range r.f.vocab {
		v, err := form.read(r)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return v, v.check()
	}
	return nil, fmt.Errorf("convert: %s: no tokenizer.model and no tokenizer.json of a kind that %s models have: %w", r.dir, r.f.arch, fs.ErrNotExist)
}

// newVocab returns n unused tokens, which fill the rows of a model beyond its
// vocabulary.
func newVocab(model string, n int, scores bool) (*vocab, error) {
	if n > maxTokens {
		return nil, fmt.Errorf("convert: a vocabulary of %d tokens, at most %d", n, maxTokens)
	}
	v := &vocab{model: model, tokens: make([]string, n), types: make([]int32, n)}
	for i := range v.tokens {
		v.tokens[i] = fmt.Sprintf("[PAD%d]", i)
		v.types[i] = unused
	}
	if scores {
		v.scores = slices.Repeat([]float32{-10000}, n)
	}
	return v, nil
}

// set sets token id.
func (v *vocab) set(id int, text string, score float32, kind int32) {
	v.tokens[id], v.types[id] = text, kind
	if v.scores != nil {
		v.scores[id] = score
	}
}

// check errs if the vocabulary is empty or cannot be used.
func (v *vocab) check() error {
	if len(v.tokens) == 0 {
		return fmt.Errorf("convert: the vocabulary is empty")
	}
	return v.checkPre()
}

// keys returns the vocabulary's keys.
func (v *vocab) keys() []gguf.KV {
	out := []gguf.KV{{Key: "tokenizer.ggml.model", Value: v.model}, {Key: "tokenizer.ggml.pre", Value: v.pre}, {Key: "tokenizer.ggml.tokens", Value: v.tokens}}
	if v.scores != nil {
		out = append(out, gguf.KV{Key: "tokenizer.ggml.scores", Value: v.scores})
	}
	out = append(out, gguf.KV{Key: "tokenizer.ggml.token_type", Value: v.types})
	if len(v.merges) > 0 {
		out = append(out, gguf.KV{Key: "tokenizer.ggml.merges", Value: v.merges})
	}
	return append(out, v.more...)
}
