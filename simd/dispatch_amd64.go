//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/avx2"
	"github.com/querent-ai/chord/asm/avx512"
	"github.com/querent-ai/chord/asm/avxvnni"
	"github.com/querent-ai/chord/internal/cpu"
)

// tiers returns the implementations that this CPU has and the user allows, best
// first.
func tiers() []*impl {
	var ts []*impl
	if cpu.Allowed("avx512") && cpu.Has(avx512.Requires) {
		t := avx512Impl()
		ts = append(ts, &t)
	}
	if cpu.Allowed("avxvnni") && cpu.Has(avxvnni.Requires) {
		t := avxvnniImpl()
		ts = append(ts, &t)
	}
	if cpu.Allowed("avx2") && cpu.Has(avx2.Requires) {
		t := avx2Impl()
		ts = append(ts, &t)
	}
	return append(ts, &generic)
}
