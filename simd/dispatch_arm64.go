//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/dotprod"
	"github.com/querent-ai/chord/asm/i8mm"
	"github.com/querent-ai/chord/asm/neon"
	"github.com/querent-ai/chord/internal/cpu"
)

// tiers returns the implementations that this CPU has and the user allows, best
// first.
func tiers() []*impl {
	var ts []*impl
	if cpu.Allowed("i8mm") && cpu.Has(i8mm.Requires) {
		t := i8mmImpl()
		ts = append(ts, &t)
	}
	if cpu.Allowed("dotprod") && cpu.Has(dotprod.Requires) {
		t := dotprodImpl()
		ts = append(ts, &t)
	}
	if cpu.Allowed("neon") && cpu.Has(neon.Requires) {
		t := neonImpl()
		ts = append(ts, &t)
	}
	return append(ts, &generic)
}
