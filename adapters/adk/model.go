package adk

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"google.golang.org/adk/model"
	"google.golang.org/genai"

	"github.com/querent-ai/chord"
)

// A Model is a model for agents. Any number of goroutines may use it at once.
type Model struct {
	name   string
	model  *chord.Model
	params chord.ChatParams
}

var _ model.LLM = (*Model)(nil)

// New returns m for agents, under a name. p is what a request does not set. The caller
// closes m.
func New(name string, m *chord.Model, p chord.ChatParams) *Model {
	return &Model{name: name, model: m, params: p}
}

// Name returns the name of the model.
func (m *Model) Name() string { return m.name }

// GenerateContent yields the answer to a request; if it streams, pieces of text come
// first, which are marked as partial. Calls of tools, which are constrained to their
// schemas, are in the whole answer only.
//
// An error is yielded once, on the last element.
func (m *Model) GenerateContent(ctx context.Context, req *model.LLMRequest, stream bool) iter.Seq2[*model.LLMResponse, error] {
	return func(yield func(*model.LLMResponse, error) bool) {
		p, err := chatParams(m.params, req.Config)
		if err != nil {
			yield(nil, err)
			return
		}
		messages, err := chatMessages(req)
		if err != nil {
			yield(nil, err)
			return
		}
		var a answer
		for d, err := range m.model.Chat(ctx, messages, p) {
			if err == nil {
				err = a.add(d)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if part := piece(d); stream && part != nil {
				if !yield(&model.LLMResponse{Content: content(part), Partial: true, ModelVersion: m.name}, nil) {
					return
				}
			}
		}
		r := a.response()
		r.ModelVersion = m.name
		yield(r, nil)
	}
}

// content returns what the model says.
func content(parts ...*genai.Part) *genai.Content {
	return &genai.Content{Role: genai.RoleModel, Parts: parts}
}

// piece returns the text of a delta, nil if it has none.
func piece(d chord.Delta) *genai.Part {
	switch {
	case d.Reasoning != "":
		return &genai.Part{Text: d.Reasoning, Thought: true}
	case d.Content != "":
		return &genai.Part{Text: d.Content}
	}
	return nil
}

// An answer collects one answer.
type answer struct {
	content, reasoning strings.Builder
	calls              []*genai.Part
	result             *chord.Result
}

// add takes one delta.
func (a *answer) add(d chord.Delta) error {
	a.content.WriteString(d.Content)
	a.reasoning.WriteString(d.Reasoning)
	if d.Result != nil {
		a.result = d.Result
	}
	if d.ToolCall == nil {
		return nil
	}
	f := d.ToolCall.Function
	call := &genai.FunctionCall{ID: d.ToolCall.ID, Name: f.Name}
	if f.Arguments != "" {
		if err := json.Unmarshal([]byte(f.Arguments), &call.Args); err != nil {
			return fmt.Errorf("chord: the model calls %s with arguments that are no object: %w", f.Name, err)
		}
	}
	a.calls = append(a.calls, &genai.Part{FunctionCall: call})
	return nil
}

// response returns the whole answer.
func (a *answer) response() *model.LLMResponse {
	var parts []*genai.Part
	if a.reasoning.Len() > 0 {
		parts = append(parts, &genai.Part{Text: a.reasoning.String(), Thought: true})
	}
	if a.content.Len() > 0 || len(a.calls) == 0 {
		parts = append(parts, &genai.Part{Text: a.content.String()})
	}
	out := &model.LLMResponse{Content: content(append(parts, a.calls...)...), TurnComplete: true}
	if r := a.result; r != nil {
		out.FinishReason = genai.FinishReasonStop
		if r.Finish == chord.FinishLength || r.Finish == chord.FinishContext {
			out.FinishReason = genai.FinishReasonMaxTokens
		}
		out.UsageMetadata = &genai.GenerateContentResponseUsageMetadata{
			PromptTokenCount: int32(r.Prompt), CachedContentTokenCount: int32(r.Cached),
			CandidatesTokenCount: int32(r.Generated), TotalTokenCount: int32(r.Prompt + r.Generated),
		}
	}
	return out
}
