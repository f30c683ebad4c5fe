package main

import (
	"cmp"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/hub"
	"github.com/querent-ai/chord/internal/mmap"
)

// leastContext is the shortest context that is proposed, in tokens.
const leastContext = 512

// A fitting asks how much memory a model needs with these options.
type fitting func(chord.Options) (chord.Fit, error)

// advice says what memory a model needs and, if that is not there, what would fit.
func advice(fit fitting, o chord.Options, m *hub.Model) (lines []string, fits bool) {
	f, err := fit(o)
	switch {
	case err != nil:
		return []string{"whether it fits in memory cannot be told: " + firstLine(err.Error())}, true
	case f.Available == 0:
		return []string{fmt.Sprintf("it takes %s of memory with %d tokens", bytesText(f.Weights+f.Cache), f.Context)}, true
	case f.Fits:
		return []string{fmt.Sprintf("it fits: %s of the %s of memory that are free, with %d tokens",
			bytesText(f.Weights+f.Cache), bytesText(f.Available), f.Context)}, true
	}
	if ways := shorter(fit, o, f); ways != "" {
		return []string{"all of it takes " + needText(f), "it fits with " + ways}, true
	}
	lines = []string{"it does not fit: it takes " + needText(f)}
	if other, ok := smaller(m, f); ok {
		lines = append(lines, fmt.Sprintf("%s of %s would fit", printable(other), bytesText(otherSize(m, other))))
	}
	return lines, false
}

// needText says what memory a model needs that has not enough.
func needText(f chord.Fit) string {
	return fmt.Sprintf("%s of memory with %d tokens, and %s are free", bytesText(f.Weights+f.Cache), f.Context, bytesText(f.Available))
}

// shorter returns the flags with which a model fits that does not with o: those of a
// shorter context, and of a smaller cache. It is "" if there are none.
func shorter(fit fitting, o chord.Options, f chord.Fit) string {
	var ways []string
	for _, kind := range []string{"", "q8_0", "q4_0"} {
		with := o
		flags := ""
		if kind != "" {
			with.CacheTypeK, with.CacheTypeV, flags = kind, kind, " -ctk "+kind+" -ctv "+kind
		}
		if n := longest(fit, with); n >= leastContext || n > 0 && n == f.Context {
			ways = append(ways, fmt.Sprintf("-c %d%s", n, flags))
		}
	}
	return strings.Join(ways, ", or ")
}

// longest returns the longest context that fits: all of it, or a power of two; 0 if
// none does.
func longest(fit fitting, o chord.Options) int {
	f, err := fit(o)
	if err != nil {
		return 0
	}
	if f.Fits {
		return f.Context
	}
	free := f.Available - f.Available/8 - f.Weights
	if free <= 0 || f.Cache <= 0 {
		return 0
	}
	n := int(float64(f.Context) * min(float64(free)/float64(f.Cache), 1))
	for n = 1 << max(bits.Len(uint(n))-1, 0); n >= leastContext; n /= 2 {
		o.Context = n
		if f, err := fit(o); err == nil && f.Fits {
			return n
		}
	}
	return 0
}

// smaller returns the name of the largest other model of the repository that fits.
func smaller(m *hub.Model, f chord.Fit) (name string, ok bool) {
	budget := f.Available - f.Available/8 - f.Cache*leastContext/int64(max(f.Context, leastContext))
	var best hub.File
	for _, o := range m.Others {
		if o.Size <= budget && o.Size > best.Size && hub.Quant(o.Name) != "" {
			best = o
		}
	}
	if best.Name == "" {
		return "", false
	}
	r := m.Ref
	r.Quant, r.File = hub.Quant(best.Name), ""
	return r.String(), true
}

// otherSize returns the size of another model of the repository.
func otherSize(m *hub.Model, name string) int64 {
	for _, o := range m.Others {
		if strings.HasSuffix(name, ":"+hub.Quant(o.Name)) {
			return o.Size
		}
	}
	return 0
}

// quants are mixes of chord quantize that are proposed in place of a model that does not
// fit, the best first, with the bits that a weight takes, about.
var quants = []struct {
	name string
	bits float64
}{{"Q8_0", 8.5}, {"Q6_K", 6.6}, {"Q5_K_M", 5.7}, {"Q4_K_M", 4.9}, {"Q3_K_M", 4}, {"Q2_K", 3.4}}

// warnWeights warns before a model is opened whose weights do not fit in memory, and says
// what would fit: such a model is read from the disk again for every token.
func (a *app) warnWeights(m *modelFlags) {
	free, _ := mmap.Available()
	if info, err := os.Stat(m.path); err != nil || info.Size() < free/16 {
		return // also of several parts, without a look into it
	}
	f, err := m.fit(m.options)
	budget := f.Available - f.Available/8
	if err != nil || f.Available == 0 || f.Weights <= budget {
		return
	}
	fmt.Fprintf(a.err, "warning: %s takes %s, so it will be very slow\n", printable(filepath.Base(m.path)), needText(f))
	file, err := m.plainFile()
	if err != nil {
		return
	}
	defer file.Close()
	var weights int64
	for i := range file.Tensors {
		weights += file.Tensors[i].Elems()
	}
	if text := quantText(weights, f.Weights, budget); text != "" {
		fmt.Fprintln(a.err, text)
	}
}

// quantText says which quants of a model of so many weights would fit in budget bytes, ""
// if none of fewer bytes than now would.
func quantText(weights, now, budget int64) string {
	for _, q := range quants {
		if n := int64(float64(weights) * q.bits / 8); n <= budget && n < now {
			return fmt.Sprintf("%s, about %s, would fit: chord quantize makes one, or chord pull fetches it", q.name, bytesText(n))
		}
	}
	return ""
}

// fit says how much memory the model takes.
func (m *modelFlags) fit(o chord.Options) (chord.Fit, error) {
	if m.path == "" {
		fsys, name, err := embedded()
		if err != nil {
			return chord.Fit{}, err
		}
		return chord.FitsFS(fsys, name, o)
	}
	return chord.Fits(m.path, o)
}

// tooLong adds to an error of opening about the context what would fit.
func (m *modelFlags) tooLong(err error) error {
	p, ok := errors.AsType[*chord.ParamError](err)
	if !ok || p.Field != "Options.Context" || m.options.Context == 0 {
		return err
	}
	f, bad := m.fit(m.options)
	ways := ""
	if bad == nil {
		ways = shorter(m.fit, m.options, f)
	}
	if ways == "" {
		return err
	}
	return fmt.Errorf("%s does not fit: it takes %s; it fits with %s", printable(cmp.Or(m.path, "the model")), needText(f), ways)
}
