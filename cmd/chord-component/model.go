//go:build wasip1

package main

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
)

// A loader is a file that comes in pieces.
type loader struct {
	size uint64
	file []byte
}

func newLoader(size uint64) *loader { return &loader{size: size} }

func (l *loader) drop() {}

func (l *loader) write(b []byte) error {
	n := uint64(len(l.file)) + uint64(len(b))
	if n > l.size {
		return errInvalid{fmt.Errorf("loader: %d bytes in a file of %d", n, l.size)}
	}
	// Go doubles slices, for which a large file has no room.
	if n > uint64(cap(l.file)) {
		grown := make([]byte, len(l.file), min(l.size, max(n, 2*uint64(cap(l.file)))))
		copy(grown, l.file)
		l.file = grown
	}
	l.file = append(l.file, b...)
	return nil
}

func (l *loader) open(o Options) (*model, error) {
	file := l.file
	l.file = nil
	if uint64(len(file)) != l.size {
		return nil, errInvalid{fmt.Errorf("loader: %d bytes of a file of %d", len(file), l.size)}
	}
	return modelLoad(file, o)
}

// A model is an open model, and the texts that it generates.
type model struct {
	*chord.Model
	texts map[*generation]bool
}

func modelLoad(file []byte, o Options) (*model, error) {
	options := chord.Options{Threads: 1} // there is one
	if o.Context != nil {
		options.Context = int(min(*o.Context, math.MaxInt32))
	}
	if o.CacheBytes != nil {
		options.CacheBytes = int64(min(*o.CacheBytes, math.MaxInt64))
	}
	if o.ChatTemplate != nil {
		options.ChatTemplate = *o.ChatTemplate
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(file), int64(len(file)), options)
	if err != nil {
		return nil, err
	}
	return &model{m, map[*generation]bool{}}, nil
}

// drop ends the texts first: nothing but this thread could.
func (m *model) drop() {
	for g := range m.texts {
		g.end(chord.ErrClosed)
	}
	m.Close()
}

func (m *model) info() Info {
	i := m.Info()
	return Info{
		Name: i.Name, Architecture: i.Arch, Context: uint32(i.Context), Vocabulary: uint32(i.Vocab), VectorDim: uint32(i.VectorDim),
		Embedder: i.Embedder, Chat: i.Chat, WeightSize: uint64(i.WeightSize), Tier: i.Tier,
	}
}

func (m *model) tokenize(text string, special bool) []TokenID {
	return m.Tokenizer().Encode(nil, text, bpe.EncodeOptions{NoParseSpecial: !special})
}

func (m *model) detokenize(ids []TokenID) (string, error) {
	for i, id := range ids {
		if id < 0 || int(id) >= m.Tokenizer().Len() {
			return "", errInvalid{fmt.Errorf("ids: number %d: %d, want 0 to %d", i, id, m.Tokenizer().Len()-1)}
		}
	}
	return m.Tokenizer().Decode(ids, bpe.DecodeOptions{RemoveSpecial: true}), nil
}

func (m *model) embed(texts []string) ([][]float32, error) {
	return m.Embed(context.Background(), texts, chord.EmbedOptions{})
}
