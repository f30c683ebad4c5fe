package convert

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// A denseModule is a linear of sentence-transformers that follows pooling.
type denseModule struct {
	path    string
	in, out int
}

// denseKeys reads the linears among the modules and returns their keys.
func (r *reading) denseKeys(modules []module) ([]gguf.KV, error) {
	for _, m := range modules {
		if !strings.HasSuffix(m.Type, "Dense") {
			continue
		}
		c, err := readConfig(r.dir, m.Path+"/config.json")
		if err != nil {
			return nil, err
		}
		if act := c.str("activation_function"); act != "" && !strings.HasSuffix(act, ".Identity") {
			return nil, fmt.Errorf("convert: %s/config.json: activation_function %.60q; a projection after pooling has none", m.Path, act)
		}
		in, out := c.need("in_features"), c.need("out_features")
		if c.err != nil {
			return nil, c.err
		}
		r.dense = append(r.dense, denseModule{m.Path, in, out})
	}
	if len(r.dense) > 2 {
		return nil, fmt.Errorf("convert: modules.json: %d projections, at most 2", len(r.dense))
	}
	var out []gguf.KV
	for i, d := range r.dense {
		prefix := fmt.Sprintf("%s.dense_%d_feat_", r.f.arch, i+2)
		out = append(out, gguf.KV{Key: prefix + "in", Value: uint32(d.in)}, gguf.KV{Key: prefix + "out", Value: uint32(d.out)})
	}
	return out, nil
}

// openDense opens the tensors of the linears. closer then closes them too.
func (r *reading) openDense(closer *io.Closer) (all []*safetensors.Tensor, err error) {
	for i, d := range r.dense {
		folder, err := safetensors.OpenFolder(filepath.Join(r.dir, filepath.FromSlash(d.path)))
		if err != nil {
			return nil, err
		}
		*closer = closers{*closer, folder}
		w := folder.Tensors["linear.weight"]
		if w == nil {
			return nil, fmt.Errorf("convert: %s: no tensor %q", d.path, "linear.weight")
		}
		if len(w.Shape) != 2 || w.Shape[0] != d.out || w.Shape[1] != d.in {
			return nil, fmt.Errorf("convert: %s: tensor %q: shape %v, want [%d %d]", d.path, "linear.weight", w.Shape, d.out, d.in)
		}
		w.Name = fmt.Sprintf("dense_%d.weight", i+2)
		all = append(all, w)
		if bias := folder.Tensors["linear.bias"]; bias != nil {
			bias.Name = fmt.Sprintf("dense_%d.bias", i+2)
			all = append(all, bias)
		}
	}
	return all, nil
}

// closers closes both.
type closers [2]io.Closer

func (c closers) Close() error { return errors.Join(c[0].Close(), c[1].Close()) }
