package core

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/querent-ai/chord/server/internal/wire"
)

// A Manager is a Loader that fetches and deletes models too; see server.Manager.
type Manager interface {
	Pull(ctx context.Context, name string, progress func(Progress) error) error
	Delete(ctx context.Context, m Model) error
}

// A Progress says how far a pull is; see server.Progress.
type Progress struct {
	Status string
	Digest string
	Done   int64
	Total  int64
}

// maxCopies bounds the names that requests add.
const maxCopies = 1000

// modelName is the form of names that requests bring: no address, no path upwards.
var modelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*([/:@][A-Za-z0-9][A-Za-z0-9._-]*)*$`)

// checkName returns an error unless a name, the field param of a request, may be a
// model's.
func checkName(param, name string) error {
	const longest = 256
	if len(name) > longest || !modelName.MatchString(name) || strings.Contains(name, "..") {
		return wire.Errorf(param, "%.100q is no name of a model", name)
	}
	return nil
}

// withCopies adds the names that requests have added to the models of a list.
func (r *Registry) withCopies(list []Model) []Model {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.copies) == 0 {
		return list
	}
	more := map[string][]string{}
	for name, source := range r.copies {
		more[source] = append(more[source], name)
	}
	for i := range list {
		m := &list[i]
		names := more[m.Name]
		slices.Sort(names)
		m.Aliases = append(slices.Clip(m.Aliases), names...)
	}
	return list
}

// Copy gives the model called source the name destination too.
func (r *Registry) Copy(ctx context.Context, source, destination string) error {
	if err := checkName("destination", destination); err != nil {
		return err
	}
	m, err := r.Lookup(ctx, source)
	if err != nil {
		return err
	}
	if taken, err := r.Lookup(ctx, destination); err == nil && taken.Name != m.Name {
		return wire.Errorf("destination", "%q is the name of another model", destination)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.copies) >= maxCopies {
		return wire.Errorf("destination", "there are %d copies, no more can be made", maxCopies)
	}
	if r.copies == nil {
		r.copies = map[string]string{}
	}
	if destination != m.Name && !slices.Contains(m.Aliases, destination) {
		r.copies[destination] = m.Name
	}
	return nil
}

// Delete takes away a name that Copy has given, or deletes a model of the loader, after
// unloading it.
func (r *Registry) Delete(ctx context.Context, name string) error {
	if r.uncopy(name) {
		return nil
	}
	m, err := r.Lookup(ctx, name)
	if err != nil {
		return err
	}
	manager, ok := r.loader.(Manager)
	if !ok || r.isConfigured(m.Name) {
		return &Error{Status: http.StatusForbidden, Type: TypePermission, Code: "not_deletable", Param: "model",
			Message: fmt.Sprintf("the model %q belongs to the server's configuration", m.Name)}
	}
	if _, err := r.Unload(ctx, m.Name); err != nil {
		return err
	}
	return manager.Delete(ctx, m)
}

// uncopy takes away a name that Copy has given and reports whether it was one.
func (r *Registry) uncopy(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range []string{name, strings.TrimSuffix(name, ":latest")} {
		if _, ok := r.copies[name]; ok {
			delete(r.copies, name)
			return true
		}
	}
	return false
}

// isConfigured reports whether a model is one of the configuration.
func (r *Registry) isConfigured(name string) bool {
	return slices.ContainsFunc(r.configured, func(m Model) bool { return m.Name == name })
}

// Pull fetches a model, if the loader can.
func (r *Registry) Pull(ctx context.Context, name string, progress func(Progress) error) error {
	if err := checkName("model", name); err != nil {
		return err
	}
	manager, ok := r.loader.(Manager)
	if !ok {
		return &Error{Status: http.StatusBadRequest, Type: TypeInvalid, Code: "unsupported", Param: "model", Message: "this server fetches no models"}
	}
	return pullError(ctx, name, manager.Pull(ctx, name, progress))
}

// pullError is the error of a pull: that of a model that does not exist anywhere, or of
// one that cannot be fetched now.
func pullError(ctx context.Context, name string, err error) error {
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.Is(err, fs.ErrNotExist):
		return NotFound(name)
	}
	return &Error{Status: http.StatusServiceUnavailable, Type: TypeUnavailable, Code: "pull_failed", Param: "model",
		Message: fmt.Sprintf("the model %q cannot be fetched: %v", name, err), Err: err}
}
