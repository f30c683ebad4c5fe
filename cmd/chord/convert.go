package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord/internal/convert"
)

// convertCommand returns chord convert.
func (a *app) convertCommand() *cobra.Command {
	var o convert.Options
	var out string
	var dry bool
	cmd := &cobra.Command{
		Use:   "convert [--outfile out.gguf] [--outtype f16] model",
		Short: "Make GGUF of a Hugging Face folder, a LoRA adapter or a llama2.c checkpoint",
		Long: "Make a GGUF model of a Hugging Face model, which is a folder with config.json, *.safetensors\n" +
			"and a tokenizer, or of a checkpoint of llama2.c, with the keys, names and layouts of\n" +
			"llama.cpp's converter. Of a folder with adapter_config.json, which is a LoRA adapter of\n" +
			"PEFT, make an adapter for --lora. --outfile - writes to stdout.",
		Example: `  chord convert --outfile model.gguf Qwen3-0.6B/
  chord convert --base Qwen3-0.6B/ --outfile adapter.gguf my-adapter/
  chord convert --outtype f32 --vocab tok512.model \
    --outfile stories260K.gguf stories260K.bin`,
		Args: cobra.ExactArgs(1),
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		return a.convert(cmd.Context(), args[0], out, o, dry)
	})
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&out, "outfile", "o", "", "the `file` to write; without it, beside the model and named for it")
	f.StringVar(&o.Type, "outtype", "auto", "the `type` of matrices: "+list(convert.Types())+"; auto is the model's own 16 bits")
	f.StringVar(&o.Vocab, "vocab", "", "the `tokenizer` of a llama2.c checkpoint; without it, tokenizer.model beside it")
	f.StringVar(&o.Base, "base", "", "the `folder` of an adapter's base model, of which config.json is read; without it, the adapter's")
	f.StringVar(&o.Pre, "pre", "", "the `name` of the pre-tokenizer, where tokenizer.json does not tell")
	f.StringVar(&o.Name, "model-name", "", "the `name` that the model says it has")
	f.BoolVar(&o.VocabOnly, "vocab-only", false, "write the vocabulary and the keys, no weights")
	f.BoolVar(&dry, "dry-run", false, "read and check everything, write nothing")
	complete(cmd, "outtype", convert.Types()...)
	return cmd
}

// convert writes the model at in as GGUF to the file called out.
func (a *app) convert(ctx context.Context, in, out string, o convert.Options, dry bool) error {
	if o.Vocab != "" {
		if info, err := os.Stat(in); err == nil && info.IsDir() {
			return usagef("--vocab is for checkpoints of llama2.c; %s is a folder", printable(in))
		}
	}
	if o.Base != "" {
		a.reads(filepath.Join(o.Base, "config.json"))
	}
	if !slices.Contains(convert.Types(), o.Type) {
		return usagef("type %q; known are %s", o.Type, list(convert.Types()))
	}
	m, err := convert.Open(in, o)
	if err != nil {
		return err
	}
	defer m.Close()
	if out == "" {
		out = besideModel(in, m.TypeName())
	}
	if err := a.readsModel(in, o.Vocab); err != nil {
		return err
	}
	if dry {
		fmt.Fprintf(a.err, "%s: %d keys, %d tensors, %s\n", printable(out), len(m.KV), m.Len(), bytesText(m.Size()))
		return nil
	}
	start, size := time.Now(), int64(0)
	show, end := a.progress("convert", m.Size())
	done := int64(0)
	err = a.create(ctx, out, func(w io.Writer) error {
		c := &countWriter{w: w}
		err := m.Write(ctx, c, func(n int64) { done += n; show(done) })
		size = c.n
		return err
	})
	end()
	if err != nil {
		return err
	}
	took := time.Since(start)
	fmt.Fprintf(a.err, "%s: %s in %.1f s, %.0f MB/s\n", printable(out), bytesText(size), took.Seconds(), float64(size)/1e6/took.Seconds())
	return nil
}

// readsModel records the files of the model at in and of its vocabulary as inputs:
// all files of a folder except GGUF files, which may be of earlier conversions.
func (a *app) readsModel(in, vocab string) error {
	beside := filepath.Dir(in) // where a checkpoint's vocabulary is
	a.reads(in, vocab, filepath.Join(beside, "tokenizer.model"), filepath.Join(beside, "tokenizer.bin"))
	return filepath.WalkDir(in, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != in && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case !d.IsDir() && filepath.Ext(path) != ".gguf":
			a.reads(path)
		}
		return nil
	})
}

// besideModel returns the name of a file beside the model at in.
func besideModel(in, typ string) string {
	abs, err := filepath.Abs(in)
	if err != nil {
		abs = in
	}
	name := strings.TrimSuffix(filepath.Base(abs), ".bin") + "-" + typ + ".gguf"
	if info, err := os.Stat(in); err == nil && info.IsDir() {
		return filepath.Join(in, name)
	}
	return filepath.Join(filepath.Dir(in), name)
}
