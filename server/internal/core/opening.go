package core

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/querent-ai/chord"
)

// openWithin makes room in the memory budget and opens the model of e with what belongs
// to it.
func (r *Registry) openWithin(e *entry) (m *chord.Model, more belongings, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = loadError(e.model.Name, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	need, err := e.model.need()
	if err == nil {
		err = r.makeRoom(e, need)
	} else {
		err = loadError(e.model.Name, err)
	}
	if err != nil {
		return nil, more, err
	}
	m, more, err = r.open(e.model)
	return m, more, loadError(e.model.Name, err)
}

// draftOptions are the options of the draft model.
func (m *Model) draftOptions() chord.Options {
	o := m.Options
	return chord.Options{Threads: o.Threads, NoRepack: o.NoRepack, NoPrefixCache: o.NoPrefixCache}
}

// need returns the bytes that a model takes with what belongs to it.
func (m *Model) need() (bytes int64, err error) {
	bytes = m.Size
	if m.Path != "" {
		fit, err := chord.Fits(m.Path, m.Options)
		if err != nil {
			return 0, err
		}
		bytes = fit.Weights + fit.Cache
	}
	if m.Draft != "" {
		fit, err := chord.Fits(m.Draft, m.draftOptions())
		if err != nil {
			return 0, fmt.Errorf("the draft model: %w", err)
		}
		bytes += fit.Weights + fit.Cache
	}
	for _, f := range m.AdapterFiles {
		info, err := os.Stat(f.Path)
		if err != nil {
			return 0, fmt.Errorf("an adapter: %w", err)
		}
		bytes += info.Size()
	}
	return bytes, nil
}

// belongings are what is opened with a model, and closed with it.
type belongings struct {
	draft    *chord.Model
	adapters []chord.AdapterScale
	bytes    int64 // of the adapters
}

// open opens a model with what belongs to it.
func (r *Registry) open(of Model) (m *chord.Model, more belongings, err error) {
	defer func() {
		if err != nil {
			_ = more.close(m) // err is the error
			m, more = nil, belongings{}
		}
	}()
	if of.Draft != "" {
		if more.draft, err = chord.Open(of.Draft, of.draftOptions()); err != nil {
			return m, more, fmt.Errorf("the draft model: %w", err)
		}
		of.Options.Draft = more.draft
	}
	if r.loader != nil && of.Path == "" {
		m, err = r.loader.Load(context.Background(), of)
	} else {
		m, err = chord.Open(of.Path, of.Options)
	}
	for _, f := range of.AdapterFiles {
		if err != nil {
			break
		}
		var a *chord.Adapter
		if a, err = m.LoadAdapter(f.Path); err != nil {
			return m, more, fmt.Errorf("an adapter: %w", err)
		}
		more.adapters = append(more.adapters, chord.AdapterScale{Adapter: a, Scale: f.Scale})
		if info, err := os.Stat(f.Path); err == nil {
			more.bytes += info.Size()
		}
	}
	return m, more, err
}

// size returns the bytes that they may take.
func (b *belongings) size() int64 {
	if b.draft == nil {
		return b.bytes
	}
	return b.bytes + sizeOf(b.draft)
}

// close closes m, if it is open, and what belongs to it.
func (b *belongings) close(m *chord.Model) (err error) {
	for _, a := range b.adapters {
		err = errors.Join(err, a.Adapter.Close())
	}
	if m != nil {
		err = errors.Join(err, m.Close())
	}
	if b.draft != nil {
		err = errors.Join(err, b.draft.Close())
	}
	return err
}
