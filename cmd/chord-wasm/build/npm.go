package main

import (
	"os"
	"path/filepath"
)

// pack completes the npm package in a folder: dist, and the licences. Its program and its
// kernels have shared memory, which the package makes one of its own for a single thread.
func pack(folder string) error {
	b := builder{shared: true, strip: true, out: filepath.Join(folder, "dist")}
	if err := os.RemoveAll(b.out); err != nil {
		return err
	}
	if err := b.build(""); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(b.out, "node.mjs")); err != nil { // runs tests
		return err
	}
	far, err := kernels("far")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.out, "kernels-far.wasm"), far, 0o644); err != nil {
		return err
	}
	copies, err := packed(folder, b.out)
	if err != nil {
		return err
	}
	for to, from := range copies {
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// packed is which files of the package are copies, and of which.
func packed(folder, dist string) (map[string]string, error) {
	root, err := source()
	if err != nil {
		return nil, err
	}
	golang, err := goRoot()
	if err != nil {
		return nil, err
	}
	copies := map[string]string{filepath.Join(dist, "LICENSE-GO"): filepath.Join(golang, "LICENSE")}
	for _, name := range []string{"LICENSE-APACHE", "LICENSE-MIT"} {
		copies[filepath.Join(folder, name)] = filepath.Join(root, name)
	}
	src := filepath.Join(folder, "src")
	for _, pattern := range []string{"*.mjs", "*/*.mjs"} {
		modules, err := filepath.Glob(filepath.Join(src, pattern))
		if err != nil {
			return nil, err
		}
		for _, name := range modules {
			below, err := filepath.Rel(src, name)
			if err != nil {
				return nil, err
			}
			copies[filepath.Join(dist, below)] = name
		}
	}
	return copies, nil
}
