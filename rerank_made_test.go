package chord_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// The shape of the made rerankers.
const (
	rankDim, rankHidden, rankLayers, rankHeads, rankContext = 32, 48, 2, 4, 64
)

// A madeModel is a model of random weights to write.
type madeModel struct {
	arch    string
	kv      []gguf.KV
	tensors []gguf.WriteTensor
	rand    *rand.Rand
}

// newMade returns a model with the keys of its shape.
func newMade(arch string) *madeModel {
	m := &madeModel{arch: arch, rand: rand.New(rand.NewPCG(3, 5))}
	m.set("general.architecture", arch)
	for key, value := range map[string]uint32{
		"embedding_length": rankDim, "block_count": rankLayers, "feed_forward_length": rankHidden,
		"context_length": rankContext, "attention.head_count": rankHeads, "pooling_type": 4,
	} {
		m.set(arch+"."+key, value)
	}
	m.set(arch+".attention.layer_norm_epsilon", float32(1e-5))
	m.set(arch+".attention.layer_norm_rms_epsilon", float32(1e-5))
	return m
}

// set sets a key.
func (m *madeModel) set(key string, value any) {
	m.kv = append(m.kv, gguf.KV{Key: key, Value: value})
}

// vocab sets the vocabulary: a score and a type for each token, and special ids.
func (m *madeModel) vocab(model string, tokens []string, typeOf func(token string) int32, special map[string]uint32) {
	types, scores := make([]int32, len(tokens)), make([]float32, len(tokens))
	for i, t := range tokens {
		types[i], scores[i] = typeOf(t), -float32(i)
	}
	m.set("tokenizer.ggml.model", model)
	m.set("tokenizer.ggml.tokens", tokens)
	m.set("tokenizer.ggml.scores", scores)
	m.set("tokenizer.ggml.token_type", types)
	for name, id := range special {
		m.set("tokenizer.ggml."+name+"_token_id", id)
	}
}

// add adds a tensor with elements around mean.
func (m *madeModel) add(name string, mean, spread float64, shape ...uint64) {
	n := uint64(1)
	for _, d := range shape {
		n *= d
	}
	x := make([]byte, 0, 4*n)
	for range n {
		x = binary.LittleEndian.AppendUint32(x, math.Float32bits(float32(mean+float64(spread*m.rand.NormFloat64()))))
	}
	m.tensors = append(m.tensors, gguf.WriteTensor{Name: name, Type: quant.F32, Shape: shape,
		Data: func(w io.Writer) error { _, err := w.Write(x); return err }})
}

// norm adds a norm with a bias, linear a matrix with one.
func (m *madeModel) norm(name string) {
	m.add(name+".weight", 1, 0.2, rankDim)
	m.add(name+".bias", 0, 0.2, rankDim)
}

func (m *madeModel) linear(name string, in, out uint64) {
	m.add(name+".weight", 0, 0.3, in, out)
	m.add(name+".bias", 0, 0.2, out)
}

// encoder adds the tensors of a bert for n tokens.
func (m *madeModel) encoder(n int) {
	m.set("tokenizer.ggml.token_type_count", uint32(1))
	m.set(m.arch+".attention.causal", false)
	m.add("token_embd.weight", 0, 1, rankDim, uint64(n))
	m.add("position_embd.weight", 0, 0.5, rankDim, rankContext)
	m.add("token_types.weight", 0, 0.5, rankDim, 1)
	m.norm("token_embd_norm")
	for i := range rankLayers {
		blk := fmt.Sprintf("blk.%d.", i)
		for _, name := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			m.linear(blk+name, rankDim, rankDim)
		}
		m.linear(blk+"ffn_up", rankDim, rankHidden)
		m.linear(blk+"ffn_down", rankHidden, rankDim)
		m.norm(blk + "attn_output_norm")
		m.norm(blk + "layer_output_norm")
	}
}

// generator adds the tensors of a qwen3 for n tokens.
func (m *madeModel) generator(n int) {
	m.add("token_embd.weight", 0, 1, rankDim, uint64(n))
	m.add("output_norm.weight", 1, 0.2, rankDim)
	for i := range rankLayers {
		blk := fmt.Sprintf("blk.%d.", i)
		for _, name := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			m.add(blk+name+".weight", 0, 0.3, rankDim, rankDim)
		}
		m.add(blk+"ffn_gate.weight", 0, 0.3, rankDim, rankHidden)
		m.add(blk+"ffn_up.weight", 0, 0.3, rankDim, rankHidden)
		m.add(blk+"ffn_down.weight", 0, 0.3, rankHidden, rankDim)
		for _, name := range []string{"attn_q_norm", "attn_k_norm"} {
			m.add(blk+name+".weight", 1, 0.2, rankDim/rankHeads)
		}
		m.add(blk+"attn_norm.weight", 1, 0.2, rankDim)
		m.add(blk+"ffn_norm.weight", 1, 0.2, rankDim)
	}
}

// controls are the tokens in brackets or angles, but not bytes.
func controls(token string) int32 {
	switch {
	case strings.HasPrefix(token, "<0x"):
		return 6
	case token == "<unk>" || token == "[UNK]":
		return 2
	case strings.HasPrefix(token, "[") || strings.HasPrefix(token, "<"):
		return 3
	}
	return 1
}

// madeRerankers are the kinds of rerankers: a WordPiece encoder with one linear,
// one with the Unigram vocabulary and the two linears of XLM-RoBERTa, and a
// generator with its own template.
var madeRerankers = map[string]func() *madeModel{
	"bert": func() *madeModel {
		m := newMade("bert")
		m.vocab("bert", bertTokens, controls, map[string]uint32{"unknown": 1, "cls": 2, "bos": 2, "seperator": 3, "padding": 0, "mask": 4})
		m.encoder(len(bertTokens))
		m.linear("cls.output", rankDim, 1)
		return m
	},
	"xlm-roberta": func() *madeModel {
		m := newMade("bert")
		tokens := append(strings.Fields("<s> <pad> </s> <unk> ▁ s a e ▁a ▁cat ▁dog ▁the ▁mat ▁on ▁sat t c g o d m h n ing ▁run r u"), "<mask>")
		m.vocab("t5", tokens, controls, map[string]uint32{"unknown": 3, "bos": 0, "eos": 2, "seperator": 2, "padding": 1, "mask": uint32(len(tokens) - 1)})
		m.set("tokenizer.ggml.add_bos_token", true)
		m.set("tokenizer.ggml.add_eos_token", true)
		m.set("tokenizer.ggml.add_sep_token", true)
		m.set("tokenizer.ggml.add_space_prefix", true)
		m.set("tokenizer.ggml.remove_extra_whitespaces", true)
		m.encoder(len(tokens))
		m.linear("cls", rankDim, rankDim)
		m.linear("cls.output", rankDim, 1)
		return m
	},
	"qwen3": func() *madeModel {
		m := newMade("qwen3")
		tokens := strings.Fields("<unk> <s> </s> <|im_start|> <|im_end|>")
		for b := range 256 {
			tokens = append(tokens, fmt.Sprintf("<0x%02X>", b))
		}
		tokens = append(tokens, strings.Fields("▁ a e t c g o d s m h n r u y : ? ▁a ▁t ▁th ▁the ▁c ▁ca ▁cat at sat on")...)
		m.vocab("llama", tokens, controls, map[string]uint32{"unknown": 0, "bos": 1, "eos": 2})
		m.set("tokenizer.ggml.add_bos_token", false)
		m.set("tokenizer.chat_template.rerank", "<|im_start|>yes? {query}\n{document} {x}<|im_end|>\n")
		m.set("qwen3.classifier.output_labels", []string{"yes", "no"})
		m.generator(len(tokens))
		m.add("cls.output.weight", 0, 0.3, rankDim, 2)
		return m
	},
}

// bytes returns the file. CHORD_MADE_RERANKERS names a folder to write it to, for
// llama.cpp.
func (m *madeModel) bytes(t testing.TB, name string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gguf.Write(&b, m.kv, m.tensors); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("CHORD_MADE_RERANKERS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".gguf"), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// openMade opens a model from memory.
func openMade(t testing.TB, b []byte) *chord.Model {
	t.Helper()
	m, err := chord.OpenReaderAt(bytes.NewReader(b), int64(len(b)), chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}
