package sample

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The names of the stages, llama.cpp's.
const (
	namePenalties   = "penalties"
	nameDRY         = "dry"
	nameTopNSigma   = "top_n_sigma"
	nameTopK        = "top_k"
	nameTypicalP    = "typ_p"
	nameTopP        = "top_p"
	nameMinP        = "min_p"
	nameXTC         = "xtc"
	nameTemperature = "temperature"
	nameAdaptiveP   = "adaptive_p"
)

// names are the stages in the default order.
var names = []string{
	namePenalties, nameDRY, nameTopNSigma, nameTopK, nameTypicalP,
	nameTopP, nameMinP, nameXTC, nameTemperature, nameAdaptiveP,
}

// Samplers returns the names of the stages in the default order.
func Samplers() []string { return slices.Clone(names) }

// letters are the names in llama.cpp's short form, which has a letter for each.
var letters = map[byte]string{
	'e': namePenalties, 'd': nameDRY, 's': nameTopNSigma, 'k': nameTopK, 'y': nameTypicalP,
	'p': nameTopP, 'm': nameMinP, 'x': nameXTC, 't': nameTemperature, 'a': nameAdaptiveP,
}

// aliases are other names that llama.cpp takes.
var aliases = map[string]string{
	"typical_p": nameTypicalP, "typical": nameTypicalP, "typ": nameTypicalP, "nucleus": nameTopP, "temp": nameTemperature,
}

// ParseSamplers returns the names of a list such as "top_k;temperature". A list
// without a semicolon that is no name may also have a letter for each stage: e
// penalties, d DRY, s top-n-sigma, k top-k, y typical-p, p top-p, m min-p, x XTC,
// t temperature, a adaptive-p. Names may have hyphens instead of underscores.
func ParseSamplers(list string) ([]string, error) {
	parsed := []string{}
	if list = strings.TrimSpace(list); list == "" {
		return parsed, nil
	}
	for name := range strings.SplitSeq(strings.ReplaceAll(list, "-", "_"), ";") {
		name = strings.TrimSpace(name)
		parsed = append(parsed, cmp.Or(aliases[name], name))
	}
	if len(parsed) == 1 && !slices.Contains(names, parsed[0]) {
		short := make([]string, 0, len(list))
		for i := range len(list) {
			short = append(short, letters[list[i]])
		}
		if !slices.Contains(short, "") {
			parsed = short
		}
	}
	return parsed, checkOrder(parsed, nil)
}

// checkOrder returns an error about the first name of order that is not known or
// is there twice.
func checkOrder(order []string, own map[string]Stage) error {
	for i, name := range order {
		field := fmt.Sprintf("Samplers[%d]", i)
		if _, ok := own[name]; !ok && !slices.Contains(names, name) {
			known := append(Samplers(), slices.Sorted(maps.Keys(own))...)
			return &FieldError{field, fmt.Sprintf("%q, want %s", name, strings.Join(known, ", "))}
		}
		if slices.Contains(order[:i], name) {
			return &FieldError{field, fmt.Sprintf("%q is there twice", name)}
		}
	}
	return nil
}

// build makes the chain and the picker.
func (s *Sampler) build(c Config) {
	p, order := &s.p, s.p.Samplers
	if order == nil {
		order = names
	}
	cold := p.Temperature == Greedy
	if p.Mirostat > 0 {
		order = []string{nameTemperature}
		p.DynatempRange = 0
	}
	var last *temperature
	for _, name := range order {
		stage, ok := c.Stages[name]
		if !ok && (!cold || name == namePenalties || name == nameDRY) {
			stage = s.stage(name, c.Breakers)
		}
		if stage == nil {
			continue
		}
		s.chain = append(s.chain, stage)
		last, _ = stage.(*temperature)
		if a, ok := stage.(accepter); ok {
			s.accepts = append(s.accepts, a)
		}
	}
	if last != nil {
		last.last = true
	}
	s.picker = s.pick(order)
	if a, ok := s.picker.(accepter); ok {
		s.accepts = append(s.accepts, a)
	}
}

// pick returns the picker of a chain.
func (s *Sampler) pick(order []string) picker {
	switch p := &s.p; {
	case p.Temperature == Greedy:
		return greedy{}
	case p.Mirostat == 1:
		return &mirostat1{newTarget(p)}
	case p.Mirostat == 2:
		return &mirostat2{newTarget(p)}
	case p.AdaptiveTarget >= 0 && slices.Contains(order, nameAdaptiveP):
		return newAdaptiveP(p.AdaptiveTarget, p.AdaptiveDecay)
	}
	return weighted{}
}

// stage returns the stage with a name, nil if the parameters switch it off.
func (s *Sampler) stage(name string, b *Breakers) Stage {
	p := &s.p
	keep := max(1, p.MinKeep)
	switch name {
	case namePenalties:
		if p.penalises() {
			return &penalties{history{limit: p.RepeatLastN}, p.RepeatPenalty, p.FrequencyPenalty, p.PresencePenalty}
		}
	case nameDRY:
		if p.DRYMultiplier > 0 && p.DRYBase >= 1 && p.DRYPenaltyLastN > 0 {
			return &dry{history{limit: p.DRYPenaltyLastN}, float64(p.DRYMultiplier), float64(p.DRYBase), p.DRYAllowedLength, b, nil}
		}
	case nameTopNSigma:
		if p.TopNSigma > 0 {
			return topNSigma{float64(p.TopNSigma)}
		}
	case nameTopK:
		if p.TopK < maxToken {
			return topK{p.TopK}
		}
	case nameTypicalP:
		if p.TypicalP < 1 {
			return typical{float64(p.TypicalP), keep}
		}
	case nameTopP:
		if p.TopP < 1 {
			return topP{float64(p.TopP), keep}
		}
	case nameMinP:
		if p.MinP > 0 {
			return newMinP(p.MinP, keep)
		}
	case nameXTC:
		if p.XTCProbability > 0 && p.XTCThreshold <= 0.5 {
			return xtc{float64(p.XTCProbability), p.XTCThreshold, keep}
		}
	case nameTemperature:
		if p.Temperature != 1 || p.DynatempRange > 0 {
			return &temperature{t: p.Temperature, delta: p.DynatempRange, exponent: p.DynatempExponent}
		}
	}
	return nil
}

// penalises reports whether any of the penalties has an effect.
func (p *Params) penalises() bool {
	return p.RepeatLastN > 0 && (p.RepeatPenalty != 1 || p.FrequencyPenalty != 0 || p.PresencePenalty != 0)
}

// checkBreakers returns an error about the first breaker that is empty or too
// long.
func checkBreakers(list []string) error {
	if len(list) > maxBreakers {
		return &FieldError{"DRYSequenceBreakers", fmt.Sprintf("%d strings, at most %d", len(list), maxBreakers)}
	}
	for i, s := range list {
		if s == "" || len(s) > maxBreaker {
			return &FieldError{fmt.Sprintf("DRYSequenceBreakers[%d]", i), fmt.Sprintf("%d bytes, want 1 to %d", len(s), maxBreaker)}
		}
	}
	return nil
}

// checkBias returns an error about the lowest id that is negative or, if vocab is
// known, not below vocab, or whose bias is NaN.
func checkBias(m map[int32]float32, vocab int) error {
	for _, b := range sortedBias(m) {
		switch {
		case b.id < 0:
			return &FieldError{"LogitBias", fmt.Sprintf("token %d is negative", b.id)}
		case vocab > 0 && int(b.id) >= vocab:
			return &FieldError{"LogitBias", fmt.Sprintf("token %d, the vocabulary has %d", b.id, vocab)}
		case b.bias != b.bias:
			return &FieldError{"LogitBias", fmt.Sprintf("token %d: NaN", b.id)}
		}
	}
	return nil
}
