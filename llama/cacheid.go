package llama

import (
	"crypto/sha256"
	_ "embed" // promise.txt
	"encoding/binary"
	"fmt"

	"github.com/querent-ai/chord/simd"
)

// pageFormat names where keys and values lie in a page: another one whenever a
// position's bytes in a page change.
const pageFormat = "x16/1"

// promise has the hashes of the results of models; it changes with the bits that
// a pass gives.
//
//go:embed testdata/promise.txt
var promise []byte

// CacheID identifies what the bytes of m's cache pages mean, beside the weights:
// the arithmetic, the types of keys and values, the groups of layers and where
// everything lies. Pages of another CacheID are of no use.
func (m *Model) CacheID() [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s %x %d\n", pageFormat, sha256.Sum256(promise), m.layout.tokens)
	fmt.Fprintf(h, "%s %s\n", m.layout.types[0], m.layout.types[1])
	for _, g := range m.layout.groups {
		fmt.Fprintln(h, g.Kind, g.Bytes, g.Window)
	}
	for i := range m.layout.layers {
		l, c := &m.layout.layers[i], &m.config.Layer[i]
		fmt.Fprintln(h, l.group, l.offset, l.keys, l.values, c.KVHeads, c.KeyDim, c.ValueDim)
		if l.state > 0 { // floats in the byte order of the machine
			fmt.Fprintln(h, "state", c.Mixer, l.stateGroup, l.stateAt, l.state, binary.NativeEndian.Uint16([]byte{1, 0}))
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// ClearCache sets the positions of a page of a group from the given one on to
// zeros, so that nothing of what was there is left.
func (m *Model) ClearCache(group int, page []byte, from int) {
	a := m.layout
	var w simd.KVWriter
	for i := range m.config.Layer {
		c, l := &m.config.Layer[i], &a.layers[i]
		if l.group != group || !c.attends() {
			continue
		}
		k, v := make([]float32, c.KeyDim), make([]float32, c.ValueDim)
		for h := range c.KVHeads {
			keys, values := l.at(h)
			for pos := from; pos < a.tokens; pos++ {
				w.Store(l.kv, page[keys:values], page[values:values+l.values], pos, k, v)
			}
		}
	}
}
