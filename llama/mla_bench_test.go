package llama_test

import (
	"fmt"
	"testing"

	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/quant"
)

// mlaShape is a layer of GLM-4.7-Flash's attention with a small network behind it.
func mlaShape() *file {
	const dim, heads, low, rank, nope, rope, value, hidden = 2048, 20, 768, 512, 192, 64, 256, 1024
	f := &file{}
	f.set("general.architecture", "deepseek2")
	for key, n := range map[string]uint32{
		"embedding_length": dim, "block_count": 1, "feed_forward_length": hidden, "context_length": 4096, "vocab_size": synthVocab,
		"attention.head_count": heads, "attention.head_count_kv": 1, "attention.key_length": rank + rope, "attention.value_length": rank,
		"attention.key_length_mla": nope + rope, "attention.value_length_mla": value, "attention.kv_lora_rank": rank, "attention.q_lora_rank": low,
		"rope.dimension_count": rope,
	} {
		f.set("deepseek2."+key, n)
	}
	f.set("deepseek2.attention.layer_norm_rms_epsilon", float32(1e-5))
	f.add("output_norm.weight", dim)
	f.normal("token_embd.weight", 1, dim, synthVocab)
	for _, n := range []string{"attn_norm", "ffn_norm"} {
		f.add(layerName(0, n), dim)
	}
	f.add(layerName(0, "attn_q_a_norm"), low)
	f.add(layerName(0, "attn_kv_a_norm"), rank)
	for _, w := range []struct {
		name  string
		shape []uint64
	}{
		{"attn_q_a", []uint64{dim, low}}, {"attn_q_b", []uint64{low, heads * (nope + rope)}}, {"attn_kv_a_mqa", []uint64{dim, rank + rope}},
		{"attn_k_b", []uint64{nope, rank, heads}}, {"attn_v_b", []uint64{rank, value, heads}}, {"attn_output", []uint64{heads * value, dim}},
		{"ffn_gate", []uint64{dim, hidden}}, {"ffn_up", []uint64{dim, hidden}}, {"ffn_down", []uint64{hidden, dim}},
	} {
		f.normal(layerName(0, w.name), 0.02, w.shape...)
	}
	for i := range f.tensors {
		if t := &f.tensors[i]; len(t.shape) > 1 {
			t.typ = quant.Q8_0
		}
	}
	return f
}

// BenchmarkMLA is one token, and a prompt of 256, of a layer with attention of low
// rank.
func BenchmarkMLA(b *testing.B) {
	m, err := loadModel(mlaShape().open(b), llama.Options{Threads: 2})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close() })
	for _, c := range []struct{ depth, tokens int }{{0, 1}, {1024, 1}, {0, 8}, {0, 256}} {
		b.Run(fmt.Sprintf("depth=%d/tokens=%d", c.depth, c.tokens), func(b *testing.B) {
			s := m.NewSeq()
			defer s.Close()
			batch := func(n int) (ts []llama.Token) {
				for i := range n {
					ts = append(ts, llama.Token{Seq: s, ID: int32(i % synthVocab)})
				}
				ts[n-1].Out = llama.OutLogits
				return ts
			}
			if c.depth > 0 {
				if err := m.Forward(b.Context(), batch(c.depth)); err != nil {
					b.Fatal(err)
				}
			}
			ts := batch(c.tokens)
			for b.Loop() {
				s.Rewind(c.depth)
				if err := m.Forward(b.Context(), ts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
