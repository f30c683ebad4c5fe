package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/hub"
	"github.com/querent-ai/chord/llama"
)

// A modelCard is the output of chord show.
type modelCard struct {
	Name         string   `json:"name"`
	Path         string   `json:"path,omitempty"` // "" if it is not here
	Size         int64    `json:"size"`           // bytes
	Title        string   `json:"title,omitempty"`
	Arch         string   `json:"architecture"`
	Parameters   int64    `json:"parameters"`
	Quant        string   `json:"quant"` // the type that most of the bytes have
	Context      int      `json:"context"`
	Embedding    int      `json:"embedding"`
	Layers       int      `json:"layers"`
	Licence      string   `json:"licence,omitempty"`
	Capabilities []string `json:"capabilities"`
	Unsupported  string   `json:"unsupported,omitempty"` // why chord cannot run it
	Template     string   `json:"template,omitempty"`
}

// showCommand returns chord show.
func (a *app) showCommand() *cobra.Command {
	var asJSON, template bool
	cmd := &cobra.Command{
		Use:   "show name",
		Short: "Show what a model is",
		Long: "Show what a model is: one of the cache, a file, or one that is at Hugging Face, of which\n" +
			"only the header is read. chord inspect shows all that a file holds.",
		Example: `  chord show model.gguf
  chord show Qwen/Qwen2.5-0.5B-Instruct-GGUF --json`,
		Args:              cobra.ExactArgs(1),
		Annotations:       map[string]string{ownNames: "yes"},
		ValidArgsFunction: cachedNames,
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		s, err := a.showName(cmd.Context(), cmd.Flags(), args[0])
		switch {
		case err != nil:
			return err
		case template && s.Template == "":
			return fmt.Errorf("%s has no chat template", printable(s.Name))
		case template:
			_, err := fmt.Fprintln(a.out, s.Template)
			return err
		case asJSON:
			return a.json(s)
		}
		return a.printShown(s)
	})
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&template, "template", false, "print the chat template")
	cmd.Flags().String("hf-token", "", "`token` for Hugging Face")
	return cmd
}

// showName describes a file, a model of the cache or one elsewhere.
func (a *app) showName(ctx context.Context, flags *pflag.FlagSet, name string) (*modelCard, error) {
	if _, err := os.Stat(name); err == nil && !remote(name) {
		return showFile(name, name)
	}
	c, err := a.hub(flags)
	if err != nil {
		return nil, err
	}
	e, err := c.Cache.Named(name)
	if err == nil {
		return showFile(e.Name, e.Path)
	}
	r, bad := hub.ParseRef(name)
	if bad != nil || !errors.Is(err, hub.ErrNotFound) || c.Offline {
		return nil, err
	}
	defer a.graceful.Store(a.graceful.Swap(true))
	m, err := a.find(ctx, c, r)
	if err != nil {
		return nil, err
	}
	f, err := gguf.OpenFS(c.FS(ctx, m), m.Files[0].Name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return show(m.Name, "", f), nil
}

// showFile describes a file.
func showFile(name, path string) (*modelCard, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return show(name, path, f), nil
}

// show describes f.
func show(name, path string, f *gguf.File) *modelCard {
	s := &modelCard{Name: name, Path: path}
	for _, p := range f.Parts {
		s.Size += p.Size
	}
	text := func(key string) string {
		v, _, err := f.Str(key)
		if err != nil {
			return ""
		}
		return v
	}
	number := func(key string) int {
		v, _, err := f.Int(text("general.architecture") + "." + key)
		if err != nil {
			return 0
		}
		return int(v)
	}
	s.Title, s.Arch, s.Licence = text("general.name"), text("general.architecture"), text("general.license")
	s.Context, s.Embedding, s.Layers = number("context_length"), number("embedding_length"), number("block_count")
	s.Template = text("tokenizer.chat_template")
	bytes, most := map[string]int64{}, int64(0)
	for i := range f.Tensors {
		t := &f.Tensors[i]
		s.Parameters += t.Elems()
		kind := t.Type.String()
		if bytes[kind] += t.Size; bytes[kind] > most {
			most, s.Quant = bytes[kind], kind
		}
	}
	c, err := llama.ReadConfig(f)
	if err != nil {
		s.Unsupported = firstLine(err.Error())
	}
	s.Capabilities = capabilities(s, err == nil && c.Embedder(), f)
	return s
}

// capabilities says what a model is made for.
func capabilities(s *modelCard, embedder bool, f *gguf.File) []string {
	if embedder {
		return []string{"embedding"}
	}
	list := []string{"completion"}
	if s.Template != "" {
		list = append(list, "chat")
	}
	if strings.Contains(s.Template, "tools") {
		list = append(list, "tools")
	}
	for _, mark := range []string{"<think>", "enable_thinking", "reasoning_content", "reasoning_effort"} {
		if strings.Contains(s.Template, mark) {
			list = append(list, "thinking")
			break
		}
	}
	for _, key := range []string{"tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.prefix_token_id"} {
		if _, ok := f.Get(key); ok {
			list = append(list, "infill")
			break
		}
	}
	return list
}

// printShown prints the description as text.
func (a *app) printShown(s *modelCard) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" && value != "0" {
			fmt.Fprintf(w, "%s\t%s\n", name, printable(value))
		}
	}
	row("name", s.Name)
	row("title", s.Title)
	row("architecture", s.Arch)
	row("parameters", countText(s.Parameters))
	row("context", fmt.Sprint(s.Context))
	row("embedding", fmt.Sprint(s.Embedding))
	row("layers", fmt.Sprint(s.Layers))
	row("quant", s.Quant)
	row("size", bytesText(s.Size))
	row("licence", s.Licence)
	row("capabilities", strings.Join(s.Capabilities, ", "))
	if s.Template != "" {
		row("template", fmt.Sprintf("%d characters (--template prints it)", len(s.Template)))
	}
	row("unsupported", s.Unsupported)
	row("file", s.Path)
	return w.Flush()
}
