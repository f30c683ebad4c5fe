package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord/gguf"
)

// splitFlags say how a file is split.
type splitFlags struct {
	maxTensors    int
	maxSize       string
	noTensorFirst bool
	dryRun        bool
}

// splitCommand returns chord split.
func (a *app) splitCommand() *cobra.Command {
	var s splitFlags
	cmd := &cobra.Command{
		Use:   "split in.gguf out-prefix",
		Short: "Split a model into several files",
		Long: "Split a GGUF model into files called out-prefix-00001-of-0000N.gguf, which chord and\n" +
			"llama.cpp open as one by the name of the first. All files appear at the end, or none.",
		Example: "  chord split --split-max-size 2G model.gguf model\n  chord run -m model-00001-of-00003.gguf \"Once\"",
		Args:    cobra.ExactArgs(2),
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		limit, err := s.limit(cmd.Flags().Changed("split-max-tensors"))
		if err != nil {
			return err
		}
		return a.split(cmd.Context(), args[0], args[1], limit, s)
	})
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&s.maxTensors, "split-max-tensors", 128, "at most `N` tensors a file")
	f.StringVar(&s.maxSize, "split-max-size", "", "at most `N(M|G)` bytes of tensors a file, M being 1000·1000")
	f.BoolVar(&s.noTensorFirst, "no-tensor-first-split", false, "no tensors in the first file")
	f.BoolVar(&s.dryRun, "dry-run", false, "only print which files there would be")
	return cmd
}

// A splitLimit is the most that a part may have: tensors, or if that is 0 bytes.
type splitLimit struct {
	tensors int
	bytes   int64
}

// limit returns the limit that s sets.
func (s *splitFlags) limit(tensors bool) (splitLimit, error) {
	switch {
	case s.maxSize == "" && s.maxTensors < 1:
		return splitLimit{}, usagef("--split-max-tensors %d: want 1 or more", s.maxTensors)
	case s.maxSize == "":
		return splitLimit{tensors: s.maxTensors}, nil
	case tensors:
		return splitLimit{}, usagef("--split-max-tensors and --split-max-size: want one of them")
	}
	unit := int64(1e6)
	number, ok := strings.CutSuffix(s.maxSize, "M")
	if !ok {
		number, ok = strings.CutSuffix(s.maxSize, "G")
		unit = 1e9
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if !ok || err != nil || n < 1 {
		return splitLimit{}, usagef("--split-max-size %q: want a number above 0 and M or G, as in 2G", s.maxSize)
	}
	return splitLimit{bytes: n * unit}, nil
}

// parts returns f's tensors by part, divided as llama-gguf-split does: by size, a
// tensor that is too large for a part has a part of its own.
func (l splitLimit) parts(f *gguf.File, noTensorFirst bool) (parts [][]*gguf.Tensor) {
	part, size := []*gguf.Tensor(nil), int64(0)
	if noTensorFirst {
		parts = append(parts, nil)
	}
	for i := range f.Tensors {
		t := &f.Tensors[i]
		n := (t.Size + gguf.DefaultAlignment - 1) / gguf.DefaultAlignment * gguf.DefaultAlignment
		full := len(part) == l.tensors
		if l.tensors == 0 {
			full = size+n > l.bytes
		}
		if full && len(part) > 0 {
			parts, part, size = append(parts, part), nil, 0
		}
		part, size = append(part, t), size+n
	}
	return append(parts, part)
}

// maxParts is the largest split.count, which has 16 bits in llama.cpp.
const maxParts = 1<<16 - 1

// split splits the file called in.
func (a *app) split(ctx context.Context, in, prefix string, limit splitLimit, s splitFlags) error {
	f, err := gguf.Open(in)
	if err != nil {
		return err
	}
	defer f.Close()
	if n, _, err := f.Int("split.count"); err != nil || n > 0 {
		return firstError(err, fmt.Errorf("%s: is split already, into %d (chord merge makes one of them)", in, n))
	}
	parts := limit.parts(f, s.noTensorFirst)
	if len(parts) > maxParts {
		return fmt.Errorf("%s: %d parts, at most %d", in, len(parts), maxParts)
	}
	names := splitNames(prefix, len(parts))
	if s.dryRun {
		return a.printParts(names, parts)
	}
	a.readsParts(f)
	return a.copyTensors(ctx, "split", f, names, func(w io.Writer, i int, data dataOf) error {
		return gguf.Write(w, partKeys(f, i, len(parts)), data(parts[i]))
	})
}

// partKeys returns the keys of part no: the first has those of the model, and all
// have its alignment.
func partKeys(f *gguf.File, no, count int) (kv []gguf.KV) {
	if no == 0 {
		kv = gguf.WithoutSplit(f.KV)
	} else if f.Alignment != gguf.DefaultAlignment {
		kv = append(kv, gguf.KV{Key: "general.alignment", Value: uint32(f.Alignment)})
	}
	k := gguf.SplitKeys(no, count, len(f.Tensors))
	return append(kv, k[0], k[2], k[1]) // in llama-gguf-split's order, for the same bytes
}

// splitNames returns the names of the parts of a file called out.
func splitNames(out string, parts int) []string {
	names := make([]string, parts)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%05d-of-%05d.gguf", strings.TrimSuffix(out, ".gguf"), i+1, parts)
	}
	return names
}

// printParts prints the parts without writing them.
func (a *app) printParts(names []string, parts [][]*gguf.Tensor) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for i, part := range parts {
		size := int64(0)
		for _, t := range part {
			size += t.Size
		}
		fmt.Fprintf(w, "%s\t%d tensors\t%s\n", printable(names[i]), len(part), bytesText(size))
	}
	return w.Flush()
}
