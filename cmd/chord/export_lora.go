package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/quantize"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/quant"
)

// exportLora is the flags of chord export-lora.
type exportLora struct {
	adapters adapterFlags
	model    string
	out      string
	typ      string
	threads  int
	dryRun   bool
}

// ownType is the value of --outtype that keeps the types of the model.
const ownType = "same"

// exportTypes are the values of --outtype.
var exportTypes = []string{"f32", "f16", "bf16", "q8_0", ownType}

// exportLoraCommand returns chord export-lora.
func (a *app) exportLoraCommand() *cobra.Command {
	var e exportLora
	cmd := &cobra.Command{
		Use:   "export-lora -m model.gguf --lora adapter.gguf -o out.gguf",
		Short: "Add LoRA adapters to a model, for good",
		Long: "Write a model to whose matrices LoRA adapters have been added. The matrices that an\n" +
			"adapter changes get another type, f16 as by llama-export-lora, since a few bits would\n" +
			"lose most of a small change; f32 ones and all others stay as they are.\n" +
			"-o - writes to stdout.",
		Example: `  chord export-lora -m model.gguf --lora-scaled adapter.gguf:0.5 -o merged.gguf
  chord export-lora -m model.gguf --lora one.gguf --lora two.gguf \
    --outtype same -o merged.gguf`,
		Args: cobra.NoArgs,
	}
	a.runs(cmd, func(cmd *cobra.Command, _ []string) error { return e.run(cmd.Context(), a) })
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&e.model, "model", "m", "", "GGUF `file` of the model")
	modelFiles(cmd)
	e.adapters.flags(f)
	f.StringVarP(&e.out, "output", "o", "", "the `file` to write")
	f.StringVar(&e.typ, "outtype", "f16", "the `type` of the matrices that change: "+list(exportTypes)+" as the model's")
	threadsFlag(f, &e.threads)
	f.BoolVar(&e.dryRun, "dry-run", false, "only print which tensor would get which type")
	complete(cmd, "outtype", exportTypes...)
	return cmd
}

// run merges the adapters into the model.
func (e *exportLora) run(ctx context.Context, a *app) error {
	switch {
	case e.model == "":
		return usagef("-m: want the file of the model")
	case len(e.adapters.files) == 0:
		return usagef("--lora: want at least one adapter")
	case e.out == "" && !e.dryRun:
		return usagef("-o: want the file to write")
	case !slices.Contains(exportTypes, e.typ):
		return usagef("type %q; known are %s", e.typ, list(exportTypes))
	}
	f, err := gguf.Open(e.model)
	if err != nil {
		return err
	}
	defer f.Close()
	a.readsParts(f)
	deltas := map[string][]quantize.Delta{}
	for _, file := range e.adapters.files {
		a.reads(file.name)
		if err := readDeltas(f, file, deltas); err != nil {
			return fmt.Errorf("%s: %w", printable(file.name), err)
		}
	}
	var typ *quant.Type
	if e.typ != ownType {
		t, err := quant.ParseType(strings.ToUpper(e.typ))
		if err != nil {
			return usageError{err}
		}
		typ = &t
	}
	plan, err := quantize.NewMerge(f, deltas, typ)
	if err != nil {
		return err
	}
	if e.dryRun {
		return a.printPlan(plan)
	}
	return a.writePlan(ctx, "export-lora", plan, []string{e.out}, e.threads)
}

// readDeltas adds what an adapter adds to the model f to deltas.
func readDeltas(f *gguf.File, file adapterFile, deltas map[string][]quantize.Delta) error {
	g, err := gguf.Open(file.name)
	if err != nil {
		return err
	}
	defer g.Close()
	arch, _, err := f.Str("general.architecture")
	if err != nil {
		return err
	}
	dir, err := llama.ReadAdapter(g, arch, func(name string) []uint64 {
		if t, ok := f.Tensor(name); ok {
			return t.Shape
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range dir.Pairs {
		p := &dir.Pairs[i]
		d, err := deltaOf(f, g, p)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", p.Name, err)
		}
		if d.Scale *= file.scale; d.Scale != 0 {
			deltas[p.Name] = append(deltas[p.Name], d)
		}
	}
	return nil
}

// deltaOf returns the addition of a pair to a tensor of f.
func deltaOf(f, adapter *gguf.File, p *llama.AdapterPair) (d quantize.Delta, err error) {
	if _, ok := f.Tensor(strings.TrimSuffix(p.Name, ".weight") + ".scale"); ok {
		return d, fmt.Errorf("the model scales its products: %w", chord.ErrUnsupported)
	}
	d = quantize.Delta{Rank: p.Rank, Scale: p.Factor}
	if d.A, err = adapterFloats(adapter, p.A); err != nil {
		return d, err
	}
	if d.B, err = adapterFloats(adapter, p.B); err != nil {
		return d, err
	}
	if p.Name != "token_embd.weight" {
		return d, nil
	}
	if _, ok := f.Tensor("output.weight"); !ok {
		return d, fmt.Errorf("it is the output matrix of the model too, which the adapter does not change: %w", chord.ErrUnsupported)
	}
	d.A, d.B = transposed(d.B, p.Rank), d.A // A·Bᵀ
	return d, nil
}

// adapterFloats returns the elements of t.
func adapterFloats(f *gguf.File, t *gguf.Tensor) ([]float32, error) {
	data, err := f.Data(t)
	if err != nil {
		return nil, err
	}
	x := make([]float32, t.Elems())
	quant.Dequantize(x, t.Type, data)
	return x, nil
}

// transposed returns x, of rows of the given length, transposed.
func transposed(x []float32, cols int) []float32 {
	y, rows := make([]float32, len(x)), len(x)/cols
	for i := range x {
		y[i%cols*rows+i/cols] = x[i]
	}
	return y
}
