package main

import (
	"fmt"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
)

// open opens the model that the flags name, or the one in the binary: the way
// from flags to a model for every command.
func (a *app) open(m *modelFlags) (*chord.Model, error) {
	if err := a.opens(m.options); err != nil {
		return nil, err
	}
	model, err := m.open()
	if err != nil {
		return nil, err
	}
	a.warnContext(model, m.options)
	return model, nil
}

// opens tells tests with which options a model is opened.
func (a *app) opens(o chord.Options) error {
	if a.opening == nil {
		return nil
	}
	return a.opening(o)
}

// warnContext says that a model is asked for more tokens than it was trained
// for, or that its caches have room for fewer. A context that chord logits chose
// itself, for the ids, is no wish.
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

// plainFile is openFile of the file as it is.
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
