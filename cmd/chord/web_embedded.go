//go:build web

package main

import (
	"archive/zip"
	_ "embed"
	"io/fs"
	"strings"
)

// webZip is the web demo, which chord-wasm/build -web web.zip writes before this is built.
//
//go:embed web.zip
var webZip string

// embeddedWeb returns the files of the web demo in the binary.
func embeddedWeb() (fs.FS, error) {
	return zip.NewReader(strings.NewReader(webZip), int64(len(webZip)))
}
