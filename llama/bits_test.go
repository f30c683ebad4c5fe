package llama_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"hash"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
	"github.com/querent-ai/chord/tales"
)

// hashFile has a line for each model: its name and the SHA-256 of its logits.
const hashFile = "testdata/promise.txt"

var updateHashes = flag.Bool("update-hashes", false, "write "+hashFile+" with the results of this machine")

// TestBitIdentical requires that a model and a prompt give the same bits on every
// tier (CHORD_CPU), operating system and architecture, and in every variant of
// [variants].
func TestBitIdentical(t *testing.T) {
	want := readHashes(t)
	got := map[string]string{}
	names := map[string]bool{}
	for _, m := range bitModels(t) {
		names[m.name] = true
		t.Run(m.name, func(t *testing.T) {
			if m.file != nil {
				m.data = m.file().bytes(t)
			}
			whole := variant{threads: 2, piece: 1 << 20, batch: 1}
			got[m.name] = m.hash(t, whole)
			if *updateHashes {
				return
			}
			if got[m.name] != want[m.name] {
				t.Errorf("%s on %s/%s: got %s, want %s", simd.Tier(), runtime.GOOS, runtime.GOARCH, got[m.name], want[m.name])
			}
			for _, c := range variants(m) {
				if h := m.hash(t, c); h != want[m.name] {
					t.Errorf("%s, %v: got %s, want %s", simd.Tier(), c, h, want[m.name])
				}
			}
		})
	}
	if *updateHashes {
		writeHashes(t, got)
		return
	}
	for name := range want {
		if !names[name] {
			t.Errorf("%s: there is a hash, but no model", name)
		}
	}
}

// A variant is a way to compute a prompt.
type variant struct {
	threads, piece, batch int    // piece: tokens of a batch; batch: sequences in it
	file                  string // "", "mapped", "packed", "not repacked"
}

// variants returns the variants for m: each parameter changes by itself, over all
// its values for the embedded model, over a few for others. With -short, as emulators
// and the race detector have it, a few change together: a fault is found as well, and
// the whole test then says of which parameter it is.
func variants(m bitModel) (cells []variant) {
	whole := variant{threads: 2, piece: 1 << 20, batch: 1}
	add := func(edit func(c *variant)) {
		c := whole
		edit(&c)
		if m.embeds {
			c.piece = whole.piece
		}
		cells = append(cells, c)
	}
	if testing.Short() {
		add(func(c *variant) { c.threads, c.piece, c.file = 3, 1, "mapped" })
		add(func(c *variant) { c.threads, c.piece, c.batch, c.file = 1, 7, 3, "packed" })
		add(func(c *variant) { c.file = "not repacked" })
		return cells
	}
	threads, pieces, batches := []int{1, 3}, []int{1, 7}, []int{3}
	if m.name == "chord-tales" {
		threads, pieces, batches = []int{1, 2, 3, 4, 5, 6, 7, 8}, []int{1, 7, 32, 512}, nil
		for n := 1; n <= 16; n++ {
			batches = append(batches, n)
		}
	}
	for _, n := range threads {
		add(func(c *variant) { c.threads = n })
	}
	for _, n := range pieces {
		if !m.embeds {
			add(func(c *variant) { c.piece = n })
		}
	}
	for _, n := range batches {
		add(func(c *variant) { c.batch, c.piece = n, 5 })
	}
	for _, file := range []string{"mapped", "packed", "not repacked"} {
		add(func(c *variant) { c.file = file })
	}
	return cells
}

// A bitModel is a model and its prompt.
type bitModel struct {
	name   string
	data   []byte
	file   func() *file // writes data; nil: data is set
	ids    []int32
	vocab  int32
	embeds bool
	loras  int // adapters

	key, value llama.KVType
}

// bitModels returns the embedded model with each type of cache, the synthetic
// models of the architectures, a model of each type of weights, and models of
// several heads with caches of Q4_0.
func bitModels(t *testing.T) []bitModel {
	t.Helper()
	data, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	ids := talesPrompt()[:130]
	all := []bitModel{
		{name: "chord-tales", data: data, ids: ids, vocab: 2048},
		{name: "chord-tales cache=f32", data: data, ids: ids, vocab: 2048, key: llama.KVF32, value: llama.KVF32},
		{name: "chord-tales cache=q8_0", data: data, ids: ids, vocab: 2048, key: llama.KVQ8_0, value: llama.KVQ8_0},
		{name: "chord-tales cache=q4_0", data: data, ids: ids, vocab: 2048, key: llama.KVQ4_0, value: llama.KVQ4_0},
		{name: "chord-tales cache=q4_0/f16", data: data, ids: ids, vocab: 2048, key: llama.KVQ4_0},
		{name: "chord-tales cache=f16/q4_0", data: data, ids: ids, vocab: 2048, value: llama.KVQ4_0},
		{name: "chord-tales lora=1", data: data, ids: ids, vocab: 2048, loras: 1},
		{name: "chord-tales lora=2", data: data, ids: ids, vocab: 2048, loras: 2},
	}
	for _, m := range synthetics {
		all = append(all, bitModel{name: m.name, file: m.file, ids: synthIDs(), vocab: synthVocab, embeds: m.embeds})
	}
	for _, typ := range weightTypes() {
		all = append(all, bitModel{name: "llama " + typ.String(), file: func() *file { return modelOfType(typ) }, ids: synthIDs(), vocab: synthVocab})
	}
	return append(all, headModels()...)
}

// hash returns the hash of m's logits in a variant.
func (m bitModel) hash(t *testing.T, c variant) string {
	t.Helper()
	model := m.load(t, c)
	defer model.Close()
	set, otherSets := m.adapters(t, model)
	s, h := model.NewSeq(), sha256.New()
	defer s.Close()
	others := make([]*kvcache.Seq, c.batch-1)
	for i := range others {
		others[i] = model.NewSeq()
		defer others[i].Close()
	}
	for lo := 0; lo < len(m.ids); lo += c.piece {
		var batch []llama.Token
		var mine []int
		for i, id := range m.ids[lo:min(lo+c.piece, len(m.ids))] {
			for k, o := range others {
				if (i+k)%4 != 3 { // the sequences have different lengths
					batch = append(batch, llama.Token{Seq: o, ID: (id + int32(k) + 1) % m.vocab, Out: wants(k%2 == 0), Adapters: otherSets[k%len(otherSets)]})
				}
			}
			mine = append(mine, len(batch))
			batch = append(batch, llama.Token{Seq: s, ID: id, Out: llama.OutLogits, Adapters: set})
		}
		if err := model.Forward(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		for _, i := range mine {
			add(h, model.Logits(i))
			if m.embeds {
				m.hashHead(h, model, model.Logits(i))
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// hashHead adds what follows the pooling of an embedder to a hash.
func (m bitModel) hashHead(h hash.Hash, model *model, x []float32) {
	if model.Ranks() {
		add(h, model.Classify(x))
	}
	if model.VectorDim() != len(x) || model.Config().Arch == "gemma-embedding" {
		add(h, model.Project(x))
	}
}

// adapters returns the adapters of m's prompt, and those of the other sequences.
func (m bitModel) adapters(t *testing.T, model *model) (mine *llama.AdapterSet, others []*llama.AdapterSet) {
	t.Helper()
	if m.loras == 0 {
		return nil, []*llama.AdapterSet{nil}
	}
	g, err := gguf.OpenReaderAt(bytes.NewReader(m.data), int64(len(m.data)))
	if err != nil {
		t.Fatal(err)
	}
	var shapes file
	shapes.set("general.architecture", "llama")
	for _, x := range g.Tensors {
		shapes.tensors = append(shapes.tensors, tensor{name: x.Name, shape: x.Shape})
	}
	one := llama.AdapterScale{Adapter: model.adapter(t, adapterOf(&shapes, 16, quant.F16, 1, every)), Scale: 0.25}
	two := llama.AdapterScale{Adapter: model.adapter(t, adapterOf(&shapes, 32, quant.Q8_0, 2, every)), Scale: -0.125}
	all := []llama.AdapterScale{one, two}
	return llama.NewAdapterSet(all[:m.loras]), []*llama.AdapterSet{nil, llama.NewAdapterSet(all[1:]), llama.NewAdapterSet(all[:m.loras])}
}

// load opens m for a variant.
func (m bitModel) load(t *testing.T, c variant) *model {
	t.Helper()
	f, err := gguf.OpenReaderAt(bytes.NewReader(m.data), int64(len(m.data)))
	if err != nil {
		t.Fatal(err)
	}
	if c.file == "mapped" || c.file == "packed" {
		path := filepath.Join(t.TempDir(), "m.gguf")
		data := m.data
		if c.file == "packed" {
			var b bytes.Buffer
			if err := llama.Pack(&b, f, 2); err != nil {
				t.Fatal(err)
			}
			data = b.Bytes()
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if f, err = gguf.Open(path); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
	}
	model, err := loadModel(f, llama.Options{Threads: c.threads, CacheTypeK: m.key, CacheTypeV: m.value, NoRepack: c.file == "not repacked"})
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// readHashes returns the hashes by model.
func readHashes(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile(hashFile)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if name, hash, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && !strings.HasPrefix(name, "#") {
			all[name] = hash
		}
	}
	return all
}

// writeHashes writes the hashes by model.
func writeHashes(t *testing.T, all map[string]string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("# model\tSHA-256 of all logits of its prompt, float32, little-endian\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s\t%s\n", name, all[name])
	}
	if err := os.WriteFile(hashFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
