package llama

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/simd"
)

// ErrUnsupported is wrapped by errors about files that may be valid but ask for
// something that this package does not do. It is [errors.ErrUnsupported].
var ErrUnsupported = errors.ErrUnsupported

// ErrContextFull is wrapped by errors of [Model.Forward] about a sequence that
// would become longer than the model's context.
var ErrContextFull = errors.New("context is full")

// ErrClosed is wrapped by errors of [Model.Forward] about a closed model.
var ErrClosed = errors.New("closed")

// Options say how a model is loaded. The zero value is a good choice.
type Options struct {
	Threads int // threads that compute; 0: the cores that this process may use
	Context int // most tokens of a sequence; 0: the context in the file

	CacheTypeK KVType // type of the keys in the KV cache; 0: f16
	CacheTypeV KVType // type of the values in the KV cache; 0: f16

	// NoRepack leaves matrices in the mapped file: loading takes no time and
	// processes share the memory, but every product packs the matrices again.
	// Without it, Load repacks as many matrices as the available memory allows.
	NoRepack bool

	// Progress, if not nil, is called by Load after each matrix, with the bytes of
	// weights that are done and all of them.
	Progress func(done, total int64)

	// Device, if not nil, computes instead of the CPU, until it fails. Load reads no
	// matrices then; it returns an error, which wraps [ErrUnsupported] if the model is not
	// one for the device, and leaves it to the caller to close the device. Texts are those
	// of the CPU within the precision of the device; [Model.Device] says what else
	// differs.
	Device Device
}

// A Model is a loaded transformer. Several goroutines may call its methods; one
// Forward runs at a time.
type Model struct {
	config  Config
	context int
	weights weights
	head    head // of weights; it may be used after Close
	ropes   ropes
	layout  *cacheLayout
	pool    *simd.Pool
	skipped []string            // tensors of the file that no layer needs
	targets []target            // linears that adapters may change, by id-1
	shapes  map[string][]uint64 // of the file's tensors

	onDevice bool // it was loaded for a device

	mu     sync.Mutex // held by Forward and Close; guards the fields below
	closed bool
	pass   pass
	device deviceState
}

// Load reads the weights of f.
//
// It repacks matrices whose type has kernels, in parallel, into memory of the
// model, as far as the available memory allows. Other matrices stay views of f,
// so f must stay open until the model is closed. An error names the key or the
// tensor that is missing or does not fit, or, wrapping [ErrUnsupported], the one
// of an unsupported kind.
//
// If the file is truncated while it is in use, Load and Forward return an error
// that wraps [gguf.ErrFault].
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
		o.CacheTypeK, o.CacheTypeV = KVF32, KVF32 // one batch is the whole sequence
	}
	layout, err := newCacheLayout(&c, o.CacheTypeK, o.CacheTypeV)
	if err != nil {
		return nil, fmt.Errorf("llama: %w", err)
	}
	m := &Model{config: c, layout: layout, context: c.Context, pool: simd.NewPool(o.Threads), onDevice: o.Device != nil}
	if o.Context > 0 {
		m.context = o.Context
	}
	if fam := c.family(); fam.learnedPos && m.context > c.Context && (!fam.optionalPos || hasTensor(f, "position_embd.weight")) {
		m.pool.Close()
		return nil, fmt.Errorf("llama: %s.context_length: the model has learned positions for %d tokens, a context of %d is asked for: %w", c.Arch, c.Context, m.context, ErrUnsupported)
	}
	if err := m.load(f, o); err != nil {
		m.pool.Close()
		return nil, err
	}
	m.head = m.weights.Head
	m.targets, m.skipped, m.shapes = m.weights.targets, m.weights.skipped, shapesOf(f)
	m.ropes = newRopes(&m.config, m.weights.RopeFactors, m.weights.RopeLong)
	m.pass = newPass(m)
	return m, nil
}

// load reads the weights, or leaves that to the device.
func (m *Model) load(f *gguf.File, o Options) (err error) {
	if o.Device == nil {
		m.weights, err = loadWeights(f, m.config, m.pool, repackBudget(f, o), o.Progress)
		return err
	}
	if m.weights, err = loadWeights(f, m.config, nil, 0, nil); err != nil {
		return err
	}
	return m.loadDevice(f, o)
}

// shapesOf returns the shapes of f's tensors.
func shapesOf(f *gguf.File) map[string][]uint64 {
	shapes := make(map[string][]uint64, len(f.Tensors))
	for i := range f.Tensors {
		shapes[f.Tensors[i].Name] = f.Tensors[i].Shape
	}
	return shapes
}

// Check returns the error that [Load] would return for the keys of f and for the
// names, types and shapes of its tensors. It is cheap: it reads no data of
// tensors and does not check them.
func Check(f *gguf.File) error {
	c, err := ReadConfig(f)
	if err != nil {
		return err
	}
	_, err = loadWeights(f, c, nil, 0, nil)
	return err
}

// Config returns the hyperparameters of the model.
func (m *Model) Config() Config { return m.config }

// Context returns the most tokens of a sequence.
func (m *Model) Context() int { return m.context }

// SetContext changes the most tokens of a sequence. No Forward may be running.
func (m *Model) SetContext(n int) { m.context, m.pass.context = n, n }

// LongFrom returns the length above which sequences of a model with LongRoPE use
// other angles ([Token.Long]), 0 for other models.
func (m *Model) LongFrom() int {
	if m.weights.RopeLong == nil {
		return 0
	}
	return m.config.RopeContext
}

// Recurrent reports whether a layer has a recurrent state, so that sequences go back
// to checkpoints only.
func (m *Model) Recurrent() bool {
	return slices.ContainsFunc(m.config.Layer, func(l LayerConfig) bool { return m.config.stateLen(&l) > 0 })
}

// Bytes returns the bytes of matrices that the decoding of one token reads: all
// matrices but TokenEmbd, of which it reads one row (unless it is the output
// matrix too), and ExpertsUsed experts of each mixture. A device
// reads as many.
func (m *Model) Bytes() int64 {
	if m.onDevice {
		return m.device.bytes
	}
	n := m.weights.Output.bytes() + m.weights.PerLayer.ModelProj.bytes()
	for i := range m.weights.Blk {
		w := &m.weights.Blk[i]
		n += w.FFN.bytes() + w.Input.Gate.bytes() + w.Input.Proj.bytes()
		if w.Attn != nil {
			n += w.Attn.bytes()
		}
		if w.MLA != nil {
			n += w.MLA.bytes()
		}
		if w.Delta != nil {
			n += w.Delta.bytes()
		}
		if w.Conv != nil {
			n += w.Conv.bytes()
		}
		if w.Mamba != nil {
			n += w.Mamba.bytes()
		}
		if w.Mamba1 != nil {
			n += w.Mamba1.bytes()
		}
		if w.KDA != nil {
			n += w.KDA.bytes()
		}
		if w.RWKV != nil {
			n += w.RWKV.bytes()
		}
		if e := w.Experts; e != nil {
			n += e.GateInp.bytes() + e.Shared.bytes() + int64(m.config.ExpertsUsed)*e.Expert[0].bytes()
			if a := e.Adjugate; a != nil {
				n += int64(min(m.config.ExpertsUsed, len(a.Expert))) * a.Expert[0].bytes()
			}
		}
	}
	return n
}

// Threads returns the number of threads that compute.
func (m *Model) Threads() int { return m.pool.Threads() }

// Device reports whether the model was loaded for a device. There are no outputs of
// kind [OutEmbd] then, and no adapters, and the cache's pages have no keys and values.
func (m *Model) Device() bool { return m.onDevice }

// Close waits for a running Forward, frees the weights and ends the threads. It
// does not close the caches of m's sequences.
func (m *Model) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	m.pool.Close()
	if m.device.device != nil {
		m.device.device.Close()
	}
	m.device = deviceState{}
	m.pass, m.ropes = pass{}, ropes{}
	return m.weights.free()
}
