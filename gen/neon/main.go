// Command neon writes asm/neon.
package main

import (
	"github.com/querent-ai/chord/gen/a64"
	"github.com/querent-ai/chord/gen/arm64"
)

func main() {
	a64.Generate("neon", arm64.GemmNeon, arm64.GemmKNeon, arm64.Floats, arm64.Limits(arm64.Smlal))
}
