package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/querent-ai/chord/internal/eval"
)

// printDivergence prints the figures with llama-perplexity's labels.
func printDivergence(w io.Writer, k *eval.Summary) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "\n====== Perplexity statistics ======\n")
	row := func(label string, e eval.Estimate) {
		fmt.Fprintf(&b, "%-30s: %10.6f ± %10.6f\n", label, e.Value, e.Error)
	}
	row("Mean PPL(Q)", k.PPL)
	row("Mean PPL(base)", k.BasePPL)
	fmt.Fprintf(&b, "Cor(ln(PPL(Q)), ln(PPL(base))): %6.2f%%\n", 100*k.Cor)
	row("Mean ln(PPL(Q)/PPL(base))", k.LogRatio)
	row("Mean PPL(Q)/PPL(base)", k.Ratio)
	row("Mean PPL(Q)-PPL(base)", k.Diff)

	fmt.Fprintf(&b, "\n====== KL divergence statistics ======\n")
	fmt.Fprintf(&b, "Mean    KLD: %10.6f ± %10.6f\n", k.KL.Value, k.KL.Error)
	for i := len(quantileLabels) - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "%s KLD: %10.6f\n", quantileLabels[i], k.KLQuantiles[i])
	}

	fmt.Fprintf(&b, "\n====== Token probability statistics ======\n")
	fmt.Fprintf(&b, "Mean    Δp: %6.3f ± %5.3f %%\n", 100*k.DeltaP.Value, 100*k.DeltaP.Error)
	for i := len(quantileLabels) - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "%s Δp: %6.3f%%\n", quantileLabels[i], 100*k.DeltaPQuantiles[i])
	}
	fmt.Fprintf(&b, "RMS Δp    : %6.3f ± %5.3f %%\n", 100*k.RMSDeltaP.Value, 100*k.RMSDeltaP.Error)
	fmt.Fprintf(&b, "Same top p: %6.3f ± %5.3f %%\n", 100*k.SameTop.Value, 100*k.SameTop.Error)
	_, err := w.Write(b.Bytes())
	return err
}

// quantileLabels name the quantiles in their order.
var quantileLabels = []string{"Minimum", " 0.1%  ", " 1.0%  ", " 5.0%  ", "10.0%  ", "25.0%  ", "Median ",
	"75.0%  ", "90.0%  ", "95.0%  ", "99.0%  ", "99.9%  ", "Maximum"}
