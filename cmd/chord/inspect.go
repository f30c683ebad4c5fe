package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord/gguf"
)

// inspectCommand returns chord inspect.
func (a *app) inspectCommand() *cobra.Command {
	var asJSON, all bool
	cmd := a.runs(&cobra.Command{
		Use:   "inspect file.gguf",
		Short: "Show what a GGUF file holds: keys, tensors, types, sizes",
		Long: "Show what a GGUF file holds: keys, tensors, types, sizes. Of a split file,\n" +
			"name any part. - reads the file from stdin.",
		Example: `  chord inspect model.gguf
  chord inspect --json model.gguf | jq .tensors[].name`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"gguf"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}, func(_ *cobra.Command, args []string) error {
		f, err := a.openGGUF(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		r := reportOn(args[0], f, all)
		if asJSON {
			return a.json(r)
		}
		w := bufio.NewWriter(a.out)
		r.print(w, painter(a.colored(a.out)))
		return w.Flush()
	})
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&all, "all", false, "show long arrays and strings whole")
	return cmd
}

// openGGUF opens a file by name; - is stdin.
func (a *app) openGGUF(name string) (*gguf.File, error) {
	if name != "-" {
		return gguf.Open(name)
	}
	data, err := io.ReadAll(a.in)
	if err != nil {
		return nil, fmt.Errorf("stdin: %w", err)
	}
	return gguf.OpenReaderAt(bytes.NewReader(data), int64(len(data)))
}

// print writes the report as text.
func (r *fileReport) print(w io.Writer, p painter) {
	title := func(s string) { fmt.Fprintf(w, "\n%s\n", p.paint(bold, s)) }
	fmt.Fprintf(w, "%s: GGUF version %d, %s, %s parameters, alignment %d\n",
		p.paint(bold, printable(filepath.Base(r.File))), r.Version, bytesText(r.Size), countText(r.Elems), r.Alignment)
	for _, part := range r.Parts {
		fmt.Fprintf(w, "part %s: %s\n", printable(filepath.Base(part.Name)), bytesText(part.Size))
	}
	title(fmt.Sprintf("%d keys", len(r.keys)))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, k := range r.keys {
		v := r.Metadata[k]
		fmt.Fprintf(t, "  %s\t%s\t%s\n", printable(k), v.typeText(), v.text)
	}
	t.Flush()
	title(fmt.Sprintf("%d tensors", len(r.Tensors)))
	for _, x := range r.Tensors {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", printable(x.Name), x.Type, x.shapeText(), bytesText(x.Size))
	}
	t.Flush()
	title("by type")
	for _, x := range r.Totals {
		fmt.Fprintf(t, "  %s\t%d tensors\t%s\t%s\t%.4g bits each\n",
			x.Type, x.Tensors, countText(x.Elems), bytesText(x.Size), 8*float64(x.Size)/float64(max(x.Elems, 1)))
	}
	t.Flush()
}

// typeText returns the GGUF type of a value, and the length of an array.
func (v valueReport) typeText() string {
	if v.Elem == "" {
		return v.Type
	}
	return fmt.Sprintf("%s × %d", v.Elem, v.Length)
}

// shapeText returns the dimensions, fastest first, as ggml prints them.
func (t tensorReport) shapeText() string {
	var dims []string
	for _, d := range t.Shape {
		dims = append(dims, fmt.Sprint(d))
	}
	return strings.Join(dims, " × ")
}

// bytesText returns n bytes in a readable unit.
func bytesText(n int64) string {
	units := []string{"KiB", "MiB", "GiB", "TiB"}
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/1024, 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}

// countText returns n in a readable unit.
func countText(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.2f G", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.2f M", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f k", float64(n)/1e3)
	}
	return fmt.Sprint(n)
}
