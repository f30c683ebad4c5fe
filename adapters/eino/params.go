package eino

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/schema"

	"github.com/querent-ai/chord"
)

// WithParams changes the parameters of a call after all other options, for what Eino
// has no option for, such as a grammar.
func WithParams(change func(p *chord.ChatParams)) model.Option {
	return model.WrapImplSpecificOptFn(func(all *changes) { *all = append(*all, change) })
}

// changes are those of a call's [WithParams].
type changes []func(p *chord.ChatParams)

// chatParams returns p with what a call sets.
func chatParams(p chord.ChatParams, opts []model.Option) (chord.ChatParams, error) {
	o := model.GetCommonOptions(nil, opts...)
	if t := o.Temperature; t != nil {
		p.Temperature = *t
		if *t == 0 {
			p.Temperature = chord.Greedy
		}
	}
	if o.MaxTokens != nil {
		p.MaxTokens = *o.MaxTokens
	}
	if o.TopP != nil {
		p.TopP = *o.TopP
	}
	if o.Stop != nil {
		p.Stop = o.Stop
	}
	if o.Tools != nil {
		if err := setTools(&p, o.Tools); err != nil {
			return p, err
		}
	}
	if err := chooseTool(&p, o); err != nil {
		return p, err
	}
	for _, change := range *model.GetImplSpecificOptions[changes](nil, opts...) {
		change(&p)
	}
	return p, nil
}

// setTools sets the tools of p.
func setTools(p *chord.ChatParams, tools []*schema.ToolInfo) error {
	p.Tools = make([]chord.Tool, len(tools))
	for i, t := range tools {
		if t == nil {
			return fmt.Errorf("chord: tools[%d] is nil", i)
		}
		out := chord.Tool{Name: t.Name, Description: t.Desc}
		s, err := t.ToJSONSchema()
		if err == nil && s != nil {
			out.Parameters, err = json.Marshal(s)
		}
		if err != nil {
			return fmt.Errorf("chord: tool %q: %w", t.Name, err)
		}
		p.Tools[i] = out
	}
	return nil
}

// chooseTool sets which tools may be called, and whether one has to be.
func chooseTool(p *chord.ChatParams, o *model.Options) error {
	if o.ToolChoice == nil {
		return nil
	}
	if names := o.AllowedToolNames; len(names) > 0 {
		for _, name := range names {
			if !slices.ContainsFunc(p.Tools, func(t chord.Tool) bool { return t.Name == name }) {
				return fmt.Errorf("chord: the allowed tool %q is none of the tools", name)
			}
		}
		p.Tools = slices.DeleteFunc(slices.Clone(p.Tools), func(t chord.Tool) bool { return !slices.Contains(names, t.Name) })
	}
	switch *o.ToolChoice {
	case schema.ToolChoiceForbidden:
		p.ToolChoice = "none"
	case schema.ToolChoiceAllowed:
		p.ToolChoice = "auto"
	case schema.ToolChoiceForced:
		p.ToolChoice = "required"
	default:
		return fmt.Errorf("chord: tool choice %q, want forbidden, allowed or forced", *o.ToolChoice)
	}
	return nil
}
