package llama_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/kvcache"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/simd"
	"github.com/querent-ai/chord/tales"
)

// promiseFile has a line a model: its name and the SHA-256 of all its logits.
const promiseFile = "testdata/promise.txt"

var updatePromise = flag.Bool("update-promise", false, "write "+promiseFile+" anew, of this machine's results")

// TestPromise holds the promise: one model and one prompt give the same bits,
// whatever the tier (CHORD_CPU), the operating system and the architecture it
// runs on, and in every cell of [promiseCells].
func TestPromise(t *testing.T) {
	want := readPromise(t)
	got := map[string]string{}
	names := map[string]bool{}
	for _, m := range promised(t) {
		names[m.name] = true
		t.Run(m.name, func(t *testing.T) {
			if m.file != nil {
				m.data = m.file().bytes(t)
			}
			whole := promiseCell{threads: 2, piece: 1 << 20, batch: 1}
			got[m.name] = m.hash(t, whole)
			if *updatePromise {
				return
			}
			if got[m.name] != want[m.name] {
				t.Errorf("%s on %s/%s: got %s, want %s", simd.Tier(), runtime.GOOS, runtime.GOARCH, got[m.name], want[m.name])
			}
			for _, c := range promiseCells(m) {
				if h := m.hash(t, c); h != want[m.name] {
					t.Errorf("%s, %v: got %s, want %s", simd.Tier(), c, h, want[m.name])
				}
			}
		})
	}
	if *updatePromise {
		writePromise(t, got)
		return
	}
	for name := range want {
		if !names[name] {
			t.Errorf("%s: no such model any more", name)
		}
	}
}

// A promiseCell is one way of computing a prompt.
type promiseCell struct {
	threads, piece, batch int    // batch: sequences that go on together
	file                  string // "", "mapped", "packed", "not repacked"
}

// promiseCells are the ways that m is computed in: each dimension in turn, all
// of it for the embedded model, and a few of everything for others.
func promiseCells(m promise) (cells []promiseCell) {
	whole := promiseCell{threads: 2, piece: 1 << 20, batch: 1}
	add := func(edit func(c *promiseCell)) {
		c := whole
		edit(&c)
		cells = append(cells, c)
	}
	threads, pieces, batches := []int{1, 3}, []int{1, 7}, []int{3}
	if m.name == "chord-tales" && !testing.Short() {
		threads, pieces, batches = []int{1, 2, 3, 4, 5, 6, 7, 8}, []int{1, 7, 32, 512}, nil
		for n := 1; n <= 16; n++ {
			batches = append(batches, n)
		}
	}
	for _, n := range threads {
		add(func(c *promiseCell) { c.threads = n })
	}
	for _, n := range pieces {
		if !m.embeds {
			add(func(c *promiseCell) { c.piece = n })
		}
	}
	for _, n := range batches {
		if !m.embeds {
			add(func(c *promiseCell) { c.batch, c.piece = n, 5 })
		}
	}
	for _, file := range []string{"mapped", "packed", "not repacked"} {
		add(func(c *promiseCell) { c.file = file })
	}
	return cells
}

// A promise is a model and its prompt.
type promise struct {
	name   string
	data   []byte
	file   func() *file // or nil: makes the data
	ids    []int32
	vocab  int32
	kv     llama.KVType
	embeds bool
}

// promised returns the embedded model, with each type of cache, the made models
// of other architectures, and one of each type of weights.
func promised(t *testing.T) []promise {
	t.Helper()
	data, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	ids := talesPrompt()[:130]
	all := []promise{
		{name: "chord-tales", data: data, ids: ids, vocab: 2048},
		{name: "chord-tales cache=f32", data: data, ids: ids, vocab: 2048, kv: llama.KVF32},
		{name: "chord-tales cache=q8_0", data: data, ids: ids, vocab: 2048, kv: llama.KVQ8_0},
	}
	for _, m := range mades {
		all = append(all, promise{name: m.name, file: m.file, ids: madeIDs(), vocab: madeVocab, embeds: m.embeds})
	}
	for _, typ := range weightTypes() {
		all = append(all, promise{name: "llama " + typ.String(), file: func() *file { return typed(typ) }, ids: madeIDs(), vocab: madeVocab})
	}
	return all
}

// hash computes m in a cell.
func (m promise) hash(t *testing.T, c promiseCell) string {
	t.Helper()
	model := m.load(t, c)
	defer model.Close()
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
				if (i+k)%4 != 3 { // they go on unevenly
					batch = append(batch, llama.Token{Seq: o, ID: (id + int32(k) + 1) % m.vocab, Out: wants(k%2 == 0)})
				}
			}
			mine = append(mine, len(batch))
			batch = append(batch, llama.Token{Seq: s, ID: id, Out: llama.OutLogits})
		}
		if err := model.Forward(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		for _, i := range mine {
			add(h, model.Logits(i))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// load opens m as a cell wants it.
func (m promise) load(t *testing.T, c promiseCell) *model {
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
	model, err := loadModel(f, llama.Options{Threads: c.threads, CacheTypeK: m.kv, CacheTypeV: m.kv, NoRepack: c.file == "not repacked"})
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// readPromise returns the hashes by name.
func readPromise(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile(promiseFile)
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

// writePromise writes the hashes.
func writePromise(t *testing.T, all map[string]string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("# model\tSHA-256 of all logits of its prompt, float32, little-endian\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s\t%s\n", name, all[name])
	}
	if err := os.WriteFile(promiseFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
