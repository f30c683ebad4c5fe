package generate

import (
	"fmt"
	"math"
	"slices"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/sample"
	"github.com/querent-ai/chord/simd"
)

// choose samples a token. What changes the logits comes in this order: the Processor,
// the guide, the grammar, banned strings, the stages of sampling.
func (t *Text) choose(logits []float32) (Token, error) {
	raw := logits
	if t.ban != nil || t.Params.Processor != nil && t.Params.Logprobs > 0 {
		raw, logits = t.keepRaw(logits)
	}
	if t.Params.Processor != nil {
		t.Params.Processor.Process(t.Seq.Tokens()[:t.kept], logits)
	}
	if t.Record != nil {
		t.Record.addLogits(logits)
	}
	if err := t.restrict(logits); err != nil {
		return Token{}, err
	}
	id, ok := t.sampler.Sample(logits)
	if !ok {
		return Token{}, t.noToken(logits)
	}
	if t.spec != nil {
		t.spec.learn(id)
	}
	if err := t.follow(id); err != nil {
		return Token{}, err
	}
	k := Token{ID: id}
	if t.Params.Logprobs > 0 {
		k.Logprob, k.Top = t.logprobs(raw, id)
	}
	return k, nil
}

// keepRaw returns a copy of logits that stays as it is, and logits or, if the logits
// are that copy because the token is chosen again, another copy that may change.
func (t *Text) keepRaw(logits []float32) (raw, changed []float32) {
	if len(t.raw) > 0 && &t.raw[0] == &logits[0] {
		t.again = append(t.again[:0], logits...)
		return t.raw, t.again
	}
	t.raw = append(t.raw[:0], logits...)
	return t.raw, logits
}

// restrict forbids the tokens that may not come next.
func (t *Text) restrict(logits []float32) error {
	if t.Guide != nil {
		t.Guide.apply(logits)
	}
	if t.grammar != nil && !t.grammar.Apply(logits) {
		if err := t.grammar.Err(); err != nil {
			return invalid("Grammar", "after %d tokens: %v", t.kept, err)
		}
		return invalid("Grammar", "after %d tokens no token of the vocabulary may come next", t.kept)
	}
	if t.ban != nil {
		t.ban.Exclude(logits)
	}
	return nil
}

// follow goes on after a token.
func (t *Text) follow(id int32) error {
	t.accept(id)
	if t.Guide != nil && t.ban != nil {
		t.Guide.mark()
	}
	if t.grammar != nil {
		if err := t.grammar.Accept(id); err != nil {
			return fmt.Errorf("chord: %w", err)
		}
	}
	if t.Guide != nil {
		t.Guide.accept(id)
	}
	if t.Record != nil {
		t.Record.add(id)
	}
	return nil
}

// accept adds a token to the text that sampling and lookup see. They do not see
// pictures.
func (t *Text) accept(id int32) {
	if id < 0 {
		return
	}
	t.sampler.Accept(id)
	if t.spec != nil {
		t.spec.accept(id)
	}
}

// noToken is the error if no token can be sampled: the weights of the model are
// broken, so that its logits are no numbers, or all tokens are forbidden.
func (t *Text) noToken(logits []float32) error {
	if t.ban != nil && t.ban.Excludes() {
		return invalid("BannedStrings", "after %d tokens every token that may come next would complete one", t.kept)
	}
	forbidden := t.Params.Processor != nil || t.grammar != nil && !slices.ContainsFunc(logits, func(x float32) bool { return x != x })
	if best := logits[simd.Argmax(logits)]; best >= -math.MaxFloat32 || forbidden {
		return invalid("", "all tokens are forbidden after %d tokens, by LogitBias, the Grammar or the Processor", t.kept)
	}
	return Broken(t.kept)
}

// invalid returns the error of a field of the parameters, "" for all of them together.
func invalid(field, format string, args ...any) error {
	return &sample.FieldError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// Broken is the error of NaN logits after n tokens.
func Broken(n int) error {
	return fmt.Errorf("chord: the logits after %d tokens are no numbers: the model's weights are broken: %w", n, gguf.ErrFormat)
}
