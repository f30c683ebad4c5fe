package chord

import (
	"encoding/hex"
	"fmt"
	"io/fs"
	"math"
	"path"
	"path/filepath"
	"strconv"
	"sync/atomic"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

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
	if _, err := m.tokenizer(); err != nil {
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
