// Command dotprod writes asm/dotprod.
package main

import (
	"github.com/querent-ai/chord/gen/a64"
	"github.com/querent-ai/chord/gen/arm64"
)

func main() { a64.Generate("dotprod", arm64.GemmDotprod, arm64.GemmKDotprod, arm64.Limits(arm64.Sdot)) }
