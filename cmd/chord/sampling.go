package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/sample"
)

// sampling is the flags of sampling, with llama.cpp's names.
type sampling struct {
	p        sample.Params
	samplers string
	breakers []string
	bias     []string
}

// flags registers the flags, those of numbers from the table of package sample.
func (s *sampling) flags(f *pflag.FlagSet) {
	s.p = sample.Defaults()
	f.StringVar(&s.samplers, "samplers", strings.Join(sample.Samplers(), ";"), "`stages` of sampling in their order, or a letter for each: edskypmxta")
	p := reflect.ValueOf(&s.p).Elem()
	for _, field := range sample.Fields() {
		short := ""
		if field.Flag == "seed" {
			short = "s"
		}
		if field.Flag == "" {
			continue
		}
		switch v := p.FieldByName(field.Name).Addr().Interface().(type) {
		case *float32:
			f.Float32VarP(v, field.Flag, short, *v, field.Usage)
		case *int:
			f.IntVarP(v, field.Flag, short, *v, field.Usage)
		case *int64:
			f.Int64VarP(v, field.Flag, short, *v, field.Usage)
		}
	}
	f.StringArrayVar(&s.breakers, "dry-sequence-breaker", []string{`\n`, ":", `"`, "*"}, "`text` over which no repetition of --dry-multiplier reaches (may be repeated); none for none")
	f.StringArrayVarP(&s.bias, "logit-bias", "l", nil, "`ID+BIAS` adds to its logit, such as 403-5 or 2-inf (may be repeated)")
}

// params returns the parameters, checked for a vocabulary of vocab tokens, and the
// seed.
func (s *sampling) params(vocab int) (chord.Params, int64, error) {
	var p chord.Params
	from, seed, err := s.sample(vocab)
	to := reflect.ValueOf(&p).Elem()
	for f, v := range reflect.ValueOf(from).Fields() {
		to.FieldByName(f.Name).Set(v)
	}
	return p, seed, err
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
	for _, b := range s.breakers {
		if b == "none" {
			p.DRYSequenceBreakers = []string{}
			continue
		}
		p.DRYSequenceBreakers = append(p.DRYSequenceBreakers, strings.ReplaceAll(b, `\n`, "\n"))
	}
	order, err := sample.ParseSamplers(s.samplers)
	if !slices.Equal(order, sample.Samplers()) {
		p.Samplers = order
	}
	if err == nil {
		err = p.Check(vocab)
	}
	if err != nil {
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
