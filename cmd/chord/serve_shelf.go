package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/hub"
	"github.com/querent-ai/chord/server"
)

// A shelf has the models of the cache for a server, and fetches more.
type shelf struct {
	client  *hub.Client
	options chord.Options
}

// newShelf returns the shelf of the cache that the environment names.
func newShelf(o chord.Options) (*shelf, error) {
	c, err := hub.FromEnvironment()
	if err != nil {
		return nil, err
	}
	c.Public = c.Endpoint == "" || c.Endpoint == hub.DefaultEndpoint // one of the operator's own may be anywhere
	return &shelf{client: c, options: o}, nil
}

// Models lists the models.
func (s *shelf) Models(context.Context) ([]server.Model, error) {
	all, err := s.client.Cache.List()
	list := make([]server.Model, len(all))
	for i, e := range all {
		list[i] = s.model(e)
	}
	return list, err
}

// model describes a model of the cache.
func (s *shelf) model(e hub.Entry) server.Model {
	m := server.Model{Name: e.Name, Path: e.Path, Options: s.options, Size: e.Size, Modified: e.Modified}
	if blob, err := filepath.EvalSymlinks(e.Path); err == nil {
		if b, err := hex.DecodeString(filepath.Base(blob)); err == nil && len(b) == 32 {
			m.Digest = filepath.Base(blob)
		}
	}
	return m
}

// Find returns the model that a client calls name.
func (s *shelf) Find(_ context.Context, name string) (server.Model, error) {
	e, err := s.client.Cache.Named(name)
	if errors.Is(err, hub.ErrNotFound) {
		err = fs.ErrNotExist
	}
	return s.model(e), err
}

// Load opens a model.
func (s *shelf) Load(_ context.Context, m server.Model) (*chord.Model, error) {
	return chord.Open(m.Path, m.Options)
}

// A manager is a shelf that requests may change.
type manager struct{ *shelf }

// Pull fetches a model.
func (m manager) Pull(ctx context.Context, name string, progress func(server.Progress) error) error {
	r, err := hub.ParseRef(name)
	if err != nil {
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	if err := progress(server.Progress{Status: "pulling manifest"}); err != nil {
		return err
	}
	found, err := m.client.Find(ctx, r)
	if errors.Is(err, hub.ErrNotFound) {
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p := server.Progress{Status: "pulling " + found.Files[0].Name, Total: found.Size()}
	if d := found.Files[0].Digest; len(d) == 64 {
		p.Status, p.Digest = "pulling "+d[:12], "sha256:"+d
	}
	told := int64(-1)
	_, err = m.client.Pull(ctx, found, func(done int64) {
		if step := max(p.Total/pullLines, 1); done/step == told/step && done < p.Total {
			return
		}
		p.Done, told = done, done
		if err := progress(p); err != nil {
			cancel(err)
		}
	})
	if err != nil {
		return err
	}
	for _, status := range []string{"verifying sha256 digest", "writing manifest"} { // as it was while files came
		if err := progress(server.Progress{Status: status}); err != nil {
			return err
		}
	}
	return nil
}

// pullLines is about how often progress of a pull is told.
const pullLines = 400

// Delete removes a model from the cache.
func (m manager) Delete(_ context.Context, model server.Model) error {
	e, err := m.client.Cache.Named(model.Name)
	if err == nil {
		_, err = m.client.Cache.Remove(e)
	}
	return err
}

// cachedNames returns the names in the cache of the model at path.
func (s *shelf) cachedNames(path string) (names []string) {
	all, err := s.client.Cache.List()
	if err != nil || path == "" {
		return nil
	}
	for _, e := range all {
		if e.Path == path {
			names = append(names, e.Name)
		}
	}
	return names
}
