package fetch

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// folderThere returns nil if the folder is in place and what the manifest says.
func (f *File) folderThere(root *os.Root) error {
	return f.verifyFolder(root, strings.TrimSuffix(f.Path, "/"))
}

// verifyFolder compares the files below the folder called name with the
// manifest's row.
func (f *File) verifyFolder(root *os.Root, name string) error {
	var lines []string
	var size int64
	err := fs.WalkDir(root.FS(), name, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		r, err := root.Open(p)
		if err != nil {
			return err
		}
		defer r.Close()
		h := sha256.New()
		n, err := io.Copy(h, r)
		size += n
		lines = append(lines, "."+strings.TrimPrefix(p, name)+"\n"+hex.EncodeToString(h.Sum(nil)))
		return err
	})
	if err != nil {
		return err
	}
	if size != f.Size {
		return fmt.Errorf("%d bytes in %d files, want %d", size, len(lines), f.Size)
	}
	slices.Sort(lines) // by name, bytewise
	all := sha256.New()
	for _, line := range lines {
		name, sum, _ := strings.Cut(line, "\n")
		fmt.Fprintf(all, "%s  %s\n", sum, name)
	}
	if got := hex.EncodeToString(all.Sum(nil)); got != f.SHA256 {
		return fmt.Errorf("SHA-256 of all files %s, want %s", got, f.SHA256)
	}
	return nil
}

// archive makes one try at a folder: it unpacks beside it what is to be kept,
// verifies that and renames it into place.
func (c *Fetcher) archive(ctx context.Context, root *os.Root, f File) error {
	folder := strings.TrimSuffix(f.Path, "/")
	part := folder + ".part"
	if err := root.RemoveAll(part); err != nil {
		return err
	}
	body, _, err := c.get(ctx, f.URL, 0)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := f.unpack(root, part, io.LimitReader(body, maxSize)); err != nil {
		return err
	}
	if err := f.verifyFolder(root, part); err != nil {
		return finalError{err}
	}
	if err := root.RemoveAll(folder); err != nil {
		return err
	}
	return root.Rename(part, folder)
}

// unpack writes the files to keep of a gzipped tar archive below the folder
// called part. The first element of their names, which is the archive's, goes.
func (f *File) unpack(root *os.Root, part string, r io.Reader) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	left := f.Size
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		_, name, _ := strings.Cut(h.Name, "/")
		if h.Typeflag != tar.TypeReg || !f.keeps(name) {
			continue
		}
		if !local(name) {
			return finalError{fmt.Errorf("the archive has a file %q", h.Name)}
		}
		if left -= h.Size; left < 0 {
			return finalError{fmt.Errorf("the archive has more than %d bytes to keep", f.Size)}
		}
		if err := write(root, path.Join(part, name), t); err != nil {
			return err
		}
	}
}

// keeps reports whether a file of the archive is to be kept.
func (f *File) keeps(name string) bool {
	return slices.ContainsFunc(f.Keep, func(k string) bool {
		return name == k || strings.HasSuffix(k, "/") && strings.HasPrefix(name, k)
	})
}

// write makes the file called name, and the folders above it.
func write(root *os.Root, name string, r io.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o777); err != nil {
		return err
	}
	w, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		w.Close()
		return err
	}
	return w.Close()
}
