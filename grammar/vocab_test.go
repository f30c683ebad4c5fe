package grammar

import (
	"encoding/binary"
	"sync"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
)

// A testVocab is a vocabulary with a way to cut text into its tokens.
type testVocab struct {
	*Vocab
	ids map[string]int32
	eos int32
}

var llama3Vocab struct {
	sync.Once
	v *testVocab
}

// llama3 returns Llama 3's vocabulary: tokens by rank, 128,000 and the control
// tokens, of which 128001 ends a text.
func llama3(t testing.TB) *testVocab {
	t.Helper()
	b := fixtures.Read(t, "vocab/llama3-tokenizer_l3.bin")
	llama3Vocab.Do(func() {
		var tokens [][]byte
		var control []int32
		ids := map[string]int32{}
		for b = b[4:]; len(b) > 0; {
			n := binary.LittleEndian.Uint32(b[4:])
			id := int32(len(tokens))
			if id >= 128000 {
				control = append(control, id)
			} else {
				ids[string(b[8:8+n])] = id
			}
			tokens = append(tokens, b[8:8+n])
			b = b[8+n:]
		}
		llama3Vocab.v = &testVocab{NewVocab(tokens, []int32{128001}, control), ids, 128001}
	})
	return llama3Vocab.v
}

// cut returns tokens of text, always the longest.
func (v *testVocab) cut(text []byte) []int32 {
	var out []int32
	for len(text) > 0 {
		n := min(len(text), 128)
		for ; n > 1; n-- {
			if _, ok := v.ids[string(text[:n])]; ok {
				break
			}
		}
		out = append(out, v.ids[string(text[:n])])
		text = text[n:]
	}
	return out
}

func allowed(mask []uint64, id int32) bool { return mask[id/64]>>(id%64)&1 != 0 }
