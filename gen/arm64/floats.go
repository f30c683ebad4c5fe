package arm64

import (
	"slices"

	. "github.com/querent-ai/chord/gen/a64"
	"github.com/querent-ai/chord/gen/layout"
)

// Floats are the kernels of float vectors, and those that quantise them; they
// need no more than ARMv8.0.
var Floats = slices.Concat([]Kernel{Dot, Elementwise, Max, Above, Exp, GELU, Softmax, RoPE, RoPEHalves, Hadamard, Quantize256, Recurrent}, Quantize32, Pack,
	Sums(layout.Neon.Panel), GemmFloats(layout.Neon.Panel))
