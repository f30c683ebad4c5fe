package chord

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/schema"
)

// grammarDraft is the maximum number of tokens to draft of the text that a grammar
// forces.
const grammarDraft = 8

// A constraint keeps a generation within a grammar.
type constraint struct {
	matcher  *grammar.Matcher
	mask     []uint64
	accepted int // tokens
}

// vocabulary returns the model's vocabulary for grammars.
func (m *Model) vocabulary(tok *bpe.Tokenizer) *grammar.Vocab {
	m.grammars.Lock()
	defer m.grammars.Unlock()
	if m.grammarVocab == nil {
		texts := make([][]byte, tok.Len())
		control := slices.Clone(m.never)
		for id := range texts {
			if id := int32(id); tok.IsControl(id) {
				control = append(control, id)
			} else {
				texts[id] = []byte(tok.Piece(id))
			}
		}
		m.grammarVocab = grammar.NewVocab(texts, m.eog, control)
	}
	return m.grammarVocab
}

// constrain begins to follow p.Grammar.
func (g *generation) constrain() {
	v := g.m.vocabulary(g.tok)
	g.grammar = &constraint{matcher: g.p.Grammar.NewMatcher(v), mask: make([]uint64, v.Words())}
}

// apply forbids the tokens that may not come next. It reports whether any may.
func (c *constraint) apply(logits []float32) bool {
	some := c.matcher.Mask(c.mask)
	forbidden := float32(math.Inf(-1))
	for i, bits := range c.mask {
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
	for i := 64 * len(c.mask); i < len(logits); i++ { // the model has more logits than the vocabulary tokens
		logits[i] = forbidden
	}
	return some
}

// allows reports whether a token may come next.
func (c *constraint) allows(id int32) bool {
	c.matcher.Mask(c.mask)
	return int(id) < 64*len(c.mask) && c.mask[id/64]>>(id%64)&1 != 0
}

// forced returns at most n tokens of the text that must come next.
func (c *constraint) forced(tok *bpe.Tokenizer, n int) []int32 {
	text := c.matcher.Forced()
	if len(text) == 0 || n == 0 {
		return nil
	}
	text = text[:min(len(text), 16*n)]
	if at := bytes.Index(text, []byte(controlMark)); at == 0 {
		return nil // a control token: one pass gives it as well
	} else if at > 0 {
		text = text[:at]
	}
	ids := tokens{tok}.Tokenize(string(text))
	return ids[:min(len(ids), n)]
}

// errNoToken is the error of a grammar that the vocabulary cannot go on with.
func errNoToken(n int) error {
	return invalid("Params.Grammar", "after %d tokens no token of the vocabulary may come next", n)
}

// GenerateAs returns the continuation of prompt as a T: the JSON of T, for which the
// text is constrained to its schema. The schema of a struct comes from its json tags;
// jsonschema tags add constraints, see [ToolOf].
//
// Errors are those of [Model.Generate]; a [*ParamError] for a type whose JSON cannot
// be constrained; [ErrIncomplete] if MaxTokens, the context or a stop ended the text
// before the value was complete.
func GenerateAs[T any](ctx context.Context, m *Model, prompt string, p Params) (T, error) {
	var t T
	if err := constrainTo[T](&p); err != nil {
		return t, err
	}
	r, err := m.Complete(ctx, prompt, p)
	if err != nil {
		return t, err
	}
	return decode[T](r.Text, r.Finish)
}

// ChatAs returns the answer to the last message as a T; see [GenerateAs]. Tools are not
// called.
func ChatAs[T any](ctx context.Context, m *Model, messages []Message, p ChatParams) (T, error) {
	var t T
	p.ToolChoice = "none"
	if err := constrainTo[T](&p.Params); err != nil {
		return t, err
	}
	text, finish := "", Finish("")
	for d, err := range m.Chat(ctx, messages, p) {
		if err != nil {
			return t, err
		}
		if text += d.Content; d.Result != nil {
			finish = d.Result.Finish
		}
	}
	return decode[T](text, finish)
}

// constrainTo sets the grammar of p to the JSON of T.
func constrainTo[T any](p *Params) error {
	if p.Grammar != nil {
		return invalid("Params.Grammar", "the type is the grammar")
	}
	s, err := schema.Of(reflect.TypeFor[T]())
	if err == nil {
		p.Grammar, err = grammar.JSONSchema(s)
	}
	if err != nil {
		return invalid("type", "%v", err)
	}
	return nil
}

// decode returns the value in text, which ended so.
func decode[T any](text string, finish Finish) (T, error) {
	var t T
	if finish != FinishEOG {
		return t, fmt.Errorf("chord: %w: it ended by %q", ErrIncomplete, finish)
	}
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return t, fmt.Errorf("chord: the answer %.100q: %w", text, err)
	}
	return t, nil
}
