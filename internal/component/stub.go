package component

import (
	"strings"

	"github.com/querent-ai/chord/internal/wit"
)

// Functions of the host, as stub imports them.
const (
	hostMonotonic = iota
	hostWall
	hostRandom
)

// host are they, with where the component imports them from.
var host = []struct {
	face, name string
	typ        signature
}{
	{"wasi:clocks/monotonic-clock", "now", signature{nil, []wit.Core{wit.I64}}},
	{"wasi:clocks/wall-clock", "now", signature{[]wit.Core{wit.I32}, nil}}, // writes 16 bytes
	{"wasi:random/random", "get-random-u64", signature{nil, []wit.Core{wit.I64}}},
}

// scratch is an address that Go leaves alone: its data begins at 12288, and what is
// below 4096 is never read, so that nil pointers are found.
const scratch = 4096

// Results of functions of preview 1.
const (
	success = 0
	badFile = 8
)

// Instructions.
const (
	opUnreachable = 0x00
	opBlock       = 0x02
	opLoop        = 0x03
	opIf          = 0x04
	opEnd         = 0x0b
	opBr          = 0x0c
	opBrIf        = 0x0d
	opCall        = 0x10
	opIndirect    = 0x11
	opGet         = 0x20
	opSet         = 0x21
	opI32Load     = 0x28
	opI64Load     = 0x29
	opI64Load32   = 0x35 // without sign
	opI32Store    = 0x36
	opI64Store    = 0x37
	opI32Store8   = 0x3a
	opI32         = 0x41
	opI64         = 0x42
	opEqz         = 0x45
	opI32Add      = 0x6a
	opI32Sub      = 0x6b
	opI64Add      = 0x7c
	opI64Mul      = 0x7e
	opWrap        = 0xa7
	noResult      = 0x40
)

// code is instructions: of pieces of bytes.
func code(pieces ...any) []byte {
	var b bytesOf
	for _, p := range pieces {
		switch p := p.(type) {
		case int:
			b.add(byte(p))
		case []byte:
			b.add(p...)
		}
	}
	return b
}

// The instructions that many functions have.
func get(i int) []byte        { return []byte{opGet, byte(i)} }
func set(i int) []byte        { return []byte{opSet, byte(i)} }
func number(n int) []byte     { return signed([]byte{opI32}, n) }
func call(f int) []byte       { return []byte{opCall, byte(f)} }
func zero(at int) []byte      { return code(get(at), number(0), opI32Store, 2, 0) } // *at = 0
func add(i int, n int) []byte { return code(get(i), number(n), opI32Add, set(i)) }

// known are the functions of preview 1 that do something, with the variables they need.
var known = map[string]struct {
	locals int
	code   []byte
}{
	// if id == 0 { *time = seconds*1e9 + nanoseconds } else { *time = monotonic() }
	"clock_time_get": {0, code(
		get(0), opEqz, opIf, noResult,
		number(scratch), call(hostWall),
		get(2),
		number(scratch), opI64Load, 3, 0, signed([]byte{opI64}, 1e9), opI64Mul,
		number(scratch), opI64Load32, 2, 8, opI64Add,
		opI64Store, 3, 0,
		0x05, // else
		get(2), call(hostMonotonic), opI64Store, 3, 0,
		opEnd, number(success))},
	// for ; n > 0; n-- { *p = random(); p++ }
	"random_get": {0, code(
		opBlock, noResult, opLoop, noResult,
		get(1), opEqz, opBrIf, 1,
		get(0), call(hostRandom), opWrap, opI32Store8, 0, 0,
		add(0, 1), get(1), number(1), opI32Sub, set(1),
		opBr, 0, opEnd, opEnd, number(success))},
	// What is written to standard output and error is lost: *written = its length.
	"fd_write": {1, code(
		opBlock, noResult, opLoop, noResult,
		get(2), opEqz, opBrIf, 1,
		get(4), get(1), opI32Load, 2, 4, opI32Add, set(4),
		add(1, 8), get(2), number(1), opI32Sub, set(2),
		opBr, 0, opEnd, opEnd,
		get(3), get(4), opI32Store, 2, 0, number(success))},
	"args_sizes_get":    {0, code(zero(0), zero(1), number(success))},
	"environ_sizes_get": {0, code(zero(0), zero(1), number(success))},
	"args_get":          {0, number(success)},
	"environ_get":       {0, number(success)},
	"sched_yield":       {0, number(success)},
	// Go only waits for a time, and looks at the clock afterwards: *events = 1, at once.
	"poll_oneoff": {0, code(get(3), number(1), opI32Store, 2, 0, number(success))},
	"proc_exit":   {0, []byte{opUnreachable}},
}

// stub is the module with the functions that a program imports.
func stub(wanted []coreImport) []byte {
	m := &module{start: -1}
	for _, h := range host {
		m.imports = append(m.imports, coreImport{h.face, h.name, h.typ})
	}
	for _, w := range wanted {
		f := body{name: w.name, typ: w.typ, code: number(badFile)}
		name, _, _ := strings.Cut(w.name, again)
		if k, ok := known[name]; ok {
			f.locals, f.code = k.locals, k.code
		}
		m.bodies = append(m.bodies, f)
	}
	return m.bytes()
}
