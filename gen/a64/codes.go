package a64

// Instructions that Go's assembler lacks are words, with GNU's syntax in the
// comment. Every one is a row of these tables; a test holds their bytes against
// GNU as.

// A code is the fixed bits of an instruction; float and dot instructions have a
// size of their own in it, others that of their lanes.
type code struct {
	bits  uint32
	float bool
}

// sames have three operands with the same lanes.
var sames = map[string]code{
	"mul": {0x0e209c00, false}, "mla": {0x0e209400, false}, "mls": {0x2e209400, false},
	"smax": {0x0e206400, false}, "smin": {0x0e206c00, false}, "umax": {0x2e206400, false}, "umin": {0x2e206c00, false},
	"smaxp": {0x0e20a400, false}, "umaxp": {0x2e20a400, false},
	"sshl": {0x0e204400, false}, "ushl": {0x2e204400, false},
	"cmgt": {0x0e203400, false}, "cmge": {0x0e203c00, false}, "cmhi": {0x2e203400, false}, "cmhs": {0x2e203c00, false},
	"sqadd": {0x0e200c00, false}, "sqsub": {0x0e202c00, false}, "uqsub": {0x2e202c00, false},

	"fadd": {0x0e20d400, true}, "fsub": {0x0ea0d400, true}, "fmul": {0x2e20dc00, true}, "fdiv": {0x2e20fc00, true},
	"fmax": {0x0e20f400, true}, "fmin": {0x0ea0f400, true}, "fmaxnm": {0x0e20c400, true}, "fminnm": {0x0ea0c400, true},
	"faddp": {0x2e20d400, true}, "fmaxp": {0x2e20f400, true},
	"fcmgt": {0x2ea0e400, true}, "fcmge": {0x2e20e400, true}, "fcmeq": {0x0e20e400, true},
}

// ones have two operands with the same lanes.
var ones = map[string]code{
	"abs": {0x0e20b800, false}, "neg": {0x2e20b800, false}, "not": {0x2e205800, true},
	"fabs": {0x0ea0f800, true}, "fneg": {0x2ea0f800, true}, "fsqrt": {0x2ea1f800, true},
	"scvtf": {0x0e21d800, true}, "ucvtf": {0x2e21d800, true}, "fcvtns": {0x0e21a800, true}, "fcvtzs": {0x0ea1b800, true},
	"frintn": {0x0e218800, true},
	"cmltz":  {0x0e20a800, false}, "fcmltz": {0x0ea0e800, true}, "fcmgtz": {0x0ea0c800, true},
}

// pairs add neighbours up: their result has lanes twice as wide.
var pairs = map[string]code{
	"saddlp": {0x0e202800, false}, "uaddlp": {0x2e202800, false},
	"sadalp": {0x0e206800, false}, "uadalp": {0x2e206800, false},
}

// longs have a result with lanes twice as wide as their operands'; with a 2
// behind the name they take the operands' high halves.
var longs = map[string]code{
	"smull": {0x0e20c000, false}, "smlal": {0x0e208000, false}, "smlsl": {0x0e20a000, false},
	"umull": {0x2e20c000, false}, "umlal": {0x2e208000, false},
	"saddl": {0x0e200000, false}, "ssubl": {0x0e202000, false},
}

// wides add operands to lanes twice as wide.
var wides = map[string]code{"saddw": {0x0e201000, false}, "uaddw": {0x2e201000, false}}

// narrows have a result with lanes half as wide as their operand's; with a 2
// behind the name it goes to the high half.
var narrows = map[string]code{
	"xtn": {0x0e212800, false}, "sqxtn": {0x0e214800, false}, "sqxtun": {0x2e212800, false}, "uqxtn": {0x2e214800, false},
}

// lanes multiply with one lane of the last operand.
var lanes = map[string]code{
	"fmul": {0x0f809000, true}, "mul": {0x0f008000, false}, "mla": {0x2f000000, false}, "mls": {0x2f004000, false},
}

// laneLongs are both lanes and longs.
var laneLongs = map[string]code{"smull": {0x0f00a000, false}, "smlal": {0x0f002000, false}}

// lefts and rights shift by a constant; longLefts have a result twice as wide,
// narrowRights one half as wide.
var (
	rights       = map[string]code{"sshr": {0x0f000400, false}, "ssra": {0x0f001400, false}, "srshr": {0x0f002400, false}, "urshr": {0x2f002400, false}, "scvtf": {0x0f00e400, true}}
	longLefts    = map[string]code{"sshll": {0x0f00a400, false}, "ushll": {0x2f00a400, false}}
	narrowRights = map[string]code{"shrn": {0x0f008400, false}, "rshrn": {0x0f008c00, false}, "sqshrn": {0x0f009400, false}}
)

// acrosses reduce all lanes to the lowest.
var acrosses = map[string]code{
	"addv": {0x0e31b800, false}, "smaxv": {0x0e30a800, false}, "umaxv": {0x2e30a800, false},
	"sminv": {0x0e31a800, false}, "fmaxv": {0x2e30f800, true},
}

// dots are the products of ARMv8.2 and 8.6: four sums of four products of
// bytes, or (mmla) 2×2 sums of eight.
var (
	dots     = map[string]code{"sdot": {0x0e809400, true}, "udot": {0x2e809400, true}, "usdot": {0x0e809c00, true}}
	mmlas    = map[string]code{"smmla": {0x4e80a400, true}, "ummla": {0x6e80a400, true}, "usmmla": {0x4e80ac00, true}}
	laneDots = map[string]code{"sdot": {0x0f80e000, true}, "udot": {0x2f80e000, true}}
)
