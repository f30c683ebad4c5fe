package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"reflect"
	"slices"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/hub"
	"github.com/querent-ai/chord/sample"
	"github.com/querent-ai/chord/server"
)

// aliasModel returns the model that a table of the configuration describes. It has no path
// if its file is not here.
func (a *app) aliasModel(name string, table map[string]any) (m server.Model, err error) {
	c := &config{Models: a.aliases}
	cmd, g := &cobra.Command{Use: "run"}, &answering{}
	cmd.Flags().SetNormalizeFunc(normalizeFlag)
	g.modelFlags(cmd)
	g.chatFlags(cmd)
	g.textFlags(cmd.Flags())
	g.draft.flags(cmd.Flags())
	promptCacheFlags(cmd.Flags(), &g.model.options)
	if err := c.apply(cmd, "models."+name, table); err != nil {
		return m, err
	}
	if g.modelfile != "" {
		if err := applyModelfile(cmd, g.modelfile); err != nil {
			return m, err
		}
	}
	if err := g.check(); err != nil {
		return m, fmt.Errorf("models.%s: %w", name, err)
	}
	m = server.Model{Name: name, Options: g.model.options, System: g.system, Draft: g.draft.path}
	for _, f := range g.adapters.files {
		m.AdapterFiles = append(m.AdapterFiles, server.AdapterFile{Path: f.name, Scale: f.scale})
	}
	if m.Defaults, err = g.defaults(); err == nil {
		err = filesOf(m)
	}
	if err != nil {
		return m, fmt.Errorf("models.%s: %w", name, err)
	}
	m.Path = g.found(cmd)
	if info, err := os.Stat(m.Path); err == nil {
		m.Size, m.Modified = info.Size(), info.ModTime()
	} else {
		m.Path = ""
	}
	return m, nil
}

// filesOf returns an error unless the files are here that a model is opened with.
func filesOf(m server.Model) error {
	if m.Draft != "" {
		if _, err := os.Stat(m.Draft); err != nil {
			return fmt.Errorf("model-draft: %w", err)
		}
	}
	for _, f := range m.AdapterFiles {
		if _, err := os.Stat(f.Path); err != nil {
			return fmt.Errorf("lora: %w", err)
		}
	}
	return nil
}

// defaults returns the parameters that differ from those of chord run without flags.
func (g *answering) defaults() (p chord.ChatParams, err error) {
	if g.sampling.p.Seed == -1 {
		g.sampling.p.Seed = 0 // not a random one: the server's depends on the request
	}
	rules, err := g.within.grammar()
	if err != nil {
		return p, err
	}
	if p.Params, _, err = g.params(math.MaxInt32, rules); err != nil {
		return p, err
	}
	p.Adapters = nil
	if g.predict < 0 {
		p.MaxTokens = 0
	}
	usual := sample.Defaults()
	usual.Seed = 0
	usual = usual.Literal()
	to := reflect.ValueOf(&p.Params).Elem()
	for f, v := range reflect.ValueOf(usual).Fields() {
		if field := to.FieldByName(f.Name); reflect.DeepEqual(field.Interface(), v.Interface()) {
			field.SetZero()
		}
	}
	if slices.Equal(g.sampling.breakers, []string{`\n`, ":", `"`, "*"}) {
		p.DRYSequenceBreakers = nil
	}
	g.thinking.set(&p)
	if p.ReasoningFormat == "auto" {
		p.ReasoningFormat = ""
	}
	return p, nil
}

// found returns the path of the model that the flags of cmd name, without fetching it; ""
// if it is not here.
func (g *answering) found(cmd *cobra.Command) string {
	cache, err := hub.DefaultCache()
	if err != nil {
		return g.model.path
	}
	if g.model.path != "" {
		if _, err := os.Stat(g.model.path); err == nil {
			return g.model.path
		}
		e, err := cache.Named(g.model.path)
		if err != nil {
			return ""
		}
		return e.Path
	}
	cmd.Flags().Lookup("hf-repo").Changed = true // in place of -m
	r, ok, err := refOf(cmd.Flags())
	if err != nil || !ok {
		return ""
	}
	e, _ := cache.Lookup(r)
	return e.Path
}

// configured returns the models of the configuration but the one that is open, which
// requests can ask for by name. What cannot be served is told and left out.
func (a *app) configured(taken func(name string) bool) (list []server.Model) {
	for _, name := range slices.Sorted(maps.Keys(a.aliases)) {
		if taken(name) {
			continue
		}
		m, err := a.aliasModel(name, a.aliases[name])
		switch {
		case err != nil:
			fmt.Fprintf(a.err, "not served: %v\n", err)
		case m.Path == "":
			fmt.Fprintf(a.err, "not served: models.%s is not here: chord pull fetches it\n", name)
		default:
			list = append(list, m)
		}
	}
	return list
}
