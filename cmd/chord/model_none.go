//go:build nomodel

package main

import (
	"errors"
	"io/fs"
)

// embedded returns the error that this binary has no model.
func embedded() (fs.FS, string, error) {
	return nil, "", errors.New("this binary was built without a model (tag nomodel): name one with -m file.gguf")
}
