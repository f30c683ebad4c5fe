package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
)

// A drafting is the flags of speculative decoding.
type drafting struct {
	path     string
	max, min int
	pMin     float32
}

// flags registers the flags.
func (d *drafting) flags(f *pflag.FlagSet) {
	f.StringVar(&d.path, "model-draft", "", "draft tokens with the smaller model in this GGUF `file` (also -md): the same text, sooner if they agree")
	f.IntVar(&d.max, "draft-max", 0, "draft at most `N` tokens at a time: by lookup in the text, and with -md, where 0 means 15")
	f.IntVar(&d.min, "draft-min", 0, "drop drafts of -md of fewer than `N` tokens")
	f.Float32Var(&d.pMin, "draft-p-min", 0, "end a draft of -md before a token of a probability below `P`; 0 decides by what was right")
}

// check returns an error about the flags.
func (d *drafting) check() error {
	switch {
	case d.max < 0:
		return usagef("--draft-max %d: want 0 or more", d.max)
	case d.min < 0:
		return usagef("--draft-min %d: want 0 or more", d.min)
	case !(d.pMin >= 0 && d.pMin <= 1):
		return usagef("--draft-p-min %g: want 0 to 1", d.pMin)
	case d.path == "" && (d.min > 0 || d.pMin > 0):
		return usagef("--draft-min and --draft-p-min: only with --model-draft")
	}
	return nil
}

// open sets o.Draft to the draft model, if there is one. The caller calls close after
// the model's Close.
func (d *drafting) open(o *chord.Options) (close func(), err error) {
	if d.path == "" {
		return func() {}, nil
	}
	m, err := chord.Open(d.path, chord.Options{Threads: o.Threads, NoRepack: o.NoRepack, NoPrefixCache: o.NoPrefixCache})
	if err != nil {
		return nil, fmt.Errorf("--model-draft: %w", err)
	}
	o.Draft = m
	return func() { m.Close() }, nil
}

// set sets the parameters.
func (d *drafting) set(p *chord.Params) {
	p.Lookup, p.DraftMax, p.DraftMin, p.DraftPMin = d.max, d.max, d.min, d.pMin
}
