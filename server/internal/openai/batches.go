package openai

import (
	"slices"
	"strings"

	"github.com/querent-ai/chord/server/batch"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A batchRequest asks for the answers to the requests of a file.
type batchRequest struct {
	Input    *string            `json:"input_file_id" api:"required"`
	Endpoint *string            `json:"endpoint" api:"required,values=/v1/chat/completions|/v1/completions|/v1/embeddings|/v1/responses"`
	Window   *string            `json:"completion_window" api:"required,values=24h"`
	Metadata map[string]*string `json:"metadata"`
}

// The bounds of metadata.
const metadataMost, metadataName, metadataValue = 16, 64, 512

// check returns an error about the fields, and the metadata.
func (q *batchRequest) check() (map[string]string, error) {
	switch {
	case deref(q.Input) == "":
		return nil, wire.Errorf("input_file_id", "missing")
	case !slices.Contains(batch.URLs, deref(q.Endpoint)):
		return nil, wire.Errorf("endpoint", "%.60q, want one of %s", deref(q.Endpoint), strings.Join(batch.URLs, ", "))
	case deref(q.Window) != "24h":
		return nil, wire.Errorf("completion_window", "%.40q, want 24h", deref(q.Window))
	case len(q.Metadata) > metadataMost:
		return nil, wire.Errorf("metadata", "%d entries, at most %d", len(q.Metadata), metadataMost)
	case q.Metadata == nil:
		return nil, nil
	}
	list := map[string]string{}
	for name, value := range q.Metadata {
		if len(name) > metadataName || len(deref(value)) > metadataValue {
			return nil, wire.Errorf("metadata", "a name has at most %d bytes, a value at most %d", metadataName, metadataValue)
		}
		list[name] = deref(value)
	}
	return list, nil
}

// createBatch begins a batch.
func (s shelf) createBatch(x *core.Exchange) error {
	var q batchRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	metadata, err := q.check()
	if err != nil {
		return err
	}
	b, err := s.store.Create(*q.Input, *q.Endpoint, metadata)
	if err != nil {
		return storeError(err, "file", *q.Input, "input_file_id")
	}
	return x.JSON(b)
}

// batches answers with a page of the batches.
func (s shelf) batches(x *core.Exchange) error {
	all, err := s.store.Batches()
	if err != nil {
		return err
	}
	return page(x, all, 20, 100, func(b *batch.Batch) string { return b.ID })
}

// batch answers with one batch.
func (s shelf) batch(x *core.Exchange) error {
	id := x.Request.PathValue("id")
	b, err := s.store.Batch(id)
	if err != nil {
		return storeError(err, "batch", id, "id")
	}
	return x.JSON(b)
}

// cancel ends a batch early.
func (s shelf) cancel(x *core.Exchange) error {
	id := x.Request.PathValue("id")
	b, err := s.store.Cancel(id)
	if err != nil {
		return storeError(err, "batch", id, "id")
	}
	return x.JSON(b)
}
