package chord_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/inside"
)

// callTemplates are templates that write calls in the ways of the families.
var callTemplates = map[string]string{
	"Hermes":      turns("{% for c in m.tool_calls or [] %}<tool_call>\n{\"name\": \"{{ c.function.name }}\", \"arguments\": {{ c.function.arguments|tojson }}}\n</tool_call>\n{% endfor %}", "A:"),
	"Qwen3-Coder": turns("{% for c in m.tool_calls or [] %}<tool_call>\n<function={{ c.function.name }}>\n{% for k, v in c.function.arguments|items %}<parameter={{ k }}>\n{{ v if v is string else v|tojson }}\n</parameter>\n{% endfor %}</function>\n</tool_call>\n{% endfor %}", "A:"),
	"Mistral":     turns("{% for c in m.tool_calls or [] %}[TOOL_CALLS]{{ c.function.name }}[ARGS]{{ c.function.arguments|tojson }}{% endfor %}", "A:"),
	"Llama":       turns(`{# {"name": function name, "parameters" #}`, "A:"),
	"Gemma":       turns("{# <|tool_call> #}", "A:"),
	"LFM2":        turns("{# <|tool_list_start|> #}", "A:"),
	"GLM":         turns("{# <arg_key> #}", "A:"),
	"MiniMax":     turns("{# <minimax:tool_call> #}", "A:"),
	"DeepSeek":    turns("{# <｜tool▁calls▁begin｜> <think> #}", "A:<think>"),
	"Kimi":        turns("{# <|tool_calls_section_begin|> #}", "A:"),
	"harmony":     turns("{# <|start|><|message|> #}", "<|start|>assistant"),
	"Functionary": turns("{# >>>all #}", ">>>"),
	"no tools":    "{% for m in messages %}{{ m.role }}:{{ m.content }}\n{% endfor %}",
}

// turns returns a template of short prompts.
func turns(calls, prompt string) string {
	return "{% for m in messages %}{{ m.role }}:{{ m.content }}" + calls + "\n{% endfor %}{{ tools|length }}{% if add_generation_prompt %}" + prompt + "{% endif %}"
}

// smallTools are tools with short arguments.
var smallTools = []chord.Tool{
	{Name: "look", Parameters: json.RawMessage(`{"type":"object","properties":{"at":{"type":"string","maxLength":5},"n":{"type":"integer","minimum":0,"maximum":9}},"required":["at"],"additionalProperties":false}`)},
	{Name: "stop"},
}

// argumentsOK reports whether arguments are right for a tool of smallTools.
func argumentsOK(t *testing.T, f chord.FunctionCall) bool {
	t.Helper()
	i := slices.IndexFunc(smallTools, func(s chord.Tool) bool { return s.Name == f.Name })
	if i < 0 {
		return false
	}
	schema := smallTools[i].Parameters
	if schema == nil {
		schema = json.RawMessage(`{"type":"object","additionalProperties":false}`)
	}
	g, err := grammar.JSONSchema(schema)
	if err != nil {
		t.Fatal(err)
	}
	ok, _ := g.Match([]byte(f.Arguments))
	return ok
}

// openWith opens the model of stories with a template.
func openWith(t *testing.T, template string) *chord.Model {
	t.Helper()
	m := openTales(t, chord.Options{ChatTemplate: template})
	t.Cleanup(func() { m.Close() })
	return m
}

// answerOf returns an answer, in its parts.
func answerOf(t *testing.T, m *chord.Model, p chord.ChatParams) (a chord.Message, r chord.Result) {
	t.Helper()
	for d, err := range m.Chat(t.Context(), []chord.Message{{Role: "user", Content: "Hi"}}, p) {
		if err != nil {
			t.Fatalf("%+v, %v", a, err)
		}
		a.Content += d.Content
		a.ReasoningContent += d.Reasoning
		if d.ToolCall != nil {
			a.ToolCalls = append(a.ToolCalls, *d.ToolCall)
		}
		if d.Result != nil {
			r = *d.Result
		}
	}
	return a, r
}

// hot are the parameters of texts without sense.
func hot(seed int64) chord.Params {
	return chord.Params{Temperature: 2, TopK: chord.Off, TopP: 1, MinP: chord.Off, Seed: seed}
}

// bannedLetters are in no argument's name nor mark.
var bannedLetters = []string{"7", "8", "2", "Z", "uu", "\u0101"}

// TestToolChoice wants calls of allowed tools with right arguments, whatever a model
// would like to say.
func TestToolChoice(t *testing.T) {
	for name, template := range callTemplates {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := openWith(t, template)
			inside.AlwaysDraft(m)
			whole, accepted := 0, 0
			for seed := int64(1); seed <= 8; seed++ {
				p := chord.ChatParams{Params: hot(seed), Tools: smallTools, ToolChoice: "required", ReasoningBudget: new(5)}
				if seed%2 == 0 {
					p.ToolChoice, p.ParallelToolCalls = "look", new(false)
				}
				if seed%4 < 2 { // tokens are taken back, and what follows them in the form
					p.BannedStrings = bannedLetters
				}
				p.MaxTokens = 300
				a, r := answerOf(t, m, p)
				accepted += r.Accepted
				if r.Finish == chord.FinishLength || r.Finish == chord.FinishContext {
					continue // cut off
				}
				whole++
				if len(a.ToolCalls) == 0 || r.Finish != chord.FinishToolCalls || strings.TrimSpace(a.Content) != "" {
					t.Fatalf("seed %d: got %+v, %+v", seed, a, r)
				}
				if seed%2 == 0 && (len(a.ToolCalls) > 1 || a.ToolCalls[0].Function.Name != "look") {
					t.Errorf("seed %d: got %+v", seed, a)
				}
				for _, c := range a.ToolCalls {
					if !argumentsOK(t, c.Function) {
						t.Errorf("seed %d: got %+v", seed, c)
					}
					for _, s := range p.BannedStrings {
						if strings.Contains(string(c.Function.Arguments), s) {
							t.Errorf("seed %d: %q in %+v", seed, s, c)
						}
					}
				}
			}
			if whole < 4 {
				t.Errorf("only %d answers are whole", whole)
			}
			if accepted == 0 {
				t.Error("no token that the form forces was drafted")
			}
		})
	}
}

// TestReasoningBudget ends reasoning after its tokens.
func TestReasoningBudget(t *testing.T) {
	for _, c := range []struct {
		name, template string
	}{
		{"begun in the prompt", turns("{# <think> #}", "A:<think>\n")},
		{"brackets", turns("{# [THINK] #}", "A:[THINK]")},
		{"a family with channels", turns("{# <|start|><|message|> #}", "<|start|>assistant<|channel|>analysis<|message|>")},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := openWith(t, c.template)
			for _, budget := range []int{0, 1, 7, 20} {
				p := chord.ChatParams{Params: seeded(3, 60), ReasoningBudget: new(budget)}
				a, r := answerOf(t, m, p)
				if n := len(strings.Fields(a.ReasoningContent)); n > budget || budget >= 7 && n == 0 {
					t.Errorf("budget %d: reasoning %q", budget, a.ReasoningContent)
				}
				if a.Content == "" && c.name[0] != 'a' || r.Generated != 60 && r.Finish == chord.FinishLength {
					t.Errorf("budget %d: content %q, %+v", budget, a.Content, r)
				}
			}
			for _, none := range []*int{nil, new(-1)} {
				if a, _ := answerOf(t, m, chord.ChatParams{Params: seeded(3, 60), ReasoningBudget: none}); a.Content != "" || a.ReasoningContent == "" {
					t.Errorf("no budget: got %+v", a)
				}
			}
		})
	}
}

// TestEnableThinking switches reasoning off, by the template or by an empty block.
func TestEnableThinking(t *testing.T) {
	own := "{% for m in messages %}{{ m.content }}{% endfor %}{% if enable_thinking is defined and not enable_thinking %}OFF{% else %}<think>\n{% endif %}{# </think> #}"
	for _, c := range []struct {
		name, template string
		off, on        string // ends of the prompt
	}{
		{"a switch", own, "HiOFF", "Hi<think>\n"},
		{"always", turns("{# <think> #}", "A:<think>\n"), "A:<think>\n\n</think>\n\n", "A:<think>\n"},
		{"by the model", turns("{# <think> #}", "A:"), "A:<think>\n</think>\n\n", "A:"},
		{"no reasoning", turns("", "A:"), "A:", "A:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := openWith(t, c.template)
			tok := m.Tokenizer()
			for thinks, want := range map[bool]string{false: c.off, true: c.on} {
				s := m.NewSession()
				p := chord.ChatParams{Params: seeded(1, 1), EnableThinking: &thinks}
				_, r := chatText(t, s.Chat(t.Context(), []chord.Message{{Role: "user", Content: "Hi"}}, p))
				got := tok.Decode(s.Tokens()[:r.Prompt], bpe.DecodeOptions{})
				if s.Close(); !strings.HasSuffix(got, want) {
					t.Errorf("thinks %v: prompt %q, want it to end with %q", thinks, got, want)
				}
			}
		})
	}
}

// TestGrammarAfterReasoning lets a model reason before an answer in a form.
func TestGrammarAfterReasoning(t *testing.T) {
	m := openWith(t, turns("{# <think> #}", "A:<think>\n"))
	g, err := grammar.Choices([]string{"yes", "no"})
	if err != nil {
		t.Fatal(err)
	}
	p := chord.ChatParams{Params: seeded(2, 60), ReasoningBudget: new(9)}
	p.Grammar = g
	if a, r := answerOf(t, m, p); a.Content != "yes" && a.Content != "no" || a.ReasoningContent == "" || r.Finish != chord.FinishEOG {
		t.Errorf("got %+v, %+v", a, r)
	}
	p.ReasoningFormat = "none"
	if a, _ := answerOf(t, m, p); a.ReasoningContent != "" || !strings.Contains(a.Content, "</think>") {
		t.Errorf("reasoning that stays: %+v", a)
	}
}

// TestRelaxed names what of a schema is not enforced.
func TestRelaxed(t *testing.T) {
	m := openWith(t, callTemplates["Hermes"])
	tool := chord.Tool{Name: "f", Parameters: json.RawMessage(`{"type":"object","properties":{"a":{"type":"array","items":{"type":"boolean"},"uniqueItems":true}},"required":["a"],"additionalProperties":false}`)}
	_, r := answerOf(t, m, chord.ChatParams{Params: hot(1), Tools: []chord.Tool{tool}, ToolChoice: "f"})
	if len(r.Relaxed) != 1 || !strings.Contains(r.Relaxed[0], "f: at #/properties/a: uniqueItems") {
		t.Errorf("relaxed %q", fmt.Sprint(r.Relaxed))
	}
	tool.Strict = true
	for _, err := range m.Chat(t.Context(), hello, chord.ChatParams{Tools: []chord.Tool{tool}}) {
		if !errors.Is(err, chord.ErrInvalid) || !strings.Contains(err.Error(), "uniqueItems") {
			t.Errorf("strict: got %v", err)
		}
	}
}

// TestToolChoiceAuto leaves the text alone until the model begins a call, and holds
// that call to its schema.
func TestToolChoiceAuto(t *testing.T) {
	for _, c := range []struct {
		name, says, content string
		calls               []chord.FunctionCall
	}{
		{"no call", "Hello there.", "Hello there.", nil},
		{"a right call", "Well.\n<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": \"sky\", \"n\": 3}}\n</tool_call>", "Well.", []chord.FunctionCall{{Name: "look", Arguments: `{"at": "sky", "n": 3}`}}},
		{"talk of calls", "A <tool_ call", "A <tool_ call", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := scripted(t, c.says, callTemplates["Hermes"])
			var content, pieces string
			var calls []chord.FunctionCall
			for d, err := range m.Chat(t.Context(), []chord.Message{{Role: "user", Content: "Hi"}}, chord.ChatParams{Tools: smallTools}) {
				if err != nil {
					t.Fatal(err)
				}
				content += d.Content
				if p := d.CallPiece; p != nil {
					if p.Index != len(calls) || (p.Name != "") != (pieces == "" && p.Arguments == "") {
						t.Errorf("piece %+v after %q", p, pieces)
					}
					pieces += p.Arguments
				}
				if d.ToolCall != nil {
					calls = append(calls, d.ToolCall.Function)
				}
			}
			if content != c.content || !slices.Equal(calls, c.calls) {
				t.Errorf("got %q, %+v", content, calls)
			}
			if len(calls) > 0 && pieces != calls[0].Arguments {
				t.Errorf("pieces %q", pieces)
			}
		})
	}
	for _, says := range []string{
		"<tool_call>\n{\"name\": \"leap\", \"arguments\": {}}\n</tool_call>",
		"<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": 7, \"n\": 12}}\n</tool_call>",
		"<tool_call>{\"name\": look",
	} {
		m := scripted(t, says, callTemplates["Hermes"])
		p := chord.ChatParams{Params: chord.Params{Seed: 3, MaxTokens: 400}, Tools: smallTools}
		a, r := answerOf(t, m, p)
		if r.Finish != chord.FinishLength && (len(a.ToolCalls) != 1 || !argumentsOK(t, a.ToolCalls[0].Function)) {
			t.Errorf("%q: got %+v, %+v", says, a, r)
		}
	}
}

// TestCallCutOff has pieces of a call that MaxTokens cuts off, and no error.
func TestCallCutOff(t *testing.T) {
	m := scripted(t, "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": \"a b c\", \"n\": 3}}\n</tool_call>", callTemplates["Hermes"])
	whole := 0
	for n := 1; n < 60; n++ {
		pieces := ""
		var a chord.Message
		p := chord.ChatParams{Params: chord.Params{MaxTokens: n}, Tools: smallTools}
		for d, err := range m.Chat(t.Context(), []chord.Message{{Role: "user", Content: "Hi"}}, p) {
			if err != nil {
				t.Fatal(err)
			}
			a.Content += d.Content
			if d.CallPiece != nil {
				pieces += d.CallPiece.Name + d.CallPiece.Arguments
			}
			if d.ToolCall != nil {
				whole++
				a.ToolCalls = append(a.ToolCalls, *d.ToolCall)
			}
		}
		if len(a.ToolCalls) == 0 && pieces != "" && a.Content != "" {
			t.Errorf("%d tokens: content %q beside pieces %q", n, a.Content, pieces)
		}
	}
	if whole == 0 || whole == 59 {
		t.Errorf("%d whole calls", whole)
	}
}

// scripted returns a model that says a text, with a template.
func scripted(t *testing.T, says, template string) *chord.Model {
	t.Helper()
	file, err := chordtest.File(says)
	if err != nil {
		t.Fatal(err)
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(file), int64(len(file)), chord.Options{Threads: 1, ChatTemplate: template})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// TestGuideScripted holds models to what is asked of them where they would do
// otherwise.
func TestGuideScripted(t *testing.T) {
	const call = "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": \"sky\"}}\n</tool_call>"
	hermes := callTemplates["Hermes"]
	thinking := strings.Replace(hermes, "A:", "A:<think>", 1)
	for _, c := range []struct {
		name, says, template string
		p                    chord.ChatParams
		reasoning            string // its beginning
		calls                int    // at least 1 and at most this
	}{
		{"two calls", call + " " + call, hermes, chord.ChatParams{}, "", 2},
		{"one call only", call + " " + call, hermes, chord.ChatParams{ParallelToolCalls: new(false)}, "", 1},
		{"an end within reasoning", "hm", thinking, chord.ChatParams{ToolChoice: "look", ReasoningBudget: new(12)}, "hm", 9},
		{"reasoning that the model begins", "<think> hm </think> " + call, hermes + "{# <think> #}", chord.ChatParams{ToolChoice: "required"}, "hm", 1},
		{"no call", "No.", hermes, chord.ChatParams{ToolChoice: "required"}, "", 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := scripted(t, c.says, c.template)
			c.p.Tools, c.p.Seed, c.p.MaxTokens = smallTools, 1, 1000
			a, r := answerOf(t, m, c.p)
			if r.Finish != chord.FinishToolCalls || len(a.ToolCalls) < 1 || len(a.ToolCalls) > c.calls || c.calls == 2 && len(a.ToolCalls) < 2 {
				t.Errorf("got %+v, %+v", a, r)
			}
			if !strings.HasPrefix(a.ReasoningContent, c.reasoning) || strings.TrimSpace(a.Content) != "" {
				t.Errorf("got %+v", a)
			}
			for _, call := range a.ToolCalls {
				if !argumentsOK(t, call.Function) {
					t.Errorf("got %+v", call)
				}
			}
		})
	}
}
