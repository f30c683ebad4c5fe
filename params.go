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

// Values of [Params] that no positive number can say.
const (
	Greedy = sample.Greedy // Temperature: always the likeliest token
	Off    = sample.Off    // TopK, TopP, MinP, TypicalP: keep everything
)

// Params say what is generated from a prompt, and how. The zero value samples
// as llama.cpp does by default until the model has finished. In Go 0 means the
// default; in JSON a 0 that is present is taken at its word.
//
// Params are data: several goroutines may use the same at once.
type Params struct {
	// Temperature divides the logits: below 1 is safer, above 1 wilder.
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
	// TypicalP keeps the tokens whose surprise is nearest to the expected one,
	// in (0, 1]. 0, 1 and [Off] keep all.
	TypicalP float32 `json:"typical_p,omitempty"`
	// MinKeep is how many tokens each of those leaves at least. 0 means 1.
	MinKeep int `json:"min_keep,omitempty"`
	// RepeatPenalty divides the positive logits of recent tokens and multiplies
	// the negative ones, > 0. 0 and 1 change nothing.
	RepeatPenalty float32 `json:"repeat_penalty,omitempty"`
	// FrequencyPenalty is subtracted from a recent token's logit once for each
	// of its occurrences. 0 changes nothing; negative encourages.
	FrequencyPenalty float32 `json:"frequency_penalty,omitempty"`
	// PresencePenalty is subtracted from a recent token's logit once.
	PresencePenalty float32 `json:"presence_penalty,omitempty"`
	// RepeatLastN is how many tokens back recent reaches for the penalties.
	// 0 means 64, -1 the whole text.
	RepeatLastN int `json:"repeat_last_n,omitempty"`
	// LogitBias is added to the logits of these tokens before all else; -Inf
	// forbids a token, +Inf forces it.
	LogitBias map[int32]float32 `json:"logit_bias,omitempty"`
	// Seed makes the choice repeatable. 0 and -1 draw a new seed.
	Seed int64 `json:"seed,omitempty"`

	// Samplers are the stages of sampling in their order. nil means the default
	// order; others are not done yet: [ErrUnsupported].
	Samplers []string `json:"samplers,omitempty"`
	// Grammar is what the text must follow. Not done yet: [ErrUnsupported].
	Grammar *grammar.Grammar `json:"-"`
	// Processor changes the logits before all else. It is called by the
	// goroutine that generates.
	Processor Processor `json:"-"`
	// Adapters change the weights. Not done yet: [ErrUnsupported].
	Adapters []AdapterScale `json:"-"`
	// Lookup is how many tokens are guessed from the text so far and then
	// checked. Not done yet: [ErrUnsupported].
	Lookup int `json:"lookup,omitempty"`

	// MaxTokens is the most tokens to generate. 0 and -1 mean: until the model
	// has finished or the context is full.
	MaxTokens int `json:"max_tokens,omitempty"`
	// Stop strings end the text before the first of them to be complete in it.
	// What may be the beginning of one is held back until that is decided. The
	// name of a control token, such as "<|im_end|>", ends it at that token.
	Stop []string `json:"stop,omitempty"`
	// StopTokens end the text as the vocabulary's own end tokens do.
	StopTokens []int32 `json:"stop_token_ids,omitempty"`
	// IgnoreEOS forbids the vocabulary's end tokens instead of ending at them.
	IgnoreEOS bool `json:"ignore_eos,omitempty"`
	// Logprobs asks for the logarithm of each token's probability and for the N
	// likeliest tokens in its place. 0 means none of it.
	Logprobs int `json:"logprobs,omitempty"`
	// Priority is the weight of this text's share of the model while others wait
	// too: of two that differ the higher one's prompt goes first, and the lower
	// one's cache is given up first. 0 is normal.
	Priority int `json:"priority,omitempty"`

	// NoBOS leaves out the BOS that the model asks for before a prompt.
	NoBOS bool `json:"no_bos,omitempty"`
	// NoParseSpecial takes names of control tokens in the prompt as text.
	NoParseSpecial bool `json:"no_parse_special,omitempty"`
}

// A Processor changes logits.
type Processor interface {
	// Process may change logits, (vocabulary,), those of the token after tokens,
	// prompt and answer, which it must not change. It must not keep either. A panic of it reaches the
	// caller of Generate and nobody else.
	Process(tokens []int32, logits []float32)
}

// maxLogprobs bounds Params.Logprobs.
const maxLogprobs = 1000

// UnmarshalJSON sets the fields that b has, a present 0 at its word: temperature
// 0 is [Greedy], top_k 0 is [Off], seed 0 is a seed. Fields that b lacks stay
// as they are.
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

// sampling returns what p says of the choice of tokens.
func (p *Params) sampling() sample.Params {
	return sample.Params{
		Temperature: p.Temperature, TopK: p.TopK, TopP: p.TopP, MinP: p.MinP, TypicalP: p.TypicalP, MinKeep: p.MinKeep,
		RepeatPenalty: p.RepeatPenalty, FrequencyPenalty: p.FrequencyPenalty, PresencePenalty: p.PresencePenalty,
		RepeatLastN: p.RepeatLastN, LogitBias: p.LogitBias, Seed: p.Seed,
	}
}

// check returns an error that names the first field that has no meaning for a
// vocabulary of vocab tokens.
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
	}{{"Samplers", p.Samplers != nil}, {"Grammar", p.Grammar != nil}, {"Adapters", p.Adapters != nil}, {"Lookup", p.Lookup > 0}} {
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

// forbid returns bias with the tokens forbidden; bias stays as it is.
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

// An AdapterScale is an adapter and how much of it is added.
type AdapterScale struct {
	Adapter *Adapter
	Scale   float32
}

// LoadAdapter opens a LoRA adapter. Not done yet: [ErrUnsupported].
func (m *Model) LoadAdapter(path string) (*Adapter, error) {
	return nil, unsupported("LoadAdapter")
}
