// Command evex256 writes asm/evex256.
package main

import (
	"github.com/querent-ai/chord/gen/layout"
	"github.com/querent-ai/chord/gen/x86"
)

func main() {
	x86.Generate("evex256", false, x86.Twin(x86.GemmAVX2), x86.Twin(x86.GemmKQuants(layout.EVEX256.Panel)))
}
