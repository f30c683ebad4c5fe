package llama_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/querent-ai/chord/llama"
)

// TestObserve requires that the observer gets every matrix of the layers with
// every token, those of experts once for each choice, and that the logits are the
// same as without an observer.
func TestObserve(t *testing.T) {
	ids := synthIDs()
	for _, syn := range synthetics {
		t.Run(syn.name, func(t *testing.T) {
			f := syn.file()
			m := f.load(t, llama.Options{Threads: 2})
			want := forwardAll(t, m, ids, func(i int) bool { return i%3 == 1 })
			cols := map[string]int{}
			for _, x := range f.tensors {
				if strings.HasPrefix(x.name, "blk.") && strings.HasSuffix(x.name, ".weight") && len(x.shape) > 1 && !strings.Contains(x.name, "_norm") &&
					!strings.Contains(x.name, "conv1d") && !strings.Contains(x.name, "_lerp_") && !strings.HasSuffix(x.name, ".conv.weight") && !strings.HasPrefix(x.name, fmt.Sprintf("blk.%d.", synthLayers)) {
					cols[x.name] = int(x.shape[0])
				}
			}
			rows := map[string]int{}
			m.Observe(func(tensor string, expert int, x []float32) {
				if c := cols[tensor]; c > 0 {
					rows[tensor] += len(x) / c
					if len(x)%c != 0 {
						t.Errorf("%s: %d values for %d columns", tensor, len(x), c)
					}
				}
			})
			got := forwardAll(t, m, ids, func(i int) bool { return i%3 == 1 })
			m.Observe(nil)
			sameLogits(t, "observed", got, want)
			for tensor := range cols {
				n := len(ids)
				switch {
				case strings.Contains(tensor, "_exps."), strings.Contains(tensor, "_chexps."):
					n *= m.Config().ExpertsUsed
				case strings.HasSuffix(tensor, "attn_k_b.weight") || strings.HasSuffix(tensor, "attn_v_b.weight"): // once a head
					n *= synthHeads
				case strings.HasSuffix(tensor, ".altup_router.weight"):
					n *= 2 // before the layer and after it
				case unused(m.Config(), tensor):
					n = 0
				}
				if rows[tensor] != n {
					t.Errorf("%s: %d rows, want %d", tensor, rows[tensor], n)
				}
			}
			seen := maps.Clone(rows)
			forwardAll(t, m, ids[:3], func(int) bool { return true })
			if !maps.Equal(rows, seen) {
				t.Error("called after Observe(nil)")
			}
		})
	}
}

// unused reports whether a tensor makes keys or values of a layer that uses those
// of another, or how much of the first layer's values the first layer takes.
func unused(c llama.Config, tensor string) bool {
	if strings.HasPrefix(tensor, "blk.0.time_mix_v") && tensor != "blk.0.time_mix_value.weight" {
		return true
	}
	for i := range c.Layer {
		if name := strings.TrimPrefix(tensor, fmt.Sprintf("blk.%d.attn_", i)); c.Layer[i].KVBack > 0 && (name == "k.weight" || name == "v.weight") {
			return true
		}
	}
	return false
}

// forwardAll computes ids as one batch and returns the logits of those that wanted
// selects.
func forwardAll(t *testing.T, m *model, ids []int32, wanted func(i int) bool) (logits [][]float32) {
	t.Helper()
	s := m.NewSeq()
	defer s.Close()
	batch := make([]llama.Token, len(ids))
	for i := range batch {
		batch[i] = llama.Token{Seq: s, ID: ids[i], Out: wants(wanted(i))}
	}
	if err := m.Forward(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	for i := range batch {
		if batch[i].Out != llama.OutNone {
			logits = append(logits, append([]float32{}, m.Logits(i)...))
		}
	}
	return logits
}
