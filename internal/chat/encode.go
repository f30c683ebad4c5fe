package chat

import (
	"context"
	"strings"

	"github.com/querent-ai/chord/bpe"
)

// Join returns the text of a prompt.
func Join(prompt []Segment) string {
	if len(prompt) == 1 {
		return prompt[0].Text
	}
	var b strings.Builder
	for _, s := range prompt {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Encode appends the ids of a prompt to dst and returns it. Names of control tokens
// that overlap with content are encoded as text. o.Text is ignored. It returns
// ctx.Err() soon after ctx is done.
func Encode(ctx context.Context, dst []int32, tok *bpe.Tokenizer, prompt []Segment, o bpe.EncodeOptions) ([]int32, error) {
	o.Text = nil
	at := 0
	for _, s := range prompt {
		if s.Content && s.Text != "" {
			o.Text = append(o.Text, bpe.Span{Start: at, End: at + len(s.Text)})
		}
		at += len(s.Text)
	}
	return tok.EncodeContext(ctx, dst, Join(prompt), o)
}
