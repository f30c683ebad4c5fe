//go:build wasip1

// Command chord-component is chord as a component of WebAssembly, whose interface is
// wit/chord.wit. Command chord-component/build makes it.
//
// The functions that hosts call are in zmodels.go, which is generated; they call the
// functions and methods of model.go, params.go and text.go.
package main

// main is never called: the host calls what is exported.
func main() {}
