//go:build !web

package main

import "io/fs"

// embeddedWeb returns no files: this binary has none.
func embeddedWeb() (fs.FS, error) { return nil, nil }
