package hub

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Remove removes a model and the blobs that no other snapshot has, and returns how many
// bytes that gives back. A repository without models goes as a whole.
func (c Cache) Remove(e Entry) (freed int64, err error) {
	r := c.repo(e.Repo)
	used := r.used(e)
	for _, name := range e.Files {
		n, err := r.remove(name, used)
		if err != nil {
			return freed, fmt.Errorf("hub: %w", err)
		}
		freed += n
	}
	return freed, r.tidy()
}

// remove removes a file of a snapshot, and the blob that it is a link to if that is
// not among used. A link out of the repository goes alone.
func (r repo) remove(name string, used map[string]int) (freed int64, err error) {
	st, err := os.Lstat(name)
	if err != nil {
		return 0, err
	}
	target, targetErr := filepath.EvalSymlinks(name)
	if err := os.Remove(name); err != nil {
		return 0, err
	}
	if st.Mode().IsRegular() {
		return st.Size(), nil
	}
	blobs, err := filepath.EvalSymlinks(r.blobs())
	if err != nil || targetErr != nil || filepath.Dir(target) != blobs || used[target] > 0 {
		return 0, nil
	}
	if st, err = os.Stat(target); err != nil {
		return 0, err
	}
	return st.Size(), os.Remove(target)
}

// used counts the links to each blob, without those of e.
func (r repo) used(e Entry) map[string]int {
	used := map[string]int{}
	_ = filepath.WalkDir(filepath.Join(r.dir(), "snapshots"), func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || slices.Contains(e.Files, p) {
			return nil // a folder that cannot be read is reported when a file in it is removed
		}
		if target, err := filepath.EvalSymlinks(p); err == nil {
			used[target]++
		}
		return nil
	})
	return used
}

// tidy removes empty folders of snapshots, and the whole repository if none has a
// file.
func (r repo) tidy() error {
	var folders []string
	files := 0
	err := filepath.WalkDir(filepath.Join(r.dir(), "snapshots"), func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			folders = append(folders, p)
		} else {
			files++
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	if files > 0 {
		for _, dir := range slices.Backward(folders) {
			_ = os.Remove(dir) // one that is not empty stays
		}
		return nil
	}
	if err := os.RemoveAll(r.dir()); err != nil { // its locks stay: others may wait for them
		return fmt.Errorf("hub: %w", err)
	}
	return nil
}
