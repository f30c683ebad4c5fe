package main

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/querent-ai/chord/internal/eval"
)

// TestPrintJSON wants the output of encoding/json, and JSON for values that it does
// not support.
func TestPrintJSON(t *testing.T) {
	type result struct {
		eval.Perplexity
		Running []float64 `json:"running"`
	}
	finite := result{eval.Perplexity{Window: 2, Windows: 3, Tokens: 9, PPL: eval.Estimate{Value: 1.5, Error: 1e-9}}, []float64{2, 1e30}}
	for _, v := range []any{finite, result{}, eval.Summary{Cor: 0.25, KLQuantiles: []float64{1, 2}}, eval.Summary{}} {
		var out bytes.Buffer
		if err := newApp(nil, &out, nil).printJSON(v); err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if r, ok := v.(result); ok && r.Running == nil { // no null for a list
			want = bytes.Replace(want, []byte("null"), []byte("[]"), 1)
		}
		if got := bytes.TrimSuffix(out.Bytes(), []byte("\n")); !bytes.Equal(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	bad := finite
	bad.PPL, bad.Running = eval.Estimate{Value: math.Inf(1), Error: math.NaN()}, []float64{math.Inf(-1)}
	var out bytes.Buffer
	if err := newApp(nil, &out, nil).printJSON(bad); err != nil {
		t.Fatal(err)
	}
	if want := `{"window":2,"windows":3,"tokens":9,"ppl":{"value":"+Inf","error":"NaN"},"running":["-Inf"]}` + "\n"; out.String() != want {
		t.Errorf("got %s, want %s", out.String(), want)
	}
}
