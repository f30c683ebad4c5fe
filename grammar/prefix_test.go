package grammar

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPrefixes goes through the valid instances of MaskBench with Llama 3's
// vocabulary: every token of a cut into long tokens, and of a cut at random
// places, is in the mask of what is before it.
func TestPrefixes(t *testing.T) {
	v := llama3(t)
	rng := rand.New(rand.NewPCG(1, 2))
	done := 0
	for i, f := range benchFiles(t) {
		if testing.Short() && i%8 != 0 {
			continue
		}
		g, err := JSONSchema(f.Schema)
		if err != nil {
			continue
		}
		for _, c := range f.Tests {
			text := dump(t, c.Data)
			if ok, _ := g.Match(text); !ok {
				continue
			}
			for _, ids := range [][]int32{v.cut(text), v.cutAnywhere(text, rng)} {
				checkPrefixes(t, f.name, g, v, ids)
				done += len(ids)
			}
		}
	}
	t.Logf("%d tokens", done)
	if done < 20_000 {
		t.Errorf("only %d tokens", done)
	}
}

// checkPrefixes wants every one of ids, which are a text of g, and the end after them
// to be in the mask of what is before it.
func checkPrefixes(t *testing.T, name string, g *Grammar, v *testVocab, ids []int32) {
	t.Helper()
	mask := make([]uint64, v.Words())
	m := g.NewMatcher(v.Vocab)
	for n, id := range append(slices.Clip(ids), v.eos) {
		m.Mask(mask)
		if err := m.Accept(id); err != nil || !allowed(mask, id) {
			t.Fatalf("%s: token %d %q after %.200q: allowed: %v, %v", name, n, v.Text(id), v.join(ids[:n]), allowed(mask, id), err)
		}
	}
}

// join returns the text of tokens.
func (v *testVocab) join(ids []int32) (text []byte) {
	for _, id := range ids {
		text = append(text, v.Text(id)...)
	}
	return text
}

// cutAnywhere returns tokens of text of random lengths.
func (v *testVocab) cutAnywhere(text []byte, rng *rand.Rand) []int32 {
	var out []int32
	for len(text) > 0 {
		n := min(1+rng.IntN(8), len(text))
		id, ok := v.ids[string(text[:n])]
		for !ok {
			n--
			id, ok = v.ids[string(text[:n])]
		}
		out = append(out, id)
		text = text[n:]
	}
	return out
}

// TestSplits cuts texts at every byte: what may follow the first part must let
// the second part in, in the middle of characters too.
func TestSplits(t *testing.T) {
	v := smallVocab()
	g, err := JSONSchema([]byte(`{"type":"object","properties":{"日本":{"type":"string","pattern":"^é*$"},"x":{"type":"array","items":{"type":"number"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	mask := make([]uint64, v.Words())
	text := []byte(`{"日本": "éé", "x": [1.5, -2e3], "other": {"é": [null, true]}}`)
	for at := range text {
		m := g.NewMatcher(v.Vocab)
		for i, b := range text {
			if i == at {
				for n := 1; n <= len(text)-at; n++ {
					id, ok := v.ids[string(text[at:at+n])]
					if m.Mask(mask); ok && !allowed(mask, id) {
						t.Errorf("after %q: %q is not allowed", text[:at], text[at:at+n])
					}
				}
			}
			if err := m.Accept(int32(b)); err != nil {
				t.Fatalf("at %d of %q: %v", i, text, err)
			}
		}
	}
}
