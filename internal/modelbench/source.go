package modelbench

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/quant"
)

// A Source is where a model comes from: a file of the operating system or of FS.
type Source struct {
	Path string
	FS   fs.FS // nil: the operating system's
}

// gguf opens the file.
func (s Source) gguf() (*gguf.File, error) {
	if s.FS != nil {
		return gguf.OpenFS(s.FS, s.Path)
	}
	return gguf.Open(s.Path)
}

// model opens the model.
func (s Source) model(o chord.Options) (*chord.Model, error) {
	if s.FS != nil {
		return chord.OpenFS(s.FS, s.Path, o)
	}
	return chord.Open(s.Path, o)
}

// bytes returns the content of the file called name and a function that frees it.
func (s Source) bytes(name string) (data []byte, done func() error, err error) {
	if s.FS != nil {
		data, err = fs.ReadFile(s.FS, name)
		return data, func() error { return nil }, err
	}
	v, err := mmap.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return v.Bytes(), v.Close, nil
}

// An Info says which model a row measures.
type Info struct {
	File   string // its name, without folders
	Type   string // architecture, size and type: "llama 1.1B Q4_0"
	Size   int64  // bytes of all tensors
	Params int64  // weights of all tensors

	perToken, perLogits int64 // matrix weights that every token is multiplied with, and those that only tokens with logits are
}

// infoOf returns the info of model file f.
func infoOf(s Source, f *gguf.File) (Info, error) {
	arch, _, err := f.Str("general.architecture")
	if err != nil {
		return Info{}, err
	}
	layers, _, err := f.Int(arch + ".block_count")
	if err != nil {
		return Info{}, err
	}
	fileType, typed, err := f.Int("general.file_type")
	if err != nil {
		return Info{}, err
	}
	in := Info{File: filepath.Base(s.Path)}
	sizes := map[quant.Type]int64{}
	for i := range f.Tensors {
		t := &f.Tensors[i]
		in.Size, in.Params = in.Size+t.Size, in.Params+t.Elems()
		sizes[t.Type] += t.Size
		in.count(t, int(layers)-1)
	}
	if _, ok := f.Tensor("output.weight"); !ok {
		if t, ok := f.Tensor("token_embd.weight"); ok {
			in.perLogits += t.Elems()
		}
	}
	name, ok := fileTypes[fileType]
	if !typed || !ok {
		name = largest(sizes)
	}
	in.Type = fmt.Sprintf("%s %s %s", arch, countText(in.Params), name)
	return in, nil
}

// count adds the weights of a tensor to perToken or perLogits. In the last layer,
// tokens without logits need only their keys and values; see llama's pass.
func (in *Info) count(t *gguf.Tensor, last int) {
	if len(t.Shape) < 2 || t.Name == "token_embd.weight" {
		return
	}
	part, ofLast := strings.CutPrefix(t.Name, fmt.Sprintf("blk.%d.", last))
	if t.Name == "output.weight" || ofLast && (part == "attn_output.weight" || strings.HasPrefix(part, "ffn_")) {
		in.perLogits += t.Elems()
		return
	}
	in.perToken += t.Elems()
}

// largest returns the name of the type that takes the most bytes.
func largest(sizes map[quant.Type]int64) string {
	name, most := "", int64(-1)
	for t, n := range sizes {
		if n > most || n == most && t.String() < name {
			name, most = t.String(), n
		}
	}
	return name
}

// fileTypes are the names of llama.cpp's general.file_type.
var fileTypes = map[int64]string{
	0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1",
	10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M",
	16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 25: "IQ4_NL", 30: "IQ4_XS", 32: "BF16", 38: "MXFP4",
}

// countText returns a number of weights in short: 1.1B, 4.5M.
func countText(n int64) string {
	v, unit := float64(n), ""
	for _, u := range []string{"K", "M", "B"} {
		if v < 1000 {
			break
		}
		v, unit = v/1000, u
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") + unit
}
