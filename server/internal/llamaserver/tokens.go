package llamaserver

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A tokenizeRequest asks for the tokens of a text.
type tokenizeRequest struct {
	Model      *string `json:"model"`
	Content    mixed   `json:"content"`
	AddSpecial *bool   `json:"add_special"`
	Parse      *bool   `json:"parse_special"`
	Pieces     *bool   `json:"with_pieces"`
}

// A tokenOut is a token with its text, a string or, if it is not whole characters, bytes.
type tokenOut struct {
	ID    int32 `json:"id"`
	Piece any   `json:"piece"`
}

// A tokenizeAnswer has ids, or tokens with their pieces.
type tokenizeAnswer struct {
	Tokens any `json:"tokens"`
}

// tokenize answers with the tokens of a text.
func tokenize(x *core.Exchange) error {
	var q tokenizeRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	m, err := x.Model(deref(q.Model))
	if err != nil {
		return err
	}
	tok, err := tokenizer(m)
	if err != nil {
		return err
	}
	o := bpe.EncodeOptions{NoBOS: !deref(q.AddSpecial), NoParseSpecial: q.Parse != nil && !*q.Parse}
	ids := []int32{}
	for i, p := range q.Content {
		list, err := encode(x.Context(), tok, "content", mixed{p}, bpe.EncodeOptions{NoBOS: o.NoBOS || i > 0, NoParseSpecial: o.NoParseSpecial})
		if err != nil {
			return err
		}
		ids = append(ids, list...)
	}
	if !deref(q.Pieces) {
		return x.JSON(tokenizeAnswer{ids})
	}
	list := make([]tokenOut, len(ids))
	for i, id := range ids {
		list[i] = tokenOut{id, pieceOut(tok.Piece(id))}
	}
	return x.JSON(tokenizeAnswer{list})
}

// pieceOut returns a piece as text, or as a list of bytes.
func pieceOut(piece string) any {
	if utf8.ValidString(piece) {
		return piece
	}
	return bytesOut(piece)
}

// bytesOut returns the bytes of a piece as JSON numbers.
func bytesOut(piece string) []int {
	list := make([]int, len(piece))
	for i := range list {
		list[i] = int(piece[i])
	}
	return list
}

// A detokenizeRequest asks for the text of tokens.
type detokenizeRequest struct {
	Model  *string `json:"model"`
	Tokens []int32 `json:"tokens"`
}

// A detokenizeAnswer is the text of tokens.
type detokenizeAnswer struct {
	Content string `json:"content"`
}

// detokenize answers with the text of tokens.
func detokenize(x *core.Exchange) error {
	var q detokenizeRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	m, err := x.Model(deref(q.Model))
	if err != nil {
		return err
	}
	tok, err := tokenizer(m)
	if err != nil {
		return err
	}
	ids, err := encode(x.Context(), tok, "tokens", mixed{{ids: append([]int32{}, q.Tokens...)}}, bpe.EncodeOptions{})
	if err != nil {
		return err
	}
	return x.JSON(detokenizeAnswer{strings.ToValidUTF8(tok.Decode(ids, bpe.DecodeOptions{}), "\uFFFD")})
}

// A templateRequest asks for the prompt of a chat.
type templateRequest struct {
	Model    *string             `json:"model"`
	Messages []chord.Message     `json:"messages" api:"required"`
	Tools    []wire.Raw          `json:"tools" api:"as=tools"`
	Vars     map[string]wire.Raw `json:"chat_template_kwargs" api:"as=variables"`
	Generate *bool               `json:"add_generation_prompt"`
	Template wire.Raw            `json:"chat_template" api:"as=nothing"`
}

// A templateAnswer is the prompt of a chat.
type templateAnswer struct {
	Prompt string `json:"prompt"`
}

// applyTemplate answers with the prompt that a chat becomes.
func applyTemplate(x *core.Exchange) error {
	var q templateRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	switch {
	case len(q.Messages) == 0:
		return wire.Errorf("messages", "empty, want at least one message")
	case q.Template != nil:
		return wire.Errorf("chat_template", "templates come from the model, not from a request")
	}
	var p chord.ChatParams
	thoughts := core.Thoughts{Vars: q.Vars}
	if err := thoughts.SetThoughts(&p); err != nil {
		return err
	}
	o := chord.ChatOptions{Vars: p.Vars, NoGenerationPrompt: q.Generate != nil && !*q.Generate}
	for i, t := range q.Tools {
		if err := checkTool(fmt.Sprintf("tools[%d]", i), t); err != nil {
			return err
		}
		o.Tools = append(o.Tools, json.RawMessage(t))
	}
	m, err := x.Model(deref(q.Model))
	if err != nil {
		return err
	}
	text, err := m.ApplyTemplate(q.Messages, o)
	if err != nil {
		return err
	}
	return x.JSON(templateAnswer{text})
}

// checkTool returns an error unless a tool, the field at, is an object whose members, if
// they are there, have the types that templates expect.
func checkTool(at string, raw wire.Raw) error {
	var t struct {
		Type     *string `json:"type"`
		Function *struct {
			Name        *string `json:"name"`
			Description *string `json:"description"`
		} `json:"function"`
	}
	if raw.Kind() != '{' {
		return wire.Errorf(at, "want an object")
	}
	return wire.DecodeAt(at, raw, &t)
}
