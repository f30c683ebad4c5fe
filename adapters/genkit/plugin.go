package genkit

import (
	"context"
	"maps"
	"slices"

	"github.com/firebase/genkit/go/ai"
	"github.com/firebase/genkit/go/core/api"

	"github.com/querent-ai/chord"
)

// provider comes before the names of models.
const provider = "chord"

// A Plugin defines models and embedders, "chord/" and a name of Models each: a model
// that generates text is both, an embedder only that. The caller closes the models.
//
// The configuration of a request (ai.WithConfig) replaces the fields of Params that it
// sets. It is a [chord.ChatParams], which replaces Params as a whole, an
// ai.GenerationCommonConfig, pointers to these, or a map as from JSON with the names of
// both, where a temperature of 0 is greedy. Embedders take a [chord.EmbedOptions] or a
// map with its names.
type Plugin struct {
	Models map[string]*chord.Model
	Params chord.ChatParams
	Embed  chord.EmbedOptions
}

var _ api.Plugin = (*Plugin)(nil)

// Name returns "chord".
func (p *Plugin) Name() string { return provider }

// Init returns the models and embedders. genkit.Init calls it.
func (p *Plugin) Init(context.Context) []api.Action {
	var actions []api.Action
	for _, name := range slices.Sorted(maps.Keys(p.Models)) {
		m := p.Models[name]
		full, info := api.NewName(provider, name), m.Info()
		if !info.Embedder && !info.Reranker {
			g := &generator{m, p.Params}
			actions = append(actions, ai.NewModel(full, &ai.ModelOptions{Label: info.Name, Supports: &supports}, g.generate).(api.Action))
		}
		if !info.Reranker {
			e := &embedder{m, p.Embed}
			options := &ai.EmbedderOptions{Label: info.Name, Dimensions: info.VectorDim, Supports: &ai.EmbedderSupports{Input: []string{"text"}}}
			actions = append(actions, ai.NewEmbedder(full, options, e.embed).(api.Action))
		}
	}
	return actions
}

// supports are what models can do. An answer that is constrained calls no tools.
var supports = ai.ModelSupports{
	Multiturn: true, SystemRole: true, Tools: true, ToolChoice: true,
	Constrained: ai.ConstrainedSupportNoTools, Output: []string{"text", "json"},
}
