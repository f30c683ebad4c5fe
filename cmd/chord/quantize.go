package main

import (
	"context"
	"math"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/quantize"
	"github.com/querent-ai/chord/quant"
)

// quantizeFlags are the flags of chord quantize that need parsing.
type quantizeFlags struct {
	o                quantize.Options
	threads          int
	tensorTypes      []string
	override         []string
	imatrix          string
	include, exclude []string
	keepSplit        bool
	dryRun           bool
}

// quantizeCommand returns chord quantize.
func (a *app) quantizeCommand() *cobra.Command {
	var q quantizeFlags
	cmd := &cobra.Command{
		Use:   "quantize in.gguf out.gguf TYPE [threads]",
		Short: "Write a model with weights of fewer bits",
		Long: "Write a GGUF model with quantised weights. TYPE is one of\n" + list(quantize.Mixes()) + ".\n" +
			"Which tensor gets which type is as llama-quantize decides. The same bytes come out for any\n" +
			"number of threads and on every machine. - writes to stdout.",
		Example: `  chord quantize model-f16.gguf model-q4_k_m.gguf Q4_K_M
  chord quantize --imatrix imatrix.gguf --tensor-type 'ffn_down=Q6_K' \
    in.gguf out.gguf IQ4_XS`,
		Args: cobra.RangeArgs(3, 4),
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		q.o.Mix = args[2]
		if len(args) == 4 {
			if err := (*threads)(&q.threads).Set(args[3]); err != nil {
				return usagef("threads %q: %v", args[3], err)
			}
		}
		return a.quantize(cmd.Context(), args[0], args[1], q)
	})
	f := cmd.Flags()
	f.SortFlags = false
	threadsFlag(f, &q.threads)
	f.BoolVar(&q.o.Pure, "pure", false, "the type itself everywhere, not its mix")
	f.StringArrayVar(&q.tensorTypes, "tensor-type", nil, "`pattern=type` of tensors whose name the pattern matches; the first that does counts")
	f.StringVar(&q.o.OutputType, "output-tensor-type", "", "`type` of the output matrix")
	f.StringVar(&q.o.EmbdType, "token-embedding-type", "", "`type` of the token embedding")
	f.BoolVar(&q.o.KeepOutput, "leave-output-tensor", false, "leave output.weight as it is")
	f.StringVar(&q.imatrix, "imatrix", "", "`file` that says how much each column matters")
	f.StringArrayVar(&q.include, "include-weights", nil, "use the importance matrix for tensors with this `part` in their name only")
	f.StringArrayVar(&q.exclude, "exclude-weights", nil, "do not use it for tensors with this `part` in their name")
	f.BoolVar(&q.o.Requantize, "allow-requantize", false, "allow tensors that are already quantised")
	f.BoolVar(&q.keepSplit, "keep-split", false, "as many files as the input has, out-00001-of-0000N.gguf")
	overrideKV(f, &q.override)
	f.BoolVar(&q.dryRun, "dry-run", false, "only print which tensor would get which type")
	return cmd
}

// options returns the options of all flags.
func (q *quantizeFlags) options() (quantize.Options, error) {
	o := q.o
	for _, s := range q.tensorTypes {
		i := strings.LastIndexByte(s, '=')
		if i < 0 {
			return o, usagef("--tensor-type %q: want pattern=type", s)
		}
		re, err := regexp.Compile("(?i)" + s[:i])
		if err != nil {
			return o, usagef("--tensor-type %q: %v", s, err)
		}
		typ, err := quant.ParseType(s[i+1:])
		if err != nil {
			return o, usageError{err}
		}
		o.TensorTypes = append(o.TensorTypes, quantize.TensorType{Pattern: re, Type: typ})
	}
	for _, s := range q.override {
		kv, err := gguf.ParseKV(s)
		if err != nil {
			return o, usageError{err}
		}
		o.Override = append(o.Override, written(kv))
	}
	if q.imatrix != "" {
		m, err := quantize.ReadImatrix(q.imatrix)
		if err != nil {
			return o, err
		}
		m.Select(q.include, q.exclude)
		o.Imatrix = m
	}
	return o, nil
}

// written returns kv as llama-quantize writes it: numbers in 32 bits if they fit.
func written(kv gguf.KV) gguf.KV {
	switch v := kv.Value.(type) {
	case int64:
		switch {
		case v >= 0 && v <= math.MaxUint32:
			kv.Value = uint32(v)
		case v >= math.MinInt32 && v < 0:
			kv.Value = int32(v)
		}
	case float64:
		kv.Value = float32(v)
	}
	return kv
}

// quantize writes the model called in, quantised, to out.
func (a *app) quantize(ctx context.Context, in, out string, q quantizeFlags) error {
	o, err := q.options()
	if err != nil {
		return err
	}
	f, err := gguf.Open(in)
	if err != nil {
		return err
	}
	defer f.Close()
	a.readsParts(f)
	a.reads(q.imatrix)
	plan, err := quantize.New(f, o)
	if err != nil {
		return err
	}
	if q.dryRun {
		return a.printPlan(plan)
	}
	names := []string{out}
	if q.keepSplit && plan.Parts() > 1 {
		names = splitNames(out, plan.Parts())
	}
	return a.writePlan(ctx, "quantize", plan, names, q.threads)
}
