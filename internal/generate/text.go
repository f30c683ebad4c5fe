package generate

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/constrain"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/stream"
	"github.com/querent-ai/chord/sample"
)

// A Text is a text that is generated. The exported fields say how and must be set
// before Run; all but those of the first group may be left out.
type Text struct {
	Model  *Model
	Vocab  *constrain.Vocabulary
	Params *Params
	Seq    *engine.Seq // with the beginning of the prompt

	Pending []int32   // tokens not in Seq: the rest of the prompt; after Run those of the text
	Logits  []float32 // after the tokens of Seq, if nothing is pending
	Trim    bool      // the text begins here: drop the leading space of its first word
	Names   bool      // control tokens have their names as text
	Guide   *Guide    // of an answer in a chat; it replaces Params.Grammar
	// Head returns what Record begins with, for the seed and the number of tokens of
	// the prompt; nil: no Record is kept.
	Head func(seed int64, prompt int) ([]byte, error)

	Result Result  // set by Run
	Record *Record // set by Run

	kept    int // tokens of Seq that count; those after them were drafted
	sampler *sample.Sampler
	stops   []int32 // tokens that end the text
	dec     *bpe.Decoder
	out     *stream.Stream[Token]
	raw     []float32 // logits before all that changes them
	again   []float32 // a copy of them for another try
	begun   bool      // there has been a token
	spec    *speculation
	grammar *constrain.Grammar // nil: none
	ban     *constrain.Ban     // nil: none
	waiting []Token            // those that ban holds
	next    [1]int32
}

// A Token is a token of a text; see chord.Token.
type Token struct {
	ID      int32
	Text    string
	Logprob float32
	Top     []TokenProb
}

// A TokenProb is a token and the natural logarithm of its probability.
type TokenProb struct {
	ID      int32
	Text    string
	Logprob float32
}

// Why texts end.
const (
	FinishEOG     = "eog"     // an end-of-generation token or one of StopTokens
	FinishStop    = "stop"    // one of Stop
	FinishLength  = "length"  // MaxTokens
	FinishContext = "context" // the context is full
)

// A Result is the outcome of a text; see chord.Result.
type Result struct {
	Finish string // "" after an error
	Stop   string
	Seed   int64

	Prompt, Cached, Generated, Drafted, Accepted int

	Queue, PromptTime, TokenTime time.Duration
	Steps                        int // that TokenTime is made of
}

// errLeft says that the caller has left the loop.
var errLeft = errors.New("the caller left the loop")

// Run generates until the text ends and yields its tokens. It reports whether the
// caller has left the loop.
func (t *Text) Run(ctx context.Context, yield func(Token) bool) (left bool, err error) {
	t.kept = t.Seq.Len()
	defer t.drop()
	defer t.endSpeculation()
	err = t.prepare(yield)
	if err == nil {
		err = t.loop(ctx)
	}
	if errors.Is(err, errLeft) {
		return true, nil
	}
	t.Result.Cached = min(t.Seq.Stats().Cached, t.Result.Prompt)
	return t.out != nil && !t.out.Flush(t.flush()), err
}

// flush returns the text that the decoder still holds, unless a stop string ended
// the text before it.
func (t *Text) flush() string {
	if t.Result.Finish == FinishStop {
		return ""
	}
	return t.dec.Flush()
}

// prepare creates all that the first token needs.
func (t *Text) prepare(yield func(Token) bool) error {
	t.stops = t.ends()
	var err error
	if t.sampler, err = newSampler(t.Vocab, t.Params, t.stops); err != nil {
		return err
	}
	t.beginSpeculation()
	t.beginConstraints()
	for _, ids := range [][]int32{t.Seq.Tokens(), t.Pending} {
		for _, id := range ids {
			t.accept(id)
		}
	}
	t.Result.Prompt, t.Result.Seed = t.Seq.Len()+len(t.Pending), t.sampler.Seed()
	if t.Head != nil {
		if err := t.beginRecord(slices.Concat(t.Seq.Tokens(), t.Pending)); err != nil {
			return err
		}
	}
	t.dec = t.Vocab.NewDecoder()
	if t.Trim {
		t.dec.TrimSpace()
	}
	t.out = stream.New(t.Params.Stop, func(k Token, text string) bool {
		k.Text = text
		return yield(k)
	})
	return nil
}

// ends returns the tokens that end the text beside those of the vocabulary.
func (t *Text) ends() []int32 {
	return append(slices.Clip(t.Params.StopTokens), t.Vocab.Control(t.Params.Stop)...)
}

// beginConstraints begins to follow what constrains the text.
func (t *Text) beginConstraints() {
	if t.Guide != nil {
		t.Guide.begin(t)
	} else if t.Params.Grammar != nil {
		t.grammar = constrain.NewGrammar(t.Vocab, t.Params.Grammar)
	}
	if len(t.Params.BannedStrings) > 0 {
		t.ban = constrain.NewBan(t.Vocab, t.Params.BannedStrings, t.Params.Stop)
	}
}

// loop generates token by token.
func (t *Text) loop(ctx context.Context) error {
	start, queued := time.Now(), t.Seq.Stats().Queue
	for {
		logits, err := t.forward(ctx)
		if err != nil {
			return err
		}
		token, err := t.choose(logits)
		if err != nil {
			return err
		}
		if !t.begun { // PromptTime may be 0 with a coarse clock
			t.begun = true
			t.Result.PromptTime = time.Since(start)
			t.Result.Queue = t.Seq.Stats().Queue - queued
			t.Seq.Keep() // the next prompt with this prefix resumes here
		} else {
			t.Result.TokenTime += time.Since(start)
			t.Result.Steps++
		}
		if end, err := t.emit(token); end || err != nil {
			return err
		}
		start = time.Now()
	}
}

// forward returns the logits of the next token.
func (t *Text) forward(ctx context.Context) ([]float32, error) {
	if len(t.Pending) == 0 {
		return t.Logits, ctx.Err()
	}
	if t.Params.Progress != nil && t.Result.Generated == 0 {
		if err := t.readPrompt(ctx); err != nil {
			return nil, err
		}
	}
	if t.spec != nil {
		return t.speculate(ctx)
	}
	rows, err := t.Model.Engine.Forward(ctx, t.Seq, t.Pending, 1)
	if err != nil {
		return nil, err
	}
	t.kept += len(t.Pending)
	t.Pending = nil
	return rows.At(0), nil
}

// progressRows is how many tokens of a prompt are computed between calls of
// Params.Progress.
const progressRows = 512

// readPrompt computes all but the last tokens of a prompt and reports progress.
func (t *Text) readPrompt(ctx context.Context) error {
	for len(t.Pending) > progressRows {
		n := progressRows
		for n < len(t.Pending) && t.Pending[n] < 0 { // a picture stays whole
			n++
		}
		if n == len(t.Pending) {
			break
		}
		if _, err := t.Model.Engine.Forward(ctx, t.Seq, t.Pending[:n], 0); err != nil {
			return err
		}
		t.kept += n
		t.Pending = t.Pending[n:]
		t.Params.Progress(t.kept, t.Result.Prompt)
	}
	return nil
}

// emit sends a token to the caller and reports whether it ends the text.
func (t *Text) emit(k Token) (end bool, err error) {
	if finish := t.endedBy(k.ID); finish != "" {
		if t.ban != nil {
			if stopped, ok := t.giveOut(t.ban.Decided(true)); !ok || stopped {
				return t.ended(stopped, ok)
			}
		}
		if t.Result.Finish = finish; finish == FinishStop {
			t.Result.Stop = t.Vocab.Token(k.ID)
		}
		return true, nil
	}
	t.Result.Generated++
	t.next[0] = k.ID
	t.Pending = t.next[:]
	if t.ban != nil {
		return t.hold(k)
	}
	return t.ended(t.deliver(k))
}

// endedBy returns why the token id ends the text, "" if it does not.
func (t *Text) endedBy(id int32) string {
	if t.Vocab.IsEOG(id) && (t.grammar != nil || !t.Params.IgnoreEOS) {
		return FinishEOG
	}
	switch i := slices.Index(t.stops, id); {
	case i >= len(t.Params.StopTokens):
		return FinishStop
	case i >= 0:
		return FinishEOG
	}
	return ""
}

// deliver sends a token to the caller. It reports whether a stop string is complete,
// and whether the caller wants more.
func (t *Text) deliver(k Token) (stopped, ok bool) {
	s := stream.Token{Text: t.dec.Next(k.ID)}
	if t.Vocab.IsControl(k.ID) {
		if s.Name = t.Vocab.Token(k.ID); t.Names {
			s.Text = s.Name
		}
	} else {
		s.Unfinished = stream.Unfinished(s.Text, t.Vocab.Piece(k.ID))
	}
	return t.out.Add(k, s)
}

// ended reports whether the text ends after what deliver returned.
func (t *Text) ended(stopped, ok bool) (end bool, err error) {
	switch {
	case !ok:
		return true, errLeft
	case stopped:
		t.Result.Finish, t.Result.Stop = FinishStop, t.out.Stopped()
	case t.Result.Generated == t.Params.MaxTokens:
		t.Result.Finish = FinishLength
	case t.full():
		t.Result.Finish = FinishContext
	}
	return t.Result.Finish != "", nil
}

// full reports whether there is no place for another token.
func (t *Text) full() bool { return t.kept+len(t.Pending) > t.Model.Context }
