package llama_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/tales"
)

// A cpuDevice is a device that computes what the CPU does.
type cpuDevice struct {
	m      *model
	seq    *kvcache.Seq
	rows   int   // computed
	err    error // of Forward
	closed bool
}

func (d *cpuDevice) Load(f *gguf.File, p llama.DevicePlan) (err error) {
	d.m, err = loadModel(f, llama.Options{Threads: 1, Context: p.Context})
	if err == nil {
		d.seq = d.m.NewSeq()
	}
	return err
}

func (d *cpuDevice) Forward(ctx context.Context, ids []int32, from int, logits [][]float32) error {
	if d.err != nil {
		return d.err
	}
	if from > d.seq.Len() || len(ids) == 0 || len(ids) != len(logits) {
		return errors.New("a wrong call")
	}
	d.rows += len(ids)
	d.seq.Rewind(from)
	var batch []llama.Token
	for i, id := range ids {
		batch = append(batch, llama.Token{Seq: d.seq, ID: id, Out: wants(logits[i] != nil)})
	}
	if err := d.m.Forward(ctx, batch); err != nil {
		return err
	}
	for i, row := range logits {
		if row != nil {
			copy(row, d.m.Logits(i))
		}
	}
	return nil
}

func (d *cpuDevice) Close() {
	if !d.closed {
		d.closed = true
		_ = d.m.Close()
	}
}

// A script is what a test does with a model: it returns all logits.
func script(t *testing.T, m *model, between func()) (all [][]float32) {
	t.Helper()
	ids := talesPrompt()
	run := func(batch ...llama.Token) {
		t.Helper()
		if err := m.Forward(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		for i := range batch {
			if batch[i].Out == llama.OutLogits {
				all = append(all, slices.Clone(m.Logits(i)))
			}
		}
	}
	prompt := func(s *kvcache.Seq, ids []int32) (batch []llama.Token) {
		for i, id := range ids {
			batch = append(batch, llama.Token{Seq: s, ID: id, Out: wants(i == len(ids)-1)})
		}
		return batch
	}
	a, b := m.NewSeq(), m.NewSeq()
	run(prompt(a, ids[:300])...) // more than a page
	run(prompt(a, ids[300:302])...)
	run(append(prompt(a, ids[302:305]), prompt(b, ids[400:420])...)...)
	a.Rewind(290)
	run(prompt(a, ids[10:20])...)
	fork := b.Fork()
	between()
	run(append(prompt(fork, ids[:2]), prompt(a, ids[3:4])...)...)
	run(prompt(b, ids[7:9])...)
	c := m.NewSeq()
	run(prompt(c, ids[c.Resume(ids[:301]):301])...)
	run(prompt(fork, ids[3:5])...)
	return all
}

// A model on a device gives the logits of the device, whatever becomes of sequences, and
// the CPU's once the device has failed.
func TestDevice(t *testing.T) {
	cpu := openTales(t, llama.Options{Threads: 1})
	want := script(t, cpu, func() {})
	for _, fails := range []bool{false, true} {
		d := new(cpuDevice)
		m := openTales(t, llama.Options{Threads: 1, Device: d})
		t.Cleanup(d.Close)
		got := script(t, m, func() {
			if fails {
				d.err = errors.New("lost")
			}
		})
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("fails %v: logits %d differ", fails, i)
			}
		}
		if d.closed != fails || !m.Device() || m.Bytes() != cpu.Bytes() {
			t.Errorf("fails %v: closed %v, Device %v, %d bytes, want %d", fails, d.closed, m.Device(), m.Bytes(), cpu.Bytes())
		}
		if !fails && d.rows > 1300 { // what the device has is not computed again
			t.Errorf("%d rows were computed", d.rows)
		}
	}
}

// What a device cannot do is an error, and nobody's failure; so is a call that is ended.
func TestDeviceRefuses(t *testing.T) {
	d := new(cpuDevice)
	m := openTales(t, llama.Options{Threads: 1, Device: d})
	s := m.NewSeq()
	err := m.Forward(t.Context(), []llama.Token{{Seq: s, ID: 1, Out: llama.OutEmbd}})
	if !errors.Is(err, llama.ErrUnsupported) || s.Len() != 0 || d.closed {
		t.Errorf("got %v, %d tokens", err, s.Len())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Forward(ctx, []llama.Token{{Seq: s, ID: 1, Out: llama.OutLogits}}); !errors.Is(err, context.Canceled) || d.closed {
		t.Errorf("got %v, closed %v", err, d.closed)
	}
}

// Models of other families are not for devices.
func TestDeviceFamilies(t *testing.T) {
	for key, value := range map[string]any{
		"llama.rope.dimension_count": uint32(0), "general.architecture": "mistral3",
	} {
		f, err := gguf.OpenFS(tales.FS, tales.Name)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Override(gguf.KV{Key: key, Value: value}); err != nil {
			t.Fatal(err)
		}
		d := new(cpuDevice)
		_, err = llama.Load(f, llama.Options{Threads: 1, Device: d})
		if err == nil || d.m != nil {
			t.Errorf("%s: error %v", key, err)
		}
	}
}
