package chord_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"slices"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
)

// An answer as it comes: what it says, what it thinks, calls of tools, and last
// how it ended.
func ExampleModel_Chat() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	messages := []chord.Message{
		{Role: "system", Content: "You tell stories."},
		{Role: "user", Content: "Tell me one."},
	}
	p := chord.ChatParams{Params: chord.Params{Temperature: chord.Greedy, MaxTokens: 16}}
	for d, err := range m.Chat(context.Background(), messages, p) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(d.Content)
		if d.Result != nil {
			fmt.Printf("\n(ended by %s)\n", d.Result.Finish)
		}
	}
	// Output:
	// Once upon a time, there was a little girl named Lily. She loved to
	// (ended by length)
}

// How much of the context a chat takes.
func ExampleModel_ChatTokens() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ids, err := m.ChatTokens(context.Background(), []chord.Message{{Role: "user", Content: "Tell me a story."}}, chord.ChatParams{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d of %d tokens\n", len(ids), m.Context())
	// Output: 18 of 512 tokens
}

// The answer at once, as a message for the chat.
func ExampleModel_Reply() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	messages := []chord.Message{{Role: "user", Content: "Tell me a story."}}
	answer, err := m.Reply(context.Background(), messages, chord.ChatParams{
		Params: chord.Params{Temperature: chord.Greedy, Stop: []string{"."}},
	})
	if err != nil {
		log.Fatal(err)
	}
	messages = append(messages, answer...)
	fmt.Println(len(messages), answer[0].Role, answer[0].Content)
	// Output: 2 assistant Once upon a time, there was a little girl named Lily
}

// Trim leaves out what a chat that is too long can do without.
func ExampleChatParams_trim() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{Context: 100})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	var messages []chord.Message
	for range 5 {
		messages = append(messages,
			chord.Message{Role: "user", Content: "Tell me one about a cat."},
			chord.Message{Role: "assistant", Content: "No."})
	}
	messages = append(messages, chord.Message{Role: "user", Content: "Please!"})
	left := 0
	_, err = m.Reply(context.Background(), messages, chord.ChatParams{
		Params: chord.Params{MaxTokens: 8},
		Trim: func(messages []chord.Message) []chord.Message { // the oldest question and answer
			left = len(messages) - 2
			return messages[2:]
		},
	})
	fmt.Println(left, "of", len(messages), "messages:", err)
	// Output: 7 of 11 messages: <nil>
}

// Parameters of a chat as an HTTP request has them.
func ExampleChatParams_UnmarshalJSON() {
	var p chord.ChatParams
	err := json.Unmarshal([]byte(`{
		"temperature": 0.5,
		"tool_choice": "none",
		"tools": [{"type": "function", "function": {"name": "clock"}}]
	}`), &p)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Temperature, p.ToolChoice, p.Tools[0].Name)
	// Output: 0.5 none clock
}

// The model's template turns a chat into the prompt that it was trained to read.
func ExampleModel_ApplyTemplate() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{ChatTemplate: "llama3"})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	prompt, err := m.ApplyTemplate([]chord.Message{{Role: "user", Content: "Hi!"}}, chord.ChatOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", prompt)
	// Output: "<|start_header_id|>user<|end_header_id|>\n\nHi!<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
}

// The template of a model; an error would say what is wrong with the file's.
func ExampleModel_ChatTemplate() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	t, err := m.ChatTemplate()
	if err != nil {
		log.Fatal(err)
	}
	prompt, err := t.Apply([]chord.Message{{Role: "user", Content: "Hi!"}}, chord.ChatOptions{NoGenerationPrompt: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(prompt)
	// Output:
	// <|im_start|>user
	// Hi!<|im_end|>
}

// A built-in template by its name, without a model.
func ExampleChatTemplate_Apply() {
	t, err := chord.NewChatTemplate("chatml", nil)
	if err != nil {
		log.Fatal(err)
	}
	prompt, err := t.Apply([]chord.Message{
		{Role: "system", Content: "Be brief."},
		{Role: "user", Content: "Hi!"},
	}, chord.ChatOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(prompt)
	// Output:
	// <|im_start|>system
	// Be brief.<|im_end|>
	// <|im_start|>user
	// Hi!<|im_end|>
	// <|im_start|>assistant
}

// What a message says stays text, even where it is the name of a control token.
func ExampleChatTemplate_Encode() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{ChatTemplate: "{{ messages[0].content }}"})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	t, err := m.ChatTemplate()
	if err != nil {
		log.Fatal(err)
	}
	for _, trust := range []bool{false, true} {
		ids, err := t.Encode([]chord.Message{{Role: "user", Content: "The <|endoftext|>"}}, chord.ChatOptions{TrustContent: trust}, m.Tokenizer())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(ids), "tokens")
	}
	// Output:
	// 12 tokens
	// 4 tokens
}

// The template alone, with any variables: what Python's jinja2 would print.
func ExampleChatTemplate_Render() {
	t, err := chord.NewChatTemplate("{% for m in messages %}[{{ m.role | upper }}] {{ m.content }}\n{% endfor %}", nil)
	if err != nil {
		log.Fatal(err)
	}
	text, err := t.Render([]byte(`{"messages": [{"role": "user", "content": "Hi!"}]}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(text)
	// Output: [USER] Hi!
}

// A template written in Jinja.
func ExampleNewChatTemplate() {
	t, err := chord.NewChatTemplate("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:", nil)
	if err != nil {
		log.Fatal(err)
	}
	prompt, err := t.Apply([]chord.Message{{Role: "user", Content: "Hi!"}}, chord.ChatOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(prompt)
	// Output:
	// user: Hi!
	// assistant:
}

// Where only the template is wanted, no weights are loaded.
func ExampleOpenChatTemplate() {
	t, err := chord.OpenChatTemplate("tales/"+tales.Name, chord.Options{ChatTemplate: "zephyr"})
	if err != nil {
		log.Fatal(err)
	}
	prompt, err := t.Apply([]chord.Message{{Role: "user", Content: "Hi!"}}, chord.ChatOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", prompt)
	// Output: "<|user|>\nHi!<|endoftext|>\n<|assistant|>\n"
}

func ExampleBuiltinTemplates() {
	names := chord.BuiltinTemplates()
	fmt.Println(len(names), slices.Contains(names, chord.DefaultTemplate), chord.DefaultTemplate)
	// Output: 54 true chatml
}

// Content that comes in parts becomes one text.
func ExampleMessage_UnmarshalJSON() {
	var m chord.Message
	err := json.Unmarshal([]byte(`{"role": "user", "content": [{"type": "text", "text": "Hi!"}]}`), &m)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Role, m.Content)
	// Output: user Hi!
}

// A message as OpenAI's API has it.
func ExampleMessage_MarshalJSON() {
	b, err := json.Marshal(chord.Message{Role: "assistant", Content: "Once upon a time"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(b))
	// Output: {"role":"assistant","content":"Once upon a time"}
}

// The arguments of a call may be an object or its text.
func ExampleFunctionCall_UnmarshalJSON() {
	for _, s := range []string{`{"name": "f", "arguments": {"x": 1}}`, `{"name": "f", "arguments": "{\"x\": 1}"}`} {
		var f chord.FunctionCall
		if err := json.Unmarshal([]byte(s), &f); err != nil {
			log.Fatal(err)
		}
		fmt.Println(f.Name, f.Arguments)
	}
	// Output:
	// f {"x": 1}
	// f {"x": 1}
}

func ExampleTool_UnmarshalJSON() {
	var t chord.Tool
	err := json.Unmarshal([]byte(`{"type": "function", "function": {"name": "clock", "description": "The time of day."}}`), &t)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.Name, "-", t.Description)
	// Output: clock - The time of day.
}

// A tool without parameters takes an empty object.
func ExampleTool_MarshalJSON() {
	b, err := json.Marshal(chord.Tool{Name: "clock"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(b))
	// Output: {"type":"function","function":{"name":"clock","parameters":{"type":"object","properties":{}}}}
}

// A tool is a Go function: its parameters are the fields of a struct. Reply calls it
// until the model answers without a call.
func ExampleToolOf() {
	type weather struct {
		City string `json:"city" jsonschema:"description=name of the city"`
		Unit string `json:"unit,omitempty" jsonschema:"enum=celsius,enum=fahrenheit"`
	}
	tool, err := chord.ToolOf("weather", "The weather of a city", func(ctx context.Context, w weather) (string, error) {
		return "Sunny in " + w.City, nil
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(tool.Parameters))
	fmt.Println(tool.Call(context.Background(), []byte(`{"city": "Rome"}`)))
	// Output:
	// {"type":"object","properties":{"city":{"type":"string","description":"name of the city"},"unit":{"type":"string","enum":["celsius","fahrenheit"]}},"required":["city"],"additionalProperties":false}
	// Sunny in Rome <nil>
}
