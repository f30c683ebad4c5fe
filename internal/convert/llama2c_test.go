package convert

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/fixtures"
	"github.com/querent-ai/chord/llama"
)

// TestStories converts llama2.c's smallest model and compares it, tensor by tensor,
// with the GGUF file that others made of it. The output matrix, which is the
// embedding, is left out.
func TestStories(t *testing.T) {
	got := converted(t, fixtures.Path(t, "models/stories260K.bin"), Options{Vocab: fixtures.Path(t, "vocab/tok512.model")})
	want, err := gguf.Open(fixtures.Path(t, "models/stories260K.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	embd, _ := want.Tensor("token_embd.weight")
	output, _ := want.Tensor("output.weight")
	u := &undo{f: want}
	if !slices.Equal(u.floats(t, embd), u.floats(t, output)) {
		t.Fatal("output is not token_embd: the model is not tied")
	}
	want.Tensors = slices.DeleteFunc(want.Tensors, func(x gguf.Tensor) bool { return x.Name == "output.weight" })
	sameTensors(t, got, want)
	for _, kv := range want.KV {
		switch kv.Key {
		case "general.name", "llama.context_length", // set by the other converter, 128 instead of 512
			"tokenizer.ggml.seperator_token_id", "tokenizer.ggml.padding_token_id": // there are none
			continue
		}
		v, _ := got.Get(kv.Key)
		if d := unlike(kv.Value, v); d != "" {
			t.Errorf("%s: %s", kv.Key, d)
		}
	}
}

// TestStoriesLogits wants llama.cpp's logits of the converted model.
func TestStoriesLogits(t *testing.T) {
	b := fixtures.Read(t, "golden/stories260K.json")
	var golden struct {
		Prompts struct{ Long []int32 }
		Long    struct {
			LogitsLast []float32 `json:"logits_last"`
		}
	}
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	f := converted(t, fixtures.Path(t, "models/stories260K.bin"), Options{Vocab: fixtures.Path(t, "vocab/tok512.model")})
	got := lastLogits(t, f, golden.Prompts.Long)
	for i, want := range golden.Long.LogitsLast {
		if d := math.Abs(float64(got[i] - want)); !(d <= 2e-4) {
			t.Fatalf("logit %d: got %g, want %g", i, got[i], want)
		}
	}
}

// checkpointOf returns a checkpoint of llama2.c in this version, with the weights of
// one without a version.
func checkpointOf(t *testing.T, version int, c *checkpoint, group int) []byte {
	t.Helper()
	le := binary.LittleEndian
	out := le.AppendUint32(nil, magic)
	for _, n := range []int{version, c.dim, c.hidden, c.layers, c.heads, c.kvHeads, c.vocab, c.context} {
		out = le.AppendUint32(out, uint32(n))
	}
	out = append(out, 1)
	if version == 2 {
		out = le.AppendUint32(out, uint32(group))
	}
	out = append(out, make([]byte, headerV1-len(out))...)
	by := map[string][]byte{}
	for _, x := range c.out {
		by[x.name] = x.views[0].src.Data
	}
	put := func(name string) {
		b := by[name+".weight"]
		if version == 1 || strings.HasSuffix(name, "_norm") {
			out = append(out, b...)
			return
		}
		var scales []byte
		for at := 0; at < len(b); at += 4 * group {
			most := float32(0)
			for i := range group {
				most = max(most, float32(math.Abs(float64(math.Float32frombits(le.Uint32(b[at+4*i:]))))))
			}
			scale := most / 127
			scales = le.AppendUint32(scales, math.Float32bits(scale))
			for i := range group {
				out = append(out, byte(int8(math.Round(float64(math.Float32frombits(le.Uint32(b[at+4*i:]))/scale)))))
			}
		}
		out = append(out, scales...)
	}
	layers := func(name string) {
		for l := range c.layers {
			put(fmt.Sprintf("blk.%d.%s", l, name))
		}
	}
	layers("attn_norm")
	layers("ffn_norm")
	put("output_norm")
	put("token_embd")
	for _, name := range strings.Fields("attn_q attn_k attn_v attn_output ffn_gate ffn_down ffn_up") {
		layers(name)
	}
	return out
}

// TestLlama2cVersions wants the same tensors from a checkpoint of version 1, and
// nearly the same from version 2, which has 8 bits.
func TestLlama2cVersions(t *testing.T) {
	b := fixtures.Read(t, "models/stories260K.bin")
	c, err := readCheckpoint(b)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Vocab: fixtures.Path(t, "vocab/tok512.model")}
	want := converted(t, fixtures.Path(t, "models/stories260K.bin"), o)
	for version := 1; version <= 2; version++ {
		name := filepath.Join(t.TempDir(), "v.bin")
		if err := os.WriteFile(name, checkpointOf(t, version, c, 4), 0o600); err != nil {
			t.Fatal(err)
		}
		got := converted(t, name, o)
		if version == 1 {
			sameTensors(t, got, want)
			continue
		}
		u, w := &undo{f: got}, &undo{f: want}
		for i := range want.Tensors {
			x := &want.Tensors[i]
			y, ok := got.Tensor(x.Name)
			if !ok {
				t.Fatalf("no %s", x.Name)
			}
			a, b := w.floats(t, x), u.floats(t, y)
			most := slices.Max(a)
			for i := range a {
				if d := math.Abs(float64(a[i] - b[i])); d > float64(most)/50 {
					t.Fatalf("%s[%d]: got %g, want %g", x.Name, i, b[i], a[i])
				}
			}
		}
	}
}

// TestLlama2cErrors wants an error that says what is wrong.
func TestLlama2cErrors(t *testing.T) {
	header := func(n ...uint32) []byte {
		var b []byte
		for _, x := range n {
			b = binary.LittleEndian.AppendUint32(b, x)
		}
		return append(b, make([]byte, 300)...)
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "0 bytes"},
		{"text", bytes.Repeat([]byte("chord "), 100), "not a checkpoint"},
		{"zeros", make([]byte, 300), "a size of 0"},
		{"most negative vocabulary", header(8, 8, 1, 1, 1, 1<<31, 8), "a size of"},
		{"huge", header(1<<24, 1<<24, 1<<24, 1, 1, 1<<24, 1<<24), "bytes early"},
		{"cut", header(64, 172, 5, 8, 4, 512, 512), "bytes early"},
		{"longer", header(2, 2, 1, 1, 1, 2, 2), "its header wants"},
		{"heads", header(64, 172, 5, 7, 4, 512, 512), "do not divide"},
		{"no groups", header(magic, 2, 2, 2, 1, 1, 1, 2, 2, 0, 0), "groups of 0"},
		{"version 3", header(magic, 3, 2, 2, 1, 1, 1, 2, 2), "version 3"},
		{"short header", header(magic, 1)[:100], "want a header of 256"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := readCheckpoint(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	bin := fixtures.Path(t, "models/stories260K.bin")
	for _, c := range []struct{ name, vocab, want string }{
		{"no vocabulary", filepath.Join(t.TempDir(), "none.model"), "--vocab"},
		{"another's vocabulary", fixtures.Path(t, "vocab/babyllama-tok105.model"), "has 105 tokens, the checkpoint 512"},
		{"no vocabulary at all", fixtures.Path(t, "models/stories260K.gguf"), "tokenizer.model: piece"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Open(bin, Options{Vocab: c.vocab}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestTokenizerBin compares a vocabulary in llama2.c's format with the same one in a
// tokenizer.model.
func TestTokenizerBin(t *testing.T) {
	b := fixtures.Read(t, "vocab/tok512.model")
	want, err := parseSentencePiece(b)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	out := le.AppendUint32(nil, 7)
	for _, p := range want.pieces {
		text := strings.ReplaceAll(p.text, "▁", " ")
		out = le.AppendUint32(out, math.Float32bits(p.score))
		out = append(le.AppendUint32(out, uint32(len(text))), text...)
	}
	got, err := parseTokenizerBin(out)
	if err != nil {
		t.Fatal(err)
	}
	if d := unlike(want.pieces, got.pieces); d != "" {
		t.Error(d)
	}
	for n := range 40 {
		if _, err := parseTokenizerBin(out[:n]); err == nil {
			t.Errorf("%d bytes: no error", n)
		}
	}
}

// lastLogits returns the logits after a prompt, with nothing rounded to 16 bits.
func lastLogits(t *testing.T, f *gguf.File, ids []int32) []float32 {
	t.Helper()
	m, err := llama.Load(f, llama.Options{CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32, Context: 256})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	cache := m.NewCache(0)
	defer cache.Close()
	seq := cache.NewSeq("")
	batch := make([]llama.Token, len(ids))
	for i, id := range ids {
		batch[i] = llama.Token{Seq: seq, ID: id}
	}
	batch[len(ids)-1].Out = llama.OutLogits
	var out llama.Output
	if err := m.Forward(t.Context(), batch, &out); err != nil {
		t.Fatal(err)
	}
	return out.Row(len(ids) - 1)
}
