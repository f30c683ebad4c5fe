package llama_test

import (
	"fmt"

	"github.com/querent-ai/chord/llama"
)

// headModels are models for caches of Q4_0, whose transforms depend on the
// elements of a head: with a KV head for every head, and for two.
func headModels() (all []bitModel) {
	for _, dim := range []uint64{8, 64, 80, 96, 128} {
		for _, kvHeads := range []uint64{synthHeads, synthHeads / 2} {
			all = append(all, bitModel{
				name: fmt.Sprintf("llama heads=%dx%d/%d cache=q4_0", synthHeads, dim, kvHeads), file: headModel(dim, kvHeads).file,
				ids: synthIDs(), vocab: synthVocab, key: llama.KVQ4_0, value: llama.KVQ4_0,
			})
		}
	}
	return all
}

// headModel is a model with heads of dim elements.
func headModel(dim, kvHeads uint64) synthetic {
	d := uint32(dim)
	return synthetic{arch: "llama", kv: map[string]any{
		"attention.head_count_kv": uint32(kvHeads), "attention.key_length": d, "attention.value_length": d, "rope.dimension_count": d,
	}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		f.weight(layerName(i, "attn_q"), synthDim, synthHeads*dim)
		f.weight(layerName(i, "attn_k"), synthDim, kvHeads*dim)
		f.weight(layerName(i, "attn_v"), synthDim, kvHeads*dim)
		f.weight(layerName(i, "attn_output"), synthHeads*dim, synthDim)
		dense(f, i)
	}}
}
