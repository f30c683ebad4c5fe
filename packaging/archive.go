package main

import (
	"archive/tar"
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// documents go into every archive, beside the binary.
var documents = []string{"CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md"}

// modified is the time of every file in an archive; a zip knows none before.
var modified = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// An entry is a file of an archive.
type entry struct {
	name string // in the archive
	file string
	mode os.FileMode
}

// archives builds the command for each target and writes its archive.
func (r *release) archives() error {
	for _, t := range r.targets {
		name := r.binary(t)
		if err := build(name, t); err != nil {
			return fmt.Errorf("%s/%s: %w", t.os, t.arch, err)
		}
		list, err := r.entries(t.name(r.Tag), name)
		if err != nil {
			return err
		}
		if err := pack(filepath.Join(r.out, t.archive(r.Tag)), list); err != nil {
			return err
		}
	}
	return nil
}

// entries returns the files of an archive, all of which lie in one folder.
func (r *release) entries(folder, binary string) ([]entry, error) {
	list := []entry{{path.Join(folder, filepath.Base(binary)), binary, 0o755}}
	for _, name := range documents {
		list = append(list, entry{path.Join(folder, name), name, 0o644})
	}
	share := filepath.Join(r.work, "share")
	for _, pattern := range []string{"man/man1/*", "completions/*"} {
		files, err := filepath.Glob(filepath.Join(share, pattern))
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("no files %s: %v", pattern, err)
		}
		for _, file := range files {
			name, err := filepath.Rel(share, file)
			if err != nil {
				return nil, err
			}
			list = append(list, entry{path.Join(folder, filepath.ToSlash(name)), file, 0o644})
		}
	}
	return list, nil
}

// pack writes an archive: a zip or a compressed tar, as its name says.
func pack(name string, list []entry) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	write := writeTar
	if strings.HasSuffix(name, ".zip") {
		write = writeZip
	}
	err = write(f, list)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// writeTar writes files as a compressed tar.
func writeTar(w io.Writer, list []entry) error {
	gz, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	tw := tar.NewWriter(gz)
	for _, e := range list {
		b, err := os.ReadFile(e.file)
		if err != nil {
			return err
		}
		h := &tar.Header{Name: e.name, Mode: int64(e.mode), Size: int64(len(b)), ModTime: modified}
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
		if _, err := tw.Write(b); err != nil {
			return err
		}
	}
	if err := tw.Close(); err != nil {
		return err
	}
	return gz.Close()
}

// writeZip writes files as a zip.
func writeZip(w io.Writer, list []entry) error {
	zw := zip.NewWriter(w)
	zw.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, e := range list {
		b, err := os.ReadFile(e.file)
		if err != nil {
			return err
		}
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: modified}
		h.SetMode(e.mode)
		f, err := zw.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := f.Write(b); err != nil {
			return err
		}
	}
	return zw.Close()
}

// sha256Of returns the checksum of a file, in hexadecimal digits.
func sha256Of(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// sums writes the checksums of all results.
func (r *release) sums() error {
	files, err := filepath.Glob(filepath.Join(r.out, "*"))
	if err != nil {
		return err
	}
	slices.Sort(files)
	var b strings.Builder
	for _, file := range files {
		sum, err := sha256Of(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s  %s\n", sum, filepath.Base(file))
	}
	fmt.Print(b.String())
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(b.String()), 0o666)
}
