package chord

import (
	"fmt"
	"path/filepath"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
)

// OpenTokenizer opens the tokenizer of the GGUF file at path, which may have
// a vocabulary only and no tensors. The file is not needed any more when it
// returns. Of o only OverrideKV matters.
func OpenTokenizer(path string, o Options) (*bpe.Tokenizer, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := o.override(f); err != nil {
		return nil, err
	}
	t, err := bpe.FromGGUF(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return t, nil
}
