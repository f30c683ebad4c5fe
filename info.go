package chord

import (
	"fmt"
	"time"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/simd"
)

// Info says what a model is.
type Info struct {
	Name       string // what the file calls it (general.name), else the file's name
	Arch       string // general.architecture
	Layers     int
	Dim        int // width of the stream, and of the vectors of Embed
	Vocab      int // tokens
	Context    int // the most tokens of a prompt and what is generated from it
	Trained    int // tokens that the model was trained for
	Embedder   bool
	WeightSize int64         // bytes that one token of a text needs of the weights
	CacheSize  int64         // the most bytes of caches
	Threads    int           // that compute
	Tier       string        // the kernels in use, such as "avx2"
	Load       time.Duration // how long opening took
}

// Info returns what the model is.
func (m *Model) Info() Info { return m.info }

// describe fills in m.info.
func (m *Model) describe(name string, load time.Duration) {
	c := m.llama.Config()
	if s, ok, err := m.file.Str("general.name"); ok && err == nil && s != "" {
		name = s
	}
	m.info = Info{
		Name: name, Arch: c.Arch, Layers: len(c.Layer), Dim: c.Dim, Vocab: c.Vocab,
		Context: m.llama.Context(), Trained: c.Context, Embedder: m.embedder,
		WeightSize: m.llama.Bytes(), CacheSize: m.cache.Stats().Budget,
		Threads: m.llama.Threads(), Tier: simd.Tier(), Load: load,
	}
}

// A Fit says what a model needs before it is loaded.
type Fit struct {
	Weights   int64 // bytes of the file's tensors
	Cache     int64 // bytes of the caches of one text of Context tokens
	Context   int   // Options.Context, or what the model was trained for
	Available int64 // bytes of memory that can be filled now, 0 if the system does not say
	// Fits: weights and cache fit into Available, an eighth of which stays free.
	// A model that does not fit may still run, from the mapped file, slowly.
	Fits bool
}

// Fits returns what the model in the file at path needs with these options.
// Nothing but the file's header is read.
func Fits(path string, o Options) (Fit, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return Fit{}, err
	}
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
		return Fit{}, fmt.Errorf("%s: %w", path, err)
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

// Metrics are figures of a model since it was opened.
type Metrics struct {
	Calls     int64         // for logits or vectors
	Steps     int64         // forward passes
	Rows      int64         // tokens computed in them
	Time      time.Duration // of the passes
	Failed    int64         // passes that gave an error or were stopped
	Cancelled int64         // calls whose context was done
	Busy      int64         // calls that were refused
	Preempted int64         // texts whose cache others got, and that computed it again

	Waiting   int // calls now
	Sequences int // texts now

	CacheUsed   int64 // bytes of caches of texts
	CacheKept   int64 // bytes kept for texts that begin alike
	CacheFree   int64 // bytes held for the next texts
	CacheLimit  int64 // bytes that the three may have together
	PrefixHits  int64 // tokens of prompts that were not computed again
	PrefixDrops int64 // times that something kept was given up
}

// Metrics returns the figures of now.
func (m *Model) Metrics() Metrics {
	e := m.engine.Metrics()
	return Metrics{
		Calls: e.Calls, Steps: e.Steps, Rows: e.Rows, Time: e.Time, Failed: e.Failed, Cancelled: e.Cancelled,
		Busy: e.Busy, Preempted: e.Preempted, Waiting: e.Waiting, Sequences: e.Sequences,
		CacheUsed: e.Cache.Used, CacheKept: e.Cache.Cached, CacheFree: e.Cache.Free, CacheLimit: e.Cache.Budget,
		PrefixHits: e.Cache.Hits, PrefixDrops: e.Cache.Evicts,
	}
}

// A Step is one forward pass, of which Options.OnStep is told.
type Step struct {
	Rows      int           // tokens computed
	Sequences int           // texts they are of
	Waiting   int           // calls that were not through after it
	Time      time.Duration // it took
}
