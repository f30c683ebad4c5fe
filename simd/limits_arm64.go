//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/dotprod"
	"github.com/querent-ai/chord/asm/i8mm"
	"github.com/querent-ai/chord/asm/neon"
)

// limitKernels are the tiers' own: a round of Peak is 12 instructions, each of
// 8 (neon), 16 (dotprod) or 32 products and as many additions.
var limitKernels = map[string]limitKernel{
	"neon":    {neon.Read, neon.Peak, 12 * 16},
	"dotprod": {dotprod.Read, dotprod.Peak, 12 * 32},
	"i8mm":    {i8mm.Read, i8mm.Peak, 12 * 64},
}
