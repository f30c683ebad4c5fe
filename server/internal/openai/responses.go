package openai

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A responsesRequest asks for a response, beside the fields of core.Sampling.
type responsesRequest struct {
	core.Thoughts
	Model        *string           `json:"model"`
	Input        wire.Raw          `json:"input" api:"as=input"`
	Instructions *string           `json:"instructions"`
	MaxOutput    *int              `json:"max_output_tokens" api:"min=1"`
	Stream       *bool             `json:"stream"`
	Store        *bool             `json:"store"`
	Previous     *string           `json:"previous_response_id"`
	Tools        []wire.Raw        `json:"tools" api:"as=response tools"`
	ToolChoice   wire.Raw          `json:"tool_choice" api:"as=response choice"`
	Parallel     *bool             `json:"parallel_tool_calls"`
	Reasoning    *reasoningRequest `json:"reasoning"`
	Text         *textFormat       `json:"text"`
	Include      []string          `json:"include"`
	TopLogprobs  *int              `json:"top_logprobs" api:"min=0,max=20"`
	Temperature  *float64          `json:"temperature"`
	TopP         *float64          `json:"top_p"`
	Truncation   *string           `json:"truncation" api:"values=auto|disabled"`
	Metadata     map[string]string `json:"metadata"`
	User         *string           `json:"user"`
	Background   *bool             `json:"background"`
	Conversation wire.Raw          `json:"conversation" api:"as=nothing"`
	Prompt       wire.Raw          `json:"prompt" api:"as=nothing"`
	Stop         wire.Strings      `json:"stop"`
}

type reasoningRequest struct {
	Effort  *string `json:"effort" api:"values=none|minimal|low|medium|high|xhigh|max"`
	Summary *string `json:"summary"`
}

type textFormat struct {
	Format *struct {
		Type   string   `json:"type" api:"values=text|json_object|json_schema"`
		Name   *string  `json:"name"`
		Schema wire.Raw `json:"schema" api:"as=json schema"`
	} `json:"format"`
}

// logprobsField is what include names for log probabilities.
const logprobsField = "message.output_text.logprobs"

// check returns an error about the fields that need nothing else.
func (q *responsesRequest) check(x *core.Exchange) error {
	top, most := deref(q.TopLogprobs), x.Core.Limits.TopLogprobs
	switch {
	case deref(q.Background):
		return wire.Errorf("background", "responses are not made in the background: use stream")
	case q.Conversation != nil:
		return wire.Errorf("conversation", "conversations are not kept: use previous_response_id")
	case q.Prompt != nil:
		return wire.Errorf("prompt", "there are no stored prompts: use instructions and input")
	case q.Truncation != nil && *q.Truncation != "disabled" && *q.Truncation != "auto":
		return wire.Errorf("truncation", "%.40q, want disabled or auto", *q.Truncation)
	case top < 0 || top > most:
		return wire.Errorf("top_logprobs", "%d, want 0 to %d", top, most)
	}
	return nil
}

// params sets the parameters of the run.
func (q *responsesRequest) params(x *core.Exchange, p *chord.ChatParams) error {
	if err := x.Sampling(&p.Params); err != nil {
		return err
	}
	if err := x.Stop(&p.Params, q.Stop); err != nil {
		return err
	}
	if err := limit(&p.Params, "max_output_tokens", q.MaxOutput, 1); err != nil {
		return err
	}
	if slices.Contains(q.Include, logprobsField) {
		wantLogprobs(&p.Params, deref(q.TopLogprobs))
	}
	p.ParallelToolCalls = q.Parallel
	if q.Reasoning != nil {
		if err := core.SetEffort(p, "reasoning.effort", q.Reasoning.Effort); err != nil {
			return err
		}
	}
	if err := q.SetThoughts(p); err != nil {
		return err
	}
	if err := q.format(p); err != nil {
		return err
	}
	var err error
	if p.Tools, err = q.tools(); err != nil {
		return err
	}
	return q.choose(p)
}

// format sets the form of the answer.
func (q *responsesRequest) format(p *chord.ChatParams) error {
	if q.Text == nil || q.Text.Format == nil {
		return nil
	}
	switch q.Text.Format.Type {
	case "text":
		return nil
	case "json_object":
		if p.Grammar != nil {
			return wire.Errorf("text.format", "the text is constrained already")
		}
		core.JSONObject(&p.Params)
		return nil
	case "json_schema":
		return core.Schema(&p.Params, "text.format.schema", q.Text.Format.Schema)
	}
	return wire.Errorf("text.format.type", "%.40q, want text, json_object or json_schema", q.Text.Format.Type)
}

// tools converts the tools that are functions. Those of other types, which agents send
// without need, are skipped.
func (q *responsesRequest) tools() (list []chord.Tool, err error) {
	if len(q.Tools) > maxTools {
		return nil, wire.Errorf("tools", "%d tools, at most %d", len(q.Tools), maxTools)
	}
	for i, raw := range q.Tools {
		at := fmt.Sprintf("tools[%d]", i)
		var kind struct {
			Type string `json:"type"`
		}
		if err := wire.DecodeAt(at, raw, &kind); err != nil {
			return nil, err
		}
		if kind.Type != "function" {
			continue
		}
		var t struct {
			Name        string   `json:"name"`
			Description *string  `json:"description"`
			Parameters  wire.Raw `json:"parameters"`
		}
		if err := wire.DecodeAt(at, raw, &t); err != nil {
			return nil, err
		}
		switch {
		case t.Name == "":
			return nil, wire.Errorf(at+".name", "missing")
		case t.Parameters != nil && t.Parameters.Kind() != '{':
			return nil, wire.Errorf(at+".parameters", "want an object, a JSON Schema")
		}
		list = append(list, chord.Tool{Name: t.Name, Description: deref(t.Description), Parameters: json.RawMessage(t.Parameters)})
	}
	return list, nil
}

// choose sets what tool_choice says: a word, a function, or a list of allowed ones.
// Choices of tools of other types are none.
func (q *responsesRequest) choose(p *chord.ChatParams) error {
	if q.ToolChoice.Kind() != '{' {
		return choose(p, q.ToolChoice)
	}
	var c struct {
		Type  string `json:"type"`
		Name  string `json:"name"`
		Mode  string `json:"mode"`
		Tools []struct {
			Name string `json:"name"`
		} `json:"tools"`
	}
	if err := wire.DecodeAt("tool_choice", q.ToolChoice, &c); err != nil {
		return err
	}
	switch c.Type {
	case "function":
		raw, err := core.Marshal(map[string]any{"type": "function", "function": map[string]string{"name": c.Name}})
		if err != nil {
			return err
		}
		return choose(p, raw)
	case "allowed_tools":
		p.Tools = slices.DeleteFunc(slices.Clone(p.Tools), func(t chord.Tool) bool {
			return !slices.ContainsFunc(c.Tools, func(a struct {
				Name string `json:"name"`
			}) bool {
				return a.Name == t.Name
			})
		})
		if c.Mode == "required" {
			return choose(p, wire.Raw(`"required"`))
		}
	}
	return nil
}

// responses answers with a response.
func (s *store) responses(x *core.Exchange) error {
	var q responsesRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	if err := q.check(x); err != nil {
		return err
	}
	run := core.Run{}
	if err := q.params(x, &run.Params); err != nil {
		return err
	}
	chat, err := s.before(q.Previous)
	if err != nil {
		return err
	}
	if chat, err = addInput(chat, q.Input); err != nil {
		return err
	}
	m, err := x.Model(deref(q.Model))
	if err != nil {
		return err
	}
	a := newResponse(x, &q, m)
	if len(chat) > 0 {
		run.Messages = withInstructions(chat, deref(q.Instructions))
		for d, err := range x.Generate(m, []core.Run{run}) {
			if err == nil {
				err = a.add(d)
			}
			if err != nil {
				return a.fail(x, err)
			}
		}
	} else if err := a.nothing(); err != nil { // a probe, which asks for nothing
		return err
	}
	if fixed := core.FixedOf(x.Request.Context()) != nil; !fixed && (q.Store == nil || *q.Store) { // nobody asks for lines of a batch
		if err := s.put(a, chat); err != nil {
			return err
		}
	}
	return a.end(x)
}
