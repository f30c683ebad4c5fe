package chord

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/chat"
	"github.com/querent-ai/chord/internal/constrain"
	"github.com/querent-ai/chord/internal/embed"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/generate"
	"github.com/querent-ai/chord/internal/inside"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/internal/kvdisk"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/internal/sessionfile"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/simd"
)

// A Model is an open model. Any number of goroutines may use it at once: calls made
// at the same time share forward passes, and none changes the result of another.
type Model struct {
	info       Info
	file       *gguf.File
	llama      *llama.Model
	cache      *kvcache.Cache
	disk       *kvdisk.Store // nil: none
	engine     *engine.Engine
	vocabulary atomic.Pointer[constrain.Vocabulary] // nil once the model is closed
	vocab      int                                  // its tokens
	texts      generate.Model
	vectors    embed.Model
	embedder   bool

	cacheTypeK, cacheTypeV string

	printing sync.Mutex
	print    *sessionfile.Fingerprint // nil: not computed yet

	sight *sight // nil: it reads no pictures

	rerank  string // the file's template of a query with a document, "" for none
	chat    *ChatTemplate
	chatErr error // of the file's template
	plans   chat.Plans

	closing  sync.Once
	closeErr error
}

// Context returns the maximum number of tokens of a text, prompt and answer
// together.
func (m *Model) Context() int { return m.info.Context }

// Tokenizer returns the tokenizer of the model, or nil after Close. A tokenizer
// returned earlier stays valid.
func (m *Model) Tokenizer() *bpe.Tokenizer {
	if v := m.vocabulary.Load(); v != nil {
		return v.Tokenizer
	}
	return nil
}

// tokens returns the vocabulary, or ErrClosed.
func (m *Model) tokens() (*constrain.Vocabulary, error) {
	if v := m.vocabulary.Load(); v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("chord: %w", ErrClosed)
}

// encode returns the tokens of a text that will be continued, so without the EOS
// that some vocabularies add.
func (m *Model) encode(ctx context.Context, text string, o bpe.EncodeOptions) ([]int32, error) {
	tok, err := m.tokens()
	if err != nil {
		return nil, err
	}
	ids, err := tok.EncodeContext(ctx, nil, text, o)
	if o.NoBOS { // no EOS is added either
		return ids, err
	}
	return withoutEOS(tok.Tokenizer, ids), err
}

// withoutEOS returns ids without the EOS that the vocabulary adds.
func withoutEOS(tok *bpe.Tokenizer, ids []int32) []int32 {
	if n := len(ids); n > 0 && tok.AddEOS() && ids[n-1] == tok.EOS() {
		return ids[:n-1]
	}
	return ids
}

// flushTime is how long Close writes what the disk does not have yet.
const flushTime = 2 * time.Second

// Close releases the model. Running calls end at once with an error that wraps
// [ErrClosed].
func (m *Model) Close() error {
	m.closing.Do(func() {
		m.engine.Close()
		if m.disk != nil {
			m.disk.Close(flushTime)
		}
		m.cache.Close()
		m.closeErr = errors.Join(m.closeSight(), m.llama.Close(), m.file.Close())
		m.file = nil // its keys, with the vocabulary, are large
		m.vocabulary.Store(nil)
	})
	return m.closeErr
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
	if e := m.engine.Between(ctx, func() { p, err = m.readFingerprint() }); e != nil {
		return p, e
	}
	if err != nil {
		return p, fmt.Errorf("chord: %w", err)
	}
	return p, nil
}

// readFingerprint computes and keeps the fingerprint while nothing else reads the file.
func (m *Model) readFingerprint() (p sessionfile.Fingerprint, err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	if p, err = sessionfile.Of(m.file, m.llama.Config().Arch, m.vocab); err == nil {
		m.print = &p
	}
	return p, err
}

// identity returns a hash of what texts depend on beside their parameters.
func (m *Model) identity(ctx context.Context) (string, error) {
	print, err := m.fingerprint(ctx)
	return fmt.Sprintf("%x %s %s %d", print, m.cacheTypeK, m.cacheTypeV, m.Context()), err
}

func init() {
	inside.Engine = func(m any) *engine.Engine { return m.(*Model).engine }
	inside.Fingerprint = func(ctx context.Context, m any) (string, error) { return m.(*Model).identity(ctx) }
	inside.Device = func(o any, d llama.Device) { o.(*Options).device = d }
	inside.AlwaysDraft = func(m any) { m.(*Model).texts.AlwaysDraft = true }
	inside.Propose = func(m any, f func(position int, id int32) int32) { m.(*Model).texts.Propose = f }
	inside.Observe = func(ctx context.Context, m any, o llama.Observer) error {
		return m.(*Model).engine.Between(ctx, func() { m.(*Model).llama.Observe(o) })
	}
}

// Info describes a model.
type Info struct {
	Name       string // general.name, or the file's name if that is absent
	Arch       string // general.architecture
	Layers     int
	Dim        int           // embedding length: width of the residual stream
	VectorDim  int           // elements of a vector of Embed
	Vocab      int           // tokens
	Context    int           // maximum tokens of a text, prompt and answer together
	Trained    int           // context that the model was trained for, in tokens
	Embedder   bool          // it gives vectors instead of text
	Reranker   bool          // Rerank gives scores
	Chat       bool          // made for chats: the file, or Options.ChatTemplate, has a template
	Vision     bool          // it reads pictures, with Options.MMProj
	WeightSize int64         // bytes of weights read for a token
	CacheSize  int64         // maximum bytes of all caches
	Threads    int           // threads that compute
	Tier       string        // the kernels in use, such as "avx2"
	Load       time.Duration // how long opening took
}

// Info returns the description of the model.
func (m *Model) Info() Info { return m.info }

// describe fills in m.info.
func (m *Model) describe(name string, load time.Duration) {
	c := m.llama.Config()
	if s, ok, err := m.file.Str("general.name"); ok && err == nil && s != "" {
		name = s
	}
	template, _, _ := m.file.Str("tokenizer.chat_template") // an error is chatErr
	m.info = Info{
		Name: name, Arch: c.Arch, Layers: len(c.Layer), Dim: c.Dim, VectorDim: m.llama.VectorDim(), Vocab: c.Vocab,
		Context: m.llama.Context(), Trained: c.Context, Embedder: m.embedder, Reranker: m.llama.Ranks(), Chat: template != "", Vision: m.sight != nil,
		WeightSize: m.llama.Bytes(), CacheSize: m.cache.Stats().Budget,
		Threads: m.llama.Threads(), Tier: simd.Tier(), Load: load,
	}
}

// A Fit says how much memory a model needs.
type Fit struct {
	Weights   int64 // bytes of the file's tensors
	Cache     int64 // bytes of the cache of one text of Context tokens
	Context   int   // Options.Context, or the context that the model was trained for
	Available int64 // bytes of available memory, 0 if that is not known
	// Fits reports whether weights and cache fit into seven eighths of Available.
	// A model that does not fit may still run slowly from the mapped file.
	Fits bool
}

// Fits returns how much memory the model in the file at path needs with these
// options. It reads only the file's header.
func Fits(path string, o Options) (Fit, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return Fit{}, err
	}
	return fits(f, path, o)
}

// FitsFS is Fits of the file called name of fsys. Of an fs.File that is an
// io.ReaderAt it reads no more than the header, also of one that is far away.
func FitsFS(fsys fs.FS, name string, o Options) (Fit, error) {
	f, err := gguf.OpenFS(fsys, name)
	if err != nil {
		return Fit{}, err
	}
	return fits(f, name, o)
}

// fits is Fits of f, which it closes.
func fits(f *gguf.File, name string, o Options) (Fit, error) {
	defer f.Close()
	lo, err := o.llama()
	if err != nil {
		return Fit{}, err
	}
	if err := o.override(f); err != nil {
		return Fit{}, err
	}
	c, context, err := llama.PlanCache(f, lo)
	if err != nil {
		return Fit{}, fmt.Errorf("%s: %w", name, err)
	}
	fit := Fit{Cache: c.Bytes(context), Context: context}
	for i := range f.Tensors {
		fit.Weights += f.Tensors[i].Size
	}
	n, ok := mmap.Available()
	fit.Available = n
	fit.Fits = !ok || fit.Weights+fit.Cache <= n-n/8
	return fit, nil
}

// Metrics are the figures of a model since it was opened.
type Metrics struct {
	Calls     int64         // for logits or vectors
	Steps     int64         // forward passes
	Rows      int64         // tokens computed in them
	Time      time.Duration // of the passes
	Failed    int64         // passes with an error, or stopped
	Cancelled int64         // calls whose context was done
	Busy      int64         // calls that were refused
	Preempted int64         // texts that lost their cache to others and were computed again

	Waiting   int // calls now
	Queued    int // of them, prompts that wait for their first pass: at most Options.MaxQueue
	Sequences int // texts now

	CacheUsed   int64 // bytes of the caches of open texts
	CacheKept   int64 // bytes kept for prompts with the same prefix
	CacheFree   int64 // free bytes, held for later texts
	CacheLimit  int64 // limit of the three together
	PrefixHits  int64 // tokens of prompts taken from the prefix cache in memory
	PrefixDrops int64 // times something was dropped from the prefix cache in memory

	DiskHits   int64 // tokens of prompts read from Options.CacheDir
	DiskUsed   int64 // bytes there
	DiskLimit  int64 // limit of them
	DiskWrites int64 // files written
	DiskDrops  int64 // files deleted to make room
	DiskFaults int64 // files that were damaged, or could not be written
}

// Metrics returns the current figures.
func (m *Model) Metrics() Metrics {
	e := m.engine.Metrics()
	out := Metrics{
		Calls: e.Calls, Steps: e.Steps, Rows: e.Rows, Time: e.Time, Failed: e.Failed, Cancelled: e.Cancelled,
		Busy: e.Busy, Preempted: e.Preempted, Waiting: e.Waiting, Queued: e.Queued, Sequences: e.Sequences,
		CacheUsed: e.Cache.Used, CacheKept: e.Cache.Cached, CacheFree: e.Cache.Free, CacheLimit: e.Cache.Budget,
		PrefixHits: e.Cache.Hits, PrefixDrops: e.Cache.Evicts,
	}
	if m.disk != nil {
		d := m.disk.Stats()
		out.DiskHits, out.DiskUsed, out.DiskLimit, out.DiskWrites = d.Hits, d.Bytes, d.Budget, d.Writes
		out.DiskDrops, out.DiskFaults = d.Drops, d.Bad+d.Errors
	}
	return out
}

// A Step is one forward pass, the argument of Options.OnStep.
type Step struct {
	Rows      int           // tokens computed
	Sequences int           // texts with tokens in it
	Waiting   int           // calls not complete after it
	Time      time.Duration // duration
}

// An Adapter is a LoRA adapter of a model: matrices of low rank that requests may add
// to the model's own ([Params.Adapters]). Any number of goroutines may use it at once.
type Adapter struct {
	m    *Model
	id   string                        // hash of its tensors, hexadecimal
	l    atomic.Pointer[llama.Adapter] // nil once it is closed
	info AdapterInfo
}

// AdapterInfo describes an adapter.
type AdapterInfo struct {
	Name    string  // general.name of the file, or else the name of the file
	Rank    int     // the largest rank of its matrices
	Alpha   float32 // products are scaled by Alpha/rank, or not at all if it is 0
	Tensors int     // tensors of the model that it changes
	Size    int64   // bytes of its own tensors
}

// An AdapterScale is an adapter and its scale.
type AdapterScale struct {
	Adapter *Adapter
	Scale   float32 // 0 means 1; an adapter without effect is left out
}

// LoadAdapter loads the LoRA adapter in the GGUF file at path into memory. The file is
// closed when it returns.
//
// An error names the file and the key or tensor. It wraps [ErrMismatch] if the adapter
// is of another model, [ErrUnsupported] if it changes something else than matrices,
// [ErrFormat] if the file is malformed and [ErrClosed] if m is closed.
func (m *Model) LoadAdapter(path string) (*Adapter, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return m.loadAdapter(f, filepath.Base(path))
}

// LoadAdapterFS loads the adapter in the file called name of fsys, as LoadAdapter
// does.
func (m *Model) LoadAdapterFS(fsys fs.FS, name string) (*Adapter, error) {
	f, err := gguf.OpenFS(fsys, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return m.loadAdapter(f, path.Base(name))
}

// loadAdapter loads the adapter in f.
func (m *Model) loadAdapter(f *gguf.File, name string) (*Adapter, error) {
	if _, err := m.tokens(); err != nil {
		return nil, err
	}
	l, err := m.llama.LoadAdapter(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	hash := l.Hash()
	a := &Adapter{m: m, id: hex.EncodeToString(hash[:])}
	a.info = AdapterInfo{Name: l.Name(), Rank: l.Rank(), Alpha: l.Alpha(), Tensors: l.Tensors(), Size: l.Bytes()}
	if a.info.Name == "" {
		a.info.Name = name
	}
	a.l.Store(l)
	return a, nil
}

// Info returns the description of a.
func (a *Adapter) Info() AdapterInfo { return a.info }

// Close releases the adapter. Texts that are being generated with it, and sessions
// that have it, keep it until they end; later requests give [ErrClosed].
func (a *Adapter) Close() error {
	a.l.Store(nil)
	return nil
}

// adapters returns the set of the adapters in a field, nil for none.
func (m *Model) adapters(field string, list []AdapterScale) (*llama.AdapterSet, error) {
	var all []llama.AdapterScale
	for i, a := range list {
		field := fmt.Sprintf("%s[%d]", field, i)
		switch s := float64(a.Scale); {
		case a.Adapter == nil:
			return nil, invalid(field, "the adapter is nil")
		case math.IsNaN(s) || math.IsInf(s, 0):
			return nil, invalid(field, "scale %g, want a finite one", s)
		case a.Adapter.m != m:
			return nil, fmt.Errorf("chord: %s: adapter %q: %w", field, a.Adapter.info.Name, ErrMismatch)
		}
		l := a.Adapter.l.Load()
		if l == nil {
			return nil, fmt.Errorf("chord: %s: adapter %q: %w", field, a.Adapter.info.Name, ErrClosed)
		}
		all = append(all, llama.AdapterScale{Adapter: l, Scale: a.scale()})
	}
	return llama.NewAdapterSet(all), nil
}

// scale returns the scale, 1 for 0.
func (a AdapterScale) scale() float32 {
	if a.Scale == 0 {
		return 1
	}
	return a.Scale
}

// adapterIDs returns the hashes and scales of adapters, as a receipt has them.
func adapterIDs(list []AdapterScale) (ids []string) {
	for _, a := range list {
		ids = append(ids, a.Adapter.id+":"+strconv.FormatFloat(float64(a.scale()), 'g', -1, 32))
	}
	return ids
}
