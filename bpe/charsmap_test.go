package bpe

import (
	"encoding/binary"
	"sort"
)

// charsmapOf returns the precompiled_charsmap of the replacements.
func charsmapOf(replace map[string]string) []byte {
	units, texts := []uint32{0}, ""
	next := uint32(1 << 8)
	var build func(at uint32, keys []string, depth int)
	build = func(at uint32, keys []string, depth int) {
		labels := map[byte][]string{}
		for _, k := range keys {
			c := byte(0)
			if len(k) > depth {
				c = k[depth]
			}
			labels[c] = append(labels[c], k)
		}
		base := next // blocks of 256 waste memory, but are simple
		next += 1 << 8
		for uint32(len(units)) < next {
			units = append(units, 0)
		}
		units[at] |= (at ^ base) << 10
		if labels[0] != nil {
			units[at] |= 1 << 8
			units[base] = 1<<31 | uint32(len(texts))
			texts += replace[labels[0][0]] + "\x00"
		}
		for c := 1; c < 256; c++ {
			if ks := labels[byte(c)]; ks != nil {
				child := base ^ uint32(c)
				units[child] = uint32(c)
				build(child, ks, depth+1)
			}
		}
	}
	var keys []string
	for k := range replace {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	build(0, keys, 0)
	out := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
	for _, u := range units {
		out = binary.LittleEndian.AppendUint32(out, u)
	}
	return append(out, texts...)
}
