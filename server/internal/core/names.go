package core

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// Names lists the models: configured ones and the loader's that have no such name, in order
// of configuration and then of name.
func (r *Registry) Names(ctx context.Context) ([]Model, error) {
	r.mu.Lock()
	list := slices.Clone(r.configured)
	r.mu.Unlock()
	if r.loader == nil {
		return r.withCopies(list), nil
	}
	more, err := r.loader.Models(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(more, func(a, b Model) int { return strings.Compare(a.Name, b.Name) })
	for _, m := range more {
		if _, ok := named(list, m.Name); !ok {
			list = append(list, m)
		}
	}
	return r.withCopies(list), nil
}

// Lookup returns the description of the model with a name or alias, without loading it.
// ":latest" may follow, as in Ollama. The loader is asked only about models that are
// neither configured nor loaded.
func (r *Registry) Lookup(ctx context.Context, name string) (Model, error) {
	if m, ok := r.known(name); ok {
		return m, nil
	}
	if r.loader == nil {
		return Model{}, NotFound(name)
	}
	list, err := r.Names(ctx)
	if err != nil {
		return Model{}, err
	}
	if m, ok := named(list, name); ok {
		return m, nil
	}
	if f, ok := r.loader.(Finder); ok && name != "" {
		m, err := f.Find(ctx, name)
		if err == nil {
			if listed, ok := named(list, m.Name); ok { // perhaps it is configured by another name
				m = listed
			}
			return m, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return Model{}, err
		}
	}
	return Model{}, NotFound(name)
}

// known returns the configured or loaded model with a name.
func (r *Registry) known(name string) (Model, bool) {
	r.mu.Lock()
	list := slices.Clone(r.configured)
	if e := r.entries[name]; e != nil && !slices.ContainsFunc(list, func(m Model) bool { return m.Name == name }) {
		list = append(list, e.model)
	}
	r.mu.Unlock()
	return named(r.withCopies(list), name)
}

// named returns the model of a list with a name or alias.
func named(list []Model, name string) (Model, bool) {
	for _, name := range []string{name, strings.TrimSuffix(name, ":latest")} {
		for _, m := range list {
			if name != "" && (m.Name == name || slices.Contains(m.Aliases, name)) {
				return m, true
			}
		}
	}
	return Model{}, false
}

// standard returns the first model that the caller of the server has loaded, which no
// request changes, or else the loaded one that was used last.
func (r *Registry) standard() (Model, bool) {
	loaded := r.Loaded()
	if i := slices.IndexFunc(r.configured, func(m Model) bool { return m.Loaded != nil }); i >= 0 {
		return r.configured[i], true
	}
	if len(loaded) == 0 {
		return Model{}, false
	}
	return loaded[0].Model, true
}

// resolve is Lookup for a request: "" is the loaded model or the first, and so is a
// name that does not exist, if any will do.
func (r *Registry) resolve(ctx context.Context, name string) (Model, error) {
	if name != "" {
		m, err := r.Lookup(ctx, name)
		if err == nil || !r.any || Classify(err).Code != "model_not_found" {
			return m, err
		}
	}
	if m, ok := r.standard(); ok {
		return m, nil
	}
	list, err := r.Names(ctx)
	if err != nil || len(list) == 0 {
		return Model{}, cmp.Or(err, NotFound(name))
	}
	return list[0], nil
}
