// Package wasmlink makes programs that Go has linked for WebAssembly share their memory
// with the kernels of asm/wasm: a module beside them, which their own imports come
// from, and which threads of a browser or of Node run too.
//
// Go's linker gives a program a memory of its own. [ImportMemory] makes it import
// one, so that the kernels exist before the program; nothing of the program itself
// changes. [PatchExec] does what wasm_exec.js needs where the memory is shared.
package wasmlink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Numbers of the sections of a module.
const (
	customSection = 0
	importSection = 2
	memorySection = 5
)

// MaxPages is how many pages of 64 KiB a shared memory may grow to: 4 GiB.
const MaxPages = 1 << 16

var magic = []byte("\x00asm\x01\x00\x00\x00")

// A section of a module.
type section struct {
	id      byte
	content []byte
}

// ImportMemory returns a module whose memory, of the same size, is imported as
// "memory" of "chord", shared or not. A section "chord.memory" says how it must be
// made, as JSON: {"initial": pages, "maximum": pages, "shared": true}, or without
// the last two.
//
// It errs if module is none, or has no memory of its own or more than one.
func ImportMemory(module []byte, shared bool) ([]byte, error) {
	sections, err := split(module)
	if err != nil {
		return nil, err
	}
	pages, err := memory(sections)
	if err != nil {
		return nil, err
	}
	how := fmt.Sprintf(`{"initial":%d}`, pages)
	if shared {
		how = fmt.Sprintf(`{"initial":%d,"maximum":%d,"shared":true}`, pages, MaxPages)
	}
	out := bytes.Clone(magic)
	done := false
	for _, s := range sections {
		switch {
		case s.id == memorySection:
			continue
		case s.id == importSection:
			n, size := binary.Uvarint(s.content)
			if size <= 0 {
				return nil, errors.New("wasmlink: imports end early")
			}
			imports := binary.AppendUvarint(nil, n+1)
			imports = append(imports, s.content[size:]...)
			s.content, done = append(imports, memoryImport(pages, shared)...), true
		}
		out = appendSection(out, s)
	}
	if !done {
		return nil, errors.New("wasmlink: a program without imports, which Go does not link")
	}
	return appendSection(out, section{customSection, append(appendName(nil, "chord.memory"), how...)}), nil
}

// ImportMemorySize is [ImportMemory] of a memory that is not shared, and how many pages
// it begins with.
func ImportMemorySize(module []byte) (out []byte, pages int, err error) {
	sections, err := split(module)
	if err != nil {
		return nil, 0, err
	}
	n, err := memory(sections)
	if err != nil {
		return nil, 0, err
	}
	out, err = ImportMemory(module, false)
	return out, int(n), err
}

// Sections returns the contents of a module's sections by their numbers, without those
// of number 0.
func Sections(module []byte) (map[byte][]byte, error) {
	sections, err := split(module)
	if err != nil {
		return nil, err
	}
	all := map[byte][]byte{}
	for _, s := range sections {
		if s.id != customSection {
			all[s.id] = s.content
		}
	}
	return all, nil
}

// Replace returns a module with other content in the section of a number, which it has.
func Replace(module []byte, number byte, content []byte) ([]byte, error) {
	sections, err := split(module)
	if err != nil {
		return nil, err
	}
	out := bytes.Clone(magic)
	for _, s := range sections {
		if s.id == number {
			s.content = content
		}
		out = appendSection(out, s)
	}
	return out, nil
}

// memoryImport is the item of the section of imports.
func memoryImport(pages uint64, shared bool) []byte {
	b := append(appendName(appendName(nil, "chord"), "memory"), 2)
	if shared {
		return binary.AppendUvarint(binary.AppendUvarint(append(b, 3), pages), MaxPages)
	}
	return binary.AppendUvarint(append(b, 0), pages)
}

// memory is how many pages a program's only memory begins with.
func memory(sections []section) (pages uint64, err error) {
	for _, s := range sections {
		if s.id != memorySection {
			continue
		}
		if len(s.content) < 3 || s.content[0] != 1 || s.content[1] > 1 {
			return 0, errors.New("wasmlink: not one memory of 32 bits")
		}
		pages, n := binary.Uvarint(s.content[2:])
		if n <= 0 || pages > MaxPages {
			return 0, errors.New("wasmlink: a memory of an impossible size")
		}
		return pages, nil
	}
	return 0, errors.New("wasmlink: a program without a memory of its own")
}

// split is a module's sections.
func split(module []byte) ([]section, error) {
	b, ok := bytes.CutPrefix(module, magic)
	if !ok {
		return nil, errors.New("wasmlink: no module of WebAssembly")
	}
	var all []section
	for len(b) > 0 {
		id := b[0]
		size, n := binary.Uvarint(b[1:])
		if n <= 0 || size > uint64(len(b)-1-n) {
			return nil, fmt.Errorf("wasmlink: section %d, number %d, ends behind the module", id, len(all))
		}
		all = append(all, section{id, b[1+n:][:size]})
		b = b[1+n+int(size):]
	}
	return all, nil
}

func appendSection(b []byte, s section) []byte {
	return append(binary.AppendUvarint(append(b, s.id), uint64(len(s.content))), s.content...)
}

func appendName(b []byte, name string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(name))), name...)
}
