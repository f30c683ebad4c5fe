package chord_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
)

// rankQuery and rankDocs have a word twice, an empty document, and the name of a
// control token.
const rankQuery = "the cat sat on a mat"

var rankDocs = []string{"a cat", "the dog sat", "", "running dogs on the mat the mat the mat", "a cat"}

// rerank returns scores.
func rerank(t *testing.T, m *chord.Model, query string, docs []string) []float32 {
	t.Helper()
	s, err := m.Rerank(t.Context(), query, docs)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRerank compares with the scores of llama.cpp for pairs framed as its server
// and, for WordPiece, its llama-embedding frame them.
func TestRerank(t *testing.T) {
	var want map[string][]float64
	b, err := os.ReadFile("testdata/rerank.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for name, made := range madeRerankers {
		t.Run(name, func(t *testing.T) {
			m := openMade(t, made().bytes(t, name))
			got := rerank(t, m, rankQuery, rankDocs)
			if len(want[name]) != len(got) {
				t.Fatalf("%d scores wanted, got %v", len(want[name]), got)
			}
			for i, w := range want[name] {
				if d := math.Abs(float64(got[i]) - w); !(d <= 2e-3) { // llama.cpp looks GELU up in a table
					t.Errorf("document %d: got %g, want %g", i, got[i], w)
				}
			}
			if got[0] == got[1] || !m.Info().Reranker {
				t.Error("scores do not depend on the document")
			}
		})
	}
}

// TestRerankTogether wants the same bits for a pair alone, among others in any
// order, and after other requests.
func TestRerankTogether(t *testing.T) {
	for name, made := range madeRerankers {
		t.Run(name, func(t *testing.T) {
			m := openMade(t, made().bytes(t, name))
			alone := map[string]float32{}
			for _, d := range rankDocs {
				alone[d] = rerank(t, m, rankQuery, []string{d})[0]
			}
			many := slices.Repeat(rankDocs, 60)
			check := func(when string) {
				t.Helper()
				for i, s := range rerank(t, m, rankQuery, many) {
					if s != alone[many[i]] {
						t.Fatalf("%s: document %d: %g, alone %g", when, i, s, alone[many[i]])
					}
				}
			}
			check("among 300")
			slices.Reverse(many)
			rerank(t, m, "dog", many)
			embed(t, m, rankDocs[:2], chord.EmbedOptions{})
			check("in another order, after other requests")
		})
	}
}

// TestEmbedSameBits wants the same bits for the vector of a text alone, among 300,
// in another order, and after other requests, of encoders and of a generator.
func TestEmbedSameBits(t *testing.T) {
	for name, made := range madeRerankers {
		for _, pooling := range []string{"", "mean", "none"} {
			m, o := openMade(t, made().bytes(t, name)), chord.EmbedOptions{Pooling: pooling}
			texts := []string{"a cat", "the dog sat on the mat", "cat", "running dogs on the mat the mat", "a"}
			alone := map[string][]float32{}
			for _, text := range texts {
				alone[text] = embed(t, m, []string{text}, o)[0]
			}
			many := slices.Repeat(texts, 60)
			for _, when := range []string{"among 300", "in another order, after other requests"} {
				for i, v := range embed(t, m, many, o) {
					if !slices.Equal(v, alone[many[i]]) {
						t.Fatalf("%s, pooling %q: text %d differs %s", name, pooling, i, when)
					}
				}
				slices.Reverse(many)
				rerank(t, m, "dog", texts)
				embed(t, m, texts[:2], chord.EmbedOptions{Raw: true, Pooling: "last"})
			}
		}
	}
}

// TestRerankControl wants the names of control tokens in queries and documents to
// be text: the score is that of a document with other unknown characters in their
// place.
func TestRerankControl(t *testing.T) {
	for name, docs := range map[string][2]string{
		"bert":        {"a [SEP] cat", "a (xyz) cat"},
		"xlm-roberta": {"a </s> cat", "a %%s% cat"},
	} {
		m := openMade(t, madeRerankers[name]().bytes(t, name))
		if s := rerank(t, m, "cat", docs[:]); s[0] != s[1] {
			t.Errorf("%s: a document: %v", name, s)
		}
		if a, b := rerank(t, m, docs[0], []string{"cat"}), rerank(t, m, docs[1], []string{"cat"}); a[0] != b[0] {
			t.Errorf("%s: a query: %v, %v", name, a, b)
		}
	}
	m := openMade(t, madeRerankers["qwen3"]().bytes(t, "qwen3"))
	_, err := m.Rerank(t.Context(), "cat", []string{strings.Repeat("<|im_end|>", 20)}) // one token each where they are control tokens
	wantError(t, err, chord.ErrContextFull, "Rerank: document 0: ")
	if s := rerank(t, m, "{document} a", []string{"cat", "cat {query}"}); s[0] == s[1] {
		t.Errorf("names of places: %v", s)
	}
}

func TestRerankErrors(t *testing.T) {
	m := openMade(t, madeRerankers["bert"]().bytes(t, "bert"))
	s, err := m.Rerank(t.Context(), "cat", []string{"dog", strings.Repeat("a ", 80)})
	wantError(t, err, chord.ErrContextFull, "chord: Rerank: document 1: 84 tokens with the query, context of 64")
	if len(s) != 2 || s[0] == 0 || s[1] != 0 {
		t.Errorf("scores %v", s)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = m.Rerank(done, "cat", []string{"dog"})
	wantError(t, err, context.Canceled, "")
	if s := rerank(t, m, "cat", nil); len(s) != 0 {
		t.Errorf("no documents: %v", s)
	}
	_, err = openBert(t, 1).Rerank(t.Context(), "cat", []string{"dog"})
	wantError(t, err, chord.ErrUnsupported, "no classification head")
	_, err = story(t).Rerank(t.Context(), "cat", []string{"dog"})
	wantError(t, err, chord.ErrUnsupported, "no classification head")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = m.Rerank(t.Context(), "cat", []string{"dog"})
	if !errors.Is(err, chord.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// TestEmbedDimensions wants the first elements of the raw vector, normalised.
func TestEmbedDimensions(t *testing.T) {
	m := openBert(t, 1)
	raw := embed(t, m, bertTexts[:1], chord.EmbedOptions{Raw: true, Dimensions: 8})[0]
	whole := embed(t, m, bertTexts[:1], chord.EmbedOptions{Raw: true})[0]
	if !slices.Equal(raw, whole[:8]) {
		t.Errorf("got %v, want the first of %v", raw, whole)
	}
	length := 0.0
	for _, x := range embed(t, m, bertTexts[:1], chord.EmbedOptions{Dimensions: 8})[0] {
		length += float64(x) * float64(x)
	}
	if math.Abs(length-1) > 1e-5 {
		t.Errorf("length² %g", length)
	}
	tokens := embed(t, m, bertTexts[:1], chord.EmbedOptions{Pooling: "none", Dimensions: 8, Raw: true})[0]
	all := embed(t, m, bertTexts[:1], chord.EmbedOptions{Pooling: "none", Raw: true})[0]
	if len(all) != len(tokens)*bertDim/8 || !slices.Equal(tokens[8:16], all[bertDim:bertDim+8]) {
		t.Errorf("none: %d and %d elements", len(tokens), len(all))
	}
	for _, n := range []int{-1, bertDim + 1} {
		_, err := m.Embed(t.Context(), bertTexts, chord.EmbedOptions{Dimensions: n})
		wantError(t, err, chord.ErrInvalid, "EmbedOptions.Dimensions")
	}
}
