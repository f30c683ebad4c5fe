package quantize

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"os"
)

// readDat reads the older form: the number of entries; for each a name, the number
// of calls, and values to divide by it; and, optionally, the number of chunks and
// the name of the data set. Numbers are int32 and float32, little-endian.
func (m *Imatrix) readDat(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	d := &dat{left: data}
	for n := d.int32(); n > 0 && d.err == nil; n-- {
		tensor := string(d.bytes(d.int32(), 1))
		calls := float32(d.int32())
		raw := d.bytes(d.int32(), 4)
		w := make([]float32, len(raw)/4)
		for i := range w {
			w[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			if calls > 0 {
				w[i] /= calls
			}
		}
		m.weights[tensor] = w
	}
	if d.err != nil || len(m.weights) == 0 {
		return cmp.Or(d.err, fmt.Errorf("no entries"))
	}
	if len(d.left) >= 8 {
		m.chunks = int(max(d.int32(), 0))
		if set := d.bytes(d.int32(), 1); d.err == nil {
			m.datasets = []string{string(bytes.ToValidUTF8(set, nil))}
		}
	}
	return nil
}

// A dat reads a file in the older form.
type dat struct {
	left []byte // unread
	err  error  // the first; after it all results are empty
}

// int32 returns the next number.
func (d *dat) int32() int32 {
	b := d.bytes(1, 4)
	if b == nil {
		return 0
	}
	return int32(binary.LittleEndian.Uint32(b))
}

// bytes returns the next n elements of size bytes each.
func (d *dat) bytes(n int32, size int) []byte {
	if d.err == nil && (n < 0 || int(n) > len(d.left)/size) {
		d.err = fmt.Errorf("%d values of %d bytes, but %d bytes are left", n, size, len(d.left))
	}
	if d.err != nil {
		return nil
	}
	b := d.left[:int(n)*size]
	d.left = d.left[len(b):]
	return b
}
