package hub

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Cache is a folder of models, as huggingface_hub lays it out.
type Cache struct{ Dir string }

// An Entry is a model of a cache, whole or in parts.
type Entry struct {
	Name     string    // org/name:Q4_K_M, or hf://org/name/file.gguf of a file that tells no type
	Repo     string    // org/name
	Commit   string    // of the snapshot
	Quant    string    // type of the weights by the file's name, or ""
	Path     string    // of the file, or of its first part
	Files    []string  // of all parts
	Size     int64     // bytes of them
	Modified time.Time // when it was fetched

	file string // name of the first part in the repository
	head bool   // the snapshot is that of a branch or tag
}

// cachedName returns the name of a file in the cache.
func cachedName(repo, file string) string {
	if quant := Quant(file); quant != "" {
		return repo + ":" + quant
	}
	return "hf://" + repo + "/" + file
}

// List returns the models, by name. A model whose parts are not all there is left
// out. Of a file in several snapshots it returns that of a branch, else the last.
func (c Cache) List() ([]Entry, error) {
	folders, err := os.ReadDir(c.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("hub: %w", err)
	}
	var all []Entry
	for _, d := range folders {
		if name, ok := strings.CutPrefix(d.Name(), "models--"); ok && d.IsDir() {
			r := repo{c.Dir, d.Name()}
			all = append(all, r.list(strings.ReplaceAll(name, "--", "/"))...)
		}
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// list returns the models of one repository called name.
func (r repo) list(name string) []Entry {
	heads := r.heads()
	best := map[string]Entry{} // by file
	commits, _ := os.ReadDir(filepath.Join(r.dir(), "snapshots"))
	for _, d := range commits {
		if !d.IsDir() {
			continue
		}
		for _, e := range r.snapshotList(name, d.Name()) {
			e.head = heads[e.Commit]
			old, ok := best[e.file]
			if !ok || e.head && !old.head || e.head == old.head && e.Modified.After(old.Modified) {
				best[e.file] = e
			}
		}
	}
	count := map[string]int{}
	for _, e := range best {
		count[e.Name]++
	}
	var all []Entry
	for _, e := range best {
		if count[e.Name] > 1 {
			e.Name = "hf://" + e.Repo + "/" + e.file
		}
		all = append(all, e)
	}
	return all
}

// heads returns the commits of branches and tags.
func (r repo) heads() map[string]bool {
	heads := map[string]bool{}
	refs := filepath.Join(r.dir(), "refs")
	_ = filepath.WalkDir(refs, func(p string, d fs.DirEntry, err error) error { // what cannot be read is no branch
		if err == nil && !d.IsDir() {
			if rel, err := filepath.Rel(refs, p); err == nil {
				heads[r.ref(filepath.ToSlash(rel))] = true
			}
		}
		return nil
	})
	return heads
}

// snapshotList returns the models of one commit.
func (r repo) snapshotList(name, commit string) []Entry {
	var files []File
	dir := filepath.Join(r.dir(), "snapshots", commit)
	_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error { // what cannot be read is not there
		if err != nil || d.IsDir() {
			return nil
		}
		rel, err := filepath.Rel(dir, p)
		if st, e := os.Stat(p); err == nil && e == nil && st.Mode().IsRegular() {
			files = append(files, File{Name: filepath.ToSlash(rel), Size: st.Size()})
		}
		return nil
	})
	var all []Entry
	for _, f := range files {
		if !model(f.Name) {
			continue
		}
		list, err := parts(files, f)
		if err != nil {
			continue
		}
		e := Entry{Name: cachedName(name, f.Name), Repo: name, Commit: commit, Quant: Quant(f.Name), Size: total(list), file: f.Name}
		for _, f := range list {
			e.Files = append(e.Files, r.snapshot(commit, f.Name))
		}
		e.Path = e.Files[0]
		if st, err := os.Stat(e.Path); err == nil {
			e.Modified = st.ModTime()
		}
		all = append(all, e)
	}
	return all
}

// Lookup returns the model of the cache that r names, by the same rules as
// [Client.Find].
func (c Cache) Lookup(r Ref) (Entry, bool) {
	name := r.repo()
	folder := c.repo(name)
	commit := folder.ref(cmp.Or(r.Revision, "main"))
	if commit == "" && r.kind != fromURL {
		commit = r.Revision // it may be a commit
	}
	var list []Entry
	var files []File
	add := func(all []Entry) {
		for _, e := range all {
			list = append(list, e)
			files = append(files, File{Name: e.file})
		}
	}
	if commit == "" {
		add(folder.list(name)) // of any commit
	} else {
		add(folder.snapshotList(name, commit))
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	for i := range files { // all parts are there: any one stands for them
		files[i].Name = partText.ReplaceAllString(files[i].Name, ".gguf")
	}
	want := r
	want.File = partText.ReplaceAllString(r.File, ".gguf")
	if r.kind != fromHub {
		want.Quant, want.File = "", ""
	}
	chosen, err := choose(files, want)
	if err != nil {
		return Entry{}, false
	}
	i := slices.IndexFunc(list, func(e Entry) bool { return partText.ReplaceAllString(e.file, ".gguf") == chosen[0].Name })
	return list[i], true
}

// Named returns the model of the cache that a person calls name: a name of [Cache.List]
// or what [ParseRef] reads, the part of it after the organisation, or the name of the
// file with or without its ending. Two that are so called are an error.
func (c Cache) Named(name string) (Entry, error) {
	if r, err := ParseRef(name); err == nil {
		if e, ok := c.Lookup(r); ok {
			return e, nil
		}
	}
	all, err := c.List()
	if err != nil {
		return Entry{}, err
	}
	var found []Entry
	for _, e := range all {
		if e.called(name) {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Entry{}, fmt.Errorf("hub: %q: %w in the cache %s", name, ErrNotFound, c.Dir)
	}
	var names []string
	for _, e := range found {
		names = append(names, e.Name)
	}
	return Entry{}, fmt.Errorf("hub: %q may be %s", name, strings.Join(names, " or "))
}

// called reports whether name is one of e.
func (e *Entry) called(name string) bool {
	base := e.file[strings.LastIndexByte(e.file, '/')+1:]
	short := e.Name[strings.LastIndexByte(e.Name, '/')+1:]
	repo := e.Repo[strings.LastIndexByte(e.Repo, '/')+1:]
	for _, s := range []string{e.Name, e.Repo, e.Repo + ":" + e.Quant, short, repo, base, strings.TrimSuffix(base, ".gguf")} {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}
