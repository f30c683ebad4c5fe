package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"github.com/querent-ai/chord"
)

// An mcpServer is chord mcp: its flags and its model.
type mcpServer struct {
	model modelFlags
	m     *chord.Model
}

// mcpCommand returns chord mcp.
func (a *app) mcpCommand() *cobra.Command {
	var s mcpServer
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Offer the model to programs that speak MCP",
		Long: "Serve the Model Context Protocol over standard input and output, with the tools generate, chat\n" +
			"and embed. A program that speaks MCP, such as an editor or an agent, starts it.",
		Example: `  chord mcp -m model.gguf
  echo '{"mcpServers": {"chord": {"command": "chord",
    "args": ["mcp", "-m", "model.gguf"]}}}' > mcp.json`,
		Args: cobra.NoArgs,
	}
	a.runs(cmd, func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context(), a) })
	s.model.flags(cmd)
	return cmd
}

// run serves until the input ends.
func (s *mcpServer) run(ctx context.Context, a *app) (err error) {
	if err := s.model.check(); err != nil {
		return err
	}
	if s.m, err = a.open(&s.model); err != nil {
		return err
	}
	defer s.m.Close()
	h := mcp.NewServer(&mcp.Implementation{Name: "chord", Title: s.m.Info().Name, Version: thisBuild().Version}, nil)
	mcp.AddTool(h, &mcp.Tool{Name: "generate", Description: "Continue a text with the local language model."}, s.generate)
	mcp.AddTool(h, &mcp.Tool{Name: "chat", Description: "Answer the last message of a chat with the local language model."}, s.chat)
	mcp.AddTool(h, &mcp.Tool{Name: "embed", Description: "Vectors of texts, for comparing their meanings."}, s.embed)
	err = h.Run(ctx, &mcp.IOTransport{Reader: io.NopCloser(a.in), Writer: writeCloser{a.out}})
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// A writeCloser is an io.Writer that need not be closed.
type writeCloser struct{ io.Writer }

// Close does nothing.
func (writeCloser) Close() error { return nil }

// mcpParams are the parameters of texts.
type mcpParams struct {
	MaxTokens   int      `json:"max_tokens,omitempty" jsonschema:"maximum number of tokens; 0 is until the model ends"`
	Temperature *float32 `json:"temperature,omitempty" jsonschema:"0 always takes the likeliest token; the default is 0.8"`
	Seed        int64    `json:"seed,omitempty" jsonschema:"the same seed gives the same text; 0 is a random one"`
	Stop        []string `json:"stop,omitempty" jsonschema:"texts that end the answer"`
}

// params returns them for the library.
func (p *mcpParams) params() chord.Params {
	out := chord.Params{MaxTokens: p.MaxTokens, Seed: p.Seed, Stop: p.Stop}
	if p.Temperature != nil {
		if out.Temperature = *p.Temperature; out.Temperature == 0 {
			out.Temperature = chord.Greedy
		}
	}
	return out
}

// mcpText is a text that was generated.
type mcpText struct {
	Text      string `json:"text"`
	Reasoning string `json:"reasoning,omitempty"`
	Finish    string `json:"finish" jsonschema:"why it ended: eog, stop, length or context"`
	Seed      int64  `json:"seed" jsonschema:"with which the same text comes again"`
	Prompt    int    `json:"prompt_tokens"`
	Generated int    `json:"generated_tokens"`
}

// told returns a text as a result of a tool: as text, and with what is known of it.
func told(t *mcpText, r *chord.Result) (*mcp.CallToolResult, mcpText, error) {
	t.Finish, t.Seed, t.Prompt, t.Generated = string(r.Finish), r.Seed, r.Prompt, r.Generated
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: t.Text}}}, *t, nil
}

type mcpPrompt struct {
	Prompt string `json:"prompt" jsonschema:"the text to continue"`
	mcpParams
}

// generate is a tool that continues a text.
func (s *mcpServer) generate(ctx context.Context, call *mcp.CallToolRequest, in mcpPrompt) (*mcp.CallToolResult, mcpText, error) {
	var text strings.Builder
	n := 0
	for t, err := range s.m.Generate(ctx, in.Prompt, in.params()) {
		switch {
		case err != nil:
			return nil, mcpText{}, err
		case t.Result != nil:
			return told(&mcpText{Text: text.String()}, t.Result)
		}
		text.WriteString(t.Text)
		n++
		progressed(ctx, call, n, in.MaxTokens)
	}
	return nil, mcpText{}, ctx.Err()
}

type mcpChat struct {
	Messages []mcpMessage `json:"messages" jsonschema:"the chat, which ends with a message of the user"`
	mcpParams
}

type mcpMessage struct {
	Role    string `json:"role" jsonschema:"system, user or assistant"`
	Content string `json:"content"`
}

// chat is a tool that answers a chat.
func (s *mcpServer) chat(ctx context.Context, call *mcp.CallToolRequest, in mcpChat) (*mcp.CallToolResult, mcpText, error) {
	messages := make([]chord.Message, len(in.Messages))
	for i, m := range in.Messages {
		switch m.Role {
		case "system", "user", "assistant":
			messages[i] = chord.Message{Role: m.Role, Content: m.Content}
		default:
			return nil, mcpText{}, fmt.Errorf("messages[%d].role: %q, want system, user or assistant", i, m.Role)
		}
	}
	if len(messages) == 0 {
		return nil, mcpText{}, errors.New("messages: empty, want at least one message")
	}
	var text, reasoning strings.Builder
	n := 0
	for d, err := range s.m.Chat(ctx, messages, chord.ChatParams{Params: in.params()}) {
		switch {
		case err != nil:
			return nil, mcpText{}, err
		case d.Result != nil:
			return told(&mcpText{Text: text.String(), Reasoning: reasoning.String()}, d.Result)
		}
		text.WriteString(d.Content)
		reasoning.WriteString(d.Reasoning)
		n++
		progressed(ctx, call, n, in.MaxTokens)
	}
	return nil, mcpText{}, ctx.Err()
}

// mcpProgress is the number of pieces between two notifications of progress.
const mcpProgress = 16

// progressed tells the client how far a text is, if it asked for that.
func progressed(ctx context.Context, call *mcp.CallToolRequest, n, total int) {
	token := call.Params.GetProgressToken()
	if token == nil || n%mcpProgress != 1 {
		return
	}
	_ = call.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: token, Progress: float64(n), Total: float64(max(total, 0))})
}

type mcpTexts struct {
	Texts []string `json:"texts" jsonschema:"the texts, at most 256"`
}

type mcpVectors struct {
	Vectors [][]float32 `json:"vectors" jsonschema:"a vector of length 1 for each text"`
}

// mcpMost bounds the texts of one call.
const mcpMost = 256

// embed is a tool that gives the vectors of texts.
func (s *mcpServer) embed(ctx context.Context, _ *mcp.CallToolRequest, in mcpTexts) (*mcp.CallToolResult, mcpVectors, error) {
	if n := len(in.Texts); n == 0 || n > mcpMost {
		return nil, mcpVectors{}, fmt.Errorf("texts: %d, want 1 to %d", n, mcpMost)
	}
	vectors, err := s.m.Embed(ctx, in.Texts, chord.EmbedOptions{})
	return nil, mcpVectors{vectors}, err
}
