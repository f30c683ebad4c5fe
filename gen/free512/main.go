// Command free512 writes asm/free512.
package main

import "github.com/querent-ai/chord/gen/x86"

func main() { x86.Generate("free512", true, x86.Free512) }
