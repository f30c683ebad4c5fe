// Package modelbench measures whole models: how many tokens a second they read and
// generate, compared with the limits of the machine and with another program. It
// is what chord bench runs.
//
// On a shared machine one figure alone says little. What is compared is therefore
// measured in turn, repetition by repetition, and the result is the median of the
// ratios of neighbouring repetitions.
package modelbench

import (
	"context"
	"io"

	"github.com/querent-ai/chord"
)

// A Plan says what is measured: every combination of the elements of its lists. An
// empty list stands for its default.
type Plan struct {
	Models  []Source      // at least one
	Options chord.Options // how they are opened, except for what the lists below say
	Threads []int         // that compute; 0: as many as this process may use cores
	TypesK  []string      // of the keys in the cache, named as by llama.KVTypes; default f16
	TypesV  []string      // of the values in the cache
	Batch   []int         // most tokens of a prompt in one call; default 2048
	UBatch  []int         // most tokens that are computed at once; default 512, and the model computes at most 256
	Prompt  []int         // tests that read this many tokens; 0 is no test; no default
	Gen     []int         // tests that generate this many tokens; 0 is no test; no default
	PG      [][2]int      // tests that read and then generate
	Depth   []int         // tokens in the sequence before the test; default 0
	Seqs    []int         // sequences that generate at the same time, in tests of Gen; default 1

	Reps     int      // repetitions; 0: 5
	NoWarmup bool     // whether rows are measured without running once before
	Limits   bool     // whether the machine's limits are measured in turn with every row
	Busy     *Busy    // while it runs, every row is measured too, in turn; may be nil
	Draft    *Draft   // how tokens are drafted in tests that generate; may be nil
	Vs       *Command // runs after every repetition of all rows; may be nil

	// Opens, if not nil, is called before a model is opened; its error ends the run.
	Opens func(chord.Options) error

	Profile io.Writer // gets a CPU profile of all that follows the first model's loading; may be nil

	Build    string                            // the commit, for the output
	Screen   Screen                            // of the format text
	Progress func(now string, done, total int) // told what is being measured, and how many measurements are done; may be nil
}

// Run measures what p says and writes every row to w as soon as it is complete.
// When ctx is done it writes the rows that have any repetitions and returns ctx's
// error.
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
		p.Progress = func(string, int, int) {}
	}
}

// The defaults of llama-bench. A column of defaults only is left out.
const (
	defaultBatch  = 2048
	defaultUBatch = 512
	defaultCache  = "f16"
)

// list sets an empty list to its default.
func list[T any](l *[]T, def T) {
	if len(*l) == 0 {
		*l = []T{def}
	}
}
