package sample

import (
	"fmt"
	"math"
)

// Off switches a stage of the chain off. Zero means the default, so that the zero
// value of Params is a good choice.
const Off = -1

// Greedy is the Temperature that always takes the most likely token.
const Greedy = Off

// maxLastN bounds RepeatLastN. It is above the context of any model.
const maxLastN = 1 << 24

// zeroSeed stands for a literal seed of 0, since 0 means a random seed.
const zeroSeed = math.MinInt64

// Params says how tokens are picked. The zero value is llama.cpp's default chain
// with a random seed. In every field 0 means the default and [Off] (-1) switches
// the stage off, if it can be off. A program whose users may write 0 and mean it
// (a flag --temp 0, a JSON "top_k": 0) starts from [Defaults], lets them set
// fields, and calls [Params.Literal].
type Params struct {
	// Temperature divides the logits: a higher temperature gives more varied
	// text. 0 means 0.8. Greedy (-1) takes the highest logit after bias and
	// penalties, of equal ones the lowest id, and skips the rest of the chain.
	Temperature float32 `json:"temperature,omitempty"`
	// TopK keeps the K highest logits. 0 means 40, Off keeps all.
	TopK int `json:"top_k,omitempty"`
	// TopP keeps the most likely tokens, as few as have probabilities that add
	// up to TopP or more, in (0, 1]. 0 means 0.95; 1 or Off keeps all.
	TopP float32 `json:"top_p,omitempty"`
	// MinP keeps tokens at least MinP times as likely as the best, in (0, 1].
	// 0 means 0.05, Off keeps all.
	MinP float32 `json:"min_p,omitempty"`
	// TypicalP keeps the tokens whose information −ln p is nearest to the
	// entropy, until their probabilities add up to more than TypicalP, in
	// (0, 1]. 0, 1 and Off keep all.
	TypicalP float32 `json:"typical_p,omitempty"`
	// MinKeep is the least tokens that typical-p, top-p and min-p each keep.
	// 0 means 1.
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
	// RepeatLastN is the number of recent tokens for the three penalties.
	// 0 means 64, -1 the whole sequence.
	RepeatLastN int `json:"repeat_last_n,omitempty"`

	// LogitBias is added to the logits of its ids before the other stages. -Inf
	// forbids a token, +Inf forces it. Sample ignores ids outside the
	// vocabulary; Check reports them.
	LogitBias map[int32]float32 `json:"logit_bias,omitempty"`

	// Seed makes the choices repeatable. 0 and -1 mean a random seed.
	Seed int64 `json:"seed,omitempty"`
}

// Defaults returns Params with the default of every field as a value, for flags
// and requests to change before [Params.Literal].
func Defaults() Params {
	return Params{
		Temperature: 0.8, TopK: 40, TopP: 0.95, MinP: 0.05, TypicalP: 1,
		RepeatPenalty: 1, RepeatLastN: 64, Seed: -1,
	}
}

// Literal returns p with a literal meaning of 0, as in llama.cpp's flags:
// temperature 0 is greedy, top-k 0 and min-p 0 are off, top-p 0 and typical-p 0
// keep one token, repeat-last-n 0 and repeat-penalty 0 penalise nothing, seed 0
// is a seed. Any negative temperature is greedy and any negative top-k is off.
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

// resolve returns p with the default instead of 0 and, instead of Off, the value
// that keeps all.
func (p Params) resolve() Params {
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

// orDefault returns def for 0, off for Off, else v.
func orDefault[T int | int64 | float32](v, def, off T) T {
	switch v {
	case 0:
		return def
	case Off:
		return off
	}
	return v
}

// penalises reports whether any of the penalties has an effect.
func (p *Params) penalises() bool {
	return p.RepeatPenalty != 1 || p.FrequencyPenalty != 0 || p.PresencePenalty != 0
}

// A FieldError is an error about an invalid field of [Params].
type FieldError struct {
	Field  string // name of the field in Go
	Reason string
}

// Error returns the message.
func (e *FieldError) Error() string { return "sample: " + e.Field + ": " + e.Reason }

// Check returns a [*FieldError] for the first invalid field of p: NaN, infinite,
// outside its range, or a LogitBias id outside a vocabulary of vocab tokens. If
// vocab is 0, the vocabulary is unknown, and only negative ids are invalid.
func (p Params) Check(vocab int) error {
	for _, f := range []struct {
		name        string
		v, min, max float32
		offOK       bool // Off is valid too
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

// wanted describes the valid values.
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
