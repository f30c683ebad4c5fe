package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/sample"
)

// sampling has the flags of sampling, with llama.cpp's names.
type sampling struct {
	p    sample.Params
	bias []string
}

// flags registers the flags with explicit defaults.
func (s *sampling) flags(f *pflag.FlagSet) {
	s.p = sample.Defaults()
	f.Float32Var(&s.p.Temperature, "temp", s.p.Temperature, "temperature; at 0 always the likeliest token")
	f.IntVar(&s.p.TopK, "top-k", s.p.TopK, "keep the `K` likeliest tokens; 0 keeps all")
	f.Float32Var(&s.p.TopP, "top-p", s.p.TopP, "keep the likeliest tokens up to `P` together; 1 keeps all")
	f.Float32Var(&s.p.MinP, "min-p", s.p.MinP, "keep tokens at least `P` times as likely as the best; 0 keeps all")
	f.Float32Var(&s.p.TypicalP, "typical", s.p.TypicalP, "keep typical tokens up to `P` together; 1 keeps all")
	f.Float32Var(&s.p.RepeatPenalty, "repeat-penalty", s.p.RepeatPenalty, "divide logits of recent tokens by `X`; 1 is off")
	f.IntVar(&s.p.RepeatLastN, "repeat-last-n", s.p.RepeatLastN, "the last `N` tokens are recent; 0 none, -1 all")
	f.Float32Var(&s.p.PresencePenalty, "presence-penalty", s.p.PresencePenalty, "subtract `X` from logits of recent tokens once")
	f.Float32Var(&s.p.FrequencyPenalty, "frequency-penalty", s.p.FrequencyPenalty, "subtract `X` from logits of recent tokens each time")
	f.StringArrayVarP(&s.bias, "logit-bias", "l", nil, "`ID+BIAS` adds to its logit, such as 403-5 or 2-inf (may be repeated)")
	f.Int64VarP(&s.p.Seed, "seed", "s", s.p.Seed, "`seed` of the random choice; -1 draws one")
}

// params returns the parameters, checked for a vocabulary of vocab tokens, and the
// seed.
func (s *sampling) params(vocab int) (chord.Params, int64, error) {
	p, seed, err := s.sample(vocab)
	return chord.Params{
		Temperature: p.Temperature, TopK: p.TopK, TopP: p.TopP, MinP: p.MinP, TypicalP: p.TypicalP, MinKeep: p.MinKeep,
		RepeatPenalty: p.RepeatPenalty, FrequencyPenalty: p.FrequencyPenalty, PresencePenalty: p.PresencePenalty,
		RepeatLastN: p.RepeatLastN, LogitBias: p.LogitBias, Seed: p.Seed,
	}, seed, err
}

// sample returns the parameters in the form of package sample.
func (s *sampling) sample(vocab int) (sample.Params, int64, error) {
	p := s.p
	if p.Seed == -1 {
		p.Seed = int64(rand.Uint32())
	}
	seed := p.Seed
	for _, b := range s.bias {
		id, bias, err := parseBias(b)
		if err != nil {
			return p, 0, usageError{err}
		}
		if p.LogitBias == nil {
			p.LogitBias = map[int32]float32{}
		}
		p.LogitBias[id] += bias
	}
	p = p.Literal()
	if err := p.Check(vocab); err != nil {
		return p, 0, usageError{err}
	}
	return p, seed, nil
}

// parseBias reads ID+BIAS or ID-BIAS.
func parseBias(s string) (int32, float32, error) {
	i := strings.IndexAny(s, "+-")
	if i <= 0 {
		return 0, 0, fmt.Errorf("--logit-bias %q: want a token id, + or -, and a number", s)
	}
	id, err := strconv.ParseInt(s[:i], 10, 32)
	if err != nil {
		return 0, 0, fmt.Errorf("--logit-bias %q: %q is not a token id", s, s[:i])
	}
	bias, err := strconv.ParseFloat(s[i:], 32)
	if err != nil || math.IsNaN(bias) {
		return 0, 0, fmt.Errorf("--logit-bias %q: %q is not a number", s, s[i:])
	}
	return int32(id), float32(bias), nil
}
