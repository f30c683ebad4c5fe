//go:build wasip1

package main

import (
	"context"
	"iter"

	"github.com/querent-ai/chord"
)

// A generation is a text that is pulled.
type generation struct {
	model  *model
	pull   func() (chord.Delta, error, bool)
	stop   func()
	abort  context.CancelFunc
	events []Event // that the host has not got yet
	err    error   // why there are no more
	ended  bool
}

// start begins a text.
func (m *model) start(texts func(ctx context.Context) iter.Seq2[chord.Delta, error]) *generation {
	ctx, cancel := context.WithCancel(context.Background())
	g := &generation{model: m, abort: cancel}
	g.pull, g.stop = iter.Pull2(texts(ctx))
	m.texts[g] = true
	return g
}

func (m *model) generate(prompt string, p Params) (*generation, error) {
	c, err := convert(p)
	if err != nil {
		return nil, err
	}
	return m.start(func(ctx context.Context) iter.Seq2[chord.Delta, error] {
		return func(yield func(chord.Delta, error) bool) {
			for t, err := range m.Generate(ctx, prompt, c.Params) {
				if !yield(chord.Delta{Token: &t, Result: t.Result}, err) {
					return
				}
			}
		}
	}), nil
}

func (m *model) chat(messages []Message, p Params) (*generation, error) {
	c, err := convert(p)
	if err != nil {
		return nil, err
	}
	all := make([]chord.Message, len(messages))
	for i, m := range messages {
		all[i] = chord.Message{Role: m.Role, Content: m.Content}
		if m.ToolCallID != nil {
			all[i].ToolCallID = *m.ToolCallID
		}
		if m.ToolCalls == nil {
			continue
		}
		for _, t := range *m.ToolCalls {
			all[i].ToolCalls = append(all[i].ToolCalls, chord.ToolCall{ID: t.ID, Type: "function", Function: chord.FunctionCall{Name: t.Name, Arguments: t.Arguments}})
		}
	}
	return m.start(func(ctx context.Context) iter.Seq2[chord.Delta, error] {
		return func(yield func(chord.Delta, error) bool) {
			for d, err := range m.Chat(ctx, all, c) {
				d.Token = nil
				if !yield(d, err) {
					return
				}
			}
		}
	}), nil
}

func (g *generation) next() (*Event, error) {
	for len(g.events) == 0 && !g.ended {
		d, err, ok := g.pull()
		if err != nil || !ok {
			g.end(err)
			break
		}
		g.add(d)
	}
	if len(g.events) > 0 {
		e := g.events[0]
		g.events = g.events[1:]
		return &e, nil
	}
	return nil, g.err
}

// finishes are the reasons why texts end.
var finishes = map[chord.Finish]Finish{
	chord.FinishEOG: FinishEog, chord.FinishStop: FinishStop, chord.FinishLength: FinishLength,
	chord.FinishContext: FinishContext, chord.FinishToolCalls: FinishToolCalls,
}

// add adds the events of a delta.
func (g *generation) add(d chord.Delta) {
	put := func(e Event) { g.events = append(g.events, e) }
	if t := d.Token; t != nil && (t.Text != "" || d.Result == nil) {
		put(Event{Case: EventToken, Token: Token{ID: t.ID, Text: t.Text}})
	}
	if d.Reasoning != "" {
		put(Event{Case: EventReasoning, Reasoning: d.Reasoning})
	}
	if d.Content != "" {
		put(Event{Case: EventContent, Content: d.Content})
	}
	if c := d.ToolCall; c != nil {
		put(Event{Case: EventToolCall, ToolCall: ToolCall{ID: c.ID, Name: c.Function.Name, Arguments: c.Function.Arguments}})
	}
	if r := d.Result; r != nil {
		put(Event{Case: EventDone, Done: Outcome{
			Finish: finishes[r.Finish], Prompt: uint32(r.Prompt), Cached: uint32(r.Cached), Generated: uint32(r.Generated), Seed: r.Seed,
		}})
		g.end(nil)
	}
}

// end ends the text. What the host has not got yet is lost if there is an error.
func (g *generation) end(err error) {
	if g.ended {
		return
	}
	g.ended, g.err = true, err
	if err != nil {
		g.events = nil
	}
	g.abort()
	g.stop()
	delete(g.model.texts, g)
}

func (g *generation) cancel() { g.end(context.Canceled) }

func (g *generation) drop() { g.end(context.Canceled) }
