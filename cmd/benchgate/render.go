package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// renderCommand is benchgate render.
func renderCommand(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("benchgate render", flag.ContinueOnError)
	check := flags.Bool("check", false, "write nothing and fail if something is out of date")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	root, err := git(context.Background(), ".", "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	return update(root, *check, stdout)
}

// update writes what is made from the rows of the repository at root and says
// which files changed, or with check errs about those that would.
func update(root string, check bool, stdout io.Writer) error {
	files, err := render(root)
	if err != nil {
		return err
	}
	var stale []error
	for _, f := range files {
		old, err := readText(f.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		switch {
		case f.same(old, err == nil):
			continue
		case check:
			stale = append(stale, fmt.Errorf("%s is not what the rows say: go run ./cmd/benchgate render", f.path))
			continue
		}
		fmt.Fprintln(stdout, f.path)
		if err := f.write(); err != nil {
			return err
		}
	}
	return errors.Join(stale...)
}

// A file is one that is made from the rows; without a body it is to be absent.
type file struct {
	path string
	body []byte
}

// same reports whether the file is as old, which exists or not.
func (f file) same(old []byte, exists bool) bool {
	return exists == (f.body != nil) && bytes.Equal(old, f.body)
}

func (f file) write() error {
	if f.body == nil {
		return os.Remove(f.path)
	}
	return os.WriteFile(f.path, f.body, 0o644)
}

// render returns the charts and the pages as the rows of the repository at root
// want them.
func render(root string) ([]file, error) {
	dir := filepath.Join(root, "benchdata")
	d, err := readData(dir)
	if err != nil {
		return nil, err
	}
	var files []file
	for _, name := range chartNames {
		f := file{path: filepath.Join(dir, name+".svg")}
		if c := d.chartOf(name); c != nil {
			f.body = c.svg(chartAlts[name])
		}
		files = append(files, f)
	}
	for _, p := range pages {
		path := filepath.Join(root, filepath.FromSlash(p.path))
		text, err := readText(path)
		if err != nil {
			return nil, err
		}
		body, err := d.fill(p, string(text))
		if err != nil {
			return nil, err
		}
		files = append(files, file{path, []byte(body)})
	}
	return files, nil
}
