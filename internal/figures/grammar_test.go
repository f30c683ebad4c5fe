package figures

import (
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/bench"
)

// BenchmarkGrammar measures the time of a token inside a JSON string that a grammar
// constrains, where nothing is forced, divided by that of a token without a grammar, in
// turn.
func BenchmarkGrammar(b *testing.B) {
	m := open(b, chord.Options{})
	g, err := grammar.JSONSchema([]byte(`{"type":"array","items":{"type":"string"}}`))
	if err != nil {
		b.Fatal(err)
	}
	const n = 48
	run := func(p chord.Params) float64 {
		s := m.NewSession()
		defer s.Close()
		if err := s.AppendTokens(b.Context(), text(m, 8, 1)); err != nil {
			b.Fatal(err)
		}
		p.MaxTokens, p.MinTokens, p.Temperature, p.IgnoreEOS = n, n, chord.Greedy, true
		for t, err := range s.Generate(b.Context(), p) {
			if err != nil {
				b.Fatal(err)
			}
			if r := t.Result; r != nil && r.Generated > 1 {
				return float64(r.TokenTime) / float64(time.Microsecond) / float64(r.Generated-1)
			}
		}
		b.Fatal("fewer than two tokens")
		return 0
	}
	run(chord.Params{Grammar: g}) // the vocabulary and the automaton are made once
	var ratios []float64
	for b.Loop() {
		plain := run(chord.Params{})
		ratios = append(ratios, run(chord.Params{Grammar: g})/plain)
	}
	b.ReportMetric(bench.Median(ratios), "grammar/plain")
}
