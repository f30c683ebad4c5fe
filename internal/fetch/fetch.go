// Package fetch brings test data that may not be shipped with the repository
// from where they are public. A manifest says of each file its address at one
// commit, its size and its SHA-256; nothing else is ever put in place.
package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// A File is a row of the manifest.
//
// Where Path ends in a slash, it is a folder and URL the gzipped tar archive of
// a repository: Size is the sum of the sizes of its files, and SHA256 the sum
// that sha256sum gives of what it prints of them, sorted by name:
//
//	find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum
type File struct {
	Path    string   `json:"path"`    // below the folder of the data, with slashes
	Size    int64    `json:"size"`    // bytes
	SHA256  string   `json:"sha256"`  // 64 hexadecimal digits
	Licence string   `json:"licence"` // for people
	URL     string   `json:"url"`     // empty: not public
	Keep    []string `json:"keep"`    // of an archive: the files and, with a slash, folders to keep
}

// maxSize bounds a file of the manifest, and an archive.
const maxSize = 64 << 20

var sha256Text = regexp.MustCompile(`^[0-9a-f]{64}$`)

// ParseManifest returns the rows of a manifest, a JSON array of them.
func ParseManifest(b []byte) ([]File, error) {
	var files []File
	if err := json.Unmarshal(b, &files); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	seen := map[string]bool{}
	for _, f := range files {
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("manifest: %q: %w", f.Path, err)
		}
		if seen[f.Path] {
			return nil, fmt.Errorf("manifest: %q: twice", f.Path)
		}
		seen[f.Path] = true
	}
	return files, nil
}

// check returns what is wrong with a row.
func (f *File) check() error {
	switch {
	case !local(strings.TrimSuffix(f.Path, "/")):
		return errors.New("not a path below the folder of the data")
	case f.Size < 0 || f.Size > maxSize:
		return fmt.Errorf("size %d, want 0 to %d", f.Size, maxSize)
	case !sha256Text.MatchString(f.SHA256):
		return fmt.Errorf("sha256 %q, want 64 hexadecimal digits", f.SHA256)
	case f.folder() != (len(f.Keep) > 0):
		return errors.New("keep belongs to a folder, and a folder needs it")
	}
	if f.URL == "" {
		return nil
	}
	if u, err := url.Parse(f.URL); err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("url %q, want https", f.URL)
	}
	return nil
}

// folder reports whether f is an archive.
func (f *File) folder() bool { return strings.HasSuffix(f.Path, "/") }

// local reports whether path, with slashes, stays below the folder it starts in
// on every system.
func local(path string) bool {
	return filepath.IsLocal(filepath.FromSlash(path)) && !strings.ContainsAny(path, `\:`)
}

// A Fetcher says how files are fetched.
type Fetcher struct {
	Client *http.Client  // nil: one that follows a few redirects, never to plain HTTP
	Base   string        // address of a mirror, in place of the scheme and host of every URL
	Tries  int           // for each file; 0: 4
	Wait   time.Duration // before the second try, and twice as long before each next; 0: none
}

// Fetch puts f below root and reports whether it was not yet there. What the
// manifest says is verified before the file is renamed into place; a failed
// download leaves at most a .part file, which the next one goes on with.
func (c *Fetcher) Fetch(ctx context.Context, root *os.Root, f File) (bool, error) {
	if f.URL == "" {
		return false, fmt.Errorf("%s: it has no public origin", f.Path)
	}
	get, there := c.file, f.there
	if f.folder() {
		get, there = c.archive, f.folderThere
	}
	if there(root) == nil {
		return false, nil
	}
	if dir := filepath.Dir(strings.TrimSuffix(f.Path, "/")); dir != "." {
		if err := root.MkdirAll(dir, 0o777); err != nil {
			return false, fmt.Errorf("%s: %w", f.Path, err)
		}
	}
	if err := c.retry(ctx, func() error { return get(ctx, root, f) }); err != nil {
		return false, fmt.Errorf("%s: %w", f.Path, err)
	}
	return true, nil
}

// A finalError is not worth another try.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// retry calls try until it succeeds, its error is final or all tries are used.
func (c *Fetcher) retry(ctx context.Context, try func() error) error {
	tries, wait := c.Tries, c.Wait
	if tries == 0 {
		tries = 4
	}
	for {
		err := try()
		tries--
		if err == nil || tries <= 0 || ctx.Err() != nil || errors.As(err, new(finalError)) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
			wait *= 2
		}
	}
}
