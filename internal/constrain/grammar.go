package constrain

import (
	"bytes"
	"math"

	"github.com/querent-ai/chord/grammar"
)

// A Grammar keeps a text within a grammar, token by token.
type Grammar struct {
	v        *Vocabulary
	matcher  *grammar.Matcher
	mask     []uint64
	accepted int // tokens
}

// NewGrammar returns a Grammar at the beginning of a text in g.
func NewGrammar(v *Vocabulary, g *grammar.Grammar) *Grammar {
	return follow(v, v.Texts(), g, nil)
}

// NewMarked returns a Grammar of a marked text in g that begins with text, nil if none
// does; see [Vocabulary.Mark].
func NewMarked(v *Vocabulary, g *grammar.Grammar, text []byte) *Grammar {
	return follow(v, v.Marked(), g, text)
}

func follow(v *Vocabulary, tokens *grammar.Vocab, g *grammar.Grammar, text []byte) *Grammar {
	m := g.NewMatcher(tokens)
	if len(text) > 0 {
		if m = g.NewMatcherAfter(tokens, text); m == nil {
			return nil
		}
	}
	return &Grammar{v: v, matcher: m, mask: make([]uint64, tokens.Words())}
}

// Apply forbids the tokens that may not come next. It reports whether any may.
func (g *Grammar) Apply(logits []float32) bool {
	some := g.matcher.Mask(g.mask)
	forbidden := float32(math.Inf(-1))
	for i, bits := range g.mask {
		if bits == math.MaxUint64 {
			continue
		}
		row := logits[64*i : min(64*i+64, len(logits))]
		if bits == 0 {
			for j := range row {
				row[j] = forbidden
			}
			continue
		}
		for j := range row {
			if bits>>j&1 == 0 {
				row[j] = forbidden
			}
		}
	}
	for i := 64 * len(g.mask); i < len(logits); i++ { // the model has more logits than the vocabulary tokens
		logits[i] = forbidden
	}
	return some
}

// Err returns why Apply has left no token, nil if the grammar says so; see
// [grammar.Matcher.Err].
func (g *Grammar) Err() error { return g.matcher.Err() }

// Allows reports whether a token may come next.
func (g *Grammar) Allows(id int32) bool {
	g.matcher.Mask(g.mask)
	return int(id) < 64*len(g.mask) && g.mask[id/64]>>(id%64)&1 != 0
}

// Forced returns at most n tokens of the text that must come next.
func (g *Grammar) Forced(n int) []int32 {
	text := g.matcher.Forced()
	if len(text) == 0 || n == 0 {
		return nil
	}
	text = text[:min(len(text), 16*n)]
	if at := bytes.Index(text, []byte(controlMark)); at == 0 {
		return nil // a control token: one pass gives it as well
	} else if at > 0 {
		text = text[:at]
	}
	ids := g.v.Tokenize(string(text))
	return ids[:min(len(ids), n)]
}

// Accept goes on after a token. The error is that of one that may not come next.
func (g *Grammar) Accept(id int32) error {
	if err := g.matcher.Accept(id); err != nil {
		return err
	}
	g.accepted++
	return nil
}

// Accepting reports whether the text may end.
func (g *Grammar) Accepting() bool { return g.matcher.Accepting() }

// Accepted returns the number of tokens.
func (g *Grammar) Accepted() int { return g.accepted }

// Back takes the last n tokens back.
func (g *Grammar) Back(n int) {
	g.matcher.Rollback(n)
	g.accepted -= n
}
