package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord"
)

// An applyTemplate is the flags of chord apply-template.
type applyTemplate struct {
	model        string
	options      chord.Options
	template     string
	context      string
	messages     string
	noGeneration bool
	asJSON       bool
}

// applyTemplateCommand returns chord apply-template.
func (a *app) applyTemplateCommand() *cobra.Command {
	var t applyTemplate
	cmd := &cobra.Command{
		Use:   "apply-template",
		Short: "Turn a chat into a prompt",
		Long: "Turn a chat into a prompt, with the template of a model, a file or a built-in one.\n" +
			"The chat is --messages, OpenAI's JSON: a list of messages, or a request with messages,\n" +
			"tools and chat_template_kwargs. --context instead are the template's variables as they\n" +
			"are, as Python's jinja2 would get them.\n\n" +
			"Built-in templates: " + strings.Join(chord.BuiltinTemplates(), ", ") + ".\n" +
			"A model without a template gets " + chord.DefaultTemplate + ".",
		Example: `  chord apply-template -m model.gguf --messages chat.json
  chord apply-template --template file.jinja --context context.json
  echo '[{"role": "user", "content": "Hello"}]' |
    chord apply-template --chat-template llama3`,
		Args: cobra.NoArgs,
	}
	a.runs(cmd, func(*cobra.Command, []string) error { return t.run(a) })
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&t.model, "model", "m", "", "GGUF `file` with the template and the tokens; without it, the model in the binary")
	chatTemplateFlag(cmd, &t.options)
	f.StringVar(&t.template, "template", "", "`file` with a Jinja template; - is stdin")
	f.StringVar(&t.messages, "messages", "", "`file` with messages or a request, OpenAI's JSON; - is stdin, which is also the default")
	f.StringVar(&t.context, "context", "", "`file` with a JSON object of variables; - is stdin")
	f.BoolVar(&t.noGeneration, "no-generation-prompt", false, "leave out what begins the assistant's answer")
	overrideKV(f, &t.options.OverrideKV)
	f.BoolVar(&t.asJSON, "json", false, `print {"prompt": …}`)
	modelFiles(cmd)
	return cmd
}

// chatTemplateFlag registers --chat-template, the same for all commands.
// chatTemplateText evaluates it.
func chatTemplateFlag(cmd *cobra.Command, o *chord.Options) {
	cmd.Flags().StringVar(&o.ChatTemplate, "chat-template", "", "`template` instead of the model's: a built-in name, a file or Jinja text")
	complete(cmd, "chat-template", chord.BuiltinTemplates()...)
}

// chatTemplateText returns chord.Options.ChatTemplate for a value of
// --chat-template: a built-in name or Jinja text is kept; of the name of a file it
// is the content.
func chatTemplateText(value string) (string, error) {
	if strings.Contains(value, "{{") || strings.Contains(value, "{%") || value == "" {
		return value, nil
	}
	for _, name := range chord.BuiltinTemplates() {
		if name == value {
			return value, nil
		}
	}
	b, err := os.ReadFile(value)
	if os.IsNotExist(err) {
		return "", usagef("--chat-template %s: no built-in name (see chord apply-template --help), no file and no Jinja", value)
	}
	return templateText(b, err)
}

// templateText returns the text of a template. An empty one is an error: it would
// mean that there is none.
func templateText(b []byte, err error) (string, error) {
	if err == nil && len(b) == 0 {
		err = fmt.Errorf("the template is empty")
	}
	return string(b), err
}

// run opens the template, reads the chat and prints the prompt.
func (t *applyTemplate) run(a *app) error {
	if t.template != "" && t.options.ChatTemplate != "" {
		return usagef("--template and --chat-template: name one")
	}
	if t.context != "" && (t.messages != "" || t.noGeneration) {
		return usagef("--context cannot be used with --messages or --no-generation-prompt: it has all variables")
	}
	if t.template == "-" && (t.messages == "-" || t.context == "-" || t.messages+t.context == "") {
		return usagef("--template - takes stdin: name a file for the chat")
	}
	tmpl, err := t.open(a)
	if err != nil {
		return err
	}
	prompt, err := t.prompt(a, tmpl)
	if err != nil {
		return err
	}
	if t.asJSON {
		return a.json(struct {
			Prompt string `json:"prompt"`
		}{prompt})
	}
	if isTerminal(a.out) && !strings.HasSuffix(prompt, "\n") {
		prompt += "\n"
	}
	_, err = io.WriteString(a.out, prompt)
	return err
}

// open returns the template that the flags name.
func (t *applyTemplate) open(a *app) (*chord.ChatTemplate, error) {
	text, err := chatTemplateText(t.options.ChatTemplate)
	if t.template != "" {
		text, err = templateText(a.readFile(t.template))
	}
	switch {
	case err != nil:
		return nil, err
	case t.model != "":
		t.options.ChatTemplate = text
		return chord.OpenChatTemplate(t.model, t.options)
	case text != "":
		return chord.NewChatTemplate(text, nil)
	}
	tok, err := openTokenizer("", t.options)
	if err != nil {
		return nil, err
	}
	return chord.NewChatTemplate(chord.DefaultTemplate, tok)
}

// prompt returns the chat rendered by the template.
func (t *applyTemplate) prompt(a *app, tmpl *chord.ChatTemplate) (string, error) {
	if t.context != "" {
		b, err := a.readFile(t.context)
		if err != nil {
			return "", err
		}
		return tmpl.Render(b)
	}
	if t.messages == "" {
		if isTerminal(a.in) || !piped(a.in) {
			return "", usagef("no chat: give --messages or --context (see chord apply-template --help)")
		}
		t.messages = "-"
	}
	b, err := a.readFile(t.messages)
	if err != nil {
		return "", err
	}
	messages, o, err := readChat(b)
	if err != nil {
		return "", fmt.Errorf("messages: %w", err)
	}
	o.NoGenerationPrompt = o.NoGenerationPrompt || t.noGeneration
	return tmpl.Apply(messages, o)
}

// readChat reads messages, or a request with messages.
func readChat(b []byte) ([]chord.Message, chord.ChatOptions, error) {
	var request struct {
		Messages []chord.Message `json:"messages"`
		Generate *bool           `json:"add_generation_prompt"`
		chord.ChatOptions
	}
	var err error
	if strings.HasPrefix(strings.TrimSpace(string(b)), "[") {
		err = json.Unmarshal(b, &request.Messages)
	} else {
		err = json.Unmarshal(b, &request)
	}
	if g := request.Generate; g != nil && !*g {
		request.NoGenerationPrompt = true
	}
	if err == nil && request.Messages == nil {
		err = fmt.Errorf("there are none")
	}
	return request.Messages, request.ChatOptions, err
}

// readFile returns the content of a file; - is stdin.
func (a *app) readFile(name string) ([]byte, error) {
	if name != "-" {
		return os.ReadFile(name)
	}
	text, err := readText(a.in)
	return []byte(text), err
}
