package synth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/quantize"
	"github.com/querent-ai/chord/quant"
)

// A recipe says which type each matrix gets.
type recipe struct {
	base, output quant.Type // of a plain recipe
	fileType     uint32     // general.file_type, llama_ftype's number
	mix          string     // of llama-quantize; "": plain
	outputType   string     // Options.OutputType
}

// mixes are the recipes of llama-quantize with more than one type, with their
// numbers.
var mixes = map[string]uint32{"Q4_K_M": 15, "Q5_K_M": 17, "MXFP4_MOE": 38}

// fileTypes are the numbers of llama_ftype for plain recipes.
var fileTypes = map[quant.Type]uint32{
	quant.F32: 0, quant.F16: 1, quant.BF16: 32,
	quant.Q4_0: 2, quant.Q4_1: 3, quant.Q5_0: 8, quant.Q5_1: 9, quant.Q8_0: 7,
	quant.Q2_K: 10, quant.Q3_K: 11, quant.Q4_K: 14, quant.Q5_K: 16, quant.Q6_K: 18,
	quant.IQ4_NL: 25, quant.IQ4_XS: 30, quant.TQ1_0: 36, quant.TQ2_0: 37, quant.MXFP4: 38,
	quant.NVFP4: 39, quant.Q1_0: 40, quant.Q2_0: 41,
}

// Types returns the names that Options.Type may have.
func Types() []string {
	var names []string
	for t := range fileTypes {
		names = append(names, t.String())
	}
	for m := range mixes {
		names = append(names, m)
	}
	slices.Sort(names)
	return names
}

// parseType returns the plain type called name.
func parseType(name string) (quant.Type, error) {
	t, err := quant.ParseType(name)
	if _, ok := fileTypes[t]; err != nil || !ok {
		return 0, fmt.Errorf("synth: no random weights of type %q, want one of %s", name, strings.Join(Types(), ", "))
	}
	return t, nil
}

// parseRecipe returns the recipe of o.
func parseRecipe(o Options) (recipe, error) {
	r := recipe{mix: strings.ToUpper(o.Type), outputType: o.OutputType}
	number, ok := mixes[r.mix]
	if r.fileType = number; !ok {
		t, err := parseType(o.Type)
		if err != nil {
			return recipe{}, err
		}
		r = recipe{base: t, output: t, fileType: fileTypes[t]}
	}
	if o.OutputType != "" {
		t, err := parseType(o.OutputType)
		if err != nil {
			return recipe{}, err
		}
		r.output = t
	}
	return r, nil
}

// types returns the types of the tensors ts of a file of shape s.
func (r recipe) types(s Shape, ts []tensor) ([]quant.Type, error) {
	if r.mix != "" {
		return r.mixed(s, ts)
	}
	types := make([]quant.Type, len(ts))
	for i, t := range ts {
		switch {
		case t.vector, t.float:
			types[i] = quant.F32
		case t.name == "output.weight", s.Tied && t.name == "token_embd.weight":
			types[i] = r.output
		default:
			types[i] = r.base
		}
	}
	return types, nil
}

// mixed returns the types that llama-quantize's mix gives the tensors ts, in
// theirs where one of its types does not divide a row.
func (r recipe) mixed(s Shape, ts []tensor) ([]quant.Type, error) {
	f, err := directoryOf(s, ts, make([]quant.Type, len(ts)))
	if err != nil {
		return nil, err
	}
	p, err := quantize.New(f, quantize.Options{Mix: r.mix, OutputType: r.outputType})
	if err != nil {
		return nil, err
	}
	types := make([]quant.Type, len(ts))
	for i, t := range p.Tensors {
		types[i] = t.To
	}
	return types, nil
}

// directoryOf returns a file of shape s whose tensors ts have those types and are 0.
func directoryOf(s Shape, ts []tensor, types []quant.Type) (*gguf.File, error) {
	list := make([]gguf.WriteTensor, len(ts))
	for i, t := range ts {
		list[i] = gguf.WriteTensor{Name: t.name, Type: types[i], Shape: t.shape()}
	}
	header, size, err := gguf.Metadata(s.keys(0), list)
	if err != nil {
		return nil, err
	}
	return gguf.OpenReaderAt(directory(header), size)
}

// A directory is a file of zeros after what comes before its tensors' data.
type directory []byte

// ReadAt reads from the file.
func (d directory) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, d[min(off, int64(len(d))):])
	clear(p[n:])
	return len(p), nil
}

// Check returns an error about the first type of o that does not exist.
func (o Options) Check() error {
	_, err := parseRecipe(o)
	return err
}
