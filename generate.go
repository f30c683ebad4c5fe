package chord

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/stream"
	"github.com/querent-ai/chord/sample"
	"github.com/querent-ai/chord/simd"
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
	if err := m.checkPrompt(ids); err != nil {
		yield(Token{ID: -1, Result: &Result{Prompt: len(ids)}}, err)
		return
	}
	o, err := m.seqOptions(p)
	if err != nil {
		yield(Token{ID: -1, Result: &Result{Prompt: len(ids)}}, err)
		return
	}
	seq := m.engine.Attach(ctx, ids, o)
	defer seq.Close()
	g := generation{m: m, p: p, seq: seq, pending: ids[seq.Len():], trim: trim}
	g.run(ctx, yield)
}

// seqOptions returns the options of a sequence.
func (m *Model) seqOptions(p *Params) (engine.SeqOptions, error) {
	set, err := m.adapters("Params.Adapters", p.Adapters)
	return engine.SeqOptions{Priority: p.Priority, NoPrefix: m.noPrefix, Adapters: set}, err
}

// A generation is one range over Generate.
type generation struct {
	m       *Model
	p       *Params
	seq     *engine.Seq
	kept    int // tokens of seq that count; those after them were drafted
	tok     *bpe.Tokenizer
	pending []int32   // tokens not in seq yet: the rest of the prompt, later the last token
	logits  []float32 // after the tokens of seq, if nothing is pending
	trim    bool      // the text begins here: drop the leading space of its first word
	names   bool      // control tokens have their names as text

	sampler *sample.Sampler
	stops   []int32 // tokens that end the text
	dec     *bpe.Decoder
	out     *stream.Stream[Token]
	raw     []float32 // logits before all that changes them
	again   []float32 // a copy of them for another try
	begun   bool      // there has been a token
	receipt *Receipt
	sum     *receiptHash
	spec    *speculation // nil: plain decoding
	grammar *constraint  // nil: none
	ban     *banning     // nil: none
	waiting []Token      // those that ban holds
	guide   *guide       // of a chat; nil: none
	next    [1]int32
	result  Result
}

// run generates until the text ends, and yields the result.
func (g *generation) run(ctx context.Context, yield func(Token, error) bool) {
	g.kept = g.seq.Len()
	defer g.endSpeculation()
	err := g.prepare(ctx, yield)
	if err == nil {
		err = g.loop(ctx)
	}
	if errors.Is(err, errLeft) {
		return
	}
	if g.sum != nil && err == nil {
		g.receipt.Logits = g.sum.String()
		g.result.Receipt = g.receipt
	}
	g.result.Cached = min(g.seq.Stats().Cached, g.result.Prompt)
	if g.out == nil || g.out.Flush(g.flush()) {
		yield(Token{ID: -1, Result: &g.result}, failed(err))
	}
}

// errLeft says that the caller has left the loop.
var errLeft = errors.New("the caller left the loop")

// flush returns the text that the decoder still holds, unless a stop string ended
// the text before it.
func (g *generation) flush() string {
	if g.result.Finish == FinishStop {
		return ""
	}
	return g.dec.Flush()
}

// prepare creates the sampler, the decoder and the stream.
func (g *generation) prepare(ctx context.Context, yield func(Token, error) bool) error {
	m, p := g.m, g.p
	var err error
	if g.tok, err = m.tokenizer(); err != nil {
		return err
	}
	g.stops = append(slices.Clip(p.StopTokens), controlTokens(g.tok, p.Stop)...)
	if g.sampler, err = m.newSampler(p, g.stops); err != nil {
		return err
	}
	g.beginSpeculation()
	if g.guide != nil {
		g.guide.begin(g)
	} else if p.Grammar != nil {
		g.constrain()
	}
	if len(p.BannedStrings) > 0 {
		g.ban = newBanning(p, g.tok)
	}
	for _, ids := range [][]int32{g.seq.Tokens(), g.pending} {
		for _, id := range ids {
			g.accept(id)
		}
	}
	g.result.Prompt, g.result.Seed = g.seq.Len()+len(g.pending), g.sampler.Seed()
	if p.Receipt {
		if err := g.begin(ctx); err != nil {
			return err
		}
	}
	g.dec = g.tok.NewDecoder()
	if g.trim {
		g.dec.TrimSpace()
	}
	g.out = stream.New(p.Stop, func(t Token, text string) bool {
		t.Text = text
		return yield(t, nil)
	})
	return nil
}

// begin begins the receipt.
func (g *generation) begin(ctx context.Context) (err error) {
	p := *g.p
	p.Seed = g.sampler.Seed()
	if g.receipt, err = g.m.newReceipt(ctx, &p); err != nil {
		return err
	}
	g.receipt.Prompt = g.result.Prompt
	g.receipt.IDs = append(slices.Clone(g.seq.Tokens()), g.pending...)
	g.sum, err = newReceiptHash(g.receipt)
	return err
}

// loop generates token by token.
func (g *generation) loop(ctx context.Context) error {
	start, queued := time.Now(), g.seq.Stats().Queue
	for {
		logits, err := g.forward(ctx)
		if err != nil {
			return err
		}
		t, err := g.choose(logits)
		if err != nil {
			return err
		}
		if !g.begun { // PromptTime may be 0 with a coarse clock
			g.begun = true
			g.result.PromptTime = time.Since(start)
			g.result.Queue = g.seq.Stats().Queue - queued
			g.seq.Keep() // the next prompt with this prefix resumes here
		} else {
			g.result.TokenTime += time.Since(start)
			g.result.steps++
		}
		if end, err := g.emit(t); end || err != nil {
			return err
		}
		start = time.Now()
	}
}

// forward returns the logits of the next token.
func (g *generation) forward(ctx context.Context) ([]float32, error) {
	if len(g.pending) == 0 {
		return g.logits, ctx.Err()
	}
	if g.p.Progress != nil && g.result.Generated == 0 {
		if err := g.readPrompt(ctx); err != nil {
			return nil, err
		}
	}
	if g.spec != nil {
		return g.speculate(ctx)
	}
	rows, err := g.m.engine.Forward(ctx, g.seq, g.pending, 1)
	if err != nil {
		return nil, err
	}
	g.kept += len(g.pending)
	g.pending = nil
	return rows.At(0), nil
}

// progressRows is how many tokens of a prompt are computed between calls of
// Params.Progress.
const progressRows = 512

// readPrompt computes all but the last tokens of a prompt, and tells of it.
func (g *generation) readPrompt(ctx context.Context) error {
	for len(g.pending) > progressRows {
		if _, err := g.m.engine.Forward(ctx, g.seq, g.pending[:progressRows], 0); err != nil {
			return err
		}
		g.kept += progressRows
		g.pending = g.pending[progressRows:]
		g.p.Progress(g.kept, g.result.Prompt)
	}
	return nil
}

// accept adds a token to the text that sampling and lookup see.
func (g *generation) accept(id int32) {
	g.sampler.Accept(id)
	if g.spec != nil {
		g.spec.accept(id)
	}
}

// choose samples a token.
func (g *generation) choose(logits []float32) (Token, error) {
	var t Token
	raw := logits
	if g.ban != nil || g.p.Processor != nil && g.p.Logprobs > 0 {
		if len(g.raw) > 0 && &g.raw[0] == &logits[0] { // another try in the same place
			g.again = append(g.again[:0], logits...)
			logits = g.again
		} else {
			g.raw = append(g.raw[:0], logits...)
		}
		raw = g.raw
	}
	if g.p.Processor != nil {
		g.p.Processor.Process(g.seq.Tokens()[:g.kept], logits)
	}
	if g.sum != nil {
		g.sum.add(logits)
	}
	if g.guide != nil {
		g.guide.apply(logits)
	}
	if g.grammar != nil && !g.grammar.apply(logits) {
		return Token{}, errNoToken(g.kept)
	}
	if g.ban != nil {
		g.ban.exclude(logits)
	}
	id, ok := g.sampler.Sample(logits)
	if !ok {
		return Token{}, g.noToken(logits)
	}
	t.ID = id
	if g.spec != nil {
		g.spec.learn(id)
	}
	g.accept(t.ID)
	if g.guide != nil && g.ban != nil {
		g.guide.mark()
	}
	if g.grammar != nil {
		if err := g.grammar.matcher.Accept(t.ID); err != nil {
			return Token{}, fmt.Errorf("chord: %w", err)
		}
		g.grammar.accepted++
	}
	if g.guide != nil {
		g.guide.accept(t.ID)
	}
	if g.sum != nil {
		g.receipt.add(t.ID)
	}
	if g.p.Logprobs > 0 {
		t.Logprob, t.Top = g.logprobs(raw, t.ID)
	}
	return t, nil
}

// logprobs returns the log probability of the token just sampled and the likeliest
// tokens in its place, before or after sampling changed the logits.
func (g *generation) logprobs(logits []float32, id int32) (float32, []TokenProb) {
	if !g.p.PostSamplingProbs {
		return logprobs(g.tok, logits, id, g.p.Logprobs)
	}
	log := func(p float32) float32 { return float32(simd.Log(float64(p))) }
	probs := g.sampler.Top(nil, g.p.Logprobs)
	top := make([]TokenProb, len(probs))
	for i, p := range probs {
		top[i] = TokenProb{ID: p.ID, Text: g.tok.Piece(p.ID), Logprob: log(p.Prob)}
	}
	return log(g.sampler.Picked()), top
}

// noToken is the error of logits of which none can be sampled: those of a model
// whose weights are broken are no numbers, others have all been forbidden.
func (g *generation) noToken(logits []float32) error {
	if g.ban != nil && g.ban.excludes() {
		return invalid("Params.BannedStrings", "after %d tokens every token that may come next would complete one", g.kept)
	}
	forbidden := g.p.Processor != nil || g.grammar != nil && !slices.ContainsFunc(logits, func(x float32) bool { return x != x })
	if best := logits[simd.Argmax(logits)]; best >= -math.MaxFloat32 || forbidden {
		return invalid("Params", "all tokens are forbidden after %d tokens, by LogitBias, the Grammar or the Processor", g.kept)
	}
	return errBroken(g.kept)
}

// errBroken is the error of NaN logits after n tokens.
func errBroken(n int) error {
	return fmt.Errorf("chord: the logits after %d tokens are no numbers: the model's weights are broken: %w", n, ErrFormat)
}

// emit sends t to the caller and reports whether it ends the text.
func (g *generation) emit(t Token) (end bool, err error) {
	if finish := g.endedBy(t.ID); finish != "" {
		if g.ban != nil {
			if stopped, ok := g.giveOut(g.ban.Decided(true)); !ok || stopped {
				return g.ended(stopped, ok)
			}
		}
		if g.result.Finish = finish; finish == FinishStop {
			g.result.Stop = g.tok.Token(t.ID)
		}
		return true, nil
	}
	g.result.Generated++
	g.next[0] = t.ID
	g.pending = g.next[:]
	if g.ban != nil {
		return g.hold(t)
	}
	return g.ended(g.deliver(t))
}

// endedBy returns why the token id ends the text, "" if it does not.
func (g *generation) endedBy(id int32) Finish {
	if g.tok.IsEOG(id) && (g.grammar != nil || !g.p.IgnoreEOS) {
		return FinishEOG
	}
	switch i := slices.Index(g.stops, id); {
	case i >= len(g.p.StopTokens):
		return FinishStop
	case i >= 0:
		return FinishEOG
	}
	return ""
}

// deliver sends t to the caller. It reports whether a stop string is complete, and
// whether the caller wants more.
func (g *generation) deliver(t Token) (stopped, ok bool) {
	k := stream.Token{Text: g.dec.Next(t.ID)}
	if g.tok.IsControl(t.ID) {
		if k.Name = g.tok.Token(t.ID); g.names {
			k.Text = k.Name
		}
	} else {
		k.Unfinished = stream.Unfinished(k.Text, g.tok.Piece(t.ID))
	}
	return g.out.Add(t, k)
}

// ended reports whether the text ends after what deliver returned.
func (g *generation) ended(stopped, ok bool) (end bool, err error) {
	switch {
	case !ok:
		return true, errLeft
	case stopped:
		g.result.Finish, g.result.Stop = FinishStop, g.out.Stopped()
	case g.result.Generated == g.p.MaxTokens:
		g.result.Finish = FinishLength
	case g.full():
		g.result.Finish = FinishContext
	}
	return g.result.Finish != "", nil
}

// full reports whether there is no place for another token.
func (g *generation) full() bool { return g.kept+len(g.pending) > g.m.Context() }
