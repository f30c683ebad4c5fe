package chord

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/embed"
)

// EmbedOptions say how texts are embedded. The zero value uses the pooling of the
// model and normalises vectors to length 1.
type EmbedOptions struct {
	// Pooling combines the vectors of a text's tokens: "mean", "cls" (the first
	// token), "last", or "none", which keeps them all. "" means the pooling of the
	// file, else "mean" for an embedder and "last" for a generator.
	Pooling string `json:"pooling,omitempty"`
	// Raw keeps vectors as pooled, without normalising them.
	Raw bool `json:"raw,omitempty"`
	// Truncate cuts off the end of a text longer than the context, which is an
	// error without it.
	Truncate bool `json:"truncate,omitempty"`
	// Dimensions cuts vectors off after that many elements, before they are
	// normalised, for models that were trained so (Matryoshka); 0 keeps all.
	Dimensions int `json:"dimensions,omitempty"`
	// Adapters change the matrices of the model.
	Adapters []AdapterScale `json:"-"`
}

// Embed returns a vector, (Info().VectorDim,) or as long as Dimensions says, for
// each text; with pooling "none" the vectors of all its tokens, one after the
// other. Texts get the special tokens of the vocabulary, such as [CLS] and [SEP];
// an instruction that the model wants before a text is the caller's. The vector of
// a text does not depend on the other texts, nor on anything else that the model
// does. Generators give vectors too: their last hidden state after the norm. The
// projections of a file, such as EmbeddingGemma's, follow pooling.
//
// Errors name the text; its vector is nil, and the vectors of the other texts are
// returned all the same. A text longer than the context gives [ErrContextFull].
// Other errors are a [*ParamError], ctx.Err() as soon as ctx is done, [ErrBusy] and
// [ErrClosed].
func (m *Model) Embed(ctx context.Context, texts []string, o EmbedOptions) ([][]float32, error) {
	return m.embedAll(ctx, len(texts), o, func(i int) ([]int32, error) { return m.embedTokens(ctx, texts[i], o.Truncate) })
}

// embedAll returns the vectors of n texts, whose tokens tokens returns.
func (m *Model) embedAll(ctx context.Context, n int, o EmbedOptions, tokens func(i int) ([]int32, error)) ([][]float32, error) {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	pooling, ok := m.vectors.Pooling(o.Pooling)
	if !ok {
		return nil, invalid("EmbedOptions.Pooling", "%q, want none, mean, cls or last", o.Pooling)
	}
	if o.Dimensions < 0 || o.Dimensions > m.info.VectorDim {
		return nil, invalid("EmbedOptions.Dimensions", "%d, want 0 to the %d of the model", o.Dimensions, m.info.VectorDim)
	}
	set, err := m.adapters("EmbedOptions.Adapters", o.Adapters)
	if err != nil {
		return nil, err
	}
	return eachText(ctx, "Embed: text", n, func(i int) ([]float32, error) {
		ids, err := tokens(i)
		if err != nil {
			return nil, err
		}
		v, err := m.vectors.Pooled(ctx, ids, pooling, set)
		if err != nil {
			return nil, err
		}
		return m.vectors.Finish(v, cmp.Or(o.Dimensions, m.info.VectorDim), o.Raw)
	})
}

// eachText returns f(0) to f(n-1) and their errors, which say what i is; only
// ctx.Err() once ctx is done.
func eachText[T any](ctx context.Context, what string, n int, f func(i int) (T, error)) ([]T, error) {
	results, errs := make([]T, n), make([]error, n)
	_ = each(n, func(i int) error {
		results[i], errs[i] = f(i)
		if errs[i] != nil && ctx.Err() == nil {
			errs[i] = &textError{what, i, failed(errs[i])}
		}
		return nil
	})
	if err := ctx.Err(); err != nil && slices.ContainsFunc(errs, func(e error) bool { return e != nil }) {
		return nil, err
	}
	return results, errors.Join(errs...)
}

// A textError is the error of one of the texts of a call.
type textError struct {
	what string
	i    int
	err  error
}

func (e *textError) Error() string {
	return fmt.Sprintf("chord: %s %d: %s", e.what, e.i, strings.TrimPrefix(e.err.Error(), "chord: "))
}

func (e *textError) Unwrap() error { return e.err }

// embedTokens returns the tokens of a text.
func (m *Model) embedTokens(ctx context.Context, text string, truncate bool) ([]int32, error) {
	tok, err := m.tokens()
	if err != nil {
		return nil, err
	}
	ids, err := tok.EncodeContext(ctx, nil, text, bpe.EncodeOptions{})
	switch n, limit := len(ids), m.Context(); {
	case err != nil:
		return nil, err
	case n == 0:
		return nil, invalid("text", "it has no tokens")
	case n > limit && truncate:
		last := ids[n-1] // the final special token, such as [SEP], stays
		ids = ids[:limit]
		if tok.AddEOS() || tok.AddSEP() || m.embedder {
			ids[limit-1] = last
		}
	case n > limit:
		return nil, fmt.Errorf("%d tokens, context of %d: %w", n, limit, ErrContextFull)
	}
	return ids, nil
}

// EmbedTokens is [Model.Embed] of texts given as token ids, which are taken as they are:
// no special tokens are added.
func (m *Model) EmbedTokens(ctx context.Context, texts [][]int32, o EmbedOptions) ([][]float32, error) {
	return m.embedAll(ctx, len(texts), o, func(i int) ([]int32, error) { return m.embedIDs(texts[i], o.Truncate) })
}

// embedIDs returns the tokens of a text given as ids.
func (m *Model) embedIDs(ids []int32, truncate bool) ([]int32, error) {
	for i, id := range ids {
		if id < 0 || int(id) >= m.vocab {
			return nil, invalid(fmt.Sprintf("ids[%d]", i), "token %d, the vocabulary has %d", id, m.vocab)
		}
	}
	switch n, limit := len(ids), m.Context(); {
	case n == 0:
		return nil, invalid("text", "it has no tokens")
	case n > limit && truncate:
		return ids[:limit], nil
	case n > limit:
		return nil, fmt.Errorf("%d tokens, context of %d: %w", n, limit, ErrContextFull)
	}
	return ids, nil
}

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
		return m.vectors.Relevance(ctx, ids)
	})
}

// pair returns the tokens of a query with a document.
func (m *Model) pair(ctx context.Context, query, doc string) ([]int32, error) {
	tok, err := m.tokens()
	if err != nil {
		return nil, err
	}
	ids, err := embed.Pair(ctx, tok.Tokenizer, m.rerank, query, doc)
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
