package chord

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"time"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/generate"
	"github.com/querent-ai/chord/internal/schema"
)

// A Token is one step of a generation.
//
// The Texts of all tokens together are the generated text, and each is valid UTF-8.
// A character made of several tokens is in the Text of the last one; the others
// have Text "", as control tokens do.
type Token struct {
	ID   int32  // in the vocabulary
	Text string // text it adds

	// Logprob is the natural logarithm of the token's probability before
	// sampling, and Top are the likeliest tokens in its place, the likeliest
	// first. Both are set only with Params.Logprobs.
	Logprob float32
	Top     []TokenProb

	// Result is set on the last element only, which is not a token: its ID is -1
	// and its Text "". It is set with an error too.
	Result *Result
}

// A TokenProb is a token and the natural logarithm of its probability.
type TokenProb struct {
	ID      int32
	Text    string // its bytes, maybe not whole characters
	Logprob float32
}

// Finish says why generation ended.
type Finish string

// Why generation ended. It is "" after an error.
const (
	FinishEOG     Finish = "eog"     // an end-of-generation token of the vocabulary, or one of Params.StopTokens
	FinishStop    Finish = "stop"    // one of Params.Stop
	FinishLength  Finish = "length"  // Params.MaxTokens
	FinishContext Finish = "context" // the context is full

	FinishToolCalls Finish = "tool_calls" // as FinishEOG, after calls of tools
)

// A Result is the outcome of a generation.
type Result struct {
	Text   string // the whole text; set by Complete only
	Finish Finish // why generation ended
	Stop   string // the one of Params.Stop that ended it, "" if none did
	Seed   int64  // seed used; as Params.Seed it repeats the text

	Prompt    int // tokens of the prompt, BOS included
	Cached    int // tokens of the prompt taken from the prefix cache
	Generated int // tokens generated, without the one that ended the text
	Drafted   int // tokens drafted
	Accepted  int // drafted tokens that were right

	Queue      time.Duration // waiting for the first step
	PromptTime time.Duration // until the first token, including Queue
	TokenTime  time.Duration // for the tokens after the first, without the caller's time

	// Relaxed is what the calls of tools are not held to, by tool: keywords of its
	// schema that cannot be enforced, with their places.
	Relaxed []string

	// Receipt proves that the model generated the text, with Params.Receipt; nil
	// after an error.
	Receipt *Receipt

	steps int // that TokenTime is made of
}

// PromptRate returns the tokens of the prompt computed per second, without cached
// ones.
func (r *Result) PromptRate() float64 { return rate(r.Prompt-r.Cached, r.PromptTime-r.Queue) }

// TokenRate returns the tokens generated per second, or 0 if there were fewer than
// two.
func (r *Result) TokenRate() float64 { return rate(r.steps, r.TokenTime) }

func rate(n int, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

// Generate returns the tokens that continue prompt; the last element has the
// [Result]. Ranging over it generates; each range starts anew. The body of the loop
// may be slow, break or panic without effect on other calls.
//
// An error is yielded once, on the last element: a [*ParamError]; ctx.Err() as soon
// as ctx is done; [ErrContextFull] if the prompt is longer than the context;
// [ErrBusy]; [ErrUnsupported] for an embedder; [ErrClosed].
func (m *Model) Generate(ctx context.Context, prompt string, p Params) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		ids, err := m.prompt(ctx, prompt, &p)
		if err != nil {
			yield(Token{ID: -1, Result: &Result{}}, err)
			return
		}
		m.generate(ctx, ids, &p, prompt == "", yield)
	}
}

// Complete returns the text that continues prompt. Errors are those of
// [Model.Generate]; the Result then has the text generated before.
func (m *Model) Complete(ctx context.Context, prompt string, p Params) (Result, error) {
	return collect(m.Generate(ctx, prompt, p))
}

// collect returns the result of a generation with its whole text.
func collect(tokens iter.Seq2[Token, error]) (Result, error) {
	var text strings.Builder
	for t, err := range tokens {
		text.WriteString(t.Text)
		if t.Result != nil {
			t.Result.Text = text.String()
			return *t.Result, err
		}
	}
	return Result{Text: text.String()}, nil
}

// prompt returns the tokens of a prompt.
func (m *Model) prompt(ctx context.Context, text string, p *Params) ([]int32, error) {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	if err := p.check(m.vocab); err != nil {
		return nil, err
	}
	return m.encode(ctx, text, bpe.EncodeOptions{NoBOS: p.NoBOS, NoParseSpecial: p.NoParseSpecial})
}

// checkPrompt returns an error if ids cannot be a prompt.
func (m *Model) checkPrompt(ids []int32) error {
	switch n, limit := len(ids), m.Context(); {
	case m.embedder:
		return fmt.Errorf("chord: %s gives vectors, no text: %w", m.info.Arch, ErrUnsupported)
	case n == 0:
		return invalid("prompt", "nothing to continue: it has no tokens")
	case n > limit:
		return fmt.Errorf("chord: prompt of %d tokens, context of %d: %w", n, limit, ErrContextFull)
	}
	return nil
}

// generate continues ids in a new sequence.
func (m *Model) generate(ctx context.Context, ids []int32, p *Params, trim bool, yield func(Token, error) bool) {
	var t *generate.Text
	err := m.checkPrompt(ids)
	if err == nil {
		t, err = m.newText(p)
	}
	if err == nil {
		t.Seq, err = m.attach(ctx, ids, p, nil)
	}
	if err != nil {
		yield(Token{ID: -1, Result: &Result{Prompt: len(ids)}}, err)
		return
	}
	defer t.Seq.Close()
	t.Pending, t.Trim = ids[t.Seq.Len():], trim
	m.run(ctx, t, p, yield)
}

// newText returns a text without a sequence.
func (m *Model) newText(p *Params) (*generate.Text, error) {
	v, err := m.tokens()
	return &generate.Text{Model: &m.texts, Vocab: v, Params: p.texts()}, err
}

// attach returns a sequence with what the prefix cache has of a prompt.
func (m *Model) attach(ctx context.Context, ids []int32, p *Params, pictures []*engine.Picture) (*engine.Seq, error) {
	set, err := m.adapters("Params.Adapters", p.Adapters)
	if err != nil {
		return nil, err
	}
	return m.engine.Attach(ctx, ids, engine.SeqOptions{Priority: p.Priority, NoPrefix: m.texts.NoPrefix, Adapters: set, Pictures: pictures}), nil
}

// run generates t and yields its tokens and its result.
func (m *Model) run(ctx context.Context, t *generate.Text, p *Params, yield func(Token, error) bool) {
	var receipt *Receipt
	if p.Receipt {
		t.Head = func(seed int64, prompt int) (head []byte, err error) {
			receipt, head, err = m.newReceipt(ctx, p, m.formOf(t.Guide), seed, prompt)
			return head, err
		}
	}
	left, err := t.Run(ctx, func(k generate.Token) bool { return yield(newToken(k), nil) })
	if left {
		return
	}
	r := newResult(&t.Result)
	if receipt != nil && err == nil {
		r.Receipt = receipt
		r.Receipt.fill(t.Record)
	}
	yield(Token{ID: -1, Result: r}, failed(err))
}

// newToken converts a token.
func newToken(k generate.Token) Token {
	return Token{ID: k.ID, Text: k.Text, Logprob: k.Logprob, Top: newTop(k.Top)}
}

// newTop converts likeliest tokens.
func newTop(list []generate.TokenProb) []TokenProb {
	if list == nil {
		return nil
	}
	top := make([]TokenProb, len(list))
	for i, p := range list {
		top[i] = TokenProb(p)
	}
	return top
}

// newResult converts a result.
func newResult(r *generate.Result) *Result {
	return &Result{
		Finish: Finish(r.Finish), Stop: r.Stop, Seed: r.Seed,
		Prompt: r.Prompt, Cached: r.Cached, Generated: r.Generated, Drafted: r.Drafted, Accepted: r.Accepted,
		Queue: r.Queue, PromptTime: r.PromptTime, TokenTime: r.TokenTime, steps: r.Steps,
	}
}

// GenerateTokens returns the tokens that continue ids, a prompt that is taken as it is:
// nothing, such as BOS, is added. It is otherwise [Model.Generate]; an id outside the
// vocabulary is a [*ParamError].
func (m *Model) GenerateTokens(ctx context.Context, ids []int32, p Params) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		err := p.check(m.vocab)
		if err == nil {
			err = m.checkIDs(ctx, ids)
		}
		if err != nil {
			yield(Token{ID: -1, Result: &Result{}}, err)
			return
		}
		m.generate(ctx, ids, &p, false, yield)
	}
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
