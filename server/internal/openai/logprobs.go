package openai

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/querent-ai/chord"
)

// A tokenLogprob is a token with its log probability.
type tokenLogprob struct {
	Token   string         `json:"token"`
	Logprob float64        `json:"logprob"`
	Bytes   []int          `json:"bytes"`
	Top     []tokenLogprob `json:"top_logprobs,omitzero"`
}

// chatLogprobs are the log probabilities of a choice in a chat.
type chatLogprobs struct {
	Content []tokenLogprob `json:"content"`
	Refusal *string        `json:"refusal"`
}

// leastLogprob stands for the logarithm of 0, as OpenAI has it.
const leastLogprob = -9999.0

// finite returns a log probability that JSON has.
func finite(p float32) float64 { return max(leastLogprob, float64(p)) }

// describeToken returns a token with its top likeliest ones.
func describeToken(m *chord.Model, t *chord.Token, top int) tokenLogprob {
	one := func(piece string, p float32) tokenLogprob {
		out := tokenLogprob{Token: strings.ToValidUTF8(piece, "�"), Logprob: finite(p), Bytes: make([]int, len(piece))}
		for i := range len(piece) {
			out.Bytes[i] = int(piece[i])
		}
		return out
	}
	out := one(piece(m, t.ID), t.Logprob)
	out.Top = []tokenLogprob{}
	for _, p := range t.Top[:min(top, len(t.Top))] {
		out.Top = append(out.Top, one(p.Text, p.Logprob))
	}
	return out
}

// piece returns the bytes of a token, "" once the model is closed.
func piece(m *chord.Model, id int32) string {
	if tok := m.Tokenizer(); tok != nil {
		return tok.Piece(id)
	}
	return ""
}

// textLogprobs are the log probabilities of a choice in completions.
type textLogprobs struct {
	Tokens   []string             `json:"tokens"`
	Logprobs []*float64           `json:"token_logprobs"`
	Top      []map[string]float64 `json:"top_logprobs"`
	Offsets  []int                `json:"text_offset"`
}

// add adds a token at an offset in the text. known says that it has a log probability.
func (l *textLogprobs) add(m *chord.Model, t *chord.Token, top, offset int, known bool) {
	l.Tokens = append(l.Tokens, spelled(piece(m, t.ID)))
	l.Offsets = append(l.Offsets, offset)
	if !known {
		l.Logprobs, l.Top = append(l.Logprobs, nil), append(l.Top, nil)
		return
	}
	p := finite(t.Logprob)
	l.Logprobs = append(l.Logprobs, &p)
	var tops map[string]float64
	if top > 0 {
		tops = map[string]float64{}
		for _, o := range t.Top[:min(top, len(t.Top))] {
			tops[spelled(o.Text)] = finite(o.Logprob)
		}
		tops[spelled(piece(m, t.ID))] = p
	}
	l.Top = append(l.Top, tops)
}

// spelled returns a piece as text; one that is not whole characters as OpenAI spells
// it, bytes:\xe2\x80.
func spelled(piece string) string {
	if utf8.ValidString(piece) {
		return piece
	}
	var b strings.Builder
	b.WriteString("bytes:")
	for i := range len(piece) {
		fmt.Fprintf(&b, `\x%02x`, piece[i])
	}
	return b.String()
}

// wantLogprobs sets how many likeliest tokens are wanted. At least one is, so that the
// token itself has a log probability.
func wantLogprobs(p *chord.Params, top int) { p.Logprobs = max(1, top) }
