package llama

import (
	"context"
	"fmt"
	"slices"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/kvcache"
)

// A Device computes a model in the CPU's place, as a GPU does. It has its own copy of
// the weights, and keys and values of one sequence. See [Options.Device].
type Device interface {
	// Load takes the weights of f. An error is that of Load.
	Load(f *gguf.File, p DevicePlan) error
	// Forward computes ids, which follow the first from tokens of the sequence that the
	// device has, and sets logits[i], (Vocab,), to the logits after ids[i] unless it is
	// nil. After an error other than ctx.Err() the CPU takes over.
	Forward(ctx context.Context, ids []int32, from int, logits [][]float32) error
	// Close releases the device.
	Close()
}

// A DevicePlan is what a device must know beside the tensors.
type DevicePlan struct {
	Config     Config
	Context    int       // most tokens of a sequence
	RopeHalves bool      // RoPE rotates elements i and i + RopeDim/2, not 2i and 2i+1
	RopeFreqs  []float64 // (RopeDim/2,) radians per position
	RopeScale  float64   // factor of cosines and sines
}

// deviceState is what a model knows of its device.
type deviceState struct {
	device Device  // nil: the CPU computes
	ids    []int32 // of the sequence whose keys and values it has
	logits [][]float32
	failed bool
	bytes  int64 // see Model.Bytes

	// What the CPU needs to take over.
	file    *gguf.File
	options Options
	stale   bool                      // it has; caches may have pages that were never written
	written map[*kvcache.Seq]struct{} // these have none, nor will they
}

// loadDevice loads m on a device.
func (m *Model) loadDevice(f *gguf.File, o Options) error {
	if err := m.checkDevice(); err != nil {
		return err
	}
	factors := &loader{f: f, p: m.pool, c: m.config, fam: m.config.family(), read: map[string]bool{}}
	m.weights.RopeFactors, m.weights.RopeLong = factors.ropeFactors()
	switch {
	case factors.err != nil:
		return factors.err
	case m.weights.RopeLong != nil:
		return fmt.Errorf("llama: LongRoPE on a device: %w", ErrUnsupported)
	}
	r := newRope(&m.config, m.weights.RopeFactors)
	plan := DevicePlan{Config: m.config, Context: m.context, RopeHalves: m.config.family().rope == ropeHalves, RopeFreqs: r.freqs, RopeScale: r.scale}
	m.device = deviceState{device: o.Device, file: f, options: o}
	for i := range f.Tensors {
		if t := &f.Tensors[i]; len(t.Shape) > 1 && (t.Name != "token_embd.weight" || m.weights.Output.tensor == t.Name) {
			m.device.bytes += t.Size
		}
	}
	return o.Device.Load(f, plan)
}

// checkDevice returns an error if no device computes models like m: of the plain
// Llama family, with the same heads in every layer.
func (m *Model) checkDevice() error {
	c := &m.config
	switch c.Arch {
	case "llama", "qwen2", "qwen3":
	default:
		return fmt.Errorf("llama: architecture %s on a device: %w", c.Arch, ErrUnsupported)
	}
	scaled := c.EmbdScale != 1 || c.ResidualScale != 1 || c.LogitScale != 1 || c.AttnTemp != 0
	if scaled || c.AttnSoftcap != 0 || c.FinalSoftcap != 0 || c.Experts > 0 || c.RopeDim == 0 || c.Pooling != PoolingNone {
		return fmt.Errorf("llama: keys of %s that differ from Llama's on a device: %w", c.Arch, ErrUnsupported)
	}
	first := &c.Layer[0]
	for i := range c.Layer {
		l := &c.Layer[i]
		if l.Window > 0 || l.Rope != RopeAll || l.KeyDim != l.ValueDim || l.Heads != first.Heads || l.KVHeads != first.KVHeads || l.KeyDim != first.KeyDim {
			return fmt.Errorf("llama: layer %d, which differs from the first or from Llama's, on a device: %w", i, ErrUnsupported)
		}
	}
	return nil
}

// onDevice computes a batch on the device, one sequence after the other.
func (p *pass) onDevice(ctx context.Context, d *deviceState, tokens []Token) error {
	for i := range p.seqs {
		ids := append(p.ids[:0], p.seqs[i].seq.IDs()...)
		d.logits = slices.Grow(d.logits[:0], len(ids))[:len(ids)]
		clear(d.logits)
		for k, of := range p.seqOf {
			if of != i {
				continue
			}
			var row []float32
			if tokens[k].Out == OutLogits {
				row = p.out.Row(k)
			}
			ids, d.logits = append(ids, tokens[k].ID), append(d.logits, row)
		}
		p.ids = ids
		if err := d.forward(ctx, ids); err != nil {
			return err
		}
	}
	return nil
}

// refused returns the error about a batch that asks for what devices cannot do.
func (d *deviceState) refused(batch []Token) error {
	for i, t := range batch {
		if d.device != nil && (t.Out == OutEmbd || t.Adapters != nil || t.Embd != nil) {
			return fmt.Errorf("llama: token %d of the batch: vectors, adapters and pictures on a device: %w", i, ErrUnsupported)
		}
	}
	return nil
}

// forward makes the device's sequence ids and sets d.logits. What it has of them
// already is computed again only if its logits are wanted.
func (d *deviceState) forward(ctx context.Context, ids []int32) error {
	n := 0
	for n < len(ids) && n < len(d.ids) && ids[n] == d.ids[n] && d.logits[n] == nil {
		n++
	}
	d.ids = d.ids[:n]
	if n == len(ids) {
		return nil
	}
	if err := d.device.Forward(ctx, ids[n:], n, d.logits[n:]); err != nil {
		d.failed = ctx.Err() == nil
		return err
	}
	d.ids = append(d.ids, ids[n:]...)
	return nil
}
