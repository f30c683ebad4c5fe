package openai

import (
	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// common are the fields that chat completions and completions share, beside those of
// core.Sampling.
type common struct {
	Model         *string      `json:"model"`
	Stream        *bool        `json:"stream"`
	N             *int         `json:"n" api:"min=1,max=8"`
	Stop          wire.Strings `json:"stop"`
	MaxTokens     *int         `json:"max_tokens" api:"min=-1"`
	StreamOptions *struct {
		IncludeUsage *bool `json:"include_usage"`
	} `json:"stream_options"`
}

// usageWanted reports whether a stream ends with the usage.
func (c *common) usageWanted() bool {
	return c.StreamOptions != nil && deref(c.StreamOptions.IncludeUsage)
}

// params sets the common parameters and returns how many choices are wanted.
func (c *common) params(x *core.Exchange, p *chord.Params) (n int, err error) {
	if err := x.Sampling(p); err != nil {
		return 0, err
	}
	if err := x.Stop(p, c.Stop); err != nil {
		return 0, err
	}
	n = 1
	if c.N != nil {
		n = *c.N
	}
	if most := x.Core.Limits.Choices; n < 1 || n > most {
		return 0, wire.Errorf("n", "%d, want 1 to %d", n, most)
	}
	return n, nil
}

// limit sets the maximum number of tokens, the field param of the request. -1 is none.
func limit(p *chord.Params, param string, n *int, least int) error {
	if n == nil {
		return nil
	}
	if *n < -1 || *n >= 0 && *n < least {
		return wire.Errorf(param, "%d, want %d or more, or -1 for no limit", *n, least)
	}
	p.MaxTokens = *n
	return nil
}

// choices returns n runs, whose seeds follow each other if there is one.
func choices(run core.Run, n int) []core.Run {
	runs := make([]core.Run, n)
	for i := range runs {
		runs[i] = run
		if s := run.Params.Seed; s != 0 && s != chord.Off {
			runs[i].Params.Seed = s + int64(i)
		}
	}
	return runs
}

// usage counts tokens.
type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
	Details    struct {
		Cached int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
}

// add adds the result of a run; the prompt counts once for its choices.
func (u *usage) add(r *chord.Result, first bool) {
	if first {
		u.Prompt += r.Prompt
		u.Details.Cached += r.Cached
	}
	u.Completion += r.Generated
	u.Total = u.Prompt + u.Completion
}

// finish returns OpenAI's word for the end of a text.
func finish(f chord.Finish) string {
	switch f {
	case chord.FinishLength, chord.FinishContext:
		return "length"
	case chord.FinishToolCalls:
		return "tool_calls"
	}
	return "stop"
}
