// Command avxvnni writes asm/avxvnni.
package main

import (
	"github.com/querent-ai/chord/gen/layout"
	"github.com/querent-ai/chord/gen/x86"
)

func main() {
	x86.Generate("avxvnni", false, x86.VNNI(x86.GemmAVX2), x86.VNNI(x86.GemmKQuants(layout.AVXVNNI.Panel)), x86.VNNI(x86.Limits))
}
