package chord

import "time"

// A Token is one step of a generation.
//
// Text is what it adds: the texts of all tokens, one after the other, are the
// generated text, and each of them is valid UTF-8. A character made by several
// tokens comes with the last, the others' Text is "", as is a control token's.
// The last Text before a stop string is what precedes it.
type Token struct {
	ID   int32  // in the vocabulary
	Text string // what it adds

	// Logprob is the natural logarithm of the token's probability before
	// sampling changed it, and Top has the likeliest tokens in its place, the
	// likeliest first; both only with Params.Logprobs.
	Logprob float32
	Top     []TokenProb

	// Result is set on one more element, the last, which is no token: its ID is
	// -1 and its Text "". It is there with an error too.
	Result *Result
}

// A TokenProb is a token and the natural logarithm of its probability.
type TokenProb struct {
	ID      int32
	Text    string // its bytes, which need not be whole characters
	Logprob float32
}

// Finish says why generation ended.
type Finish string

// The ends of a generation. It is "" after an error, or if the caller left the
// loop.
const (
	FinishEOG     Finish = "eog"     // a token of the vocabulary's, or of Params.StopTokens, that ends texts
	FinishStop    Finish = "stop"    // a string of Params.Stop
	FinishLength  Finish = "length"  // Params.MaxTokens
	FinishContext Finish = "context" // the context is full

	FinishToolCalls Finish = "tool_calls" // as FinishEOG, of a message that calls tools
)

// A Result is what a generation comes to.
type Result struct {
	Text   string // all of the text, of Complete; a loop has had it piece by piece
	Finish Finish // why generation ended
	Seed   int64  // of the choice; given again as Params.Seed it repeats it

	Prompt    int // tokens of the prompt, BOS included
	Cached    int // tokens of it that an earlier prompt had computed
	Generated int // tokens generated, without one that ended it
	Drafted   int // tokens guessed
	Accepted  int // guesses that were right

	Queue      time.Duration // waiting before the first token of the prompt was computed
	PromptTime time.Duration // until the first token was chosen, Queue included
	TokenTime  time.Duration // of the tokens after the first; the caller's time is not counted

	steps int // that TokenTime is made of
}

// PromptRate returns how many tokens of the prompt were read a second, those
// that an earlier prompt had computed left out.
func (r *Result) PromptRate() float64 { return rate(r.Prompt-r.Cached, r.PromptTime-r.Queue) }

// TokenRate returns how many tokens were generated a second, 0 if at most one
// was.
func (r *Result) TokenRate() float64 { return rate(r.steps, r.TokenTime) }

func rate(n int, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}
