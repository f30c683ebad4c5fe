// Package component makes components of WebAssembly of programs that Go has linked for
// GOOS=wasip1 with -buildmode=c-shared, and of the kernels of asm/wasm.
//
// Such a component consists of these modules, in the order in which they begin:
//
//	base     has the memory of all of them, and the functions that drop resources
//	stub     has the functions of WASI preview 1 that Go imports: clocks and random
//	         numbers ask the component's own imports, all others say that there are no
//	         files
//	kernels  work on the memory
//	program  is Go's
//	start    tells base which functions of the program drop resources, and starts Go
//
// Nothing else is linked in: no adapter, of which Go's way to take memory is not known.
//
// The program imports from "EXPORT", the name of an interface, functions to make handles
// of resources, "[resource-new]NAME"; it exports "cabi_realloc" and for each function of
// the interface "EXPORT#FUNCTION", and "cabi_post_EXPORT#FUNCTION" if its result lies in
// memory, and for each resource "EXPORT#[dtor]NAME".
//
// [bin] The component model, design/mvp/Binary.md
package component
