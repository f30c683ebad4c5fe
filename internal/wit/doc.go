// Package wit reads WIT, the language in which components of WebAssembly describe their
// interfaces, as far as chord's own files use it: interfaces with named types, functions
// and resources, and worlds that import and export interfaces. It also says how the
// canonical ABI lays types out.
//
// An interface may use its own types only; there are no async functions, flags, streams
// or futures.
//
// [wit] The component model, design/mvp/WIT.md
// [abi] The component model, design/mvp/CanonicalABI.md
package wit
