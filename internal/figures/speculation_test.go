package figures

import (
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/bench"
	"github.com/querent-ai/chord/internal/inside"
)

// A script is a Processor that makes the model generate given tokens. Random weights
// copy nothing, whatever the prompt is: what an editor or a summary writes is a script.
type script struct {
	prompt int // tokens before it
	ids    []int32
}

// Process makes the next token of the script the likeliest by far.
func (s *script) Process(tokens []int32, logits []float32) {
	if i := len(tokens) - s.prompt; i < len(s.ids) {
		logits[s.ids[i]] += 1e6
	}
}

// editing returns a prompt of n tokens and what is generated after it.
func editing(m *chord.Model, r *rand.Rand, n int, write func(prompt []int32, random func() int32) []int32) (prompt, answer []int32) {
	prompt = text(m, n, r.Uint64())
	return prompt, write(prompt, func() int32 { return r.Int32N(int32(m.Info().Vocab)) })
}

// edit writes the prompt again with an edit about every twelve tokens: one or two of
// them replaced, dropped or added. So 90 % of the tokens are copied, as when code is
// edited.
func edit(r *rand.Rand) func([]int32, func() int32) []int32 {
	return func(prompt []int32, random func() int32) (answer []int32) {
		for i := 0; i < len(prompt); i++ {
			if r.IntN(12) > 0 {
				answer = append(answer, prompt[i])
				continue
			}
			n := 1 + r.IntN(2)
			kind := r.IntN(3)
			if kind != 0 { // replace or add
				for range n {
					answer = append(answer, random())
				}
			}
			if kind == 2 { // add
				answer = append(answer, prompt[i])
				n = 1
			}
			i += n - 1
		}
		return answer
	}
}

// summarise quotes pieces of 8 to 24 tokens from all over the prompt, with one to four
// of its own between them: 85 % of the tokens are copied.
func summarise(r *rand.Rand) func([]int32, func() int32) []int32 {
	return func(prompt []int32, random func() int32) (answer []int32) {
		for len(answer) < 250 {
			n := 8 + r.IntN(17)
			at := r.IntN(len(prompt) - n)
			answer = append(answer, prompt[at:at+n]...)
			for range 1 + r.IntN(4) {
				answer = append(answer, random())
			}
		}
		return answer
	}
}

// steps records the times of steps by their rows. A time is the median of the steps
// with as many rows, so that other processes change it for all texts alike.
type steps struct {
	mu    sync.Mutex
	times map[int][]float64
	rows  []int // of the current text; the first ones are of its prompt
}

// add is Options.OnStep.
func (s *steps) add(step chord.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.times == nil {
		s.times = map[int][]float64{}
	}
	s.times[step.Rows] = append(s.times[step.Rows], step.Time.Seconds())
	s.rows = append(s.rows, step.Rows)
}

// begin forgets the steps so far and returns those of the current text.
func (s *steps) begin() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := s.rows
	s.rows = nil
	return rows
}

// of returns the time of steps by their rows.
func (s *steps) of(rows []int) (sum float64) {
	for _, n := range rows {
		sum += bench.Median(s.times[n])
	}
	return sum
}

// says generates a text after ids and returns the result. It calls begun after the
// prompt.
func says(b *testing.B, m *chord.Model, ids []int32, p chord.Params, begun func() []int) chord.Result {
	b.Helper()
	s := m.NewSession()
	defer s.Close()
	if err := s.AppendTokens(b.Context(), ids); err != nil {
		b.Fatal(err)
	}
	begun()
	var r chord.Result
	for t, err := range s.Generate(b.Context(), p) {
		if err != nil {
			b.Fatal(err)
		}
		if t.Result != nil {
			r = *t.Result
		}
	}
	return r
}

// A comparison adds up what speculation brings.
type comparison struct {
	models                    []*steps // of the model, and of its draft model
	ratios                    []float64
	rows                      [2][2][]int // of plain decoding and of speculation, by model
	tokens, drafted, accepted int
}

// run generates plainly and speculating, in turn.
func (c *comparison) run(b *testing.B, m *chord.Model, ids []int32, p chord.Params, speculate func(*chord.Params)) {
	b.Helper()
	p.DraftMax = -1
	plain := c.says(b, m, ids, p, 0)
	p.DraftMax = 0
	speculate(&p)
	r := c.says(b, m, ids, p, 1)
	if r.Generated != plain.Generated {
		b.Errorf("%d tokens, %d without drafts", r.Generated, plain.Generated)
	}
	c.ratios = append(c.ratios, r.TokenRate()/plain.TokenRate())
	c.tokens, c.drafted, c.accepted = c.tokens+r.Generated, c.drafted+r.Drafted, c.accepted+r.Accepted
}

// says generates a text and records its steps, without those of the prompt.
func (c *comparison) says(b *testing.B, m *chord.Model, ids []int32, p chord.Params, kind int) chord.Result {
	for _, s := range c.models {
		s.begin()
	}
	r := says(b, m, ids, p, c.models[0].begin)
	for i, s := range c.models {
		c.rows[kind][i] = append(c.rows[kind][i], s.begin()...)
	}
	return r
}

// report reports the median of the ratios; the ratio of the sums of the steps' times,
// without the time between steps, which a busy machine changes less; and the tokens of
// a pass.
func (c *comparison) report(b *testing.B) {
	b.ReportMetric(bench.Median(c.ratios), "x-plain")
	var time [2]float64
	for kind := range time {
		for i, s := range c.models {
			time[kind] += s.of(c.rows[kind][i])
		}
	}
	b.ReportMetric(time[0]/time[1], "x-plain-by-steps")
	b.ReportMetric(float64(c.tokens)/float64(c.tokens-c.accepted), "tokens/pass")
	b.ReportMetric(float64(c.accepted)/float64(max(c.drafted, 1)), "accepted")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkLookup is how many times as fast text is generated with drafts by lookup in
// the text, without what other texts have in common with it: scripts of an edit and a
// summary, of which most is copied; the likeliest text and a random one of a model with
// random weights, which repeat hardly anything; and a script that repeats the same
// n-grams with other tokens after them each time, for which every draft is wrong.
func BenchmarkLookup(b *testing.B) {
	var s steps
	m := open(b, chord.Options{NoPrefixCache: true, NoSharedLookup: true, OnStep: s.add})
	lookup := func(p *chord.Params) { p.Lookup = 15 }
	decode(b, m, 8, 1)
	for _, c := range []struct {
		name  string
		p     chord.Params
		write func(r *rand.Rand) func([]int32, func() int32) []int32
	}{
		{"edit", chord.Params{Temperature: chord.Greedy}, edit},
		{"summary", chord.Params{Temperature: chord.Greedy}, summarise},
		{"likeliest", chord.Params{Temperature: chord.Greedy}, nil},
		{"random", chord.Params{Temperature: 1, TopK: chord.Off, TopP: chord.Off, MinP: chord.Off, Seed: 1}, nil},
		{"misleading", chord.Params{Temperature: chord.Greedy}, mislead},
	} {
		b.Run("text="+c.name, func(b *testing.B) {
			all := comparison{models: []*steps{&s}}
			r := rand.New(rand.NewPCG(1, 2))
			for b.Loop() {
				p := c.p
				p.MaxTokens, p.IgnoreEOS = 150, true
				ids := text(m, 8, r.Uint64())
				if c.write != nil {
					var answer []int32
					ids, answer = editing(m, r, 300, c.write(r))
					p.Processor, p.MaxTokens = &script{len(ids), answer}, min(150, len(answer))
				}
				all.run(b, m, ids, p, lookup)
			}
			all.report(b)
		})
	}
}

// mislead repeats n-grams of the prompt, each followed by a random token.
func mislead(r *rand.Rand) func([]int32, func() int32) []int32 {
	return func(prompt []int32, random func() int32) (answer []int32) {
		for len(answer) < 250 {
			at := r.IntN(len(prompt) - 3)
			answer = append(answer, prompt[at:at+3]...)
			answer = append(answer, random())
		}
		return answer
	}
}

// BenchmarkPool is how many times as fast texts are generated with drafts of what the
// model has generated for others: scripts that are made of the same 40 phrases in
// another order each time, as forms and calls of tools are.
func BenchmarkPool(b *testing.B) {
	var s steps
	m := open(b, chord.Options{NoPrefixCache: true, OnStep: s.add})
	decode(b, m, 8, 1)
	r := rand.New(rand.NewPCG(1, 2))
	var phrases [40][]int32
	for i := range phrases {
		phrases[i] = text(m, 6+r.IntN(10), r.Uint64())
	}
	all := comparison{models: []*steps{&s}}
	write := func(prompt []int32, random func() int32) (answer []int32) {
		for len(answer) < 150 {
			answer = append(append(answer, phrases[r.IntN(len(phrases))]...), random(), random())
		}
		return answer
	}
	for b.Loop() {
		ids, answer := editing(m, r, 100, write)
		p := chord.Params{Temperature: chord.Greedy, MaxTokens: 150, IgnoreEOS: true, Processor: &script{len(ids), answer}}
		all.run(b, m, ids, p, func(p *chord.Params) { p.Lookup = 15 })
	}
	all.report(b)
}

// BenchmarkDraft is how many times as fast text is generated with a draft model that
// agrees in the given share of tokens: what it proposes is replaced by the right token
// so often, which takes its time and gives what a real one gives. Random weights
// never agree.
func BenchmarkDraft(b *testing.B) {
	path := os.Getenv("CHORD_DRAFT")
	if path == "" {
		b.Skip("CHORD_DRAFT names no draft model")
	}
	var s, small steps
	d, err := chord.Open(path, chord.Options{NoPrefixCache: true, OnStep: small.add})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	m := open(b, chord.Options{NoPrefixCache: true, Draft: d, OnStep: s.add})
	decode(b, m, 8, 1)
	for _, agree := range []struct {
		name  string
		share float64
	}{{"0", 0}, {"50", 0.5}, {"80", 0.8}, {"95", 0.95}} {
		b.Run("agree="+agree.name, func(b *testing.B) {
			all := comparison{models: []*steps{&s, &small}}
			r := rand.New(rand.NewPCG(1, 2))
			for b.Loop() {
				ids := text(m, 32, r.Uint64())
				answer := text(m, 150, r.Uint64())
				whole := slices.Concat(ids, answer)
				wrong := rand.New(rand.NewPCG(5, r.Uint64()))
				inside.Propose(m, func(at int, id int32) int32 {
					if at < len(whole) && wrong.Float64() < agree.share {
						return whole[at]
					}
					return id
				})
				p := chord.Params{Temperature: chord.Greedy, MaxTokens: len(answer), IgnoreEOS: true, Processor: &script{len(ids), answer}}
				all.run(b, m, ids, p, func(*chord.Params) {})
			}
			all.report(b)
		})
	}
}
