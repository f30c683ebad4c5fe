//go:build !arm64 && !wasm

package cpu

// system are features that only the operating system reports: there are none.
var system map[string]bool
