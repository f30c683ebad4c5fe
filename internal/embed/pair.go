package embed

import (
	"context"
	"strings"

	"github.com/querent-ai/chord/bpe"
)

// Pair returns the tokens of a query with a document, written as template says, with
// {query} and {document}, or with the special tokens of the vocabulary between them if
// it is "". Names of control tokens in query and document stay text.
func Pair(ctx context.Context, tok *bpe.Tokenizer, template, query, doc string) ([]int32, error) {
	if template == "" {
		return framePair(ctx, tok, query, doc)
	}
	text, spans := fillPair(template, query, doc)
	return tok.EncodeContext(ctx, nil, text, bpe.EncodeOptions{NoBOS: true, Text: spans})
}

// fillPair replaces {query} and {document} in a template. It returns the text and
// the spans of what it put in.
func fillPair(template, query, doc string) (string, []bpe.Span) {
	var b strings.Builder
	var spans []bpe.Span
	for template != "" {
		i := strings.IndexByte(template, '{')
		if i < 0 {
			break
		}
		b.WriteString(template[:i])
		template = template[i:]
		value, name := "", "{"
		switch {
		case strings.HasPrefix(template, "{query}"):
			value, name = query, "{query}"
		case strings.HasPrefix(template, "{document}"):
			value, name = doc, "{document}"
		default:
			b.WriteByte('{')
		}
		if value != "" {
			spans = append(spans, bpe.Span{Start: b.Len(), End: b.Len() + len(value)})
			b.WriteString(value)
		}
		template = template[len(name):]
	}
	b.WriteString(template)
	return b.String(), spans
}

// framePair returns the tokens of a pair for an encoder, with the special tokens
// that the vocabulary adds: BOS query EOS SEP document EOS, or, with a WordPiece
// vocabulary, CLS query SEP document SEP.
func framePair(ctx context.Context, tok *bpe.Tokenizer, query, doc string) ([]int32, error) {
	plain := bpe.EncodeOptions{NoBOS: true, NoParseSpecial: true}
	var ids []int32
	if tok.AddBOS() {
		ids = append(ids, tok.BOS())
	}
	ids, err := tok.EncodeContext(ctx, ids, query, plain)
	if err != nil {
		return nil, err
	}
	if tok.AddEOS() {
		ids = append(ids, tok.EOS())
	}
	if tok.AddSEP() && tok.SEP() >= 0 {
		ids = append(ids, tok.SEP())
	}
	if ids, err = tok.EncodeContext(ctx, ids, doc, plain); err != nil {
		return nil, err
	}
	empty := tok.Encode(nil, "", bpe.EncodeOptions{}) // what the vocabulary puts around a text
	switch {
	case tok.AddEOS():
		ids = append(ids, tok.EOS())
	case tok.AddSEP() && len(empty) > 0 && empty[len(empty)-1] == tok.SEP():
		ids = append(ids, tok.SEP())
	}
	return ids, nil
}
