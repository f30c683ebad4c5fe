// Package chordtest makes models for tests: real GGUF models, so small that they
// open in a millisecond, that always generate the same text.
package chordtest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// Model returns a model that answers every prompt and every chat with answer, about a
// token a word, with any sampling parameters, and then ends. answer must be UTF-8 and
// not a single byte. The model is closed when the test ends.
//
// The prompt does not change the answer, and neither does LogitBias, unless it
// forbids a token. If the prompt already contains the beginning of the answer, the
// model still generates all of it.
func Model(t testing.TB, answer string) *chord.Model {
	t.Helper()
	b, err := File(answer)
	if err != nil {
		t.Fatal(err)
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(b), int64(len(b)), chord.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

const (
	dim     = 256
	hidden  = 16
	context = 1 << 14
	// sure is about how much the logit of the right token exceeds the others: at
	// any reasonable temperature no other token is sampled.
	sure = 200

	bos, end = 256, 257 // after the byte tokens; end is <|im_end|>
	first    = 259      // of the answer's tokens
)

// File returns the model of [Model] as a GGUF file.
//
// The embedding of a token of the answer is a random vector of ±1, and the
// output of the token that follows it the same vector; all other tokens have one
// embedding, which leads to the first.
func File(answer string) ([]byte, error) {
	if len(answer) == 1 || !utf8.ValidString(answer) {
		return nil, fmt.Errorf("chordtest: the answer %q: want UTF-8 of no byte or of two and more", answer)
	}
	words := cut(answer)
	vocab := first + len(words)
	embd, out := make([]float32, vocab*dim), make([]float32, vocab*dim)
	r := rand.New(rand.NewPCG(1, 2))
	after := func(id int) int { // the token after id
		switch {
		case id < first && len(words) > 0:
			return first
		case id < first || id == vocab-1:
			return end
		}
		return id + 1
	}
	const scale = float32(sure) / dim
	for id := range vocab {
		x := embd[id*dim : (id+1)*dim]
		if id < first {
			x[0] = 1
		} else {
			for i := range x[1:] {
				x[1+i] = float32(2*r.IntN(2) - 1)
			}
		}
		y := out[after(id)*dim : (after(id)+1)*dim]
		if id < first {
			y[0] = sure / 16 // norm makes 16 of the one element
			continue
		}
		for i, v := range x {
			y[i] += scale * v
		}
	}
	var b bytes.Buffer
	err := gguf.Write(&b, keys(words), tensors(vocab, embd, out))
	return b.Bytes(), err
}

// keys returns the keys of the file.
func keys(words []string) []gguf.KV {
	var tokens []string
	var types []int32
	add := func(text string, kind int32) { tokens, types = append(tokens, text), append(types, kind) }
	for c := range 256 {
		add(escape(string([]byte{byte(c)})), 1)
	}
	for _, control := range []string{"<|bos|>", "<|im_end|>", "<|im_start|>"} {
		add(control, 3)
	}
	for _, w := range words {
		add(escape(w), 1)
	}
	return []gguf.KV{
		{Key: "general.architecture", Value: "llama"},
		{Key: "general.name", Value: "chordtest"},
		{Key: "llama.block_count", Value: uint32(1)},
		{Key: "llama.context_length", Value: uint32(context)},
		{Key: "llama.embedding_length", Value: uint32(dim)},
		{Key: "llama.feed_forward_length", Value: uint32(hidden)},
		{Key: "llama.attention.head_count", Value: uint32(8)},
		{Key: "llama.attention.layer_norm_rms_epsilon", Value: float32(1e-6)},
		{Key: "tokenizer.ggml.model", Value: "gpt2"},
		{Key: "tokenizer.ggml.pre", Value: "gpt-2"},
		{Key: "tokenizer.ggml.tokens", Value: tokens},
		{Key: "tokenizer.ggml.token_type", Value: types},
		{Key: "tokenizer.ggml.merges", Value: []string{}}, // none, so that text is encoded as bytes
		{Key: "tokenizer.ggml.bos_token_id", Value: uint32(bos)},
		{Key: "tokenizer.ggml.eos_token_id", Value: uint32(end)},
		{Key: "tokenizer.ggml.add_bos_token", Value: true},
	}
}

// tensors returns the weights; those of attention and feed-forward networks are 0.
func tensors(vocab int, embd, out []float32) []gguf.WriteTensor {
	tensor := func(name string, x []float32, shape ...uint64) gguf.WriteTensor {
		return gguf.WriteTensor{Name: name, Type: quant.F32, Shape: shape, Data: func(w io.Writer) error {
			return binary.Write(w, binary.LittleEndian, x)
		}}
	}
	ones := make([]float32, dim)
	for i := range ones {
		ones[i] = 1
	}
	square, side := make([]float32, dim*dim), make([]float32, dim*hidden)
	return []gguf.WriteTensor{
		tensor("token_embd.weight", embd, dim, uint64(vocab)),
		tensor("output.weight", out, dim, uint64(vocab)),
		tensor("output_norm.weight", ones, dim),
		tensor("blk.0.attn_norm.weight", ones, dim),
		tensor("blk.0.ffn_norm.weight", ones, dim),
		tensor("blk.0.attn_q.weight", square, dim, dim),
		tensor("blk.0.attn_k.weight", square, dim, dim),
		tensor("blk.0.attn_v.weight", square, dim, dim),
		tensor("blk.0.attn_output.weight", square, dim, dim),
		tensor("blk.0.ffn_gate.weight", side, dim, hidden),
		tensor("blk.0.ffn_up.weight", side, dim, hidden),
		tensor("blk.0.ffn_down.weight", side, hidden, dim),
	}
}

// cut splits an answer into distinct pieces of at least two bytes: words with the
// space or line break before them, and marks from < on. A repeated word is joined with the next one, a last one with
// those before it.
func cut(answer string) []string {
	var words []string
	seen := map[string]bool{}
	word := ""
	for i, c := range answer {
		if (c == ' ' || c == '\n' || c == '<') && len(word) > 1 && !seen[word] {
			words, seen[word] = append(words, word), true
			word = ""
		}
		word += answer[i:min(i+len(string(c)), len(answer))]
	}
	for len(words) > 0 && (len(word) < 2 || seen[word]) {
		word = words[len(words)-1] + word
		words = words[:len(words)-1]
	}
	if word != "" {
		words = append(words, word)
	}
	return words
}

// escape maps every byte of text to its byte-level BPE character: itself if it is
// visible Latin-1, else one from U+0100 on.
func escape(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.WriteRune(runes[c])
	}
	return b.String()
}

var runes = func() (table [256]rune) {
	next := rune(0x100)
	for c := range table {
		switch {
		case c >= '!' && c <= '~', c >= 0xA1 && c <= 0xAC, c >= 0xAE:
			table[c] = rune(c)
		default:
			table[c] = next
			next++
		}
	}
	return table
}()
