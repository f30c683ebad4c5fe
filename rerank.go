package chord

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/llama"
)

// Rerank returns the relevance of each of docs to query, with a reranker
// (Info().Reranker): the higher, the more relevant. An encoder's scores, as of the
// rerankers of BGE and Jina, are the raw outputs of its classification head, which
// may be negative. A generator's, as of Qwen3 Reranker, are the probabilities of
// the answer "yes" to its own question, which the file has as the chat template
// "rerank". The score of a document does not depend on the other documents. Names
// of control tokens in query and docs are ordinary text.
//
// Errors name the document; its score is 0, and the scores of the others are
// returned all the same. A query and a document that are together longer than the
// context give [ErrContextFull]. Other errors are [ErrUnsupported] for a model that
// is no reranker, ctx.Err() as soon as ctx is done, [ErrBusy] and [ErrClosed].
func (m *Model) Rerank(ctx context.Context, query string, docs []string) ([]float32, error) {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	if !m.llama.Ranks() {
		return nil, fmt.Errorf("chord: Rerank: the model has no classification head: %w", ErrUnsupported)
	}
	return eachText(ctx, "Rerank: document", len(docs), func(i int) (float32, error) {
		ids, err := m.pair(ctx, query, docs[i])
		if err != nil {
			return 0, err
		}
		return m.relevance(ctx, ids)
	})
}

// relevance returns the score of a pair of query and document.
func (m *Model) relevance(ctx context.Context, ids []int32) (float32, error) {
	var v []float32
	var err error
	if m.embedder {
		v, err = m.pooled(ctx, ids, llama.PoolingCLS, nil)
	} else {
		seq := m.engine.NewSeq(ids, engine.SeqOptions{Embed: true, NoPrefix: m.noPrefix}) // pairs begin alike
		defer seq.Close()
		v, err = m.lastVector(ctx, seq, ids[seq.Len():], len(ids)-1-seq.Len())
	}
	if err != nil {
		return 0, err
	}
	outputs := m.llama.Classify(v)
	score := outputs[max(0, slices.Index(m.llama.Config().Labels, "yes"))]
	if math.IsNaN(float64(score)) || math.IsInf(float64(score), 0) {
		return 0, errors.New("the score is not a finite number")
	}
	return score, nil
}

// pair returns the tokens of a query with a document.
func (m *Model) pair(ctx context.Context, query, doc string) ([]int32, error) {
	tok, err := m.tokenizer()
	if err != nil {
		return nil, err
	}
	var ids []int32
	if m.rerank != "" {
		text, spans := fillPair(m.rerank, query, doc)
		ids, err = tok.EncodeContext(ctx, nil, text, bpe.EncodeOptions{NoBOS: true, Text: spans})
	} else {
		ids, err = framePair(ctx, tok, query, doc)
	}
	switch n, limit := len(ids), m.Context(); {
	case err != nil:
		return nil, err
	case n == 0:
		return nil, invalid("docs", "query and document have no tokens")
	case n > limit:
		return nil, fmt.Errorf("%d tokens with the query, context of %d: %w", n, limit, ErrContextFull)
	}
	return ids, nil
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
