package convert

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/querent-ai/chord/quant"
)

// fileNVFP4 is general.file_type of models whose matrices are NVFP4.
const fileNVFP4 = 39

// scalable matches the tensors that may have a tensor of factors, .scale, beside
// them.
var scalable = regexp.MustCompile(`^blk\.\d+\.(attn_(q|k|v|qkv|output|gate)|ffn_(gate|up|down|gate_up)(_exps|_shexp)?|ssm_(in|out))\.weight$`)

// keepNVFP4 lets the matrices that are NVFP4 in the model, and whose rows are whole
// in those of GGUF, stay so: blocks of 64 have the same numbers in another order.
// Their factors become tensors of their own.
func (m *Model) keepNVFP4() (kept bool) {
	for _, t := range m.tensors {
		factors := t.nvfp4Factors()
		if factors == nil {
			continue
		}
		t.typ, t.write = quant.NVFP4, t.writeNVFP4
		m.tensors = append(m.tensors, vector(strings.TrimSuffix(t.name, ".weight")+".scale", factors))
		kept = true
	}
	if kept {
		sortTensors(m.tensors)
	}
	return kept
}

// nvfp4Factors returns the factors of t's matrices, nil if t cannot be NVFP4.
func (t *tensor) nvfp4Factors() []float32 {
	if t.write != nil || !scalable.MatchString(t.name) || len(t.shape) < 2 || t.shape[len(t.shape)-1]%quant.NVFP4.BlockElems() != 0 {
		return nil
	}
	n, each := 1, 0 // matrices, and rows of one
	for _, d := range t.shape[:len(t.shape)-2] {
		n *= d
	}
	each = t.shape[len(t.shape)-2]
	factors, row := make([]float32, n), 0
	for i := range t.views {
		v := &t.views[i]
		if !v.isNVFP4() {
			return nil
		}
		p := v.scaling.packed
		for r := range v.rows {
			f := p.factors[v.at(r)/p.matrix]
			if at := &factors[row/each]; *at == 0 {
				*at = f
			} else if *at != f {
				return nil
			}
			row++
		}
	}
	return factors
}

// isNVFP4 reports whether the rows of v are rows of NVFP4.
func (v *view) isNVFP4() bool {
	if v.scaling == nil || v.scaling.packed == nil || v.scaling.packed.table != &e4m3 {
		return false
	}
	whole := v.src.Shape[len(v.src.Shape)-1]
	return v.cols == whole && v.colStep == 1 && v.col == nil && v.change == nil && v.add == 0 && (v.factor == 0 || v.factor == 1) &&
		v.first%whole == 0 && v.rowStep%whole == 0
}

// writeNVFP4 writes t in ggml's blocks: four scales, then for each of their groups
// elements j and j+8 in one byte. In the source, a byte has neighbours.
func (t *tensor) writeNVFP4(w io.Writer) error {
	out := make([]byte, t.shape[len(t.shape)-1]/64*36)
	for i := range t.views {
		v := &t.views[i]
		p := v.scaling.packed
		for r := range v.rows {
			at := v.at(r)
			scales, data := p.codes[at/16:][:v.cols/16], v.src.Data[at/2:][:v.cols/2]
			for g, scale := range scales {
				if scale >= 0x7f {
					return fmt.Errorf("row %d has a scale that is negative or NaN", r)
				}
				block := out[g/4*36:][:36]
				block[g%4] = scale
				in, q := data[8*g:][:8], block[4+8*(g%4):][:8]
				for j := range q {
					lo := in[j/2] >> (4 * (j % 2)) & 15
					hi := in[4+j/2] >> (4 * (j % 2)) & 15
					q[j] = lo | hi<<4
				}
			}
			if _, err := w.Write(out); err != nil {
				return err
			}
		}
		v.src.Drop()
	}
	return nil
}
