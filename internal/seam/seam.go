// Package seam has what tests of another module need of the insides of a package
// that has no such name for its users: internal/tests judges it with a library
// that the module of the library shall not need.
package seam

// Pieces returns the pieces into which the pre-tokenizer of a name in
// tokenizer.ggml.pre cuts a text. Package bpe sets it.
var Pieces func(pre, text string) ([]string, error)
