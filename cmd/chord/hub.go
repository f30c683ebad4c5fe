package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/hub"
)

// ownNames marks commands whose arguments are names of models, not files.
const ownNames = "names of models"

// hubFlags registers the flags that name a model at Hugging Face, which all commands
// with -m have.
func hubFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("hf-repo", "", "model at Hugging Face, `ORG/NAME[:QUANT]`, which is fetched if it is not here (also -hf)")
	f.String("hf-file", "", "its `file`, in place of a quant (also -hff)")
	f.String("model-url", "", "`address` of a GGUF file, which is fetched if it is not here (also -mu)")
	fetchFlags(f)
}

// fetchFlags registers the flags about how models are fetched.
func fetchFlags(f *pflag.FlagSet) {
	f.String("hf-token", "", "`token` for Hugging Face; without it, HF_TOKEN or the one that its program keeps (also -hft)")
	f.Bool("yes", false, "fetch models without a question")
}

// hub returns the client that the environment and the flags describe.
func (a *app) hub(f *pflag.FlagSet) (*hub.Client, error) {
	c, err := hub.FromEnvironment()
	if err != nil {
		return nil, err
	}
	if t := f.Lookup("hf-token"); t != nil && t.Value.String() != "" {
		c.Token = t.Value.String()
	}
	return c, nil
}

// fetchModel gives -m the path of the model that the flags name by another way than
// a file: it is in the cache, or is fetched.
func (a *app) fetchModel(ctx context.Context, cmd *cobra.Command) error {
	f := cmd.Flags()
	model := f.Lookup("model")
	if model == nil || f.Lookup("hf-repo") == nil {
		return nil
	}
	r, ok, err := refOf(f)
	if err != nil {
		return err
	}
	if ok {
		path, err := a.fetch(ctx, f, r)
		if err != nil {
			return err
		}
		model.Changed = true
		return model.Value.Set(path)
	}
	if list, ok := model.Value.(pflag.SliceValue); ok {
		paths := list.GetSlice()
		for i := range paths {
			if paths[i], err = a.pathOf(ctx, f, paths[i]); err != nil {
				return err
			}
		}
		return list.Replace(paths)
	}
	path, err := a.pathOf(ctx, f, model.Value.String())
	if err != nil {
		return err
	}
	return model.Value.Set(path)
}

// refOf returns the model of -hf, -hff and -mu, and whether they name one.
func refOf(f *pflag.FlagSet) (r hub.Ref, ok bool, err error) {
	given := f.Changed("model") || f.Changed("hf-repo") || f.Changed("model-url")
	value := func(name string) string { // the command line takes precedence over variables
		if given && !f.Changed(name) {
			return ""
		}
		return f.Lookup(name).Value.String()
	}
	repo, url, file := value("hf-repo"), value("model-url"), f.Lookup("hf-file").Value.String()
	if repo == "" && !f.Changed("hf-file") {
		file = ""
	}
	switch {
	case repo == "" && file == "" && url == "":
		return r, false, nil
	case repo == "" && file != "":
		return r, false, usagef("--hf-file: in which repository? Name it with -hf")
	case repo != "" && url != "", f.Changed("model"):
		return r, false, usagef("-m, -hf and -mu all name the model: give one")
	case url != "" && !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://"):
		return r, false, usagef("--model-url %s: want https://", url)
	}
	if r, err = hub.ParseRef(repo + url); err != nil {
		return r, false, usageError{err}
	}
	if file != "" {
		if r, err = hub.ParseRef("hf://" + strings.TrimPrefix(repoOf(r), "hf://") + "/" + file); err != nil {
			return r, false, usageError{err}
		}
	}
	return r, true, nil
}

// repoOf returns the name of r without a quant or file.
func repoOf(r hub.Ref) string {
	r.Quant, r.File = "", ""
	return r.String()
}

// remote reports whether name is that of a model elsewhere, whatever files there are.
func remote(name string) bool {
	for _, scheme := range []string{"hf://", "ollama://", "https://", "http://"} {
		if strings.HasPrefix(name, scheme) {
			return true
		}
	}
	return false
}

// pathOf returns the path of the model that -m names: that file, or a model of the
// cache. Where a person can be asked, one that is in neither is offered.
func (a *app) pathOf(ctx context.Context, f *pflag.FlagSet, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	if remote(name) {
		r, err := hub.ParseRef(name)
		if err != nil {
			return "", usageError{err}
		}
		return a.fetch(ctx, f, r)
	}
	if _, err := os.Stat(name); err == nil || !os.IsNotExist(err) || filepath.IsAbs(name) || strings.HasPrefix(name, ".") {
		return name, nil // opening it says that there is no such file
	}
	cache, err := hub.DefaultCache()
	if err != nil {
		return name, nil // without a cache it can only be a file
	}
	e, err := cache.Named(name)
	if err == nil {
		a.named = e.Name
		return e.Path, nil
	}
	r, bad := hub.ParseRef(name)
	switch {
	case strings.HasSuffix(strings.ToLower(name), ".gguf"), bad != nil:
		return "", notThere(name, cache)
	case a.interactive():
		return a.fetch(ctx, f, r)
	}
	return "", fmt.Errorf("%s: no such file, nor a model in the cache; chord pull %[1]s fetches it", name)
}

// fetch returns the path of a model, which it fetches if the cache does not have it.
func (a *app) fetch(ctx context.Context, f *pflag.FlagSet, r hub.Ref) (string, error) {
	c, err := a.hub(f)
	if err != nil {
		return "", err
	}
	if e, ok := c.Cache.Lookup(r); ok {
		a.named = e.Name
		return e.Path, nil
	}
	defer a.graceful.Store(a.graceful.Swap(true))
	m, err := a.find(ctx, c, r)
	if err != nil {
		return "", err
	}
	fits := a.tell(ctx, c, m, modelOptions(f))
	if yes, err := f.GetBool("yes"); err == nil && !yes && a.interactive() {
		if err := a.ask(fits); err != nil {
			return "", err
		}
	}
	a.named = m.Name
	return a.pull(ctx, c, m)
}

// fetchFiles returns the arguments of a command that takes files, with the paths of
// those that are models elsewhere.
func (a *app) fetchFiles(ctx context.Context, cmd *cobra.Command, args []string) ([]string, error) {
	if cmd.Flags().Lookup("model") != nil || cmd.Annotations[ownNames] != "" {
		return args, nil
	}
	for i, name := range args {
		if !strings.HasPrefix(name, "hf://") && !strings.HasPrefix(name, "ollama://") {
			continue
		}
		path, err := a.pathOf(ctx, cmd.Flags(), name)
		if err != nil {
			return nil, err
		}
		args[i] = path
	}
	return args, nil
}

// modelOptions returns what the flags say about memory.
func modelOptions(f *pflag.FlagSet) (o chord.Options) {
	if n, err := f.GetInt("ctx-size"); err == nil {
		o.Context = max(n, 0)
	}
	if k, err := f.GetString("cache-type-k"); err == nil {
		o.CacheTypeK = k
	}
	if v, err := f.GetString("cache-type-v"); err == nil {
		o.CacheTypeV = v
	}
	return o
}
