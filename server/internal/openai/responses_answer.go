package openai

import (
	"fmt"
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A response makes a response of deltas, in one piece or, with events, as they come.
type response struct {
	x       *core.Exchange
	q       *responsesRequest
	m       *core.Lease
	id      string // without its prefix
	out     responseOut
	events  *core.Events // nil: in one piece
	begun   bool
	seq     int
	open    string // the type of the item that grows, "" for none
	text    strings.Builder
	growing callItem       // a call
	tokens  []tokenLogprob // of the item
	unsent  []tokenLogprob // before the text that they complete
	message chord.Message  // the whole, for the next request
}

// newResponse returns a response without output.
func newResponse(x *core.Exchange, q *responsesRequest, m *core.Lease) *response {
	a := &response{x: x, q: q, m: m, id: x.ID, message: chord.Message{Role: "assistant"}}
	a.out = responseOut{ID: "resp_" + x.ID, Object: "response", Created: x.Created().Unix(), Status: "in_progress", Model: m.Name, Output: []any{},
		Instructions: q.Instructions, MaxOutput: q.MaxOutput, Parallel: q.Parallel == nil || *q.Parallel, Previous: q.Previous,
		Store: q.Store == nil || *q.Store, Temperature: q.Temperature, TopP: q.TopP, TopLogprobs: deref(q.TopLogprobs),
		Text: formatOut{map[string]string{"type": "text"}}, ToolChoice: "auto", Tools: []wire.Raw{}, Truncation: "disabled",
		User: q.User, Metadata: map[string]string{}}
	if q.Reasoning != nil {
		a.out.Reasoning = reasoningOut(*q.Reasoning)
	}
	if q.Text != nil && q.Text.Format != nil {
		a.out.Text.Format = q.Text.Format
	}
	if q.ToolChoice != nil {
		a.out.ToolChoice = q.ToolChoice
	}
	if q.Tools != nil {
		a.out.Tools = q.Tools
	}
	if q.Metadata != nil {
		a.out.Metadata = q.Metadata
	}
	if q.Truncation != nil {
		a.out.Truncation = *q.Truncation
	}
	if deref(q.Stream) {
		a.events = x.Events()
	}
	return a
}

// start begins the stream.
func (a *response) start() error {
	if a.events == nil || a.begun {
		return nil
	}
	a.begun = true
	if err := a.send(responseEvent{Type: "response.created", Response: &a.out}); err != nil {
		return err
	}
	return a.send(responseEvent{Type: "response.in_progress", Response: &a.out})
}

// send sends an event.
func (a *response) send(e responseEvent) error {
	if err := a.start(); err != nil || a.events == nil {
		return err
	}
	e.Sequence = a.seq
	a.seq++
	return a.events.Send(e.Type, e)
}

// add takes a delta.
func (a *response) add(d core.Delta) error {
	switch {
	case d.Total > 0:
		if a.events != nil {
			return a.events.Progress(d)
		}
	case d.Token != nil:
		a.unsent = append(a.unsent, describeToken(a.m.Model, d.Token, deref(a.q.TopLogprobs)))
	case d.Reasoning != "":
		a.message.ReasoningContent += d.Reasoning
		return a.grow("reasoning", d.Reasoning)
	case d.Content != "":
		a.message.Content += d.Content
		return a.grow("message", d.Content)
	case d.CallPiece != nil:
		return a.piece(d.CallPiece)
	case d.ToolCall != nil:
		return a.call(d.ToolCall)
	case d.Result != nil:
		return a.finish(d.Result)
	}
	return nil
}

// itemID returns the id of the item that grows.
func (a *response) itemID() string {
	prefix := map[string]string{"message": "msg", "reasoning": "rs", "function_call": "fc"}[a.open]
	return fmt.Sprintf("%s_%s_%d", prefix, a.id, len(a.out.Output))
}

// at returns an event about the item that grows.
func (a *response) at(name string) responseEvent {
	n := len(a.out.Output)
	return responseEvent{Type: name, Output: &n, ItemID: a.itemID()}
}

// in returns an event about the part of the item that grows.
func (a *response) in(name string) responseEvent {
	e := a.at(name)
	e.Content = new(int)
	return e
}

// begin begins an item of a type, unless it grows already.
func (a *response) begin(kind string) error {
	if a.open == kind {
		return nil
	}
	if err := a.close("completed"); err != nil {
		return err
	}
	a.open = kind
	a.text.Reset()
	e, part := a.at("response.output_item.added"), a.in("response.content_part.added")
	e.ItemID = ""
	if kind == "message" {
		e.Item, part.Part = messageItem{a.itemID(), kind, "in_progress", "assistant", []textPart{}}, emptyText()
	} else {
		e.Item, part.Part = reasoningItem{a.itemID(), kind, "in_progress", []any{}, []reasoningPart{}}, reasoningPart{Type: "reasoning_text"}
	}
	if err := a.send(e); err != nil {
		return err
	}
	return a.send(part)
}

// grow adds text to an item of a type.
func (a *response) grow(kind, text string) error {
	if err := a.begin(kind); err != nil {
		return err
	}
	a.text.WriteString(text)
	e := a.in("response.output_text.delta")
	e.Delta = &text
	list := append([]tokenLogprob{}, a.unsent...)
	a.unsent = nil
	if kind == "reasoning" {
		e.Type = "response.reasoning_text.delta"
		return a.send(e)
	}
	a.tokens, e.Logprobs = append(a.tokens, list...), &list
	return a.send(e)
}

// close ends the item that grows.
func (a *response) close(status string) error {
	var list []responseEvent
	var item any
	switch a.open {
	case "":
		return nil
	case "function_call":
		list, item = a.callEnd(status)
	default:
		list, item = a.textEnd(status)
	}
	last := a.at("response.output_item.done")
	last.ItemID, last.Item = "", item
	for _, e := range append(list, last) {
		if err := a.send(e); err != nil {
			return err
		}
	}
	a.out.Output, a.open, a.tokens = append(a.out.Output, item), "", nil
	return nil
}

// textEnd returns the events at the end of an item with text, and the item.
func (a *response) textEnd(status string) ([]responseEvent, any) {
	text := a.text.String()
	done, part := a.in("response.output_text.done"), a.in("response.content_part.done")
	done.Text = &text
	if a.open == "reasoning" {
		done.Type = "response.reasoning_text.done"
		p := reasoningPart{"reasoning_text", text}
		part.Part = p
		return []responseEvent{done, part}, reasoningItem{a.itemID(), a.open, status, []any{}, []reasoningPart{p}}
	}
	p := emptyText()
	p.Text, p.Logprobs = text, append(p.Logprobs, a.tokens...)
	done.Logprobs, part.Part = &p.Logprobs, p
	return []responseEvent{done, part}, messageItem{a.itemID(), a.open, status, "assistant", []textPart{p}}
}

// callEnd returns the event at the end of a call, and its item.
func (a *response) callEnd(status string) ([]responseEvent, any) {
	item := a.growing
	item.Status, item.Arguments = status, a.text.String()
	done := a.at("response.function_call_arguments.done")
	done.Name, done.Arguments = item.Name, &item.Arguments
	return []responseEvent{done}, item
}

// alone reports whether a call is one too many.
func (a *response) alone(index int) bool { return index > 0 && !a.out.Parallel }

// piece takes a piece of a call of a tool.
func (a *response) piece(p *chord.CallPiece) error {
	if a.alone(p.Index) {
		return nil
	}
	if p.ID != "" {
		if err := a.close("completed"); err != nil {
			return err
		}
		a.open, a.unsent = "function_call", nil
		a.text.Reset()
		a.growing = callItem{a.itemID(), a.open, "in_progress", p.ID, p.Name, ""}
		added := a.at("response.output_item.added")
		added.ItemID, added.Item = "", a.growing
		if err := a.send(added); err != nil {
			return err
		}
	}
	if p.Arguments == "" {
		return nil
	}
	a.text.WriteString(p.Arguments)
	e := a.at("response.function_call_arguments.delta")
	e.Delta = &p.Arguments
	return a.send(e)
}

// call takes a call that is complete, after its pieces. Without parallel calls only the
// first one counts.
func (a *response) call(call *chord.ToolCall) error {
	if a.alone(len(a.message.ToolCalls)) {
		return nil
	}
	a.message.ToolCalls = append(a.message.ToolCalls, *call)
	return a.close("completed")
}

// finish ends the output.
func (a *response) finish(r *chord.Result) error {
	if len(a.out.Output) == 0 && a.open == "" {
		if err := a.begin("message"); err != nil {
			return err
		}
	}
	cut := r.Finish == chord.FinishLength || r.Finish == chord.FinishContext
	status := "completed"
	if cut {
		status = "incomplete"
		a.out.Incomplete = &incompleteOut{"max_output_tokens"}
	}
	if err := a.close(status); err != nil {
		return err
	}
	u := &responseUsage{Input: r.Prompt, InputDetails: inputDetails{r.Cached}, Output: r.Generated, Total: r.Prompt + r.Generated}
	if tok := a.m.Tokenizer(); tok != nil && a.message.ReasoningContent != "" {
		n := len(tok.Encode(nil, a.message.ReasoningContent, bpe.EncodeOptions{NoBOS: true, NoParseSpecial: true}))
		u.Details.Reasoning = min(n, r.Generated)
	}
	a.out.Usage, a.out.Status = u, status
	a.out.Completed = a.completed()
	return nil
}

// completed returns the time of the end. A stream has that of its beginning, which its id
// has too: another replica that goes on with it sends the same bytes.
func (a *response) completed() *int64 {
	at := a.x.Now().Unix()
	if a.events != nil {
		at = a.out.Created
	}
	return &at
}

// nothing ends a response to nothing.
func (a *response) nothing() error {
	if err := a.start(); err != nil {
		return err
	}
	a.out.Status, a.out.Completed, a.out.Usage = "completed", a.completed(), &responseUsage{}
	return nil
}

// end sends the response, or the event that has it.
func (a *response) end(x *core.Exchange) error {
	if a.events == nil {
		return x.JSON(&a.out)
	}
	return a.send(responseEvent{Type: "response." + a.out.Status, Response: &a.out})
}

// fail ends a stream that has begun with the event of a response that failed; other
// errors are the exchange's.
func (a *response) fail(x *core.Exchange, err error) error {
	if !a.begun || x.Context().Err() != nil {
		return err
	}
	e := core.Classify(err)
	if e.Err != nil {
		x.Core.Log.Error("response", "request", x.ID, "error", e.Err)
	}
	a.out.Status, a.out.Error = "failed", &responseError{"server_error", e.Message}
	return a.send(responseEvent{Type: "response.failed", Response: &a.out})
}
