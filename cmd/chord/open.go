package main

import (
	"fmt"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
)

// open opens the model that the flags name, or the one in the binary. All commands
// open models here.
func (a *app) open(m *modelFlags) (*chord.Model, error) {
	if err := a.opens(m.options); err != nil {
		return nil, err
	}
	a.warnWeights(m)
	var end func()
	m.options.OnLoad, end = a.loading(m.path)
	model, err := m.open()
	end()
	if err != nil {
		return nil, m.tooLong(err)
	}
	a.warnContext(model, m.options)
	return model, nil
}

// opens calls the hook of tests with the options of a model.
func (a *app) opens(o chord.Options) error {
	if a.opening == nil {
		return nil
	}
	return a.opening(o)
}

// warnContext warns of a context that is longer than the model was trained for, or
// longer than its caches can hold. It does not warn of a context that chord logits
// made long enough for its ids.
func (a *app) warnContext(m *chord.Model, o chord.Options) {
	switch n, trained := m.Context(), m.Info().Trained; {
	case n > trained && !a.fitsIDs:
		fmt.Fprintf(a.err, "warning: a context of %d tokens, and the model was trained for %d\n", n, trained)
	case n < trained && o.Context == 0:
		fmt.Fprintf(a.err, "a context of %d tokens of the model's %d, for which the caches have room (%s); -c asks for another\n",
			n, trained, bytesText(m.Info().CacheSize))
	}
}

// open opens the file, or the model in the binary.
func (m *modelFlags) open() (*chord.Model, error) {
	if m.path != "" {
		return chord.Open(m.path, m.options)
	}
	fsys, name, err := embedded()
	if err != nil {
		return nil, err
	}
	return chord.OpenFS(fsys, name, m.options)
}

// openFile opens the GGUF file, or the one in the binary, with keys overridden.
func (m *modelFlags) openFile() (*gguf.File, error) {
	f, err := m.plainFile()
	if err != nil {
		return nil, err
	}
	if err := override(f, m.options); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// override sets the keys of f that o overrides.
func override(f *gguf.File, o chord.Options) error {
	for _, s := range o.OverrideKV {
		kv, err := gguf.ParseKV(s)
		if err == nil {
			err = f.Override(kv)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// plainFile is openFile without overrides.
func (m *modelFlags) plainFile() (*gguf.File, error) {
	if m.path != "" {
		return gguf.Open(m.path)
	}
	fsys, name, err := embedded()
	if err != nil {
		return nil, err
	}
	return gguf.OpenFS(fsys, name)
}
