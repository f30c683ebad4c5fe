// Command dispatch writes what simd has to know of types and tiers: how types
// are interleaved, and every tier's functions.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	for name, text := range files() {
		if err := os.WriteFile(filepath.Join("..", "simd", name), text, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
