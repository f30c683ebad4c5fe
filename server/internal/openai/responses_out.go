package openai

import (
	"github.com/querent-ai/chord/server/internal/wire"
)

// A responseOut is a response.
type responseOut struct {
	ID           string            `json:"id"`
	Object       string            `json:"object"`
	Created      int64             `json:"created_at"`
	Completed    *int64            `json:"completed_at"`
	Status       string            `json:"status"`
	Background   bool              `json:"background"`
	Error        *responseError    `json:"error"`
	Incomplete   *incompleteOut    `json:"incomplete_details"`
	Instructions *string           `json:"instructions"`
	MaxOutput    *int              `json:"max_output_tokens"`
	Model        string            `json:"model"`
	Output       []any             `json:"output"`
	Parallel     bool              `json:"parallel_tool_calls"`
	Previous     *string           `json:"previous_response_id"`
	Reasoning    reasoningOut      `json:"reasoning"`
	Store        bool              `json:"store"`
	Temperature  *float64          `json:"temperature"`
	Text         formatOut         `json:"text"`
	ToolChoice   any               `json:"tool_choice"`
	Tools        []wire.Raw        `json:"tools"`
	TopLogprobs  int               `json:"top_logprobs"`
	TopP         *float64          `json:"top_p"`
	Truncation   string            `json:"truncation"`
	Usage        *responseUsage    `json:"usage"`
	User         *string           `json:"user"`
	Metadata     map[string]string `json:"metadata"`
}

type responseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type incompleteOut struct {
	Reason string `json:"reason"`
}

type reasoningOut struct {
	Effort  *string `json:"effort"`
	Summary *string `json:"summary"`
}

type formatOut struct {
	Format any `json:"format"`
}

// A responseUsage counts tokens.
type responseUsage struct {
	Input        int           `json:"input_tokens"`
	InputDetails inputDetails  `json:"input_tokens_details"`
	Output       int           `json:"output_tokens"`
	Details      outputDetails `json:"output_tokens_details"`
	Total        int           `json:"total_tokens"`
}

type inputDetails struct {
	Cached int `json:"cached_tokens"`
}

type outputDetails struct {
	Reasoning int `json:"reasoning_tokens"`
}

// The items of output.
type (
	messageItem struct {
		ID      string     `json:"id"`
		Type    string     `json:"type"`
		Status  string     `json:"status"`
		Role    string     `json:"role"`
		Content []textPart `json:"content"`
	}
	reasoningItem struct {
		ID      string          `json:"id"`
		Type    string          `json:"type"`
		Status  string          `json:"status"`
		Summary []any           `json:"summary"`
		Content []reasoningPart `json:"content"`
	}
	callItem struct {
		ID        string `json:"id"`
		Type      string `json:"type"`
		Status    string `json:"status"`
		CallID    string `json:"call_id"`
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	}
)

// The parts of items.
type (
	textPart struct {
		Type        string         `json:"type"`
		Text        string         `json:"text"`
		Annotations []any          `json:"annotations"`
		Logprobs    []tokenLogprob `json:"logprobs"`
	}
	reasoningPart struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
)

// A responseEvent is an event of a stream. Each type has some of the fields.
type responseEvent struct {
	Type      string          `json:"type"`
	Sequence  int             `json:"sequence_number"`
	Response  *responseOut    `json:"response,omitempty"`
	Output    *int            `json:"output_index,omitempty"`
	ItemID    string          `json:"item_id,omitempty"`
	Content   *int            `json:"content_index,omitempty"`
	Item      any             `json:"item,omitempty"`
	Part      any             `json:"part,omitempty"`
	Delta     *string         `json:"delta,omitempty"`
	Text      *string         `json:"text,omitempty"`
	Name      string          `json:"name,omitempty"`
	Arguments *string         `json:"arguments,omitempty"`
	Logprobs  *[]tokenLogprob `json:"logprobs,omitempty"`
}

// emptyText returns a part without text.
func emptyText() textPart {
	return textPart{Type: "output_text", Annotations: []any{}, Logprobs: []tokenLogprob{}}
}
