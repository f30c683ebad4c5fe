package server_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
)

// A store is a Manager of models that are in a folder.
type store struct {
	paths   map[string]string // by name
	deleted []string
	err     error // of pulls
}

func (s *store) Models(context.Context) (list []server.Model, err error) {
	for name := range s.paths {
		list = append(list, server.Model{Name: name})
	}
	return list, nil
}

func (s *store) Load(_ context.Context, m server.Model) (*chord.Model, error) {
	return chord.Open(s.paths[m.Name], small)
}

func (s *store) Pull(_ context.Context, name string, progress func(server.Progress) error) error {
	if s.err != nil {
		return s.err
	}
	for _, p := range []server.Progress{{Status: "pulling manifest"}, {Status: "pulling abc", Digest: "abc", Total: 10}, {Status: "pulling abc", Digest: "abc", Total: 10, Done: 10}} {
		if err := progress(p); err != nil {
			return err
		}
	}
	s.paths[name] = s.paths["late"]
	return nil
}

func (s *store) Delete(_ context.Context, m server.Model) error {
	delete(s.paths, m.Name)
	s.deleted = append(s.deleted, m.Name)
	return nil
}

// TestPull fetches and deletes models.
func TestPull(t *testing.T) {
	s := &store{paths: map[string]string{"late": modelFile(t, "late", "Yes, it is.")}}
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "Yes, it is.")}, Loader: s})
	const want = `{"status":"pulling manifest"}
{"status":"pulling abc","digest":"abc","total":10}
{"status":"pulling abc","digest":"abc","total":10,"completed":10}
{"status":"success"}
`
	if a := post(t, url+"/api/pull", `{"model":"org/new:Q4_0"}`); a.body != want {
		t.Errorf("got %s", a.body)
	}
	if a := post(t, url+"/api/pull", `{"name":"org/new:Q4_0","stream":false}`); a.body != `{"status":"success"}` {
		t.Errorf("got %s", a.body)
	}
	if got := said(t, url, "org/new:Q4_0"); got != "Yes, it is." {
		t.Errorf("the new model says %q", got)
	}
	if a := do(t, "DELETE", url+"/api/delete", `{"model":"org/new:Q4_0"}`); a.status != 200 || strings.Join(s.deleted, " ") != "org/new:Q4_0" || strings.Join(loaded(t, url), " ") != "m" {
		t.Errorf("%d %s, deleted %q, loaded %q", a.status, a.body, s.deleted, loaded(t, url))
	}
	wantText(t, do(t, "DELETE", url+"/api/delete", `{"model":"m"}`), 403, "configuration")
	s.err = fs.ErrNotExist
	wantText(t, do(t, "POST", url+"/api/pull", `{"model":"org/none"}`), 404, "org/none")
	s.err = errors.New("the network is down")
	a := do(t, "POST", url+"/api/pull", `{"model":"org/none"}`)
	if wantText(t, a, 503, "the network is down"); a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}
