package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/eval"
)

// A running shows figures as they are computed: on stdout, or, if that is the
// terminal with the bar, beside the bar.
type running struct {
	bar    *bar
	app    *app
	silent bool // only the result goes to stdout
}

// show shows that a window is done, with its line for stdout and its figure for the
// bar.
func (r *running) show(window, windows int, line, figure string) error {
	if window == 1 {
		r.bar = r.app.bar("", int64(windows), func(n int64) string { return strconv.FormatInt(n, 10) })
	}
	r.bar.show(figure, int64(window))
	if window == windows {
		r.bar.end()
	}
	if r.silent || r.bar != nil && isTerminal(r.app.out) {
		return nil
	}
	_, err := io.WriteString(r.app.out, line)
	return err
}

// perplexity prints the perplexity of text.
func (p *perplexity) perplexity(ctx context.Context, a *app, m *chord.Model, text string) error {
	r := running{app: a, silent: p.json}
	var last eval.Perplexity
	values := []float64{}
	for x, err := range eval.Run(ctx, m, text, p.options) {
		if err != nil {
			return err
		}
		last = x
		values = append(values, x.PPL.Value)
		line := fmt.Sprintf("[%d]%.4f,", x.Window, x.PPL.Value)
		if x.Window == x.Windows {
			line += "\n"
		}
		if err := r.show(x.Window, x.Windows, line, fmt.Sprintf("PPL %.4f", x.PPL.Value)); err != nil {
			return err
		}
	}
	if p.json {
		return a.printJSON(struct {
			eval.Perplexity
			Running []float64 `json:"running"`
		}{last, values})
	}
	_, err := fmt.Fprintf(a.out, "Final estimate: PPL = %.4f +/- %.5f\n", last.PPL.Value, last.PPL.Error)
	return err
}

// divergence prints the divergence of the model from the base.
func (p *perplexity) divergence(ctx context.Context, a *app, m *chord.Model, base io.Reader) error {
	r := running{app: a, silent: p.json}
	var last eval.Summary
	for x, err := range eval.Compare(ctx, m, base, p.options) {
		if err != nil {
			return err
		}
		last = x
		line := fmt.Sprintf("%4d    %9.4f ± %9.4f    %10.5f ± %10.5f    %10.5f ± %10.5f    %6.3f ± %6.3f %%    %6.3f ± %6.3f %%\n",
			x.Window, x.PPL.Value, x.PPL.Error, x.LogRatio.Value, x.LogRatio.Error, x.KL.Value, x.KL.Error,
			100*x.RMSDeltaP.Value, 100*x.RMSDeltaP.Error, 100*x.SameTop.Value, 100*x.SameTop.Error)
		if x.Window == 1 {
			line = "chunk             PPL               ln(PPL(Q)/PPL(base))          KL Divergence              Δp RMS            Same top p\n" + line
		}
		if err := r.show(x.Window, x.Windows, line, fmt.Sprintf("KLD %.5f", x.KL.Value)); err != nil {
			return err
		}
	}
	if p.json {
		return a.printJSON(last)
	}
	return printDivergence(a.out, &last)
}
