// Package tales embeds chord-tales, a tiny model that tells short stories, so
// that programs, examples and tests have a real model without a download.
//
// The weights are MIT; CHORD-TALES.md is their card.
package tales

import "embed"

// FS holds the model file [Name].
//
//go:embed chord-tales-q4_0.gguf
var FS embed.FS

// Name is the model's path in [FS]: Q4_0 throughout, 4.46 M parameters.
const Name = "chord-tales-q4_0.gguf"
