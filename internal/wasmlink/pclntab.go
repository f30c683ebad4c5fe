package wasmlink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Go's table of functions, runtime.pclntab, has a header with the offsets of its parts:
// names of functions, files of each package, names of files, tables of values by
// position in the code, and a record for each function.
var tableMagic = []byte("\xf1\xff\xff\xff\x00\x00\x01\x08")

// A table is runtime.pclntab.
type table struct {
	b                                  []byte // from the header on
	names, packages, files, values, at int    // offsets of the parts; the records are the last
	functions                          int
}

// The offsets of a record's fields, of 4 bytes each.
const (
	recordName, recordSP, recordFile, recordLine, recordCount = 4, 16, 20, 24, 28
	recordPackage, recordStart, recordTables                  = 32, 36, 44
)

// stripTable clears, in a program's memory, what its table says of names and lines. An
// offset of 0 in place of a table of files or lines says that there is none.
func stripTable(memory []byte) error {
	t, err := findTable(memory)
	if err != nil {
		return err
	}
	keep := make([]bool, t.at-t.values) // bytes of values that others than lines have
	var records, lines []int
	for i := range t.functions {
		r, err := t.record(i)
		if err != nil {
			return err
		}
		records = append(records, r)
		lines = append(lines, t.word(r+recordFile), t.word(r+recordLine))
		tables := []int{t.word(r + recordSP)}
		for k := range t.word(r + recordCount) {
			tables = append(tables, t.word(r+recordTables+4*k))
		}
		for _, from := range tables {
			if err := t.mark(keep, from, nil); err != nil {
				return err
			}
		}
	}
	drop := make([]bool, len(keep))
	for _, from := range lines {
		if err := t.mark(drop, from, keep); err != nil {
			return err
		}
	}
	for i, d := range drop {
		if d {
			t.b[t.values+i] = 0
		}
	}
	clear(t.b[t.names:t.values])
	for _, r := range records {
		for _, field := range []int{recordName, recordFile, recordLine, recordPackage, recordStart} {
			binary.LittleEndian.PutUint32(t.b[r+field:], 0)
		}
	}
	return nil
}

// findTable is the only table in memory.
func findTable(memory []byte) (*table, error) {
	from := bytes.Index(memory, tableMagic)
	if from < 0 || len(memory)-from < 72 || bytes.Contains(memory[from+1:], tableMagic) {
		return nil, errors.New("wasmlink: not one table of functions, as this version of Go links it")
	}
	b := memory[from:]
	field := func(i int) int { return int(min(binary.LittleEndian.Uint64(b[8*i:]), uint64(len(b)))) }
	t := &table{b: b, functions: field(1), names: field(4), packages: field(5), files: field(6), values: field(7), at: field(8)}
	if t.names < 72 || t.packages < t.names || t.files < t.packages || t.values < t.files || t.at < t.values || t.functions > (len(b)-t.at)/8 {
		return nil, errors.New("wasmlink: a table of functions with other parts")
	}
	return t, nil
}

// word is the number of 4 bytes at an offset.
func (t *table) word(at int) int { return int(binary.LittleEndian.Uint32(t.b[at:])) }

// record is the offset of the record of function i.
func (t *table) record(i int) (int, error) {
	r := t.at + t.word(t.at+8*i+4)
	if r+recordTables > len(t.b) || t.word(r+recordCount) > (len(t.b)-r-recordTables)/4 {
		return 0, fmt.Errorf("wasmlink: function %d: its record ends behind the table", i)
	}
	return r, nil
}

// mark sets marks for the bytes of the table of values at an offset, but for those that
// are set in but. A table is pairs of numbers of 7 bits a byte, and ends with a 0 in
// place of one that is not the first.
func (t *table) mark(marks []bool, from int, but []bool) error {
	values := t.b[t.values:t.at]
	if from == 0 {
		return nil
	}
	i := from
	for first := true; i < len(values) && (first || values[i] != 0); first = false {
		for range 2 {
			for i < len(values) && values[i] >= 128 {
				i++
			}
			i++
		}
	}
	if i >= len(values) {
		return fmt.Errorf("wasmlink: the table of values at %d has no end", from)
	}
	for k := from; k <= i; k++ {
		marks[k] = but == nil || !but[k]
	}
	return nil
}
