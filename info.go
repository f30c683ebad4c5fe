package chord

import (
	"fmt"
	"io/fs"
	"time"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/simd"
)

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
		Context: m.llama.Context(), Trained: c.Context, Embedder: m.embedder, Reranker: m.llama.Ranks(), Chat: template != "",
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
		Busy: e.Busy, Preempted: e.Preempted, Waiting: e.Waiting, Sequences: e.Sequences,
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
