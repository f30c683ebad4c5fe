package quantize

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/querent-ai/chord/quant"
)

// A mix is a row of llama-quantize's table: a name, its number as llama_ftype
// and general.file_type have it, and the type of most tensors.
type mix struct {
	name     string
	fileType uint32
	base     quant.Type
}

// mixes are the rows whose types this package writes.
var mixes = []mix{
	{"F32", 0, quant.F32}, {"F16", 1, quant.F16}, {"BF16", 32, quant.BF16},
	{"Q4_0", 2, quant.Q4_0}, {"Q4_1", 3, quant.Q4_1},
	{"Q5_0", 8, quant.Q5_0}, {"Q5_1", 9, quant.Q5_1}, {"Q8_0", 7, quant.Q8_0},
	{"Q2_K", 10, quant.Q2_K}, {"Q2_K_S", 21, quant.Q2_K},
	{"Q3_K_S", 11, quant.Q3_K}, {"Q3_K_M", 12, quant.Q3_K}, {"Q3_K_L", 13, quant.Q3_K},
	{"Q4_K_S", 14, quant.Q4_K}, {"Q4_K_M", 15, quant.Q4_K},
	{"Q5_K_S", 16, quant.Q5_K}, {"Q5_K_M", 17, quant.Q5_K},
	{"Q6_K", 18, quant.Q6_K},
	{"IQ4_NL", 25, quant.IQ4_NL}, {"IQ4_XS", 30, quant.IQ4_XS},
	{"MXFP4_MOE", 38, quant.MXFP4},
}

// aliases are other names of mixes.
var aliases = map[string]string{"Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M", "MXFP4": "MXFP4_MOE"}

// Mixes returns the possible names of Options.Mix, in the order of the table. Q3_K,
// Q4_K and Q5_K, which are their _M, and numbers of llama_ftype are allowed too.
func Mixes() []string {
	names := make([]string, len(mixes))
	for i, m := range mixes {
		names[i] = m.name
	}
	return names
}

// mixOf returns the mix called name, in upper or lower case.
func mixOf(name string) (mix, error) {
	upper := strings.ToUpper(name)
	if a, ok := aliases[upper]; ok {
		upper = a
	}
	number, err := strconv.ParseUint(name, 10, 32)
	for _, m := range mixes {
		if m.name == upper || err == nil && uint64(m.fileType) == number {
			return m, nil
		}
	}
	return mix{}, fmt.Errorf("quantize: unknown type %q, want one of %s", name, strings.Join(Mixes(), ", "))
}
