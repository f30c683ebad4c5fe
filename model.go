package chord

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"time"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

// ErrClosed is wrapped by errors about a model that has been closed.
var ErrClosed = llama.ErrClosed

// ErrUnsupported is wrapped by errors about models that are sound but do not do
// what is asked for, or of a kind that chord does not do.
var ErrUnsupported = llama.ErrUnsupported

// A Model is an open model. Its methods may be called by several goroutines.
type Model struct {
	name  string
	file  *gguf.File
	llama *llama.Model
	tok   *bpe.Tokenizer
	eog   []int32 // tokens that end texts
	never []int32 // tokens that are never sampled
	load  time.Duration

	chat    *ChatTemplate
	chatErr error // what is wrong with the file's template

	turn   chan struct{} // holds one element while a forward pass and what reads its logits go on
	closed bool          // guarded by turn
}

// Open opens the GGUF file at path, or the split file that path is a part of.
//
// An error says which file, key or tensor is at fault; it wraps
// gguf.ErrFormat if the file is malformed, llama.ErrUnsupported if it asks for
// something chord does not do.
func Open(path string, o Options) (*Model, error) {
	start := time.Now()
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	return newModel(f, filepath.Base(path), o, start)
}

// OpenFS opens the GGUF file called name of fsys, as Open does.
func OpenFS(fsys fs.FS, name string, o Options) (*Model, error) {
	start := time.Now()
	f, err := gguf.OpenFS(fsys, name)
	if err != nil {
		return nil, err
	}
	return newModel(f, path.Base(name), o, start)
}

// OpenReaderAt opens the GGUF file in the first size bytes of r, which stays
// the caller's to close, after the Model.
func OpenReaderAt(r io.ReaderAt, size int64, o Options) (*Model, error) {
	start := time.Now()
	f, err := gguf.OpenReaderAt(r, size)
	if err != nil {
		return nil, err
	}
	return newModel(f, "", o, start)
}

// newModel loads the model in f, which it closes if that fails.
func newModel(f *gguf.File, name string, o Options, start time.Time) (*Model, error) {
	m := &Model{name: name, file: f, turn: make(chan struct{}, 1)}
	if err := m.read(o); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	for id := range int32(m.tok.Len()) {
		if m.tok.IsEOG(id) {
			m.eog = append(m.eog, id)
		}
	}
	m.load = time.Since(start)
	return m, nil
}

// read loads everything from m.file, what is quick to refuse first.
func (m *Model) read(o Options) error {
	lo, err := o.llama()
	if err != nil {
		return err
	}
	if err := o.override(m.file); err != nil {
		return err
	}
	if name, ok, err := m.file.Str("general.name"); err != nil {
		return err
	} else if ok && name != "" {
		m.name = name
	}
	vocab, err := vocabOf(m.file)
	if err != nil {
		return err
	}
	if m.tok, err = bpe.New(vocab); err != nil {
		return err
	}
	if m.never, err = suppressed(m.file, m.tok.Len()); err != nil {
		return err
	}
	if m.chat, m.chatErr = chatTemplateOf(m.file, o.ChatTemplate, m.tok); m.chatErr != nil && o.ChatTemplate != "" {
		return fmt.Errorf("chord: Options.ChatTemplate: %w", m.chatErr)
	}
	m.llama, err = llama.Load(m.file, lo)
	return err
}

// Close waits for the forward pass that is going on and frees the model. A
// Generate that is not over yields an error that wraps [ErrClosed].
func (m *Model) Close() error {
	m.turn <- struct{}{}
	defer m.leave()
	if m.closed {
		return nil
	}
	m.closed = true
	return errors.Join(m.llama.Close(), m.file.Close())
}

// enter waits for a turn, which leave ends.
func (m *Model) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case m.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave ends a turn.
func (m *Model) leave() { <-m.turn }

// Name returns what the file calls the model (general.name), else the file's
// name, "" if there is none.
func (m *Model) Name() string { return m.name }

// Context returns the most tokens of a prompt and what is generated from it.
func (m *Model) Context() int { return m.llama.Context() }

// Config returns the model's hyperparameters.
func (m *Model) Config() llama.Config { return m.llama.Config() }

// Threads returns the number of threads that compute.
func (m *Model) Threads() int { return m.llama.Threads() }

// Tokenizer returns the model's tokenizer, which stays valid after Close.
func (m *Model) Tokenizer() *bpe.Tokenizer { return m.tok }

// LoadTime returns how long opening the model took.
func (m *Model) LoadTime() time.Duration { return m.load }
