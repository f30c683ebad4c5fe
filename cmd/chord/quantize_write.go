package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/internal/quantize"
)

// writePlan writes the planned model to one file, or to one for each part.
func (a *app) writePlan(ctx context.Context, what string, plan *quantize.Plan, names []string, threads int) error {
	pool := par.New(threads)
	defer pool.Close()
	before, elems := int64(0), 0.0
	for _, t := range plan.Tensors {
		before += t.Before
		n := 1.0
		for _, d := range t.Shape {
			n *= float64(d)
		}
		elems += n
	}
	show, end := a.progress(what, before)
	start := time.Now()
	size, err := a.createAll(ctx, names, func(w io.Writer, i int) error {
		if len(names) == 1 {
			return plan.Write(ctx, w, pool, show)
		}
		return plan.WritePart(ctx, w, i, pool, show)
	})
	end()
	if err != nil {
		return err
	}
	if plan.Fallbacks > 0 {
		fmt.Fprintf(a.err, "%d tensors have rows that are not a multiple of the type's block and got another type\n", plan.Fallbacks)
	}
	fmt.Fprintf(a.err, "%s: %s, %.2f bits a weight, in %.1f s\n", printable(names[0]), bytesText(size), float64(size)*8/elems, time.Since(start).Seconds())
	return nil
}

// printPlan prints the old and the new type of every tensor.
func (a *app) printPlan(plan *quantize.Plan) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	before, after := int64(0), int64(0)
	for _, t := range plan.Tensors {
		fmt.Fprintf(w, "%s\t%v\t%v\t%v\t%d\n", printable(t.Name), t.Shape, t.From, t.To, t.After)
		before, after = before+t.Before, after+t.After
	}
	fmt.Fprintf(w, "total\t\t%s\t%s\t%d\n", bytesText(before), bytesText(after), after)
	return w.Flush()
}
