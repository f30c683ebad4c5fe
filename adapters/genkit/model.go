package genkit

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/firebase/genkit/go/ai"

	"github.com/querent-ai/chord"
)

// A generator answers requests with a model.
type generator struct {
	model  *chord.Model
	params chord.ChatParams
}

// generate answers a request; with a callback, text and calls of tools are passed on
// as they come.
func (g *generator) generate(ctx context.Context, req *ai.ModelRequest, cb ai.ModelStreamCallback) (*ai.ModelResponse, error) {
	p, err := chatParams(g.params, req)
	if err != nil {
		return nil, err
	}
	messages, err := chatMessages(req.Messages)
	if err != nil {
		return nil, err
	}
	var a answer
	for d, err := range g.model.Chat(ctx, messages, p) {
		if err != nil {
			return nil, mapError(err)
		}
		part := a.add(d)
		if part == nil || cb == nil {
			continue
		}
		if err := cb(ctx, &ai.ModelResponseChunk{Role: ai.RoleModel, Content: []*ai.Part{part}}); err != nil {
			return nil, err
		}
	}
	return a.response(req), nil
}

// An answer collects one answer.
type answer struct {
	content, reasoning strings.Builder
	calls              []*ai.Part
	result             *chord.Result
}

// add takes one delta and returns it as a part, nil if it adds nothing.
func (a *answer) add(d chord.Delta) *ai.Part {
	switch {
	case d.ToolCall != nil:
		f := d.ToolCall.Function
		var input any = f.Arguments
		var object map[string]any
		if json.Unmarshal([]byte(f.Arguments), &object) == nil {
			input = object
		}
		call := ai.NewToolRequestPart(&ai.ToolRequest{Ref: d.ToolCall.ID, Name: f.Name, Input: input})
		a.calls = append(a.calls, call)
		return call
	case d.Result != nil:
		a.result = d.Result
	case d.Content != "":
		a.content.WriteString(d.Content)
		return ai.NewTextPart(d.Content)
	case d.Reasoning != "":
		a.reasoning.WriteString(d.Reasoning)
		return ai.NewReasoningPart(d.Reasoning, nil)
	}
	return nil
}

// response returns the answer to a request.
func (a *answer) response(req *ai.ModelRequest) *ai.ModelResponse {
	var parts []*ai.Part
	if a.reasoning.Len() > 0 {
		parts = append(parts, ai.NewReasoningPart(a.reasoning.String(), nil))
	}
	if a.content.Len() > 0 || len(a.calls) == 0 {
		parts = append(parts, ai.NewTextPart(a.content.String()))
	}
	out := &ai.ModelResponse{Request: req, FinishReason: ai.FinishReasonUnknown,
		Message: &ai.Message{Role: ai.RoleModel, Content: append(parts, a.calls...)}}
	if r := a.result; r != nil {
		out.FinishReason = ai.FinishReasonStop
		if r.Finish == chord.FinishLength || r.Finish == chord.FinishContext {
			out.FinishReason = ai.FinishReasonLength
		}
		out.Usage = &ai.GenerationUsage{
			InputTokens: r.Prompt, OutputTokens: r.Generated, TotalTokens: r.Prompt + r.Generated, CachedContentTokens: r.Cached,
		}
	}
	return out
}
