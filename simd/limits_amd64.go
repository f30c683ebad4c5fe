//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/avx2"
	"github.com/querent-ai/chord/asm/avx512"
	"github.com/querent-ai/chord/asm/avxvnni"
)

// limitKernels are the tiers' own: a round of Peak is 12 instructions, each of
// 32 (avx2, avxvnni) or 64 products and as many additions.
var limitKernels = map[string]limitKernel{
	"avx2":    {avx2.Read, avx2.Peak, 12 * 64},
	"avxvnni": {avxvnni.Read, avxvnni.Peak, 12 * 64},
	"avx512":  {avx512.Read, avx512.Peak, 12 * 128},
}
