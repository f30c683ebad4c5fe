//go:build js && wasm

package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"syscall/js"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

// A device is one of JavaScript that computes a model. Its functions are
//
//	begin(plan)                promise; plan is JSON
//	write(tensor, at, bytes)   the tensor's bytes from at on; at is a multiple of 4
//	ready()                    promise
//	forward(ids, from, first)  promise of a Float32Array, the logits from ids[first] on
//	close()
//
// and maxTokens is how many ids forward takes.
type device struct {
	js.Value
	onLoad func(done, total int64)
	buffer js.Value // of chunk bytes
}

// A plan is what begin gets.
type plan struct {
	Dim        int          `json:"dim"`
	Layers     int          `json:"layers"`
	Heads      int          `json:"heads"`
	KVHeads    int          `json:"kvHeads"`
	HeadDim    int          `json:"headDim"`
	Hidden     []int        `json:"hidden"` // by layer
	Vocab      int          `json:"vocab"`
	Context    int          `json:"context"`
	Eps        float32      `json:"eps"`
	AttnScale  float32      `json:"attnScale"`
	RopePairs  int          `json:"ropePairs"`
	RopeHalves bool         `json:"ropeHalves"`
	RopeFreqs  []float64    `json:"ropeFreqs"`
	RopeScale  float64      `json:"ropeScale"`
	Tensors    []planTensor `json:"tensors"`
}

// A planTensor is a tensor of a plan.
type planTensor struct {
	Name  string   `json:"name"`
	Type  string   `json:"type"`
	Shape []uint64 `json:"shape"`
}

// newPlan is the plan for a model. The divisors of RoPE's frequencies are in the
// frequencies.
func newPlan(f *gguf.File, p llama.DevicePlan) plan {
	c, l := &p.Config, &p.Config.Layer[0]
	of := plan{
		Dim: c.Dim, Layers: len(c.Layer), Heads: l.Heads, KVHeads: l.KVHeads, HeadDim: l.KeyDim, Vocab: c.Vocab, Context: p.Context,
		Eps: c.NormEps, AttnScale: l.AttnScale, RopePairs: len(p.RopeFreqs), RopeHalves: p.RopeHalves, RopeFreqs: p.RopeFreqs, RopeScale: p.RopeScale,
	}
	for i := range c.Layer {
		of.Hidden = append(of.Hidden, c.Layer[i].HiddenDim)
	}
	for _, t := range f.Tensors {
		if t.Name != ropeFactors {
			of.Tensors = append(of.Tensors, planTensor{t.Name, t.Type.String(), t.Shape})
		}
	}
	return of
}

const ropeFactors = "rope_freqs.weight"

// Load implements llama.Device.
func (d *device) Load(f *gguf.File, p llama.DevicePlan) error {
	text, err := encode(newPlan(f, p))
	if err != nil {
		return err
	}
	if _, err := d.call("begin", text); err != nil {
		return err
	}
	d.buffer = js.Global().Get("Uint8Array").New(chunk)
	done, total := int64(0), int64(0)
	for i := range f.Tensors {
		total += f.Tensors[i].Size
	}
	for i := range f.Tensors {
		if t := &f.Tensors[i]; t.Name != ropeFactors {
			if err := d.write(f, t); err != nil {
				return fmt.Errorf("tensor %q: %w", t.Name, err)
			}
		}
		if done += f.Tensors[i].Size; d.onLoad != nil {
			d.onLoad(done, total)
		}
	}
	_, err = d.call("ready")
	return err
}

// write writes a tensor to the device.
func (d *device) write(f *gguf.File, t *gguf.Tensor) error {
	r := f.Reader(t)
	data := make([]byte, min(chunk, r.Size()))
	for at := int64(0); at < r.Size(); at += chunk {
		b := data[:min(chunk, r.Size()-at)]
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		js.CopyBytesToJS(d.buffer, b)
		err := try(func() error {
			d.Call("write", t.Name, float64(at), d.buffer.Call("subarray", 0, len(b)))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Forward implements llama.Device.
func (d *device) Forward(ctx context.Context, ids []int32, from int, logits [][]float32) error {
	most := d.Get("maxTokens").Int()
	for lo := 0; lo < len(ids); lo += most {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi := min(lo+most, len(ids))
		if err := d.step(ids[lo:hi], from+lo, logits[lo:hi]); err != nil {
			return err
		}
	}
	return nil
}

// step is Forward of at most maxTokens tokens.
func (d *device) step(ids []int32, from int, logits [][]float32) error {
	some := js.Global().Get("Int32Array").New(len(ids))
	first := len(ids)
	for i, id := range ids {
		some.SetIndex(i, id)
		if logits[i] != nil && first == len(ids) {
			first = i
		}
	}
	all, err := d.call("forward", some, from, first)
	if err != nil {
		return err
	}
	if first == len(ids) {
		return nil
	}
	n := all.Length() / (len(ids) - first)
	data := make([]byte, 4*n)
	bytes := js.Global().Get("Uint8Array").New(all.Get("buffer"))
	for i, row := range logits {
		if row == nil || i < first {
			continue
		}
		if len(row) != n {
			return fmt.Errorf("%d logits, want %d", n, len(row))
		}
		at := 4 * n * (i - first)
		js.CopyBytesToGo(data, bytes.Call("subarray", at, at+len(data)))
		for k := range row {
			row[k] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*k:]))
		}
	}
	return nil
}

// Close implements llama.Device.
func (d *device) Close() { _ = try(func() error { d.Call("close"); return nil }) }

// call calls a function and waits for its promise.
func (d *device) call(name string, args ...any) (v js.Value, err error) {
	done := make(chan struct{})
	kept := js.FuncOf(func(_ js.Value, args []js.Value) any { v = arg(args, 0); close(done); return nil })
	failed := js.FuncOf(func(_ js.Value, args []js.Value) any { err = thrown(arg(args, 0)); close(done); return nil })
	defer kept.Release()
	defer failed.Release()
	if err := try(func() error { d.Call(name, args...).Call("then", kept, failed); return nil }); err != nil {
		return v, err
	}
	<-done
	return v, err
}

// thrown is what a promise of JavaScript was rejected with.
func thrown(v js.Value) error {
	if v.Type() != js.TypeObject {
		return errors.New(v.String())
	}
	err := errors.New(v.Get("message").String())
	if v.Get("code").Equal(js.ValueOf("unsupported")) {
		return fmt.Errorf("%w: %w", err, llama.ErrUnsupported)
	}
	return err
}
