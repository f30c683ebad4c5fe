package anthropic

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// An answer makes the message of deltas, in one piece or, with events, as they come.
type answer struct {
	q      *request
	events *core.Events // nil: in one piece
	prompt int          // tokens, for the first event
	begun  bool
	open   bool            // the last block is
	text   strings.Builder // of the open block
	out    messageOut
}

// A messageOut is an answer.
type messageOut struct {
	ID           string     `json:"id"`
	Type         string     `json:"type"`
	Role         string     `json:"role"`
	Model        string     `json:"model"`
	Content      []blockOut `json:"content"`
	StopReason   *string    `json:"stop_reason"`
	StopSequence *string    `json:"stop_sequence"`
	Usage        usage      `json:"usage"`
}

// A blockOut is a block of an answer: its type says which fields are printed.
type blockOut struct {
	Type      string   `json:"type"`
	Text      *string  `json:"text,omitempty"`
	Thinking  *string  `json:"thinking,omitempty"`
	Signature *string  `json:"signature,omitempty"`
	ID        string   `json:"id,omitempty"`
	Name      string   `json:"name,omitempty"`
	Input     wire.Raw `json:"input,omitzero"`
}

// A usage counts tokens. All of the prompt is input, read from the cache or not.
type usage struct {
	Input      int `json:"input_tokens"`
	CacheWrite int `json:"cache_creation_input_tokens"`
	CacheRead  int `json:"cache_read_input_tokens"`
	Output     int `json:"output_tokens"`
}

// An event is an event of a stream; its type says which fields are printed.
type event struct {
	Type    string      `json:"type"`
	Message *messageOut `json:"message,omitempty"`
	Index   *int        `json:"index,omitempty"`
	Block   *blockOut   `json:"content_block,omitempty"`
	Delta   any         `json:"delta,omitempty"`
	Usage   *usage      `json:"usage,omitempty"`
}

// The deltas of events.
type (
	textDelta struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	thinkingDelta struct {
		Type     string `json:"type"`
		Thinking string `json:"thinking"`
	}
	signatureDelta struct {
		Type      string `json:"type"`
		Signature string `json:"signature"`
	}
	inputDelta struct {
		Type string `json:"type"`
		JSON string `json:"partial_json"`
	}
	endDelta struct {
		StopReason   *string `json:"stop_reason"`
		StopSequence *string `json:"stop_sequence"`
	}
)

// send sends an event, if the answer is a stream.
func (a *answer) send(e event) error {
	if a.events == nil {
		return nil
	}
	return a.events.Send(e.Type, e)
}

// begin sends the first event once.
func (a *answer) begin() error {
	if a.begun {
		return nil
	}
	a.begun = true
	first := a.out
	first.Usage.Input = a.prompt
	if err := a.send(event{Type: "message_start", Message: &first}); err != nil {
		return err
	}
	return a.send(event{Type: "ping"})
}

// last returns the last block.
func (a *answer) last() *blockOut { return &a.out.Content[len(a.out.Content)-1] }

// block begins a block of b's type unless it is open already, after the end of another.
func (a *answer) block(b blockOut) error {
	if a.open && a.last().Type == b.Type && b.Type != "tool_use" {
		return nil
	}
	if err := a.close(); err != nil {
		return err
	}
	at := len(a.out.Content)
	a.out.Content, a.open = append(a.out.Content, b), true
	return a.send(event{Type: "content_block_start", Index: &at, Block: &b})
}

// delta sends a delta of the last block.
func (a *answer) delta(d any) error {
	at := len(a.out.Content) - 1
	return a.send(event{Type: "content_block_delta", Index: &at, Delta: d})
}

// close ends the open block, if there is one.
func (a *answer) close() error {
	if !a.open {
		return nil
	}
	b, text := a.last(), a.text.String()
	a.open = false
	a.text.Reset()
	switch b.Type {
	case "text":
		b.Text = &text
	case "thinking":
		signature := sign(text)
		b.Signature = &signature
		if !a.omitted() {
			b.Thinking = &text
		}
		if err := a.delta(signatureDelta{"signature_delta", signature}); err != nil {
			return err
		}
	case "tool_use":
		b.Input = object(text)
	}
	at := len(a.out.Content) - 1
	return a.send(event{Type: "content_block_stop", Index: &at})
}

// omitted reports whether the text of reasoning is not wanted.
func (a *answer) omitted() bool {
	return a.q.Thinking != nil && deref(a.q.Thinking.Display) == "omitted"
}

// sign returns a signature of reasoning, which clients keep with it and send back. The
// server believes what it is sent, so it says only which text it belongs to.
func sign(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// object returns the arguments of a call as an object: an empty one if they are none,
// such as those of a call that was cut off.
func object(arguments string) wire.Raw {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(arguments), &members) == nil && members != nil {
		return wire.Raw(arguments)
	}
	return wire.Raw("{}")
}

// add takes a delta.
func (a *answer) add(d core.Delta) error {
	switch {
	case d.Total > 0 && a.events != nil:
		return a.events.Progress(d)
	case d.Content == "" && d.Reasoning == "" && d.CallPiece == nil && d.Result == nil:
		return nil
	}
	if err := a.begin(); err != nil {
		return err
	}
	switch {
	case d.Content != "":
		if err := a.block(blockOut{Type: "text", Text: new(string)}); err != nil {
			return err
		}
		a.text.WriteString(d.Content)
		return a.delta(textDelta{"text_delta", d.Content})
	case d.Reasoning != "":
		if err := a.block(blockOut{Type: "thinking", Thinking: new(string), Signature: new(string)}); err != nil {
			return err
		}
		a.text.WriteString(d.Reasoning)
		if a.omitted() {
			return nil
		}
		return a.delta(thinkingDelta{"thinking_delta", d.Reasoning})
	case d.CallPiece != nil:
		return a.piece(d.CallPiece)
	}
	a.finish(d.Result)
	return a.close()
}

// piece takes a piece of a call of a tool. Without parallel calls only the first call
// counts.
func (a *answer) piece(p *chord.CallPiece) error {
	if p.Index > 0 && a.q.ToolChoice != nil && deref(a.q.ToolChoice.Disabled) {
		return nil
	}
	if p.ID != "" {
		if err := a.block(blockOut{Type: "tool_use", ID: p.ID, Name: p.Name, Input: wire.Raw("{}")}); err != nil {
			return err
		}
	}
	if p.Arguments == "" {
		return nil
	}
	a.text.WriteString(p.Arguments)
	return a.delta(inputDelta{"input_json_delta", p.Arguments})
}

// finish takes the result of the run.
func (a *answer) finish(r *chord.Result) {
	reason := "end_turn"
	switch r.Finish {
	case chord.FinishLength:
		reason = "max_tokens"
	case chord.FinishContext:
		reason = "model_context_window_exceeded"
	case chord.FinishToolCalls:
		reason = "tool_use"
	case chord.FinishStop:
		reason = "stop_sequence"
		a.out.StopSequence = &r.Stop
	}
	a.out.StopReason = &reason
	a.out.Usage = usage{Input: r.Prompt - r.Cached, CacheRead: r.Cached, Output: r.Generated}
}

// end ends the answer.
func (a *answer) end(x *core.Exchange) error {
	if a.events == nil {
		return x.JSON(a.out)
	}
	end := endDelta{a.out.StopReason, a.out.StopSequence}
	if err := a.send(event{Type: "message_delta", Delta: end, Usage: &a.out.Usage}); err != nil {
		return err
	}
	return a.send(event{Type: "message_stop"})
}
