package eino

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/cloudwego/eino/components"
	"github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/schema"

	"github.com/querent-ai/chord"
)

// A Model is a chat model for Eino. Any number of goroutines may use it at once.
type Model struct {
	model  *chord.Model
	params chord.ChatParams
}

var (
	_ model.ToolCallingChatModel = (*Model)(nil)
	_ components.Typer           = (*Model)(nil)
)

// New returns m for Eino. p is what a call does not set. The caller closes m.
func New(m *chord.Model, p chord.ChatParams) *Model {
	return &Model{model: m, params: p}
}

// GetType returns the name of the implementation, as Eino shows it.
func (m *Model) GetType() string { return "Chord" }

// WithTools returns the model with tools for calls that have none of their own.
func (m *Model) WithTools(tools []*schema.ToolInfo) (model.ToolCallingChatModel, error) {
	p := m.params
	if err := setTools(&p, tools); err != nil {
		return nil, err
	}
	return New(m.model, p), nil
}

// Generate returns the answer to the last message. Calls of tools are constrained to
// their schemas.
func (m *Model) Generate(ctx context.Context, input []*schema.Message, opts ...model.Option) (*schema.Message, error) {
	messages, p, err := m.request(input, opts)
	if err != nil {
		return nil, err
	}
	answer := &schema.Message{Role: schema.Assistant}
	var content, reasoning strings.Builder
	calls := 0
	for d, err := range m.model.Chat(ctx, messages, p) {
		if err != nil {
			return nil, err
		}
		piece := message(d, &calls)
		if piece == nil {
			continue
		}
		content.WriteString(piece.Content)
		reasoning.WriteString(piece.ReasoningContent)
		answer.ToolCalls = append(answer.ToolCalls, piece.ToolCalls...)
		answer.ResponseMeta = piece.ResponseMeta
	}
	answer.Content, answer.ReasoningContent = content.String(), reasoning.String()
	return answer, nil
}

// Stream returns the answer as it comes: pieces of text, whole calls of tools, and
// last the usage. schema.ConcatMessages makes the message that Generate returns. An
// error is the stream's last element. Closing the stream ends the answer.
func (m *Model) Stream(ctx context.Context, input []*schema.Message, opts ...model.Option) (*schema.StreamReader[*schema.Message], error) {
	messages, p, err := m.request(input, opts)
	if err != nil {
		return nil, err
	}
	reader, writer := schema.Pipe[*schema.Message](1)
	go func() {
		defer writer.Close()
		defer func() { // of a Processor in p, for instance: it is the caller's
			if r := recover(); r != nil {
				writer.Send(nil, fmt.Errorf("chord: panic: %v\n%s", r, debug.Stack()))
			}
		}()
		calls := 0
		for d, err := range m.model.Chat(ctx, messages, p) {
			if err != nil {
				writer.Send(nil, err)
				return
			}
			if piece := message(d, &calls); piece != nil && writer.Send(piece, nil) {
				return
			}
		}
	}()
	return reader, nil
}

// request converts what a call is given.
func (m *Model) request(input []*schema.Message, opts []model.Option) ([]chord.Message, chord.ChatParams, error) {
	p, err := chatParams(m.params, opts)
	if err != nil {
		return nil, p, err
	}
	messages, err := chatMessages(input)
	return messages, p, err
}

// message converts a delta, of which calls have come before; nil if it adds nothing.
func message(d chord.Delta, calls *int) *schema.Message {
	out := &schema.Message{Role: schema.Assistant, Content: d.Content, ReasoningContent: d.Reasoning}
	switch {
	case d.ToolCall != nil:
		f := d.ToolCall.Function
		out.ToolCalls = []schema.ToolCall{{Index: new(*calls), ID: d.ToolCall.ID, Type: "function",
			Function: schema.FunctionCall{Name: f.Name, Arguments: f.Arguments}}}
		*calls++
	case d.Result != nil:
		out.ResponseMeta = meta(d.Result)
	case d.Content == "" && d.Reasoning == "":
		return nil
	}
	return out
}

// meta describes the end of an answer, with OpenAI's words.
func meta(r *chord.Result) *schema.ResponseMeta {
	finish := "stop"
	switch r.Finish {
	case chord.FinishLength, chord.FinishContext:
		finish = "length"
	case chord.FinishToolCalls:
		finish = "tool_calls"
	}
	return &schema.ResponseMeta{FinishReason: finish, Usage: &schema.TokenUsage{
		PromptTokens:       r.Prompt,
		PromptTokenDetails: schema.PromptTokenDetails{CachedTokens: r.Cached},
		CompletionTokens:   r.Generated,
		TotalTokens:        r.Prompt + r.Generated,
	}}
}
