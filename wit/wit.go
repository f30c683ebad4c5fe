// Package wit holds chord's interface for components of WebAssembly, in the component
// model's own language: chord.wit, and in deps what it uses of WASI.
package wit

import "embed"

//go:generate go run -C ../gen . wit

// FS has the files.
//
//go:embed chord.wit deps/*.wit
var FS embed.FS
