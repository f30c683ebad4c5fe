package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/querent-ai/chord"
)

// DefaultKeepAlive is how long an idle model stays loaded.
const DefaultKeepAlive = 5 * time.Minute

// A Registry has the models of a server: those that are loaded and those that can be.
type Registry struct {
	loader    Loader
	memory    int64 // budget in bytes, 0: none
	keepAlive time.Duration
	any       bool
	log       *slog.Logger

	mu         sync.Mutex
	configured []Model // in order; the first is the default
	entries    map[string]*entry
	copies     map[string]string // more names of models, by requests
	changed    chan struct{}     // closed and made anew when memory may have become free
	closed     bool
	unloaded   func(name string) // for tests, nil: none
}

// An entry is a model that is loaded, or being loaded.
type entry struct {
	model   Model
	ready   chan struct{} // closed when open or err is set
	open    *chord.Model
	more    belongings
	err     error
	size    int64
	since   time.Time
	used    time.Time
	expires time.Time // zero: never, or in use
	keep    time.Duration
	users   int
	timer   *time.Timer
	pinned  bool // the caller of the server owns it

	adapters []chord.AdapterScale
}

// NewRegistry returns a registry.
func NewRegistry(configured []Model, loader Loader, memory int64, keepAlive time.Duration, anyModel bool, log *slog.Logger) (*Registry, error) {
	r := &Registry{loader: loader, memory: memory, keepAlive: cmp.Or(keepAlive, DefaultKeepAlive), any: anyModel, log: log,
		configured: configured, entries: map[string]*entry{}, changed: make(chan struct{})}
	seen := map[string]bool{}
	for i := range configured {
		m := &configured[i]
		if m.Name == "" {
			return nil, fmt.Errorf("server: model %d has no name", i)
		}
		for _, name := range append([]string{m.Name}, m.Aliases...) {
			if seen[name] {
				return nil, fmt.Errorf("server: two models are called %q", name)
			}
			seen[name] = true
		}
		if m.Loaded == nil {
			if m.Path == "" && loader == nil {
				return nil, fmt.Errorf("server: model %q is neither loaded nor has a path", m.Name)
			}
			continue
		}
		e := &entry{model: *m, ready: make(chan struct{}), open: m.Loaded, since: time.Now(), used: time.Now(), pinned: true, adapters: m.Adapters}
		e.size = sizeOf(m.Loaded)
		close(e.ready)
		r.entries[m.Name] = e
	}
	return r, nil
}

// sizeOf returns the bytes that an open model may take.
func sizeOf(m *chord.Model) int64 { i := m.Info(); return i.WeightSize + i.CacheSize }

// A Lease is the use of a loaded model.
type Lease struct {
	*chord.Model
	Name  string // as in the list of models
	Entry Model
	r     *Registry
	e     *entry
	once  sync.Once
}

// Release ends the use.
func (l *Lease) Release() { l.once.Do(func() { l.r.release(l.e) }) }

// Acquire returns the model called name, loading it if needed; "" is the loaded one.
// keep, if not nil, says how long it stays loaded afterwards: 0 unloads it at once, a
// negative time keeps it.
func (r *Registry) Acquire(ctx context.Context, name string, keep *time.Duration) (*Lease, error) {
	m, err := r.resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	for {
		e, load, err := r.use(m, keep)
		if err != nil {
			return nil, err
		}
		if load {
			go r.load(e)
		}
		select {
		case <-e.ready:
		case <-ctx.Done():
			r.release(e)
			return nil, ctx.Err()
		}
		if e.err == nil {
			return &Lease{Model: e.open, Name: m.Name, Entry: m, r: r, e: e}, nil
		}
		r.release(e)
		if load || !errors.Is(e.err, context.Canceled) {
			return nil, e.err
		}
	}
}

// use counts a user of the entry of m, which it makes if there is none: then it is to
// be loaded.
func (r *Registry) use(m Model, keep *time.Duration) (e *entry, load bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, false, fmt.Errorf("server: %w", chord.ErrClosed)
	}
	e = r.entries[m.Name]
	if e == nil {
		load = true
		e = &entry{model: m, ready: make(chan struct{}), keep: r.keepAlive, since: time.Now()}
		r.entries[m.Name] = e
	}
	if keep != nil {
		e.keep = *keep
	} else if e.keep == 0 {
		e.keep = r.keepAlive
	}
	e.users++
	e.used, e.expires = time.Now(), time.Time{}
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
	return e, load, nil
}

// release ends a use, and unloads the model now or later.
func (r *Registry) release(e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.users--
	e.used = time.Now()
	r.settle(e)
}

// settle decides when an entry that nobody uses is unloaded.
func (r *Registry) settle(e *entry) {
	if e.users > 0 || r.entries[e.model.Name] != e {
		return
	}
	r.signal()
	switch {
	case e.err != nil || r.closed && !e.pinned:
		r.drop(e)
	case e.pinned || e.keep < 0:
	case e.keep == 0:
		r.drop(e)
	default:
		e.expires = time.Now().Add(e.keep)
		e.timer = time.AfterFunc(e.keep, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			if e.users == 0 && e.timer != nil && r.entries[e.model.Name] == e {
				r.drop(e)
			}
		})
	}
}

// drop closes a model that nobody uses.
func (r *Registry) drop(e *entry) {
	delete(r.entries, e.model.Name)
	if e.timer != nil {
		e.timer.Stop()
	}
	if e.open != nil && !e.pinned {
		if err := e.more.close(e.open); err != nil {
			r.log.Error("closing a model", "model", e.model.Name, "error", err)
		}
		r.log.Info("model unloaded", "model", e.model.Name)
	}
	r.signal()
	if r.unloaded != nil {
		r.unloaded(e.model.Name)
	}
}

// signal wakes those who wait for memory.
func (r *Registry) signal() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// load opens the model of e.
func (r *Registry) load(e *entry) {
	start := time.Now()
	open, more, err := r.openWithin(e)
	r.mu.Lock()
	defer r.mu.Unlock()
	e.open, e.more, e.err = open, more, err
	if err == nil {
		e.adapters = more.adapters
		e.size = sizeOf(open) + more.size()
		r.log.Info("model loaded", "model", e.model.Name, "time", time.Since(start))
	} else {
		r.log.Error("loading a model", "model", e.model.Name, "error", err)
		delete(r.entries, e.model.Name)
	}
	close(e.ready)
	r.settle(e)
}

// loadError is the error of a model that could not be loaded: the server's fault, not
// the client's.
func loadError(name string, err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &Error{Status: http.StatusServiceUnavailable, Type: TypeUnavailable, Code: "model_unavailable",
		Param: "model", Message: fmt.Sprintf("the model %q cannot be loaded", name), Err: err}
}

// makeRoom unloads idle models, the longest unused first, until need bytes fit in the
// budget. It waits for models in use.
func (r *Registry) makeRoom(e *entry, need int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.memory > 0 && need > r.memory {
		return &Error{Status: http.StatusServiceUnavailable, Type: TypeUnavailable, Code: "insufficient_memory", Param: "model",
			Message: fmt.Sprintf("the model %q needs %d bytes, the server has %d for all models", e.model.Name, need, r.memory)}
	}
	e.size = need
	for r.memory > 0 && r.taken() > r.memory {
		if idle := r.oldestIdle(); idle != nil {
			r.drop(idle)
			continue
		}
		if e.users == 0 || r.closed {
			return context.Canceled
		}
		changed := r.changed
		r.mu.Unlock()
		<-changed
		r.mu.Lock()
	}
	return nil
}

// taken returns the bytes of all entries.
func (r *Registry) taken() (sum int64) {
	for _, e := range r.entries {
		sum += e.size
	}
	return sum
}

// oldestIdle returns the idle entry that has been unused for the longest, nil if there
// is none.
func (r *Registry) oldestIdle() (oldest *entry) {
	for _, e := range r.entries {
		if e.users == 0 && !e.pinned && e.open != nil && (oldest == nil || e.used.Before(oldest.used)) {
			oldest = e
		}
	}
	return oldest
}

// Unload unloads a model as soon as nobody uses it, and reports whether it was loaded.
func (r *Registry) Unload(ctx context.Context, name string) (bool, error) {
	m, err := r.resolve(ctx, name)
	if err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.entries[m.Name]
	if e == nil || e.pinned {
		return false, nil
	}
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
	e.keep = 0
	r.settle(e)
	return true, nil
}

// Close unloads all models as soon as nobody uses them.
func (r *Registry) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for _, e := range r.entries {
		r.settle(e)
	}
}

// A Status says how a loaded model is used, for ps.
type Status struct {
	Model   Model
	Open    *chord.Model // it may be closed at any time after
	Size    int64        // bytes with full caches
	Since   time.Time
	Used    time.Time
	Expires time.Time // zero: never, or in use
	Users   int

	Adapters []chord.AdapterScale
}

// Now returns the bytes that a model takes now: its caches grow with the texts.
func (s *Status) Now() int64 {
	m := s.Open.Metrics()
	return max(0, s.Size-m.CacheLimit) + m.CacheUsed + m.CacheKept + m.CacheFree
}

// Loaded lists the loaded models, the last used first.
func (r *Registry) Loaded() []Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []Status
	for _, e := range r.entries {
		if e.open != nil {
			list = append(list, Status{e.model, e.open, e.size, e.since, e.used, e.expires, e.users, e.adapters})
		}
	}
	slices.SortFunc(list, func(a, b Status) int {
		return cmp.Or(b.Used.Compare(a.Used), strings.Compare(a.Model.Name, b.Model.Name))
	})
	return list
}
