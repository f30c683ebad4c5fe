//go:build !cgo

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "libchord: a C library needs cgo: build with CGO_ENABLED=1 and -buildmode=c-shared")
	os.Exit(2)
}
