package convert

import (
	"fmt"
	"sort"
	"strings"
)

// check errs if a tensor occurs twice, or if a whole part of the model is missing,
// and puts the tensors into llama.cpp's order: by layer.
func (b *builder) check() error {
	seen := map[string]bool{}
	for _, t := range b.out {
		if seen[t.name] {
			return fmt.Errorf("convert: tensor %q: the model has it twice", t.name)
		}
		seen[t.name] = true
		if l := layerOf(t.name); l >= 0 {
			seen[fmt.Sprint("layer ", l)] = true
		}
	}
	if !seen["token_embd.weight"] {
		return fmt.Errorf("convert: the model has no token embedding")
	}
	if tied, said := b.c.values["tie_word_embeddings"].(bool); said && !tied && b.hasHead() && !seen["output.weight"] {
		return fmt.Errorf("convert: config.json: tie_word_embeddings is false, but the model has no lm_head.weight")
	}
	n, _ := b.c.count(nLayers)
	for l := range n {
		if !seen[fmt.Sprint("layer ", l)] {
			return fmt.Errorf("convert: nothing of layer %d of %d", l, n)
		}
	}
	sortTensors(b.out)
	return nil
}

// sortTensors puts tensors into llama.cpp's order: by layer.
func sortTensors(all []*tensor) {
	sort.SliceStable(all, func(i, j int) bool {
		x, y := all[i], all[j]
		if lx, ly := layerOf(x.name), layerOf(y.name); lx != ly {
			return lx < ly
		}
		return x.name < y.name
	})
}

// hasHead reports whether logits are made by the embedding or by a matrix of their
// own, as config.json says.
func (b *builder) hasHead() bool {
	return !b.f.tied && !b.f.encoder && !strings.HasSuffix(b.c.first("architectures"), "Model")
}

// layerOf returns N of blk.N.…, -1 of other names.
func layerOf(s string) int {
	if rest, ok := strings.CutPrefix(s, "blk."); ok {
		number, _, _ := strings.Cut(rest, ".")
		if n, ok := index(number); ok {
			return n
		}
	}
	return -1
}
