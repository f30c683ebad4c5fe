package chord

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/sample"
)

// Special values of fields of [Params].
const (
	Greedy = sample.Greedy // Temperature: always the likeliest token
	Off    = sample.Off    // TopK, TopP, MinP, TypicalP: keep everything
)

// Params say how text is generated. The zero value samples as llama.cpp does by
// default, until the model ends the text. In Go 0 means the default; in JSON a 0
// that is present is a 0.
//
// Several goroutines may use the same Params at once.
type Params struct {
	// Temperature divides the logits: lower values make likely tokens likelier.
	// 0 means 0.8; [Greedy] takes the likeliest token, after bias and penalties.
	Temperature float32 `json:"temperature,omitempty"`
	// TopK keeps the K likeliest tokens. 0 means 40, [Off] keeps all.
	TopK int `json:"top_k,omitempty"`
	// TopP keeps the fewest tokens whose probabilities add up to TopP or more,
	// in (0, 1]. 0 means 0.95; 1 or [Off] keeps all.
	TopP float32 `json:"top_p,omitempty"`
	// MinP keeps tokens at least MinP times as likely as the likeliest, in
	// (0, 1]. 0 means 0.05, [Off] keeps all.
	MinP float32 `json:"min_p,omitempty"`
	// TypicalP keeps the tokens whose information content is nearest to the
	// entropy, up to a total probability of TypicalP, in (0, 1]. 0, 1 and [Off]
	// keep all.
	TypicalP float32 `json:"typical_p,omitempty"`
	// MinKeep is the minimum number of tokens that each of these stages keeps. 0
	// means 1.
	MinKeep int `json:"min_keep,omitempty"`
	// RepeatPenalty divides the positive logits of recent tokens and multiplies
	// the negative ones, > 0. 0 and 1 change nothing.
	RepeatPenalty float32 `json:"repeat_penalty,omitempty"`
	// FrequencyPenalty is subtracted from a recent token's logit once for each
	// of its occurrences. 0 changes nothing; negative encourages.
	FrequencyPenalty float32 `json:"frequency_penalty,omitempty"`
	// PresencePenalty is subtracted from a recent token's logit once.
	PresencePenalty float32 `json:"presence_penalty,omitempty"`
	// RepeatLastN is how many of the last tokens are recent for the penalties. 0
	// means 64, -1 all.
	RepeatLastN int `json:"repeat_last_n,omitempty"`
	// LogitBias is added to the logits of these tokens before the stages; -Inf
	// forbids a token, +Inf forces it.
	LogitBias map[int32]float32 `json:"logit_bias,omitempty"`
	// Seed seeds the random choice of tokens. 0 and -1 draw a random seed.
	Seed int64 `json:"seed,omitempty"`

	// Samplers are the names of the sampling stages in order. nil means the
	// default order; others are not done yet: [ErrUnsupported].
	Samplers []string `json:"samplers,omitempty"`
	// Grammar constrains the text. Not done yet: [ErrUnsupported].
	Grammar *grammar.Grammar `json:"-"`
	// Processor, if not nil, changes the logits before the stages. It is called
	// by the goroutine that ranges over Generate.
	Processor Processor `json:"-"`
	// Adapters change the weights. Not done yet: [ErrUnsupported].
	Adapters []AdapterScale `json:"-"`
	// Lookup is the maximum number of tokens to draft by n-gram lookup in the text,
	// for speculative decoding: texts that repeat themselves are generated
	// faster, and every text is the same as without it. Drafts that do not pay
	// are not made. 0 means none.
	Lookup int `json:"lookup,omitempty"`

	// MaxTokens is the maximum number of tokens to generate. 0 and -1 mean no
	// limit but the context.
	MaxTokens int `json:"max_tokens,omitempty"`
	// Stop strings end the text before the first complete one. Text that may be
	// the beginning of one is held back until that is decided. The name of a
	// control token, such as "<|im_end|>", ends the text at that token.
	Stop []string `json:"stop,omitempty"`
	// StopTokens end the text as the end-of-generation tokens of the vocabulary do.
	StopTokens []int32 `json:"stop_token_ids,omitempty"`
	// IgnoreEOS forbids the end-of-generation tokens instead of ending at them.
	IgnoreEOS bool `json:"ignore_eos,omitempty"`
	// Logprobs is the number of likeliest tokens to report for each token, with
	// their log probabilities. 0 means none.
	Logprobs int `json:"logprobs,omitempty"`
	// Receipt asks for [Result.Receipt], with which [Model.Verify] proves that the
	// model generated the text. It costs a hash of the logits for each token.
	Receipt bool `json:"receipt,omitempty"`
	// Priority weighs this text against others that wait: each step up doubles
	// its share of the model, and the cache of a lower one is dropped first. 0 is
	// normal.
	Priority int `json:"priority,omitempty"`

	// NoBOS leaves out the BOS token before the prompt.
	NoBOS bool `json:"no_bos,omitempty"`
	// NoParseSpecial treats names of control tokens in the prompt as text.
	NoParseSpecial bool `json:"no_parse_special,omitempty"`
}

// A Processor changes logits.
type Processor interface {
	// Process may change logits, (vocabulary,), of the token that follows tokens,
	// the prompt and the answer so far. It must not change tokens, nor keep
	// either slice. A panic reaches only the caller of Generate.
	Process(tokens []int32, logits []float32)
}

// maxLogprobs bounds Params.Logprobs.
const maxLogprobs = 1000

// UnmarshalJSON sets the fields present in b. A present 0 is a 0: temperature 0 is
// [Greedy], top_k 0 is [Off], seed 0 is a seed. Absent fields keep their values.
func (p *Params) UnmarshalJSON(b []byte) error {
	type plain Params
	if err := json.Unmarshal(b, (*plain)(p)); err != nil {
		return err
	}
	var present map[string]json.RawMessage
	if err := json.Unmarshal(b, &present); err != nil {
		return err
	}
	literal := p.sampling().Literal()
	for key, value := range present {
		if string(value) == "null" {
			continue
		}
		switch strings.ToLower(key) {
		case "temperature":
			p.Temperature = literal.Temperature
		case "top_k":
			p.TopK = literal.TopK
		case "top_p":
			p.TopP = literal.TopP
		case "min_p":
			p.MinP = literal.MinP
		case "typical_p":
			p.TypicalP = literal.TypicalP
		case "repeat_last_n":
			p.RepeatPenalty, p.FrequencyPenalty, p.PresencePenalty = literal.RepeatPenalty, literal.FrequencyPenalty, literal.PresencePenalty
		case "seed":
			p.Seed = literal.Seed
		}
	}
	return nil
}

// sampling returns the parameters of package sample.
func (p *Params) sampling() sample.Params {
	return sample.Params{
		Temperature: p.Temperature, TopK: p.TopK, TopP: p.TopP, MinP: p.MinP, TypicalP: p.TypicalP, MinKeep: p.MinKeep,
		RepeatPenalty: p.RepeatPenalty, FrequencyPenalty: p.FrequencyPenalty, PresencePenalty: p.PresencePenalty,
		RepeatLastN: p.RepeatLastN, LogitBias: p.LogitBias, Seed: p.Seed,
	}
}

// check returns an error that names the first invalid field, for a vocabulary of
// vocab tokens.
func (p *Params) check(vocab int) error {
	switch {
	case p.MaxTokens < -1:
		return invalid("Params.MaxTokens", "%d, want 0 or -1 (no limit) or more", p.MaxTokens)
	case p.Logprobs < 0 || p.Logprobs > maxLogprobs:
		return invalid("Params.Logprobs", "%d, want 0 to %d", p.Logprobs, maxLogprobs)
	case p.Lookup < 0:
		return invalid("Params.Lookup", "%d, want 0 or more", p.Lookup)
	}
	if i := slices.Index(p.Stop, ""); i >= 0 {
		return invalid(fmt.Sprintf("Params.Stop[%d]", i), "empty")
	}
	for i, id := range p.StopTokens {
		if id < 0 || int(id) >= vocab {
			return invalid(fmt.Sprintf("Params.StopTokens[%d]", i), "token %d, the vocabulary has %d", id, vocab)
		}
	}
	for _, f := range []struct {
		name string
		used bool
	}{{"Samplers", p.Samplers != nil}, {"Grammar", p.Grammar != nil}, {"Adapters", p.Adapters != nil}} {
		if f.used {
			return unsupported("Params." + f.name)
		}
	}
	return checked(p.sampling().Check(vocab))
}

// unsupported is the error of a parameter that is not done yet.
func unsupported(field string) error {
	return fmt.Errorf("chord: %s: not done yet: %w", field, ErrUnsupported)
}

// forbid returns a copy of bias in which the tokens are forbidden.
func forbid(bias map[int32]float32, ids []int32) map[int32]float32 {
	if len(ids) == 0 {
		return bias
	}
	all := make(map[int32]float32, len(bias)+len(ids))
	maps.Copy(all, bias)
	for _, id := range ids {
		all[id] = float32(math.Inf(-1))
	}
	return all
}

// An Adapter is a LoRA adapter of a model; see [Model.LoadAdapter].
type Adapter struct{ _ [0]func() }

// An AdapterScale is an adapter and its scale.
type AdapterScale struct {
	Adapter *Adapter
	Scale   float32
}

// LoadAdapter opens a LoRA adapter. Not done yet: [ErrUnsupported].
func (m *Model) LoadAdapter(path string) (*Adapter, error) {
	return nil, unsupported("LoadAdapter")
}
