package eino

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/components/tool"
	"github.com/cloudwego/eino/components/tool/utils"
	"github.com/cloudwego/eino/compose"
	"github.com/cloudwego/eino/flow/agent/react"
	"github.com/cloudwego/eino/schema"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/grammar"
)

var hello = []*schema.Message{schema.UserMessage("Hello!")}

// scripted returns a model that always gives one answer, with a template.
func scripted(t *testing.T, answer, template string) *chord.Model {
	t.Helper()
	b, err := chordtest.File(answer)
	if err != nil {
		t.Fatal(err)
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(b), int64(len(b)), chord.Options{Threads: 1, ChatTemplate: template})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

const (
	thinking = "{% for m in messages %}{{ m.content }}{% endfor %}{# <think> </think> #}"
	call     = "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": \"sky\"}}\n</tool_call>"
)

// look is a tool.
func look(t *testing.T, calls *[]string) tool.InvokableTool {
	t.Helper()
	type place struct {
		At string `json:"at"`
	}
	f, err := utils.InferTool("look", "looks", func(_ context.Context, p place) (string, error) {
		*calls = append(*calls, p.At)
		return "blue", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestStream wants the pieces of a stream to be the answer, for text, reasoning and
// calls.
func TestStream(t *testing.T) {
	info, err := look(t, new([]string)).Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, says, content, reasoning, finish string }{
		{"text", "It is a cat.", "It is a cat.", "", "stop"},
		{"reasoning", "<think>Hm, hm.</think>Yes.", "Yes.", "Hm, hm.", "stop"},
		{"calls", call + "\n" + call, "", "", "tool_calls"},
		{"length", strings.Repeat("word ", 100), "word", "", "length"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bound, err := New(scripted(t, c.says, thinking), chord.ChatParams{}).WithTools([]*schema.ToolInfo{info})
			if err != nil {
				t.Fatal(err)
			}
			opts := []model.Option{WithParams(func(p *chord.ChatParams) { p.Seed = 1 })}
			if c.finish == "length" {
				opts = append(opts, model.WithMaxTokens(4))
			}
			whole, err := bound.Generate(t.Context(), hello, opts...)
			if err != nil {
				t.Fatal(err)
			}
			stream, err := bound.Stream(t.Context(), hello, opts...)
			if err != nil {
				t.Fatal(err)
			}
			joined, err := schema.ConcatMessageStream(stream)
			if err != nil {
				t.Fatal(err)
			}
			got := *whole
			text, _, cut := strings.Cut(strings.TrimSpace(got.Content), " word")
			if text != c.content || cut != (c.finish == "length") || got.ReasoningContent != c.reasoning || got.ResponseMeta.FinishReason != c.finish {
				t.Errorf("got %+v, %+v", got, got.ResponseMeta)
			}
			if u := got.ResponseMeta.Usage; u.PromptTokens == 0 || u.CompletionTokens == 0 || u.TotalTokens != u.PromptTokens+u.CompletionTokens {
				t.Errorf("usage %+v", u)
			}
			for i := range joined.ToolCalls { // drawn anew by each answer
				got.ToolCalls[i].ID, joined.ToolCalls[i].ID = "", ""
			}
			joined.ResponseMeta.Usage.PromptTokenDetails = got.ResponseMeta.Usage.PromptTokenDetails
			if !reflect.DeepEqual(&got, joined) {
				t.Errorf("answer %+v\nstream %+v", got, joined)
			}
			if c.name == "calls" && (len(got.ToolCalls) != 2 || *got.ToolCalls[1].Index != 1 || got.ToolCalls[1].Function.Name != "look") {
				t.Errorf("calls %+v", got.ToolCalls)
			}
		})
	}
}

// A relay answers with one model until a tool has answered, then with another.
type relay struct{ model.ToolCallingChatModel }

func (r relay) WithTools(tools []*schema.ToolInfo) (model.ToolCallingChatModel, error) {
	m, err := r.ToolCallingChatModel.WithTools(tools)
	return relay{m}, err
}

var after model.ToolCallingChatModel

func (r relay) Generate(ctx context.Context, input []*schema.Message, opts ...model.Option) (*schema.Message, error) {
	if input[len(input)-1].Role == schema.Tool {
		return after.Generate(ctx, input, opts...)
	}
	return r.ToolCallingChatModel.Generate(ctx, input, opts...)
}

// TestAgent lets Eino's own agent run a tool that the model calls.
func TestAgent(t *testing.T) {
	var calls []string
	after = New(chordtest.Model(t, "It is blue."), chord.ChatParams{})
	agent, err := react.NewAgent(t.Context(), &react.AgentConfig{
		ToolCallingModel: relay{New(chordtest.Model(t, call), chord.ChatParams{})},
		ToolsConfig:      compose.ToolsNodeConfig{Tools: []tool.BaseTool{look(t, &calls)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := agent.Generate(t.Context(), hello)
	if err != nil || answer.Content != "It is blue." || len(calls) != 1 || calls[0] != "sky" {
		t.Errorf("got %+v, %v after calls %q", answer, err, calls)
	}
}

// TestGrammar makes a model that would say otherwise write what a grammar has.
func TestGrammar(t *testing.T) {
	g, err := grammar.Choices([]string{"no", "never"})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := New(chordtest.Model(t, "yes"), chord.ChatParams{}).Generate(t.Context(), hello, WithParams(func(p *chord.ChatParams) { p.Grammar = g }))
	if err != nil || answer.Content != "no" && answer.Content != "never" {
		t.Errorf("got %+v, %v", answer, err)
	}
}

// TestCancel ends answers by the context and by closing the stream.
func TestCancel(t *testing.T) {
	m := scripted(t, strings.Repeat("again and again, ", 1000), "")
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := New(m, chord.ChatParams{}).Stream(ctx, hello)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = stream.Recv()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	other, err := New(m, chord.ChatParams{}).Stream(t.Context(), hello)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Recv(); err != nil {
		t.Fatal(err)
	}
	other.Close()
	if err := m.Close(); err != nil { // waits for the calls that run
		t.Error(err)
	}
}

// A bomb panics.
type bomb struct{}

func (bomb) Process([]int32, []float32) { panic("boom") }

// TestErrors keeps chord's errors, and makes a panic one.
func TestErrors(t *testing.T) {
	open, closed := chordtest.Model(t, "yes"), chordtest.Model(t, "yes")
	closed.Close()
	image := &schema.Message{Role: schema.User, UserInputMultiContent: []schema.MessageInputPart{{Type: schema.ChatMessagePartTypeImageURL}}}
	for _, c := range []struct {
		name     string
		model    *chord.Model
		messages []*schema.Message
		option   model.Option
		kind     error
		says     string
	}{
		{"temperature", open, hello, model.WithTemperature(-3), chord.ErrInvalid, "Temperature"},
		{"closed", closed, hello, model.Option{}, chord.ErrClosed, ""},
		{"image", open, []*schema.Message{image}, model.Option{}, chord.ErrUnsupported, "messages[0]: part 0"},
		{"too long", open, []*schema.Message{schema.UserMessage(strings.Repeat("yes ", open.Context()))}, model.Option{}, chord.ErrContextFull, ""},
		{"nil", open, []*schema.Message{nil}, model.Option{}, nil, "messages[0] is nil"},
		{"choice", open, hello, model.WithToolChoice("maybe"), nil, "maybe"},
		{"allowed", open, hello, model.WithToolChoice(schema.ToolChoiceForced, "look"), nil, `"look" is none`},
		{"forced", open, hello, model.WithToolChoice(schema.ToolChoiceForced), chord.ErrInvalid, "no Tools"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(c.model, chord.ChatParams{})
			_, err := m.Generate(t.Context(), c.messages, c.option)
			if err == nil || c.kind != nil && !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v with %q", err, c.kind, c.says)
			}
			stream, other := m.Stream(t.Context(), c.messages, c.option)
			for other == nil {
				_, other = stream.Recv()
			}
			if other.Error() != err.Error() {
				t.Errorf("stream: %v, answer: %v", other, err)
			}
		})
	}
	stream, err := New(open, chord.ChatParams{Params: chord.Params{Processor: bomb{}}}).Stream(t.Context(), hello)
	for err == nil {
		_, err = stream.Recv()
	}
	if err == io.EOF || !strings.Contains(err.Error(), "boom") {
		t.Errorf("panic: %v", err)
	}
}

// TestEmbedder compares vectors with those of chord.
func TestEmbedder(t *testing.T) {
	m := chordtest.Model(t, "the cat sat")
	texts := []string{"the cat", "sat"}
	want, err := m.Embed(t.Context(), texts, chord.EmbedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := (&Embedder{Model: m}).EmbedStrings(t.Context(), texts)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d vectors, %v", len(got), err)
	}
	for i := range want {
		for j := range want[i] {
			if float32(got[i][j]) != want[i][j] {
				t.Fatalf("vector %d differs at %d", i, j)
			}
		}
	}
	if _, err := (&Embedder{m, chord.EmbedOptions{Pooling: "?"}}).EmbedStrings(t.Context(), texts); !errors.Is(err, chord.ErrInvalid) {
		t.Errorf("bad pooling: %v", err)
	}
}
