package convert

import (
	"context"
	"fmt"
	"io"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

// check errs if the GGUF file of m could not be run: if keys are missing or
// meaningless, or if a tensor is missing, unused or of another shape than the keys
// say. It opens the model with package llama, so that the two cannot differ.
func (m *Model) check() error {
	header, size, err := gguf.Metadata(m.KV, m.forGGUF(context.Background(), nil, nil))
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	f, err := gguf.OpenReaderAt(&hollow{header, size}, size)
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	defer f.Close()
	if err := llama.Check(f); err != nil {
		return fmt.Errorf("convert: config.json and the tensors make no model that could be run: %w", err)
	}
	return nil
}

// checkPre errs if the vocabulary names an unknown pre-tokenizer.
func (v *vocab) checkPre() error {
	if err := bpe.CheckNames(v.model, v.pre); err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	return nil
}

// A hollow file has a header, and zeros in place of data.
type hollow struct {
	header []byte
	size   int64
}

// ReadAt implements [io.ReaderAt].
func (h *hollow) ReadAt(p []byte, at int64) (int, error) {
	if at >= h.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), h.size-at))
	clear(p[:n])
	if at < int64(len(h.header)) {
		copy(p[:n], h.header[at:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
