package convert

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/internal/safetensors"
)

// magic begins the checkpoints of llama2.c that say their version, "ak42".
const magic uint32 = 0x616b3432

// headerV1 is the size of the header of such a checkpoint.
const headerV1 = 256

// A checkpoint is a file of llama2.c: numbers, then all weights in a fixed order.
type checkpoint struct {
	dim, hidden, layers, heads, kvHeads, vocab, context int

	version int // 0: no magic; 1: float32; 2: int8 in groups
	shared  bool
	group   int // of int8 weights that share a scale

	data []byte // the whole file
	at   int    // of the next weight
	out  []*tensor
	err  error
}

// openLlama2c reads a checkpoint of llama2.c.
func openLlama2c(path string, o Options) (*Model, error) {
	view, err := mmap.Open(path)
	if err != nil {
		return nil, err
	}
	m := &Model{closer: view}
	c, err := readCheckpoint(view.Bytes())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("convert: %s: %w", filepath.Base(path), err), m.Close())
	}
	v, err := c.readVocab(path, o.Vocab)
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	if !o.VocabOnly {
		m.tensors = c.out
	}
	if o.Type == "auto" {
		o.Type = "f32"
	}
	if err := m.finish("llama", o, c.keys(), v); err != nil {
		return nil, err
	}
	if o.VocabOnly {
		return m, nil
	}
	if err := m.check(); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// readCheckpoint reads the header and finds the weights.
func readCheckpoint(data []byte) (*checkpoint, error) {
	c := &checkpoint{data: data}
	if err := c.header(); err != nil {
		return nil, err
	}
	for _, n := range []int{c.dim, c.hidden, c.layers, c.heads, c.kvHeads, c.vocab, c.context} {
		if n < 1 || n > 1<<24 {
			return nil, fmt.Errorf("not a checkpoint of llama2.c: a size of %d in its header", n)
		}
	}
	if c.dim%c.heads != 0 || c.heads%c.kvHeads != 0 || c.dim/c.heads%2 != 0 {
		return nil, fmt.Errorf("%d heads and %d for keys do not divide a width of %d into pairs", c.heads, c.kvHeads, c.dim)
	}
	if c.version == 0 {
		c.weightsV0()
	} else {
		c.weightsV1()
	}
	if c.err == nil && c.at != len(data) {
		c.err = fmt.Errorf("%d bytes, its header wants %d", len(data), c.at)
	}
	return c, c.err
}

// header reads what is before the weights.
func (c *checkpoint) header() error {
	if len(c.data) < 28 {
		return fmt.Errorf("%d bytes are not a checkpoint of llama2.c", len(c.data))
	}
	at := 0
	next := func() int {
		at += 4
		return int(int32(binary.LittleEndian.Uint32(c.data[at-4:])))
	}
	if binary.LittleEndian.Uint32(c.data) == magic {
		if len(c.data) < headerV1 {
			return fmt.Errorf("%d bytes, want a header of %d", len(c.data), headerV1)
		}
		next()
		if c.version = next(); c.version != 1 && c.version != 2 {
			return fmt.Errorf("version %d of llama2.c's checkpoints; known are 1, 2 and the one without", c.version)
		}
	}
	c.dim, c.hidden, c.layers, c.heads, c.kvHeads, c.vocab, c.context = next(), next(), next(), next(), next(), next(), next()
	if c.version == 0 {
		c.at = at
		c.shared = c.vocab > 0
		if !c.shared {
			c.vocab = -c.vocab
		}
		return nil
	}
	c.at, c.shared = headerV1, c.data[at] != 0
	at++
	if c.version == 2 {
		if c.group = next(); c.group < 1 {
			return fmt.Errorf("groups of %d", c.group)
		}
	}
	return nil
}

// A weight is one of every layer, or of the model.
type weight struct {
	name  string
	shape []int
}

// norms and matrices are the weights of a layer. A checkpoint has each of them for
// all layers, then the next.
func (c *checkpoint) attnNorm() weight { return weight{"attn_norm", []int{c.dim}} }
func (c *checkpoint) ffnNorm() weight  { return weight{"ffn_norm", []int{c.dim}} }

func (c *checkpoint) attention() []weight {
	kv := c.dim / c.heads * c.kvHeads
	return []weight{{"attn_q", []int{c.dim, c.dim}}, {"attn_k", []int{kv, c.dim}}, {"attn_v", []int{kv, c.dim}}, {"attn_output", []int{c.dim, c.dim}}}
}

func (c *checkpoint) ffn() []weight {
	return []weight{{"ffn_gate", []int{c.hidden, c.dim}}, {"ffn_down", []int{c.dim, c.hidden}}, {"ffn_up", []int{c.hidden, c.dim}}}
}

// weightsV0 takes the weights of a checkpoint without version: the embedding
// first, tables of sines and cosines near the end.
func (c *checkpoint) weightsV0() {
	c.take("token_embd", c.vocab, c.dim)
	c.each(c.attnNorm())
	c.each(c.attention()...)
	c.each(c.ffnNorm())
	c.each(c.ffn()...)
	c.take("output_norm", c.dim)
	c.skip(4, c.context, c.dim/c.heads) // half sines, half cosines
	if !c.shared {
		c.take("output", c.vocab, c.dim)
	}
}

// weightsV1 takes the weights of versions 1 and 2: norms first.
func (c *checkpoint) weightsV1() {
	c.each(c.attnNorm())
	c.each(c.ffnNorm())
	c.take("output_norm", c.dim)
	c.take("token_embd", c.vocab, c.dim)
	c.each(c.attention()...)
	c.each(c.ffn()...)
	if !c.shared {
		c.take("output", c.vocab, c.dim)
	}
}

// each takes these weights of all layers.
func (c *checkpoint) each(weights ...weight) {
	for _, w := range weights {
		for l := range c.layers {
			if c.err != nil {
				return
			}
			c.take(fmt.Sprintf("blk.%d.%s", l, w.name), w.shape...)
		}
	}
}

// skip passes over numbers of size bytes each and returns their bytes, nil if
// the file ends before.
func (c *checkpoint) skip(size int, shape ...int) []byte {
	n := uint64(size)
	for _, d := range shape {
		n *= uint64(d) // three factors of 2^24 at most
	}
	if left := uint64(len(c.data) - c.at); n > left && c.err == nil {
		c.err = fmt.Errorf("the file ends %d bytes early", n-left)
	}
	if c.err != nil {
		return nil
	}
	at := c.at
	c.at += int(n)
	return c.data[at:c.at:c.at]
}

// take makes the next weight a tensor. Matrices of version 2 are int8 values, then a
// scale for each group.
func (c *checkpoint) take(name string, shape ...int) {
	src := &safetensors.Tensor{Name: name + ".weight", Shape: shape, DType: safetensors.F32}
	if c.version < 2 || len(shape) == 1 {
		src.Data = c.skip(4, shape...)
	} else {
		src.DType = safetensors.I8
		src.Data = c.skip(1, shape...)
		if len(src.Data)%c.group != 0 && c.err == nil {
			c.err = fmt.Errorf("%s: %d elements are not groups of %d", name, len(src.Data), c.group)
		}
	}
	if c.err != nil {
		return
	}
	v := whole(src)
	if src.DType == safetensors.I8 {
		v.scales, v.group = c.skip(4, len(src.Data)/c.group), c.group
	}
	c.out = append(c.out, &tensor{name: src.Name, shape: shape, views: []view{v}})
}

// keys returns the keys of the model.
func (c *checkpoint) keys() []gguf.KV {
	var out []gguf.KV
	add := func(key string, v any) { out = append(out, gguf.KV{Key: "llama." + key, Value: v}) }
	add("vocab_size", uint32(c.vocab))
	add("context_length", uint32(c.context))
	add("embedding_length", uint32(c.dim))
	add("block_count", uint32(c.layers))
	add("feed_forward_length", uint32(c.hidden))
	add("attention.head_count", uint32(c.heads))
	add("attention.head_count_kv", uint32(c.kvHeads))
	add("attention.layer_norm_rms_epsilon", float32(1e-5))
	add("rope.dimension_count", uint32(c.dim/c.heads))
	add("rope.freq_base", float32(10000))
	return out
}

// readVocab reads the tokenizer of the checkpoint at path.
func (c *checkpoint) readVocab(path, name string) (*vocab, error) {
	if name == "" {
		name = filepath.Join(filepath.Dir(path), "tokenizer.model")
	}
	data, err := readFile(filepath.Dir(name), filepath.Base(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("convert: %w: name the checkpoint's tokenizer with --vocab", err)
	}
	if err != nil {
		return nil, err
	}
	parse := parseSentencePiece
	if strings.HasSuffix(name, ".bin") {
		parse = parseTokenizerBin
	}
	m, err := parse(data)
	if err != nil {
		return nil, err
	}
	if len(m.pieces) != c.vocab && !strings.HasSuffix(name, ".bin") {
		return nil, fmt.Errorf("convert: %s has %d tokens, the checkpoint %d", filepath.Base(name), len(m.pieces), c.vocab)
	}
	v, err := m.vocab(c.vocab)
	if err == nil {
		v.more = append(v.more, gguf.KV{Key: "tokenizer.ggml.unknown_token_id", Value: uint32(0)},
			gguf.KV{Key: "tokenizer.ggml.bos_token_id", Value: uint32(1)}, gguf.KV{Key: "tokenizer.ggml.eos_token_id", Value: uint32(2)},
			gguf.KV{Key: "tokenizer.ggml.add_bos_token", Value: true}, gguf.KV{Key: "tokenizer.ggml.add_eos_token", Value: false})
	}
	return v, err
}

// parseTokenizerBin reads a vocabulary in llama2.c's format: the length of the
// longest token, then score, length and text of each.
func parseTokenizerBin(data []byte) (*spModel, error) {
	m := &spModel{}
	le := binary.LittleEndian
	rest := data[min(4, len(data)):]
	for len(rest) > 0 {
		if len(rest) < 8 || int64(le.Uint32(rest[4:])) > int64(len(rest)-8) {
			return nil, fmt.Errorf("convert: the vocabulary ends within token %d", len(m.pieces))
		}
		n := int(le.Uint32(rest[4:]))
		p := spPiece{text: strings.ReplaceAll(string(rest[8:8+n]), " ", "▁"), score: math.Float32frombits(le.Uint32(rest)), kind: normal}
		switch id := len(m.pieces); {
		case id == 0:
			p.text, p.kind = "<unk>", unknown
		case id < 3:
			p.text, p.kind = []string{"<s>", "</s>"}[id-1], control
		case byteText.MatchString(p.text):
			p.kind = byteToken
		}
		m.pieces = append(m.pieces, p)
		rest = rest[8+n:]
	}
	if len(m.pieces) < 3 {
		return nil, fmt.Errorf("convert: the vocabulary has %d tokens, want 3 at least", len(m.pieces))
	}
	return m, nil
}
