package ollama

import (
	"strings"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
)

// stats are the figures on the last line of an answer; times are in nanoseconds.
type stats struct {
	DoneReason         string        `json:"done_reason,omitempty"`
	TotalDuration      time.Duration `json:"total_duration,omitempty"`
	LoadDuration       time.Duration `json:"load_duration,omitempty"`
	PromptEvalCount    int           `json:"prompt_eval_count,omitempty"`
	PromptEvalDuration time.Duration `json:"prompt_eval_duration,omitempty"`
	EvalCount          int           `json:"eval_count,omitempty"`
	EvalDuration       time.Duration `json:"eval_duration,omitempty"`
}

// A clock measures an answer from the request on.
type clock struct{ start, loaded time.Time }

// stats returns the figures of a result.
func (c *clock) stats(r *chord.Result) stats {
	reason := "stop"
	if r.Finish == chord.FinishLength || r.Finish == chord.FinishContext {
		reason = "length"
	}
	return stats{reason, time.Since(c.start), c.loaded.Sub(c.start), r.Prompt, r.PromptTime, r.Generated, r.TokenTime}
}

// A logprob is a token with its log probability.
type logprob struct {
	Token   string    `json:"token"`
	Logprob float64   `json:"logprob"`
	Bytes   []int     `json:"bytes,omitempty"`
	Top     []logprob `json:"top_logprobs,omitempty"`
}

// describeToken returns a token with its top likeliest ones.
func describeToken(m *core.Lease, t *chord.Token, top int) logprob {
	one := func(piece string, p float32) logprob {
		out := logprob{Token: strings.ToValidUTF8(piece, "\uFFFD"), Logprob: max(-9999, float64(p))} // JSON has no infinity
		for i := range len(piece) {
			out.Bytes = append(out.Bytes, int(piece[i]))
		}
		return out
	}
	piece := ""
	if tok := m.Tokenizer(); tok != nil {
		piece = tok.Piece(t.ID)
	}
	out := one(piece, t.Logprob)
	for _, p := range t.Top[:min(top, len(t.Top))] {
		out.Top = append(out.Top, one(p.Text, p.Logprob))
	}
	return out
}
