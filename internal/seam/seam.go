// Package seam gives internal/tests access to unexported functions. That is a
// module of its own, whose tests compare them with libraries that the library's
// own module must not require.
package seam

// PreTokens returns the pre-tokens of text with the pre-tokenizer called pre in
// tokenizer.ggml.pre. Package bpe sets it.
var PreTokens func(pre, text string) ([]string, error)
