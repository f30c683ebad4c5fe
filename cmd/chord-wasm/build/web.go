package main

import (
	"archive/zip"
	"compress/flate"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/querent-ai/chord/web"
)

// buildWeb writes the web demo, the page and in folder chord the npm package, to a folder,
// or to an archive if its name ends in .zip.
func buildWeb(to string) error {
	files, err := web.Demo()
	if err != nil {
		return err
	}
	if err := engineFiles(files); err != nil {
		return err
	}
	if files["shell.js"], err = shell(files); err != nil {
		return err
	}
	if filepath.Ext(to) == ".zip" {
		return writeZip(to, files)
	}
	for name, data := range files {
		file := filepath.Join(to, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeZip writes files to an archive that is the same for the same files.
func writeZip(to string, files map[string][]byte) (err error) {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	zw := zip.NewWriter(f)
	zw.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := zw.Create(name)
		if err != nil {
			return err
		}
		if _, err := w.Write(files[name]); err != nil {
			return err
		}
	}
	return zw.Close()
}

// engineFiles adds those of the npm package, and the licences of what is in it.
func engineFiles(files map[string][]byte) error {
	root, err := source()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "chord-web")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(filepath.Join(dir, "src"), os.DirFS(filepath.Join(root, "npm", "src"))); err != nil {
		return err
	}
	if err := pack(dir); err != nil {
		return err
	}
	dist := os.DirFS(filepath.Join(dir, "dist"))
	names, err := reached(dist, "index.mjs", "LICENSE-GO")
	if err != nil {
		return err
	}
	for _, name := range names {
		if files[path.Join("chord", name)], err = fs.ReadFile(dist, name); err != nil {
			return err
		}
	}
	for _, name := range []string{"LICENSE-APACHE", "LICENSE-MIT"} {
		if files[name], err = os.ReadFile(filepath.Join(root, name)); err != nil {
			return err
		}
	}
	return nil
}

// beside is the name of another file in a module of JavaScript.
var beside = regexp.MustCompile(`"\./([\w.-]+)"`)

// reached returns the names of files, and of those that they name.
func reached(dist fs.FS, names ...string) ([]string, error) {
	for i := 0; i < len(names); i++ {
		if ext := path.Ext(names[i]); ext != ".mjs" && ext != ".js" {
			continue
		}
		b, err := fs.ReadFile(dist, names[i])
		if err != nil {
			return nil, err
		}
		for _, m := range beside.FindAllSubmatch(b, -1) {
			if name := string(m[1]); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// shell is the list of files for the service worker, with a version that every change
// of them changes.
func shell(files map[string][]byte) ([]byte, error) {
	names := slices.Sorted(maps.Keys(files))
	sum := sha256.New()
	for _, name := range names {
		fmt.Fprintf(sum, "%s %d\n", name, len(files[name]))
		sum.Write(files[name])
	}
	kept := []string{"./"}
	for _, name := range names {
		if name != "sw.js" && path.Base(name) != "LICENSE-GO" && path.Dir(name) != "." || name == "index.html" {
			kept = append(kept, name)
		}
	}
	list, err := json.Marshal(map[string]any{"version": fmt.Sprintf("%x", sum.Sum(nil)[:8]), "files": kept})
	return append([]byte("self.shell = "), append(list, ";\n"...)...), err
}
