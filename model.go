package chord

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/chat"
	"github.com/querent-ai/chord/internal/draft"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/inside"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/internal/kvdisk"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/internal/sessionfile"
	"github.com/querent-ai/chord/llama"
)

// A Model is an open model. Any number of goroutines may use it at once: calls made
// at the same time share forward passes, and none changes the result of another.
type Model struct {
	info                   Info
	file                   *gguf.File
	llama                  *llama.Model
	cache                  *kvcache.Cache
	disk                   *kvdisk.Store // nil: none
	engine                 *engine.Engine
	tok                    atomic.Pointer[bpe.Tokenizer] // nil once the model is closed
	vocab                  int                           // its tokens
	eog                    []int32                       // tokens that end texts
	never                  []int32                       // tokens that are never sampled
	embedder               bool
	noPrefix               bool
	noSharedLookup         bool
	cacheTypeK, cacheTypeV string

	passes   draft.Passes  // times of passes
	history  draft.History // how often proposals were right
	poolOnce sync.Once
	pool     *draft.Pool // of the texts of all requests; nil: none yet
	draft    *Model      // nil: none
	always   bool        // drafts cost nothing, for tests
	// propose changes what draft proposes, for benchmarks; nil: nothing.
	propose func(position int, id int32) int32

	printing     sync.Mutex
	breakersMu   sync.Mutex
	breakers     []listBreakers // of the last requests
	grammars     sync.Mutex
	grammarVocab *grammar.Vocab           // nil: not made yet
	chatVocab    *grammar.Vocab           // with control tokens; nil: not made yet
	plans        map[string]*chat.Plan    // by what they are for
	print        *sessionfile.Fingerprint // nil: not computed yet

	rerank  string // the file's template of a query with a document, "" for none
	chat    *ChatTemplate
	chatErr error // of the file's template

	closing  sync.Once
	closeErr error
}

// Open opens the model in the GGUF file at path; for a split file, path is any of
// its parts.
//
// An error names the file and the key or tensor. It wraps [ErrFormat] if the file is
// malformed, [ErrUnsupported] if the file needs something that chord cannot do, and
// is a [*ParamError] if an option is invalid.
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

// OpenReaderAt opens the GGUF file in the first size bytes of r. The caller closes
// r, after the Model.
func OpenReaderAt(r io.ReaderAt, size int64, o Options) (*Model, error) {
	start := time.Now()
	f, err := gguf.OpenReaderAt(r, size)
	if err != nil {
		return nil, err
	}
	return newModel(f, "", o, start)
}

// OpenTokenizer opens the tokenizer of the GGUF file at path, which needs no
// tensors. The file is closed when it returns. Of o only OverrideKV is used.
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

// newModel loads the model in f, which it closes if that fails.
func newModel(f *gguf.File, name string, o Options, start time.Time) (*Model, error) {
	m := &Model{file: f, noPrefix: o.NoPrefixCache, noSharedLookup: o.NoSharedLookup, draft: o.Draft}
	if err := m.read(&o); err != nil {
		err = errors.Join(err, f.Close())
		if name != "" {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return nil, err
	}
	m.describe(name, time.Since(start))
	m.info.Chat = m.info.Chat || o.ChatTemplate != ""
	return m, nil
}

// fingerprint returns the fingerprint of the model. It reads the file between two
// steps, when it cannot be closed.
func (m *Model) fingerprint(ctx context.Context) (sessionfile.Fingerprint, error) {
	m.printing.Lock()
	defer m.printing.Unlock()
	if m.print != nil {
		return *m.print, nil
	}
	var p sessionfile.Fingerprint
	var err error
	if e := m.engine.Between(ctx, func() {
		defer mmap.Recover(debug.SetPanicOnFault(true), &err)
		p, err = sessionfile.Of(m.file, m.llama.Config().Arch, m.vocab)
	}); e != nil {
		return p, e
	}
	if err != nil {
		return p, fmt.Errorf("chord: %w", err)
	}
	m.print = &p
	return p, nil
}

// identity returns a hash of what texts depend on beside their parameters.
func (m *Model) identity(ctx context.Context) (string, error) {
	print, err := m.fingerprint(ctx)
	return fmt.Sprintf("%x %s %s %d", print, m.cacheTypeK, m.cacheTypeV, m.Context()), err
}

// read loads the model from m.file; cheap checks come first.
func (m *Model) read(o *Options) error {
	lo, err := o.llama()
	if err != nil {
		return err
	}
	m.cacheTypeK, m.cacheTypeV = cmp.Or(o.CacheTypeK, "f16"), cmp.Or(o.CacheTypeV, "f16")
	if err := o.override(m.file); err != nil {
		return err
	}
	if err := checkKind(m.file); err != nil {
		return err
	}
	tok, err := bpe.FromGGUF(m.file)
	if err != nil {
		return err
	}
	m.tok.Store(tok)
	m.vocab, m.never = tok.Len(), tok.Suppressed()
	for id := range int32(m.vocab) {
		if tok.IsEOG(id) {
			m.eog = append(m.eog, id)
		}
	}
	if m.chat, m.chatErr = chatTemplateOf(m.file, o.ChatTemplate, tok); m.chatErr != nil && o.ChatTemplate != "" {
		return invalid("Options.ChatTemplate", "%v", m.chatErr)
	}
	if m.rerank, _, err = m.file.Str("tokenizer.chat_template.rerank"); err != nil {
		return fmt.Errorf("chord: %w", err)
	}
	if o.Draft != nil {
		if err := m.checkDraft(o.Draft); err != nil {
			return err
		}
	}
	if m.llama, err = llama.Load(m.file, lo); err != nil {
		return err
	}
	return m.start(o)
}

// checkKind refuses files whose keys say that they hold something else than a
// model.
func checkKind(f *gguf.File) error {
	kind, _, err := f.Str("general.type")
	if err != nil {
		return err
	}
	arch, _, err := f.Str("general.architecture")
	switch {
	case err != nil:
		return err
	case kind == "adapter":
		return fmt.Errorf("chord: the file is a LoRA adapter, not a model: it changes the weights of one: %w", ErrUnsupported)
	case kind == "mmproj" || arch == "clip":
		return fmt.Errorf("chord: the file is a multimodal projector (mmproj, clip), not a model: it goes beside one: %w", ErrUnsupported)
	case kind == "imatrix" || arch == "imatrix":
		return fmt.Errorf("chord: the file is an importance matrix, not a model: %w", ErrUnsupported)
	}
	return nil
}

// start creates the caches and the engine of a loaded model.
func (m *Model) start(o *Options) error {
	c := m.llama.Config()
	m.embedder = c.Embedder()
	budget, context, err := cacheBudget(m.llama.CacheConfig(), m.llama.Context(), o, available())
	if err != nil {
		return errors.Join(err, m.llama.Close())
	}
	m.llama.SetContext(context)
	if err := m.openCache(budget, o); err != nil {
		return errors.Join(err, m.llama.Close())
	}
	eo := engine.Options{StepTime: o.StepTime, MaxQueue: o.MaxQueue, Vocab: c.Vocab, Whole: m.embedder, Passed: m.passes.Passed, Disk: m.disk}
	if f := o.OnStep; f != nil {
		eo.OnStep = func(s engine.Step) { f(Step(s)) }
	}
	m.engine = engine.New(m.llama, m.cache, eo)
	return nil
}

// Close releases the model. Running calls end at once with an error that wraps
// [ErrClosed].
func (m *Model) Close() error {
	m.closing.Do(func() {
		m.engine.Close()
		if m.disk != nil {
			m.disk.Close(flushTime)
		}
		m.cache.Close()
		m.closeErr = errors.Join(m.llama.Close(), m.file.Close())
		m.file = nil // its keys, with the vocabulary, are large
		m.tok.Store(nil)
		m.grammars.Lock()
		m.grammarVocab = nil
		m.grammars.Unlock()
	})
	return m.closeErr
}

// Context returns the maximum number of tokens of a text, prompt and answer
// together.
func (m *Model) Context() int { return m.info.Context }

// Tokenizer returns the tokenizer of the model, or nil after Close. A tokenizer
// returned earlier stays valid.
func (m *Model) Tokenizer() *bpe.Tokenizer { return m.tok.Load() }

// tokenizer returns the tokenizer, or ErrClosed.
func (m *Model) tokenizer() (*bpe.Tokenizer, error) {
	if tok := m.tok.Load(); tok != nil {
		return tok, nil
	}
	return nil, fmt.Errorf("chord: %w", ErrClosed)
}

// encode returns the tokens of a text that will be continued, so without the EOS
// that some vocabularies add.
func (m *Model) encode(ctx context.Context, text string, o bpe.EncodeOptions) ([]int32, error) {
	tok, err := m.tokenizer()
	if err != nil {
		return nil, err
	}
	ids, err := tok.EncodeContext(ctx, nil, text, o)
	if o.NoBOS { // no EOS is added either
		return ids, err
	}
	return withoutEOS(tok, ids), err
}

// withoutEOS returns ids without the EOS that the vocabulary adds.
func withoutEOS(tok *bpe.Tokenizer, ids []int32) []int32 {
	if n := len(ids); n > 0 && tok.AddEOS() && ids[n-1] == tok.EOS() {
		return ids[:n-1]
	}
	return ids
}

func init() {
	inside.Engine = func(m any) *engine.Engine { return m.(*Model).engine }
	inside.Fingerprint = func(ctx context.Context, m any) (string, error) { return m.(*Model).identity(ctx) }
	inside.AlwaysDraft = func(m any) { m.(*Model).always = true }
	inside.Propose = func(m any, f func(position int, id int32) int32) { m.(*Model).propose = f }
	inside.Observe = func(ctx context.Context, m any, o llama.Observer) error {
		return m.(*Model).engine.Between(ctx, func() { m.(*Model).llama.Observe(o) })
	}
}
