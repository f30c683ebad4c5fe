package llama

import (
	"errors"
	"fmt"
	"sync"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/simd"
)

// ErrUnsupported is wrapped by errors about files that may be sound but ask for
// something that this package does not do. It is [errors.ErrUnsupported].
var ErrUnsupported = errors.ErrUnsupported

// ErrContextFull is wrapped by errors of [Model.Forward] about a sequence that
// would grow past the model's context.
var ErrContextFull = errors.New("context is full")

// ErrClosed is wrapped by errors of [Model.Forward] about a model that has been
// closed.
var ErrClosed = errors.New("closed")

// Options say how a model is loaded. The zero value is a good choice.
type Options struct {
	Threads int // threads that compute; 0: the cores this process may use
	Context int // most tokens of a sequence; 0: what the file says

	CacheTypeK KVType // type of the keys in the KV cache; 0: f16
	CacheTypeV KVType // type of the values there; 0: f16

	// NoRepack leaves matrices in the mapped file: load takes no time and other
	// processes share the memory, while every product packs them again. Without
	// it so much is packed as the memory available has room for.
	NoRepack bool
}

// A Model is a loaded transformer. Its methods may be called by several
// goroutines; Forwards follow each other.
type Model struct {
	config  Config
	context int
	weights weights
	ropes   ropes
	layout  *cacheLayout
	pool    *simd.Pool

	mu     sync.Mutex // held by Forward and Close; guards what follows
	closed bool
	pass   pass
}

// Load reads the weights of f.
//
// Matrices of a type that has kernels are repacked, in parallel, into memory
// of the model's own, as far as there is room; others stay views of f, so f
// must stay open until the model is closed. An error names the key or the tensor that is missing, does
// not fit, or (wrapping [ErrUnsupported]) is of an unknown kind.
//
// A file that is cut short while it is read is an error that wraps
// [gguf.ErrFault], here and in Forward.
func Load(f *gguf.File, o Options) (*Model, error) {
	c, err := ReadConfig(f)
	if err != nil {
		return nil, err
	}
	if err := checkLayout(f); err != nil {
		return nil, err
	}
	if o.Threads < 0 || o.Context < 0 {
		panic("llama: Load: negative option")
	}
	if c.Embedder() {
		o.CacheTypeK, o.CacheTypeV = KVF32, KVF32 // nothing is kept for later tokens
	}
	layout, err := newCacheLayout(&c, o.CacheTypeK, o.CacheTypeV)
	if err != nil {
		return nil, fmt.Errorf("llama: %w", err)
	}
	m := &Model{config: c, layout: layout, context: c.Context, pool: simd.NewPool(o.Threads)}
	if o.Context > 0 {
		m.context = o.Context
	}
	if fam := c.family(); fam.learnedPos && m.context > c.Context {
		m.pool.Close()
		return nil, fmt.Errorf("llama: %s.context_length: positions are learned for %d tokens, a context of %d is asked for: %w", c.Arch, c.Context, m.context, ErrUnsupported)
	}
	if m.weights, err = loadWeights(f, c, m.pool, roomFor(f, o)); err != nil {
		m.pool.Close()
		return nil, err
	}
	m.ropes = newRopes(&m.config, m.weights.RopeFactors, m.weights.RopeLong)
	m.pass = newPass(m)
	return m, nil
}

// Check returns the error that [Load] would have about the keys of f and about
// the names, types and shapes of its tensors. It reads no tensor's data, so it
// is cheap and says nothing about them.
func Check(f *gguf.File) error {
	c, err := ReadConfig(f)
	if err != nil {
		return err
	}
	_, err = loadWeights(f, c, nil, 0)
	return err
}

// Config returns what the file says about the model.
func (m *Model) Config() Config { return m.config }

// Context returns the most tokens that a sequence can hold.
func (m *Model) Context() int { return m.context }

// SetContext changes the most tokens of a sequence. No Forward may be going on.
func (m *Model) SetContext(n int) { m.context, m.pass.context = n, n }

// LongFrom returns the length from which on sequences have other angles
// ([Token.Long]): those of LongRoPE, longer than what the model was first trained
// for; 0 if there are none.
func (m *Model) LongFrom() int {
	if m.weights.RopeLong == nil {
		return 0
	}
	return m.config.RopeContext
}

// Bytes returns the size of the matrices that a token goes through: what one
// decode step reads. Of TokenEmbd a token needs a row, so it only counts if it
// is the output matrix too; of a mixture, as many experts as are chosen.
func (m *Model) Bytes() int64 {
	n := m.weights.Output.bytes()
	for i := range m.weights.Blk {
		w := &m.weights.Blk[i]
		n += w.FFN.bytes()
		if w.Attn != nil {
			n += w.Attn.bytes()
		}
		if e := w.Experts; e != nil {
			n += e.GateInp.bytes() + e.Shared.bytes() + int64(m.config.ExpertsUsed)*e.Expert[0].bytes()
		}
	}
	return n
}

// Threads returns the number of threads that compute.
func (m *Model) Threads() int { return m.pool.Threads() }

// Close waits for a Forward that is going on, frees the weights and ends the
// threads. Caches of m's sequences are the caller's to close.
func (m *Model) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	m.pool.Close()
	m.pass, m.ropes = pass{}, ropes{}
	return m.weights.free()
}
