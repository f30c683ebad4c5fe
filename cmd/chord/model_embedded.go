//go:build !nomodel

package main

import (
	"io/fs"

	"github.com/querent-ai/chord/tales"
)

// embedded returns the file system and the name of the model in the binary.
func embedded() (fs.FS, string, error) { return tales.FS, tales.Name, nil }
