package chord

import "time"

// Finish says why generation ended.
type Finish string

// The ends of a generation. It is "" after an error, or if the caller left the
// loop.
const (
	FinishEOG     Finish = "eog"     // a token of the vocabulary's, or of Params.StopTokens, that ends texts
	FinishStop    Finish = "stop"    // a string of Params.Stop
	FinishLength  Finish = "length"  // Params.MaxTokens
	FinishContext Finish = "context" // the context is full, with no MaxTokens asked for
)

// Stats are the figures of one Generate.
type Stats struct {
	Load time.Duration // opening the model
	Tier string        // the kernels in use, such as "avx2"

	PromptTokens int           // tokens of the prompt, BOS included
	PromptTime   time.Duration // until the first token was chosen
	Tokens       int           // tokens generated, without one that ended it
	TokenTime    time.Duration // of the tokens after the first; the caller's time is not counted

	Seed   int64  // of the choice; given again as Params.Seed it repeats it
	Finish Finish // why generation ended

	passes int // forward passes that TokenTime is made of
}

// PromptRate returns how many tokens of the prompt were read a second.
func (s Stats) PromptRate() float64 { return rate(s.PromptTokens, s.PromptTime) }

// TokenRate returns how many tokens were generated a second, 0 if at most one
// was.
func (s Stats) TokenRate() float64 { return rate(s.passes, s.TokenTime) }

func rate(n int, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}
