package chord_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/inside"
	"github.com/querent-ai/chord/internal/synth"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/simd"
)

// TestSpeculationRecurrent drafts for a model with recurrent layers, whose state has to
// go back where a draft was wrong. Texts are those of plain decoding.
func TestSpeculationRecurrent(t *testing.T) {
	_, open := synthetic(t, "tiny-hybrid")
	texts := 12
	if testing.Short() {
		texts = 4
	}
	plain := open(chord.Options{})
	worse := open(chord.Options{OverrideKV: []string{"qwen35.rope.freq_base=float:12000"}})
	lookup := func(p *chord.Params) { p.Lookup = 12 }
	for _, k := range []speculating{
		{"lookup", open(chord.Options{NoSharedLookup: true}), lookup},
		{"itself", open(chord.Options{Draft: plain}), func(*chord.Params) {}},
		{"another", open(chord.Options{Draft: worse}), lookup},
		{"little memory", open(chord.Options{Draft: worse, CacheBytes: 38 << 20, Context: 300}), lookup},
	} {
		inside.AlwaysDraft(k.model)
		drafted, accepted := 0, 0
		for i := range texts {
			p := seeded(int64(i+1), 40)
			switch i % 3 {
			case 0:
				p.Temperature = chord.Greedy
			case 1:
				p.Temperature = 0.3 // often the same words
			}
			want, r := spelled(t, plain, repeated, p)
			k.edit(&p)
			got, s := spelled(t, k.model, repeated, p)
			if got != want || s.Finish != r.Finish || s.Seed != r.Seed {
				t.Errorf("%s, seed %d: got %s, %+v, want %s, %+v", k.name, i+1, got, s, want, r)
			}
			drafted, accepted = drafted+s.Drafted, accepted+s.Accepted
		}
		t.Logf("%s: %d of %d drafted tokens accepted", k.name, accepted, drafted)
		if drafted == 0 || accepted == 0 && k.name != "lookup" {
			t.Errorf("%s: %d of %d drafted tokens accepted", k.name, accepted, drafted)
		}
	}
}

// TestHeadProposes computes with llama what a head has to propose for each token of a
// text: by the vector of the token before it, after all tokens that were generated.
func TestHeadProposes(t *testing.T) {
	name, open := synthetic(t, "tiny-mtp")
	m := open(chord.Options{CacheTypeK: "f32", CacheTypeV: "f32"})
	inside.AlwaysDraft(m)
	proposed := map[int]int32{}
	inside.Propose(m, func(position int, id int32) int32 {
		proposed[position] = id
		return id
	})
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(t.Context(), prompt); err != nil {
		t.Fatal(err)
	}
	p := seeded(1, 30)
	p.Temperature, p.DraftMax = chord.Greedy, 1
	begin := len(s.Tokens()) + 1 // the session has no vector of the prompt's last token
	say(t, s, p)
	guesses := headGuesses(t, name, s.Tokens(), begin)
	if len(proposed) < 20 {
		t.Errorf("%d tokens were proposed", len(proposed))
	}
	for position, got := range proposed {
		if want := guesses[position-begin-1]; got != want {
			t.Errorf("position %d: proposed %d, want %d", position, got, want)
		}
	}
}

// headGuesses returns what the head in a file takes for the most likely token after each
// of ids from begin on.
func headGuesses(t *testing.T, name string, ids []int32, begin int) (guesses []int32) {
	t.Helper()
	f, err := gguf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := llama.Load(f, llama.Options{Threads: 1, CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	head, err := m.LoadHead(f)
	if err != nil || head == nil {
		t.Fatal("no head", err)
	}
	defer head.Close()
	var out, own llama.Output
	var text, pairs []llama.Token
	a, b := m.NewCache(0), head.NewCache(0)
	defer a.Close()
	defer b.Close()
	s, h := a.NewPrivate(), b.NewPrivate()
	for _, id := range ids {
		text = append(text, llama.Token{Seq: s, ID: id, Out: llama.OutLogits, Keep: true})
	}
	if err := m.Forward(t.Context(), text, &out); err != nil {
		t.Fatal(err)
	}
	for i := begin; i < len(ids); i++ {
		pairs = append(pairs, llama.Token{Seq: h, ID: ids[i], Out: llama.OutLogits, Hidden: out.Hidden(i - 1)})
	}
	if err := head.Forward(t.Context(), pairs, &own); err != nil {
		t.Fatal(err)
	}
	for i := range pairs {
		guesses = append(guesses, int32(simd.Argmax(own.Row(i))))
	}
	return guesses
}

// synthetic returns the file of a model of a shape with random weights, and what opens
// it.
func synthetic(t *testing.T, shape string) (name string, open func(o chord.Options) *chord.Model) {
	t.Helper()
	s, err := synth.ShapeOf(shape)
	if err != nil {
		t.Fatal(err)
	}
	name = filepath.Join(t.TempDir(), shape+".gguf")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := synth.Write(t.Context(), f, s, synth.Options{Type: "Q8_0", Seed: 1}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return name, func(o chord.Options) *chord.Model {
		m, err := chord.Open(name, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { m.Close() })
		return m
	}
}

// TestSpeculationByHead drafts with a model's own head. Its weights are random, so what
// it proposes is replaced by tokens that are mostly right. Texts are those without
// drafts.
func TestSpeculationByHead(t *testing.T) {
	_, open := synthetic(t, "tiny-mtp")
	plain, m := open(chord.Options{}), open(chord.Options{})
	inside.AlwaysDraft(m)
	drafted, accepted := 0, 0
	for i := range 6 {
		p := seeded(int64(i+1), 40)
		if i%3 == 0 {
			p.Temperature = chord.Greedy
		}
		if i == 4 {
			p.BannedStrings = []string{"ba", "di", "go", "ze"}
		}
		p.DraftMax = -1
		var ids []int32
		for tok, err := range plain.Generate(t.Context(), repeated, p) {
			if err != nil {
				t.Fatal(err)
			}
			if tok.Result == nil {
				ids = append(ids, tok.ID)
			}
		}
		want, r := spelled(t, plain, repeated, p)
		if r.Drafted > 0 {
			t.Errorf("seed %d: %d tokens drafted with DraftMax -1", i+1, r.Drafted)
		}
		inside.Propose(m, func(position int, id int32) int32 {
			if at := position - r.Prompt; at < len(ids) && position%4 != i%4 {
				return ids[at]
			}
			return id
		})
		p.DraftMax = 5
		if i == 5 {
			p.Lookup = 8
		}
		got, s := spelled(t, m, repeated, p)
		var wg sync.WaitGroup
		for range 2 { // beside another
			wg.Go(func() {
				if got, _ := spelled(t, m, repeated, p); got != want {
					t.Errorf("seed %d, beside another: got %s, want %s", i+1, got, want)
				}
			})
		}
		wg.Wait()
		if got != want || s.Finish != r.Finish || s.Seed != r.Seed {
			t.Errorf("seed %d: got %s, %+v, want %s, %+v", i+1, got, s, want, r)
		}
		drafted, accepted = drafted+s.Drafted, accepted+s.Accepted
	}
	t.Logf("%d of %d drafted tokens accepted", accepted, drafted)
	if accepted < 40 || accepted == drafted {
		t.Errorf("%d of %d drafted tokens accepted", accepted, drafted)
	}
}
