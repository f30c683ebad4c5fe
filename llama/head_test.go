package llama_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

// TestHeads compares what follows pooling with llama.cpp: the outputs of a
// classification head, for the first token's vector or for the last one's, and
// the projections of the mean.
func TestHeads(t *testing.T) {
	want, heads := synthGoldens(t), 0
	for _, s := range synthetics {
		golden := want[s.name]["rank"]
		project := golden == nil
		if project {
			golden = want[s.name]["project"]
		}
		if golden == nil {
			continue
		}
		heads++
		t.Run(s.name, func(t *testing.T) {
			m := s.file().load(t, llama.Options{CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32})
			rows := vectors(t, m, synthIDs())
			var got []float32
			switch {
			case project:
				got = m.Project(meanRow(rows))
			case s.embeds:
				got = m.Classify(rows[0])
			default:
				got = m.Classify(rows[len(rows)-1])
			}
			if len(got) != len(golden) {
				t.Fatalf("%d outputs, want %d", len(got), len(golden))
			}
			if d := maxDiff(got, golden); !(d <= 2e-3) { // llama.cpp looks GELU up in a table
				t.Errorf("largest difference %g", d)
			}
		})
	}
	if heads == 0 {
		t.Error("no model has a head")
	}
}

// vectors returns the vector of each token of ids.
func vectors(t *testing.T, m *model, ids []int32) (rows [][]float32) {
	t.Helper()
	s := m.NewSeq()
	defer s.Close()
	var batch []llama.Token
	for _, id := range ids {
		batch = append(batch, llama.Token{Seq: s, ID: id, Out: llama.OutEmbd})
	}
	if err := m.Forward(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	for i := range ids {
		rows = append(rows, append([]float32(nil), m.out.Row(i)...))
	}
	return rows
}

// meanRow returns the mean of rows.
func meanRow(rows [][]float32) []float32 {
	sum := make([]float32, len(rows[0]))
	for _, row := range rows {
		for i, x := range row {
			sum[i] += x / float32(len(rows))
		}
	}
	return sum
}

// TestHeadErrors wants an error for a head that is missing or does not fit, which
// names the tensor.
func TestHeadErrors(t *testing.T) {
	for _, c := range []struct {
		name, model string
		edit        func(f *file)
		want        string
	}{
		{"a reranker without a head", "bert", func(f *file) { f.set("bert.pooling_type", uint32(4)) },
			`"cls.output.weight": missing, but bert.pooling_type is 4`},
		{"labels without outputs", "bert-rank", func(f *file) { f.set("bert.classifier.output_labels", []string{"a", "b"}) },
			`"cls.output.weight": 1 outputs, but bert.classifier.output_labels has 2`},
		{"outputs without labels", "bert-rank", func(f *file) {
			f.remove("cls.output.weight", "cls.output.bias")
		}, `"cls.weight": 64 outputs, but bert.classifier.output_labels has 0`},
		{"a head for vectors of another length", "qwen3-rank", func(f *file) { f.at("cls.output.weight").shape = []uint64{synthDim / 2, 4} },
			`"cls.output.weight": shape [32 4], want [64 4]`},
		{"a bias of another length", "bert-rank", func(f *file) { resize(f.at("cls.bias"), synthDim/2) },
			`"cls.bias": shape [32], want [64]`},
		{"projections that do not follow each other", "gemma-embedding", func(f *file) { f.at("dense_3.weight").shape = []uint64{48, 128} },
			`"dense_3.weight": shape [48 128], want [96 128]`},
		{"only the second projection", "gemma-embedding", func(f *file) { f.remove("dense_2.weight"); resize(f.at("dense_3.weight"), 1, 96*64) },
			`"dense_2.weight": missing, but there is dense_3.weight`},
		{"labels that are numbers", "bert-rank", func(f *file) { f.set("bert.classifier.output_labels", []int32{1}) },
			`bert.classifier.output_labels`},
		{"another pooling", "bert", func(f *file) { f.set("bert.pooling_type", uint32(5)) }, "bert.pooling_type: 5"},
		{"no output norm", "gemma-embedding", func(f *file) { f.remove("output_norm.weight") }, `"output_norm.weight": missing`},
		{"a projection of a generator", "qwen3-rank", func(f *file) { f.weight("dense_2.weight", synthDim, 4) }, `"dense_2.weight": not a known tensor`},
		{"half of the gate's rows", "jina-bert-v2-norms", func(f *file) { f.at("blk.1.ffn_up.weight").shape = []uint64{synthDim / 2, 4 * synthHidden} },
			`"blk.1.ffn_up.weight": shape [32 384]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := syntheticOf(c.model).file()
			c.edit(f)
			_, err := loadModel(f.open(t), llama.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if !errors.Is(err, gguf.ErrFormat) && !errors.Is(err, llama.ErrUnsupported) {
				t.Errorf("%v wraps neither of the two errors", err)
			}
		})
	}
}

// resize cuts a tensor.
func resize(x *tensor, shape ...uint64) {
	n := uint64(1)
	for _, d := range shape {
		n *= d
	}
	x.shape, x.x = shape, x.x[:n]
}

// syntheticOf returns the synthetic model with the given name.
func syntheticOf(name string) synthetic {
	for _, s := range synthetics {
		if s.name == name {
			return s
		}
	}
	panic(name)
}
