package convert

import (
	"fmt"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// xieluKeys are the parameters of xIELU that are tensors of a layer in Hugging
// Face's form and lists in GGUF's keys.
var xieluKeys = []struct {
	name   string
	absent float32
	needed bool
}{{"alpha_p", 0, true}, {"alpha_n", 0, true}, {"beta", 0.5, false}, {"eps", -1e-6, false}}

// apertusTensors leaves the parameters of xIELU to [apertusFinish]. The name of one,
// beta, ends as that of a bias.
func apertusTensors(_ *builder, n name, _ *safetensors.Tensor) (bool, error) {
	return strings.HasPrefix(n.part, "mlp.act_fn"), nil
}

// apertusFinish adds the keys of xIELU, whose parameters are tensors of one number.
func apertusFinish(b *builder) {
	layers := b.c.need(nLayers)
	for _, x := range xieluKeys {
		list := make([]float32, layers)
		for i := range list {
			if list[i] = x.absent; b.c.err == nil {
				b.c.err = b.xielu(&list[i], i, x.name, x.needed)
			}
		}
		b.keys = append(b.keys, gguf.KV{Key: "xielu." + x.name, Value: list})
	}
}

// xielu sets x to a parameter of a layer, if it is there.
func (b *builder) xielu(x *float32, layer int, name string, needed bool) error {
	for _, prefix := range []string{"model.", ""} {
		t := b.model[fmt.Sprintf("%slayers.%d.mlp.act_fn.%s", prefix, layer, name)]
		if t == nil {
			continue
		}
		if err := checkFloat(t); err != nil || t.Len() != 1 {
			return fmt.Errorf("convert: tensor %q: %s of shape %v, want one number", t.Name, t.DType, t.Shape)
		}
		v := whole(t)
		v.rows, v.cols = 1, 1
		one := make([]float32, 1)
		v.floats(one, 0, 1)
		*x = one[0]
		return nil
	}
	if needed {
		return fmt.Errorf("convert: no tensor mlp.act_fn.%s in layer %d", name, layer)
	}
	return nil
}
