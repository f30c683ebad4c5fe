package sample

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

const (
	maxLastN = 1 << 24         // bounds RepeatLastN and DRYPenaltyLastN; above the context of any model
	noLastN  = math.MinInt32   // a literal RepeatLastN or DRYPenaltyLastN of 0, since 0 means the default
	zeroSeed = math.MinInt64   // a literal seed of 0, since 0 means a random seed
	maxToken = math.MaxInt32   // above any vocabulary
	tiny     = 0x1p-149        // a literal 0 of a number that is > 0
	maxFloat = math.MaxFloat32 // a bound that only infinity is above
)

// A Field describes a number of [Params]. [Defaults], [Params.Literal] and
// [Params.Check] are made of the table of fields, and so are a program's flags.
type Field struct {
	Name     string  // in Go
	JSON     string  // in JSON
	Flag     string  // of a command, llama.cpp's name, "" without one
	Usage    string  // what the flag does; the `name` of its value is in backquotes
	Default  float64 // the value that 0 stands for
	Min, Max float64 // the range of other values than 0 and Off
	Off      float64 // what Off stands for, NaN if the field has no Off
	Zero     float64 // the value that means a literal 0

	negative bool // every literal negative number is Off
	index    int  // in Params
}

var noOff = math.NaN()

// fields is the one table of parameters. Its order is that of the flags.
var fields = index([]Field{
	{Name: "Temperature", Flag: "temp", Default: 0.8, Min: 0, Max: maxFloat, Off: Greedy, Zero: Greedy, negative: true,
		Usage: "temperature; at 0 always the likeliest token"},
	{Name: "DynatempRange", Flag: "dynatemp-range", Min: 0, Max: maxFloat, Off: noOff,
		Usage: "temperatures up to `X` lower and higher, by the entropy; 0 is off"},
	{Name: "DynatempExponent", Flag: "dynatemp-exp", Default: 1, Min: 0, Max: maxFloat, Off: noOff, Zero: tiny,
		Usage: "exponent `X` of the entropy for --dynatemp-range"},
	{Name: "TopK", Flag: "top-k", Default: 40, Min: 0, Max: math.MaxInt64, Off: maxToken, Zero: Off, negative: true,
		Usage: "keep the `K` likeliest tokens; 0 keeps all"},
	{Name: "TopP", Flag: "top-p", Default: 0.95, Min: 0, Max: 1, Off: 1, Zero: tiny,
		Usage: "keep the likeliest tokens up to `P` together; 1 keeps all"},
	{Name: "MinP", Flag: "min-p", Default: 0.05, Min: 0, Max: 1, Off: 0, Zero: Off,
		Usage: "keep tokens at least `P` times as likely as the best; 0 keeps all"},
	{Name: "TypicalP", Flag: "typical", Default: 1, Min: 0, Max: 1, Off: 1, Zero: tiny,
		Usage: "keep typical tokens up to `P` together; 1 keeps all"},
	{Name: "TopNSigma", Flag: "top-n-sigma", Default: Off, Min: 0, Max: maxFloat, Off: 0, Zero: Off, negative: true,
		Usage: "keep logits at most `N` standard deviations below the best; -1 keeps all"},
	{Name: "XTCProbability", Flag: "xtc-probability", Min: 0, Max: 1, Off: noOff,
		Usage: "chance `P` of removing the likeliest tokens; 0 is off"},
	{Name: "XTCThreshold", Flag: "xtc-threshold", Default: 0.1, Min: 0, Max: 1, Off: noOff, Zero: tiny,
		Usage: "probability `P` from which --xtc-probability removes all but one"},
	{Name: "MinKeep", Default: 1, Min: 0, Max: math.MaxInt64, Off: noOff},
	{Name: "RepeatPenalty", Flag: "repeat-penalty", Default: 1, Min: 0, Max: maxFloat, Off: noOff,
		Usage: "divide logits of recent tokens by `X`; 1 is off"},
	{Name: "RepeatLastN", Flag: "repeat-last-n", Default: 64, Min: 0, Max: maxLastN, Off: maxLastN, Zero: noLastN,
		Usage: "the last `N` tokens are recent; 0 none, -1 all"},
	{Name: "PresencePenalty", Flag: "presence-penalty", Min: -maxFloat, Max: maxFloat, Off: noOff,
		Usage: "subtract `X` from logits of recent tokens once"},
	{Name: "FrequencyPenalty", Flag: "frequency-penalty", Min: -maxFloat, Max: maxFloat, Off: noOff,
		Usage: "subtract `X` from logits of recent tokens each time"},
	{Name: "DRYMultiplier", Flag: "dry-multiplier", Min: 0, Max: maxFloat, Off: noOff,
		Usage: "lower logits that continue a repetition of n tokens by `X`·base^(n−allowed); 0 is off"},
	{Name: "DRYBase", Flag: "dry-base", Default: 1.75, Min: 1, Max: maxFloat, Off: 0, Zero: Off,
		Usage: "base `X` for --dry-multiplier; 0 is off"},
	{Name: "DRYAllowedLength", Flag: "dry-allowed-length", Default: 2, Min: 0, Max: maxLastN, Off: 0, Zero: Off,
		Usage: "repetitions of fewer than `N` tokens are allowed"},
	{Name: "DRYPenaltyLastN", Flag: "dry-penalty-last-n", Default: 64, Min: 0, Max: maxLastN, Off: maxLastN, Zero: noLastN,
		Usage: "the last `N` tokens have the repetitions; 0 none, -1 all"},
	{Name: "Mirostat", Flag: "mirostat", Min: 0, Max: 2, Off: noOff,
		Usage: "keep the surprise of tokens constant, by `version` 1 or 2; 0 is off"},
	{Name: "MirostatTau", Flag: "mirostat-ent", Default: 5, Min: 0, Max: maxFloat, Off: noOff, Zero: tiny,
		Usage: "surprise `X` that --mirostat wants, in bits"},
	{Name: "MirostatEta", Flag: "mirostat-lr", Default: 0.1, Min: 0, Max: maxFloat, Off: noOff, Zero: tiny,
		Usage: "learning rate `X` of --mirostat"},
	{Name: "AdaptiveTarget", Flag: "adaptive-target", Default: Off, Min: 0, Max: 1, Off: Off, Zero: tiny, negative: true,
		Usage: "pick tokens with probabilities near `P`; -1 is off"},
	{Name: "AdaptiveDecay", Flag: "adaptive-decay", Default: 0.9, Min: 0, Max: 0.99, Off: noOff, Zero: tiny,
		Usage: "weight `X` of each token for --adaptive-target, relative to the next"},
	{Name: "MinTokens", Flag: "min-tokens", Min: 0, Max: math.MaxInt64, Off: noOff,
		Usage: "do not end before `N` tokens"},
	{Name: "Seed", Flag: "seed", Default: Off, Min: math.MinInt64, Max: math.MaxInt64, Off: 0, Zero: zeroSeed,
		Usage: "`seed` of the random choice; -1 draws one"},
})

// index sets the fields that are known from Params.
func index(table []Field) []Field {
	for i := range table {
		f, ok := reflect.TypeFor[Params]().FieldByName(table[i].Name)
		if !ok {
			panic("sample: no field " + table[i].Name)
		}
		table[i].index = f.Index[0]
		table[i].JSON, _, _ = strings.Cut(f.Tag.Get("json"), ",")
	}
	return table
}

// Fields returns the table of the fields of [Params] that are numbers.
func Fields() []Field { return slices.Clone(fields) }

// get returns a field of p.
func (f *Field) get(p *Params) reflect.Value { return reflect.ValueOf(p).Elem().Field(f.index) }

// is reports whether the field v has a value.
func is(v reflect.Value, want float64) bool {
	if v.CanInt() {
		return v.Int() == int64(want)
	}
	return v.Float() == want
}

// assign sets the field v.
func assign(v reflect.Value, to float64) {
	if v.CanInt() {
		v.SetInt(int64(to))
		return
	}
	v.SetFloat(to)
}

// Defaults returns Params with the default of every field as a value, for flags
// and requests to change before [Params.Literal].
func Defaults() Params {
	var p Params
	for i := range fields {
		assign(fields[i].get(&p), fields[i].Default)
	}
	return p
}

// Literal returns p with a literal meaning of 0, as in llama.cpp's flags:
// temperature 0 is greedy, top-k 0 and min-p 0 are off, top-p 0 and typical-p 0
// keep one token, repeat-last-n 0 and repeat-penalty 0 penalise nothing, seed 0
// is a seed; [Field] Zero says it for each. Any negative temperature is greedy,
// any negative top-k, top-n-sigma and adaptive-target is off.
func (p Params) Literal() Params {
	for i := range fields {
		fields[i].literal(fields[i].get(&p))
	}
	return p
}

// literal sets the field v to its literal meaning.
func (f *Field) literal(v reflect.Value) {
	switch {
	case is(v, 0):
		assign(v, f.Zero)
	case f.negative && (v.CanInt() && v.Int() < 0 || v.CanFloat() && v.Float() < 0):
		assign(v, Off)
	}
}

// resolve returns p with the default instead of 0 and, instead of Off, the value
// that it stands for.
func (p Params) resolve() Params {
	for i := range fields {
		f := &fields[i]
		v := f.get(&p)
		if is(v, 0) {
			assign(v, f.Default)
		}
		if f.Off == f.Off && is(v, Off) {
			assign(v, f.Off)
		}
	}
	return p
}

// A FieldError is an error about an invalid field of [Params].
type FieldError struct {
	Field  string // name of the field in Go
	Reason string
}

// Error returns the message.
func (e *FieldError) Error() string { return "sample: " + e.Field + ": " + e.Reason }

// Check returns a [*FieldError] for the first invalid field of p: NaN, infinite,
// outside its range, a name of Samplers that is none, or a LogitBias id outside a
// vocabulary of vocab tokens. If vocab is 0, the vocabulary is unknown, and only
// negative ids are invalid.
func (p Params) Check(vocab int) error {
	for i := range fields {
		f := &fields[i]
		v := f.get(&p)
		if is(v, 0) || f.Off == f.Off && is(v, Off) || f.Zero != 0 && is(v, f.Zero) || f.inRange(v) {
			continue
		}
		return &FieldError{f.Name, fmt.Sprintf("%v, want %s", v, f.wanted(v.CanInt()))}
	}
	if err := checkOrder(p.Samplers, nil); err != nil {
		return err
	}
	if err := checkBreakers(p.DRYSequenceBreakers); err != nil {
		return err
	}
	return checkBias(p.LogitBias, vocab)
}

func (f *Field) inRange(v reflect.Value) bool {
	if v.CanInt() { // float64 has no exact MaxInt64
		return float64(v.Int()) >= f.Min && float64(v.Int()) <= f.Max
	}
	return v.Float() >= f.Min && v.Float() <= float64(float32(f.Max))
}

// wanted describes the valid values.
func (f *Field) wanted(whole bool) string {
	var text string
	switch {
	case f.Max < maxLastN:
		text = fmt.Sprintf("%g to %g", f.Min, f.Max)
	case whole && f.Max == maxLastN:
		text = fmt.Sprintf("0 to %d", maxLastN)
	case whole:
		text = "0 or more"
	case f.Min < 0:
		text = "a finite number"
	default:
		text = fmt.Sprintf("a finite number, %g or more", f.Min)
	}
	switch {
	case f.Off != f.Off:
		return text
	case f.Off == maxLastN:
		return text + ", or -1 (all)"
	}
	return text + ", or -1 (off)"
}
