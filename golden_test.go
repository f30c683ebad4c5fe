package chord_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/fixtures"
)

// TestKarpathysStory checks that stories260K, from BOS alone and greedily, says
// what karpathy/llama2.c's own test expects of it, and that another model
// says what llama.cpp makes it say.
func TestKarpathysStory(t *testing.T) {
	raw := fixtures.Read(t, "golden/greedy-from-bos.json")
	var text struct {
		Karpathy string `json:"karpathy_text"`
	}
	golden := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &text); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &golden); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"stories260K", "babyllama-tok361-F32"} {
		t.Run(name, func(t *testing.T) {
			var want struct {
				IDs  []int32 `json:"ids"`
				Text string  `json:"text"`
			}
			if err := json.Unmarshal(golden[name], &want); err != nil {
				t.Fatal(err)
			}
			got, said := greedy(t, fixtures.Path(t, "real", name+".gguf"), len(want.IDs))
			if !slices.Equal(got, want.IDs) {
				t.Errorf("ids:\ngot  %v\nwant %v", got, want.IDs)
			}
			if said != want.Text {
				t.Errorf("text:\ngot  %q\nwant %q", said, want.Text)
			}
			if name == "stories260K" && said != text.Karpathy {
				t.Errorf("karpathy's:\ngot  %q\nwant %q", said, text.Karpathy)
			}
		})
	}
}

// greedy returns n likeliest tokens after BOS of the model at path, whatever
// they are, with a cache that does not round.
func greedy(t *testing.T, path string, n int) (ids []int32, text string) {
	m, err := chord.Open(path, chord.Options{CacheTypeK: "f32", CacheTypeV: "f32", Context: 256})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	p := chord.Params{MaxTokens: n, Temperature: chord.Greedy}
	for tok, err := range m.Generate(t.Context(), "", p) {
		if err != nil {
			t.Fatal(err)
		}
		if tok.Result != nil {
			break
		}
		ids, text = append(ids, tok.ID), text+tok.Text
	}
	return ids, text
}
