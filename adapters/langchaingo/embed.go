package langchaingo

import (
	"context"

	"github.com/tmc/langchaingo/embeddings"

	"github.com/querent-ai/chord"
)

// An Embedder makes vectors of texts. Any number of goroutines may use it at once.
type Embedder struct {
	Model   *chord.Model // closed by the caller
	Options chord.EmbedOptions
	// QueryPrefix and DocumentPrefix come before each text, for models that were
	// trained with instructions such as "query: " and "passage: ".
	QueryPrefix, DocumentPrefix string
}

var (
	_ embeddings.Embedder       = (*Embedder)(nil)
	_ embeddings.EmbedderClient = (*Embedder)(nil)
)

// EmbedDocuments returns a vector for each text.
func (e *Embedder) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, e.DocumentPrefix, texts)
}

// EmbedQuery returns the vector of a query.
func (e *Embedder) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	vectors, err := e.embed(ctx, e.QueryPrefix, []string{text})
	if err != nil {
		return nil, err
	}
	return vectors[0], nil
}

// CreateEmbedding returns a vector for each text, without a prefix, for
// embeddings.NewEmbedder.
func (e *Embedder) CreateEmbedding(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, "", texts)
}

// embed returns a vector for each text after prefix.
func (e *Embedder) embed(ctx context.Context, prefix string, texts []string) ([][]float32, error) {
	list := make([]string, len(texts))
	for i, text := range texts {
		list[i] = prefix + text
	}
	vectors, err := e.Model.Embed(ctx, list, e.Options)
	if err != nil {
		return nil, mapError(err)
	}
	return vectors, nil
}
