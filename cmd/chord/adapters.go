package main

import (
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
)

// An adapterFile is a LoRA adapter that the flags name.
type adapterFile struct {
	name  string
	scale float32
}

// adapterFlags are the adapters of --lora and --lora-scaled, in order.
type adapterFlags struct {
	files  []adapterFile
	loaded []*chord.Adapter
}

// flags registers the flags.
func (l *adapterFlags) flags(f *pflag.FlagSet) {
	f.Var(&adapterFlag{l, false}, "lora", "add the LoRA adapter in `file`, with commas several, to the model; may be given more than once")
	f.Var(&adapterFlag{l, true}, "lora-scaled", "the same, scaled: `file:scale`")
}

// An adapterFlag is one of the flags.
type adapterFlag struct {
	l      *adapterFlags
	scaled bool
}

// String returns the value of the flag without one.
func (a *adapterFlag) String() string { return "" }

// Type names a value in help texts.
func (a *adapterFlag) Type() string { return "string" }

// Set adds the adapters of a value.
func (a *adapterFlag) Set(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		file := adapterFile{part, 1}
		if a.scaled {
			i := strings.LastIndexByte(part, ':')
			x, err := strconv.ParseFloat(part[i+1:], 32)
			if i < 0 || err != nil {
				return usagef("%q, want file:scale, as in adapter.gguf:0.5", part)
			}
			file = adapterFile{part[:i], float32(x)}
		}
		if file.name == "" {
			return usagef("%q names no file", s)
		}
		a.l.files = append(a.l.files, file)
	}
	return nil
}

// load loads the adapters into m. Those with a scale of 0 have no effect and are left
// out. close must be called after the last use.
func (l *adapterFlags) load(m *chord.Model) (list []chord.AdapterScale, err error) {
	for _, f := range l.files {
		a, err := m.LoadAdapter(f.name)
		if err != nil {
			l.close()
			return nil, err
		}
		l.loaded = append(l.loaded, a)
		if f.scale != 0 {
			list = append(list, chord.AdapterScale{Adapter: a, Scale: f.scale})
		}
	}
	return list, nil
}

// close closes the adapters.
func (l *adapterFlags) close() {
	for _, a := range l.loaded {
		_ = a.Close() // it never fails
	}
}
