// Command static errs unless each ELF file that it is given is static: it asks
// for no loader and for no library.
package main

import (
	"debug/elf"
	"fmt"
	"os"
)

func main() {
	for _, name := range os.Args[1:] {
		if err := static(name); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			os.Exit(1)
		}
	}
}

// static errs unless the file is static.
func static(name string) error {
	f, err := elf.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("asks for a loader")
		}
	}
	libs, err := f.ImportedLibraries()
	if err == nil && len(libs) > 0 {
		err = fmt.Errorf("needs %v", libs)
	}
	return err
}
