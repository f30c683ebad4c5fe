// Package bench measures whole models: how many tokens a second go in and come
// out, beside what the machine could do and beside another program, in turn.
//
// A figure taken alone says little on a shared machine. Whatever is compared is
// therefore measured in turn, repetition by repetition, and judged by ratios:
// of a repetition to the limits or to the other program's figure taken beside
// it, and of those the median.
package modelbench

import (
	"context"
	"io"

	"github.com/querent-ai/chord"
)

// A Plan says what is measured: the cross product of its lists. An empty list
// has one element, the default.
type Plan struct {
	Models  []Source      // at least one
	Options chord.Options // how they are opened, but for what the lists below say
	Threads []int         // that compute; 0: the cores that this process may use
	TypesK  []string      // of the keys in the cache: as llama.KVTypes names them; default f16
	TypesV  []string      // of the values there
	Batch   []int         // most tokens of a prompt that are given to the model at once; default 2048
	UBatch  []int         // most of those that it computes at once; default 512, and it takes no more than 256
	Prompt  []int         // tests that read so many tokens; 0 is no test; no default
	Gen     []int         // tests that generate so many; 0 is no test; no default
	PG      [][2]int      // tests that do one after the other
	Depth   []int         // tokens in the sequence before; default 0
	Seqs    []int         // sequences that generate at the same time in the tests of Gen; default 1

	Reps     int      // repetitions; 0: 5
	NoWarmup bool     // whether every row's first repetition is the first time it runs
	Limits   bool     // whether the machine's limits are measured beside every row
	Busy     *Busy    // a program beside which every row is measured too, in turn, or nil
	Vs       *Command // a program that is run after every repetition of all rows, or nil

	// Opens, if not nil, is told how a model will be opened, and may refuse.
	Opens func(chord.Options) error

	Build    string           // the commit, for the output
	Progress func(now string) // told what goes on, or nil
}

// Run measures what p asks for and writes every row to out as soon as it is
// complete. When ctx is done it writes the rows that have any repetitions and
// returns ctx's error.
func (p Plan) Run(ctx context.Context, w io.Writer, format string) error {
	p.defaults()
	out, err := newWriter(w, format, p)
	if err != nil {
		return err
	}
	err = p.run(ctx, out)
	if e := out.end(); err == nil {
		err = e
	}
	return err
}

// defaults fills empty lists.
func (p *Plan) defaults() {
	list(&p.Threads, 0)
	list(&p.TypesK, defaultCache)
	list(&p.TypesV, defaultCache)
	list(&p.Batch, defaultBatch)
	list(&p.UBatch, defaultUBatch)
	list(&p.Depth, 0)
	list(&p.Seqs, 1)
	if p.Reps == 0 {
		p.Reps = 5
	}
	if p.Progress == nil {
		p.Progress = func(string) {}
	}
}

// llama-bench's defaults, whose columns are left out.
const (
	defaultBatch  = 2048
	defaultUBatch = 512
	defaultCache  = "f16"
)

// list makes def the element of an empty list.
func list[T any](l *[]T, def T) {
	if len(*l) == 0 {
		*l = []T{def}
	}
}
