package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/hub"
)

// A listed model is one line of chord list.
type listed struct {
	Name     string    `json:"name"`
	Size     int64     `json:"size"` // bytes
	Quant    string    `json:"quant"`
	Arch     string    `json:"architecture"` // "" if the file cannot be read
	Modified time.Time `json:"modified"`
	Path     string    `json:"path"`
}

// listCommand returns chord list.
func (a *app) listCommand() *cobra.Command {
	var asJSON bool
	cmd := a.runs(&cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the models in the cache",
		Long: "List the models in the cache, which is that of Python's huggingface_hub: CHORD_MODELS,\n" +
			"HF_HUB_CACHE or HF_HOME/hub. Each can be given by its name to -m.",
		Example: `  chord list
  chord list --json`,
		Args: cobra.NoArgs,
	}, func(*cobra.Command, []string) error {
		cache, err := hub.DefaultCache()
		if err != nil {
			return err
		}
		entries, err := cache.List()
		if err != nil {
			return err
		}
		list := []listed{}
		for _, e := range entries {
			list = append(list, listed{e.Name, e.Size, e.Quant, archOf(e.Path), e.Modified, e.Path})
		}
		if asJSON {
			return a.json(list)
		}
		return a.printList(list, cache)
	})
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// archOf returns the architecture of the model in a file, "" if it cannot be read.
func archOf(path string) string {
	f, err := gguf.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	arch, _, err := f.Str("general.architecture")
	if err != nil {
		return ""
	}
	return arch
}

// printList prints the list as a table.
func (a *app) printList(list []listed, cache hub.Cache) error {
	if len(list) == 0 {
		fmt.Fprintf(a.err, "no models in %s; chord pull fetches one\n", cache.Dir)
		return nil
	}
	t := grid{names: []string{"name", "size", "quant", "arch", "modified"}, right: []bool{false, true, false, false, false}}
	for _, l := range list {
		arch := l.Arch
		if arch == "" {
			arch = "unreadable"
		}
		t.rows = append(t.rows, []string{printable(l.Name), bytesText(l.Size), printable(l.Quant), printable(arch), l.Modified.Format(time.DateOnly)})
	}
	return t.write(a.out, painter(a.colored(a.out)))
}
