package sample

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
)

// A llamaCase is what llama.cpp (commit of August 2026, llama-sampler.cpp) left of
// made logits: a line of testdata/llama.jsonl.
type llamaCase struct {
	Logits   uint64 // seed of the logits
	N        int    // vocabulary
	Shift    int    // logits are divided by 2^Shift
	Order    string // letters of the stages
	Params   Params
	Accepted []int32   // tokens of the sequence
	Breakers [][]int32 // DRY's
	Left     int       // number of candidates
	Top      [][2]float64
	Steps    [][4]float64 // of a picker: candidates, its token, the token's and the highest probability
}

// llamaLogits returns the logits that the file was made with: four numbers of 20
// bits of a linear congruential generator, added up, which is exact.
func llamaLogits(seed uint64, n, shift int) []float32 {
	x := make([]float32, n)
	for i := range x {
		sum := -2097152
		for range 4 {
			seed = seed*6364136223846793005 + 1442695040888963407
			sum += int(seed >> 44)
		}
		x[i] = float32(sum) / float32(int(131072)<<shift)
	}
	return x
}

// llamaCases reads the file.
func llamaCases(t *testing.T) []llamaCase {
	t.Helper()
	f, err := os.Open("testdata/llama.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []llamaCase
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var c llamaCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

// sampler returns a sampler as the case says.
func (c *llamaCase) sampler(t *testing.T) *Sampler {
	t.Helper()
	p := c.Params
	if c.Order != "" {
		var err error
		if p.Samplers, err = ParseSamplers(c.Order); err != nil {
			t.Fatal(err)
		}
	}
	b := &Breakers{first: make([]uint64, c.N/64+1), whole: make([]uint64, c.N/64+1), tails: map[int32][][]int32{}}
	for _, ids := range c.Breakers {
		set := b.first
		if len(ids) == 1 {
			b.whole[ids[0]/64] |= 1 << (ids[0] % 64)
		}
		set[ids[0]/64] |= 1 << (ids[0] % 64)
		b.tails[ids[0]] = append(b.tails[ids[0]], ids[1:])
	}
	s, err := New(p, Config{Breakers: b})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range c.Accepted {
		s.Accept(id)
	}
	return s
}

// TestLlamaOutputs compares the candidates after a chain, and their probabilities,
// with those of llama.cpp: each stage alone, the default order, random orders.
func TestLlamaOutputs(t *testing.T) {
	chains := 0
	for i, c := range llamaCases(t) {
		if c.Steps != nil {
			continue
		}
		chains++
		s := c.sampler(t)
		x := llamaLogits(c.Logits, c.N, c.Shift)
		if _, ok := s.Sample(x); !ok {
			t.Errorf("case %d, %s: no token", i, c.Order)
			continue
		}
		got := s.Top(nil, c.N)
		got = slices.DeleteFunc(got, func(p Prob) bool { return p.Prob == 0 })
		if len(got) != c.Left {
			t.Errorf("case %d, %s: %d candidates, want %d", i, c.Order, len(got), c.Left)
			continue
		}
		probs := map[int32]float64{}
		for _, p := range got {
			probs[p.ID] = float64(p.Prob)
		}
		for _, top := range c.Top {
			if g := probs[int32(top[0])]; math.Abs(g-top[1]) > 2e-5*top[1]+1e-7 {
				t.Errorf("case %d, %s: token %g has probability %g, want %g", i, c.Order, top[0], g, top[1])
			}
		}
	}
	if chains < 200 {
		t.Errorf("%d chains", chains)
	}
}

// TestLlamaPickers compares mirostat and adaptive-p, whose state depends on the
// tokens picked, with llama.cpp's over some steps in which llama.cpp picks.
func TestLlamaPickers(t *testing.T) {
	for i, c := range llamaCases(t) {
		var s *Sampler
		if c.Steps != nil {
			s = c.sampler(t)
		}
		for n, step := range c.Steps {
			s.c.reset(llamaLogits(c.Logits+uint64(n), c.N, c.Shift))
			for _, stage := range s.chain {
				stage.Apply(&s.c)
			}
			id := int32(step[1])
			k := stepOf(t, s, id)
			if k == nil {
				t.Fatalf("case %d, step %d: token %d is not left", i, n, id)
			}
			got := fmt.Sprintf("%d candidates, %.4f, highest %.4f", len(s.c.list), k.prob, s.Top(nil, 1)[0].Prob)
			want := fmt.Sprintf("%d candidates, %.4f, highest %.4f", int(step[0]), step[2], step[3])
			if got != want && (len(s.c.list) != int(step[0]) || math.Abs(float64(k.prob)-step[2]) > 1e-4*step[2]+1e-6) {
				t.Fatalf("case %d, step %d: token %d: got %s, want %s", i, n, id, got, want)
			}
			s.Accept(id)
		}
	}
}

// stepOf truncates the candidates and tells the picker that id was picked.
func stepOf(t *testing.T, s *Sampler, id int32) *candidate {
	t.Helper()
	c := &s.c
	switch p := s.picker.(type) {
	case *mirostat1:
		p.truncate(c)
		c.softmax(c.temp)
	case *mirostat2:
		p.truncate(c)
		c.softmax(c.temp)
	case *adaptiveP:
		p.aim(c)
	default:
		t.Fatalf("picker %T", p)
	}
	at := slices.IndexFunc(c.list, func(k candidate) bool { return k.id == id })
	if at < 0 {
		return nil
	}
	switch p := s.picker.(type) {
	case *mirostat1:
		p.learn(c.list[at].prob)
	case *mirostat2:
		p.learn(c.list[at].prob)
	case *adaptiveP:
		p.await(&c.list[at])
	}
	return &c.list[at]
}
