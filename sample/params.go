package sample

import (
	"fmt"
	"math"
)

// Off switches a stage of the chain off. Zero cannot do so: it means the
// default, so that Params{} is good as it stands.
const Off = -1

// Greedy is the Temperature that always takes the most likely token.
const Greedy = Off

// maxLastN bounds RepeatLastN: as far as any model's context reaches.
const maxLastN = 1 << 24

// zeroSeed is what a literal seed of 0 becomes, since 0 asks for a fresh one.
const zeroSeed = math.MinInt64

// Params says how tokens are picked. The zero value is llama.cpp's default
// chain with a fresh seed; in every field 0 means its default and, where it
// has a meaning, [Off] (-1) switches the stage off. A program whose users may
// write 0 and mean it (a flag --temp 0, a JSON "top_k": 0) starts from
// [Defaults], lets them overwrite fields, and calls [Params.Literal].
type Params struct {
	// Temperature divides the logits: below 1 is safer, above 1 wilder.
	// 0 means 0.8. Greedy (-1) takes the highest logit after bias and
	// penalties, lowest id first, and skips the rest of the chain.
	Temperature float32 `json:"temperature,omitempty"`
	// TopK keeps the K highest logits. 0 means 40, Off keeps all.
	TopK int `json:"top_k,omitempty"`
	// TopP keeps the fewest most likely tokens whose probabilities add up to
	// TopP or more, in (0, 1]. 0 means 0.95; 1 or Off keeps all.
	TopP float32 `json:"top_p,omitempty"`
	// MinP keeps tokens at least MinP times as likely as the best, in (0, 1].
	// 0 means 0.05, Off keeps all.
	MinP float32 `json:"min_p,omitempty"`
	// TypicalP keeps the tokens whose surprise is nearest to the expected one,
	// until their probabilities add up to more than TypicalP, in (0, 1].
	// 0, 1 and Off keep all.
	TypicalP float32 `json:"typical_p,omitempty"`
	// MinKeep is how many tokens typical-p, top-p and min-p each leave at
	// least. 0 means 1.
	MinKeep int `json:"min_keep,omitempty"`

	// RepeatPenalty divides the positive logits of recent tokens and multiplies
	// the negative ones, > 0. 0 and 1 change nothing.
	RepeatPenalty float32 `json:"repeat_penalty,omitempty"`
	// FrequencyPenalty is subtracted from a recent token's logit once for each
	// of its occurrences. 0 changes nothing; negative encourages.
	FrequencyPenalty float32 `json:"frequency_penalty,omitempty"`
	// PresencePenalty is subtracted from a recent token's logit once.
	// 0 changes nothing; negative encourages.
	PresencePenalty float32 `json:"presence_penalty,omitempty"`
	// RepeatLastN is how many tokens back recent reaches for the three
	// penalties. 0 means 64, -1 the whole sequence.
	RepeatLastN int `json:"repeat_last_n,omitempty"`

	// LogitBias is added to the logits of these ids before all else; -Inf
	// forbids a token, +Inf forces it. Ids the vocabulary lacks are ignored by
	// Sample; Check reports them.
	LogitBias map[int32]float32 `json:"logit_bias,omitempty"`

	// Seed makes the choice repeatable. 0 and -1 draw a fresh seed.
	Seed int64 `json:"seed,omitempty"`
}

// Defaults returns the defaults spelled out, for flags and requests to
// overwrite: what Params{} means, as Literal would be told it.
func Defaults() Params {
	return Params{
		Temperature: 0.8, TopK: 40, TopP: 0.95, MinP: 0.05, TypicalP: 1,
		RepeatPenalty: 1, RepeatLastN: 64, Seed: -1,
	}
}

// Literal returns the Params that mean p with each 0 taken at its word, as
// llama.cpp takes its flags: temperature 0 is greedy, top-k 0 and min-p 0 are
// off, top-p 0 and typical-p 0 leave one token, repeat-last-n 0 and
// repeat-penalty 0 penalise nothing, seed 0 is a seed. Any negative
// temperature is greedy and any negative top-k is off.
func (p Params) Literal() Params {
	if p.Temperature <= 0 {
		p.Temperature = Greedy
	}
	if p.TopK <= 0 {
		p.TopK = Off
	}
	if p.MinP == 0 {
		p.MinP = Off
	}
	if p.TopP == 0 {
		p.TopP = math.SmallestNonzeroFloat32
	}
	if p.TypicalP == 0 {
		p.TypicalP = math.SmallestNonzeroFloat32
	}
	if p.RepeatLastN == 0 {
		p.RepeatPenalty, p.FrequencyPenalty, p.PresencePenalty = 0, 0, 0
	}
	if p.Seed == 0 {
		p.Seed = zeroSeed
	}
	return p
}

// spelled returns p with every default in its field's place and every stage
// that is switched off as the value that keeps all.
func (p Params) spelled() Params {
	d := Defaults()
	p.Temperature = orDefault(p.Temperature, d.Temperature, Greedy)
	p.TopK = orDefault(p.TopK, d.TopK, math.MaxInt)
	p.TopP = orDefault(p.TopP, d.TopP, 1)
	p.MinP = orDefault(p.MinP, d.MinP, 0)
	p.TypicalP = orDefault(p.TypicalP, d.TypicalP, 1)
	p.RepeatPenalty = orDefault(p.RepeatPenalty, d.RepeatPenalty, 1)
	p.RepeatLastN = orDefault(p.RepeatLastN, d.RepeatLastN, maxLastN)
	p.MinKeep = max(p.MinKeep, 1)
	p.Seed = orDefault(p.Seed, 0, 0)
	return p
}

// orDefault returns v, def in place of 0, or off in place of Off.
func orDefault[T int | int64 | float32](v, def, off T) T {
	switch v {
	case 0:
		return def
	case Off:
		return off
	}
	return v
}

// penalises reports whether any of the penalties does something.
func (p *Params) penalises() bool {
	return p.RepeatPenalty != 1 || p.FrequencyPenalty != 0 || p.PresencePenalty != 0
}

// A FieldError is about a field of [Params] whose value has no meaning.
type FieldError struct {
	Field  string // its name in Go
	Reason string
}

// Error returns what is wrong in words.
func (e *FieldError) Error() string { return "sample: " + e.Field + ": " + e.Reason }

// Check returns a [*FieldError] for the first field of p that has no meaning:
// NaN, infinite, outside its range, or a LogitBias id that a vocabulary of
// vocab tokens lacks (vocab 0: unknown, only negative ids are refused).
func (p Params) Check(vocab int) error {
	for _, f := range []struct {
		name        string
		v, min, max float32 // the range; Off and 0 are fine besides if offOK
		offOK       bool
	}{
		{"Temperature", p.Temperature, 0, math.MaxFloat32, true},
		{"TopP", p.TopP, 0, 1, true},
		{"MinP", p.MinP, 0, 1, true},
		{"TypicalP", p.TypicalP, 0, 1, true},
		{"RepeatPenalty", p.RepeatPenalty, 0, math.MaxFloat32, false},
		{"FrequencyPenalty", p.FrequencyPenalty, -math.MaxFloat32, math.MaxFloat32, false},
		{"PresencePenalty", p.PresencePenalty, -math.MaxFloat32, math.MaxFloat32, false},
	} {
		if inRange := f.v >= f.min && f.v <= f.max; !inRange && !(f.offOK && f.v == Off) {
			return &FieldError{f.name, fmt.Sprintf("%g, want %s", f.v, wanted(f.min, f.max, f.offOK))}
		}
	}
	if p.TopK < Off {
		return &FieldError{"TopK", fmt.Sprintf("%d, want -1 (off) or more", p.TopK)}
	}
	if p.MinKeep < 0 {
		return &FieldError{"MinKeep", fmt.Sprintf("%d, want 0 or more", p.MinKeep)}
	}
	if p.RepeatLastN < Off || p.RepeatLastN > maxLastN {
		return &FieldError{"RepeatLastN", fmt.Sprintf("%d, want -1 (all) to %d", p.RepeatLastN, maxLastN)}
	}
	return checkBias(p.LogitBias, vocab)
}

// wanted says in words which values Check lets pass.
func wanted(lo, hi float32, offOK bool) string {
	text := "a finite number"
	switch {
	case hi == 1:
		text = "0 to 1"
	case lo == 0:
		text = "a finite number, 0 or more"
	}
	if offOK {
		text += ", or -1 (off)"
	}
	return text
}

// checkBias errs on NaN, on a negative id and, if vocab is known, on an id
// that is not below it; on the lowest such id, whatever the map's order.
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
