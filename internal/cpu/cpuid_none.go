//go:build wasm

package cpu

// reported reports that there is no CPUID, whose package a browser need not load.
func reported(string) bool { return false }

// Name returns the name that the CPU gives itself, "" if it has none.
func Name() string { return "" }

// own is the ID by CPUID, which there is none of.
func own() ID { return ID{} }
