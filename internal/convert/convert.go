package convert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/internal/safetensors"
	"github.com/querent-ai/chord/quant"
)

// Options say how a model is converted. The zero value keeps its floats.
type Options struct {
	// Type is the type of matrices: f32, f16, bf16 or q8_0; "" and auto keep the
	// model's if that is f16 or bf16, else they are f16. Vectors and norms are
	// f32, and matrices that are MXFP4 stay MXFP4. With auto, matrices that are
	// NVFP4 stay NVFP4.
	Type string
	// Name is general.name; "" is made from the name of the file or folder.
	Name string
	// Pre is tokenizer.ggml.pre; "" finds it in tokenizer.json.
	Pre string
	// Vocab is the tokenizer of a llama2.c checkpoint: a SentencePiece model or
	// llama2.c's own form; "" is tokenizer.model beside the checkpoint.
	Vocab string
	// Base is the folder of the base model of an adapter, for its config.json; "" is
	// the adapter's folder.
	Base string
	// VocabOnly leaves out the tensors.
	VocabOnly bool
}

// types are the values of Options.Type and general.file_type for each.
var types = []typeName{{"f32", quant.F32, 0}, {"f16", quant.F16, 1}, {"bf16", quant.BF16, 32}, {"q8_0", quant.Q8_0, 7}}

// A typeName is a type of matrices with its name and number.
type typeName struct {
	name string
	typ  quant.Type
	file uint32
}

// fileMXFP4 is general.file_type of models whose experts are MXFP4.
const fileMXFP4 = 38

// Types returns the values of [Options] Type.
func Types() []string {
	names := []string{"auto"}
	for _, t := range types {
		names = append(names, t.name)
	}
	return names
}

// A Model is a model that can be written as GGUF.
type Model struct {
	KV []gguf.KV // its keys

	tensors  []*tensor
	typeName string    // of matrices, as in names of files
	closer   io.Closer // closes the files that the tensors are views of
}

// Open reads the model at path: a folder of Hugging Face's form, a checkpoint of
// llama2.c, or the folder of a LoRA adapter of PEFT.
//
// It errs if a file cannot be read or is malformed, if the architecture, the
// pre-tokenizer or a tensor is not known, and if tensors are missing. The
// caller closes the model.
func Open(path string, o Options) (_ *Model, err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if o.Type == "" {
		o.Type = "auto"
	}
	if abs, err := filepath.Abs(path); err == nil && o.Name == "" {
		o.Name = title(strings.TrimSuffix(filepath.Base(abs), ".bin"))
	}
	if info.IsDir() && isAdapter(path) {
		return openAdapter(path, o)
	}
	if info.IsDir() {
		return openFolder(path, o)
	}
	return openLlama2c(path, o)
}

// openFolder reads a Hugging Face model.
func openFolder(dir string, o Options) (*Model, error) {
	c, err := readConfig(dir, "config.json")
	if err != nil {
		return nil, err
	}
	if len(c.values) == 0 {
		return nil, fmt.Errorf("convert: %s: no config.json: a Hugging Face model is a folder with config.json, *.safetensors and a tokenizer", dir)
	}
	f, err := prepare(c)
	if err != nil {
		return nil, err
	}
	keys, err := keysOf(f, c)
	if err != nil {
		return nil, err
	}
	r := &reading{dir: dir, f: f, c: c, pre: o.Pre}
	v, err := readVocab(r)
	if err != nil {
		return nil, err
	}
	if c.err != nil {
		return nil, c.err
	}
	more, err := r.folderKeys()
	if err != nil {
		return nil, err
	}
	if r.isReranker(o.Name) {
		if err := r.reranker(v); err != nil {
			return nil, err
		}
	}
	m, b := &Model{}, &builder{f: f, c: c, tokens: len(v.tokens), answers: r.answers}
	if !o.VocabOnly {
		if err := m.read(r, b); err != nil {
			return nil, err
		}
	}
	if err := m.finish(f.arch, o, slices.Concat(more, keys, b.keys), v); err != nil {
		return nil, err
	}
	if o.VocabOnly {
		return m, nil
	}
	if err := f.named(m.check()); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// read opens the model's tensors and assigns them to those of GGUF.
func (m *Model) read(r *reading, b *builder) error {
	folder, err := safetensors.OpenFolder(r.dir)
	if err != nil {
		return err
	}
	m.closer = folder
	if b.dense, err = r.openDense(&m.closer); err != nil {
		return errors.Join(err, m.Close())
	}
	if m.tensors, err = b.build(folder.Tensors); err != nil {
		return errors.Join(err, m.Close())
	}
	return nil
}

// finish gives the tensors their types and puts all keys together.
func (m *Model) finish(arch string, o Options, keys []gguf.KV, v *vocab) error {
	file, err := m.setTypes(o.Type)
	if err != nil {
		return errors.Join(err, m.Close())
	}
	general := []gguf.KV{{Key: "general.architecture", Value: arch}, {Key: "general.type", Value: "model"}, {Key: "general.name", Value: o.Name}}
	if label := m.sizeLabel(keys); label != "" {
		general = append(general, gguf.KV{Key: "general.size_label", Value: label})
	}
	general = append(general, gguf.KV{Key: "general.file_type", Value: file}, gguf.KV{Key: "general.quantization_version", Value: uint32(2)})
	m.KV = append(append(general, keys...), v.keys()...)
	return nil
}

// setTypes gives every tensor its type and returns general.file_type.
func (m *Model) setTypes(name string) (uint32, error) {
	kept := false
	if name == "auto" {
		name, kept = m.ownType(), m.keepNVFP4()
	}
	for _, t := range types {
		if t.name != name {
			continue
		}
		file := t.file
		m.typeName = strings.ToUpper(t.name)
		for _, x := range m.tensors {
			switch {
			case x.write == nil:
				x.setType(t.typ)
			case !kept:
				file, m.typeName = fileMXFP4, "MXFP4"
			}
		}
		if kept {
			file, m.typeName = fileNVFP4, "NVFP4"
		}
		return file, nil
	}
	return 0, fmt.Errorf("convert: type %q; known are %s", name, strings.Join(Types(), ", "))
}

// ownType returns the type of the first matrix of 16-bit floats.
func (m *Model) ownType() string {
	for _, t := range m.tensors {
		if t.write != nil || len(t.shape) < 2 {
			continue
		}
		switch t.views[0].src.DType {
		case safetensors.BF16:
			return "bf16"
		case safetensors.F16:
			return "f16"
		}
	}
	return "f16"
}

// Size returns the bytes of all tensors.
func (m *Model) Size() int64 {
	n := int64(0)
	for _, t := range m.tensors {
		n += t.bytes()
	}
	return n
}

// Write writes the model as GGUF, converting on all cores. done, unless nil, is
// called with the bytes of tensors that have been written since the last call.
//
// It errs with errors of w, and with ctx's cause when ctx is done.
func (m *Model) Write(ctx context.Context, w io.Writer, done func(bytes int64)) error {
	pool := par.New(0)
	defer pool.Close()
	return gguf.Write(w, m.KV, m.forGGUF(ctx, pool, done))
}

// forGGUF returns the tensors for [gguf.Write].
func (m *Model) forGGUF(ctx context.Context, pool *par.Pool, done func(bytes int64)) []gguf.WriteTensor {
	tensors := make([]gguf.WriteTensor, len(m.tensors))
	for i, t := range m.tensors {
		tensors[i] = t.forGGUF(ctx, pool, done)
	}
	return tensors
}

// Close closes the model's files. Closing again does nothing.
func (m *Model) Close() error {
	c := m.closer
	m.closer = nil
	if c == nil {
		return nil
	}
	return c.Close()
}

// Len returns the number of tensors.
func (m *Model) Len() int { return len(m.tensors) }

// TypeName returns the type of the model's matrices as names of files spell it,
// such as F16.
func (m *Model) TypeName() string { return m.typeName }
