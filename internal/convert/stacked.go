package convert

import (
	"fmt"

	"github.com/querent-ai/chord/internal/safetensors"
)

// stackedRows adds the experts whose rows follow each other in one matrix, each
// transposed if transpose is set.
func (b *builder) stackedRows(to string, src *safetensors.Tensor, transpose bool) error {
	n, _ := b.c.count(nExperts)
	if len(src.Shape) != 2 || n == 0 || src.Shape[0]%n != 0 {
		return fmt.Errorf("convert: tensor %q: shape %v, want rows of %d experts", src.Name, src.Shape, n)
	}
	experts := *src
	experts.Shape = []int{n, src.Shape[0] / n, src.Shape[1]}
	if !transpose {
		return b.add(to, experts.Shape, whole(src))
	}
	v, shape := transposed(&experts)
	v.src = src // whose scales are known
	return b.add(to, shape, v)
}

// regrouped returns a view of rows of heads in groups: of each group, in the source,
// the rows of per heads of queries, one of keys and one of values follow each other.
// part 0 is the queries, 1 the keys, 2 the values.
func (v view) regrouped(part, groups, per, dim int) view {
	heads := per
	if part > 0 {
		heads = 1
	}
	v.rows = groups * heads * dim
	v.row = func(r int) int {
		head := r / dim
		within := head % heads // in the group
		if part > 0 {
			within = per + part - 1
		}
		return (head/heads*(per+2)+within)*dim + r%dim
	}
	return v
}

// groups returns the heads of queries for each head of keys, the groups of both and
// the size of a head, in a matrix of so many rows.
func (b *builder) groups(src *safetensors.Tensor) (groups, per, dim int, err error) {
	heads := b.c.need("num_attention_heads", "n_head")
	groups, _ = b.c.count(nKVHeads)
	if groups == 0 || heads%groups != 0 || len(src.Shape) == 0 || src.Shape[0]%(heads+2*groups) != 0 {
		return 0, 0, 0, fmt.Errorf("convert: tensor %q: shape %v, want rows of %d heads and %d of keys and values", src.Name, src.Shape, heads, groups)
	}
	return groups, heads / groups, src.Shape[0] / (heads + 2*groups), nil
}
