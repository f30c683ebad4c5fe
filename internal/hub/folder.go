package hub

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// A repo is the folder of one repository in the cache, as huggingface_hub lays it out:
//
//	models--org--name/blobs/<hash>                    contents, and <hash>.incomplete
//	models--org--name/refs/main                       the commit of a branch
//	models--org--name/snapshots/<commit>/<name>.gguf  a link to a blob
//	.locks/models--org--name/<hash>.lock
type repo struct{ cache, name string }

// repo returns the folder of the repository called name.
func (c Cache) repo(name string) repo {
	return repo{c.Dir, "models--" + strings.ReplaceAll(name, "/", "--")}
}

// dir returns the path of the folder.
func (r repo) dir() string { return filepath.Join(r.cache, r.name) }

// blobs returns the folder of contents.
func (r repo) blobs() string { return filepath.Join(r.dir(), "blobs") }

// blob returns the path of a content.
func (r repo) blob(name string) string { return filepath.Join(r.blobs(), name) }

// snapshot returns the path of a file of a commit.
func (r repo) snapshot(commit, name string) string {
	return filepath.Join(r.dir(), "snapshots", commit, filepath.FromSlash(name))
}

// lock returns the path of the lock of a content.
func (r repo) lock(name string) string {
	return filepath.Join(r.cache, ".locks", r.name, name+".lock")
}

// ref returns the commit of a branch or tag, "" if it is not there.
func (r repo) ref(revision string) string {
	b, err := os.ReadFile(filepath.Join(r.dir(), "refs", filepath.FromSlash(revision)))
	commit := strings.TrimSpace(string(b))
	if err != nil || !commitText.MatchString(commit) {
		return ""
	}
	return commit
}

// setRef sets the commit of a branch or tag. A commit has no file.
func (r repo) setRef(revision, commit string) error {
	if revision == commit || r.ref(revision) == commit {
		return nil
	}
	name := filepath.Join(r.dir(), "refs", filepath.FromSlash(revision))
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "ref-*.incomplete")
	if err != nil {
		return err
	}
	_, err = f.WriteString(commit)
	if e := f.Chmod(0o644); err == nil && runtime.GOOS != "windows" {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// symlink makes links; tests replace it by one that cannot.
var symlink = os.Symlink

// link gives a blob its name in a commit. Where the system makes no links, the blob
// itself gets it.
func (r repo) link(commit, name, blob string) error {
	target := r.snapshot(commit, name)
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	from, err := filepath.Rel(filepath.Dir(target), r.blob(blob))
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	temp := target + ".incomplete"
	os.Remove(temp) // of a process that was killed
	if err := symlink(from, temp); err != nil {
		temp = r.blob(blob)
	}
	if err := os.Rename(temp, target); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	return syncFolder(filepath.Dir(target))
}

// syncFolder writes the names in a folder to disk, if the system can.
func syncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil // it has no such call
	}
	d, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	return nil
}
