// Command i8mm writes asm/i8mm.
package main

import (
	"github.com/querent-ai/chord/gen/a64"
	"github.com/querent-ai/chord/gen/arm64"
)

func main() { a64.Generate("i8mm", arm64.GemmI8mm, arm64.GemmKI8mm, arm64.Limits(arm64.Smmla)) }
