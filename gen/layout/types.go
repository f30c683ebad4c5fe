package layout

// Types has a row for every type that products take, first those with kernels.
var Types = []Type{
	{Name: "F32", Columns: 1, Bytes: 4, Fields: []Field{{"d", 0, 4, 1}}, Cache: true},
	{Name: "F16", Columns: 1, Bytes: 2, Fields: []Field{{"d", 0, 2, 1}}, Cache: true},
	{Name: "BF16", Columns: 1, Bytes: 2, Fields: []Field{{"d", 0, 2, 1}}},

	{Name: "Q4_0", Columns: 32, Bytes: 18, Least: -8, Most: 7, Cache: true,
		Fields: []Field{{"d", 0, 2, 1}, {"qs", 2, 4, 4}}},
	{Name: "Q4_1", Columns: 32, Bytes: 20, Most: 15,
		Fields: []Field{{"d", 0, 2, 1}, {"m", 2, 2, 1}, {"qs", 4, 4, 4}}},
	{Name: "Q5_0", Columns: 32, Bytes: 22, Least: -16, Most: 15,
		Fields: []Field{{"d", 0, 2, 1}, {"qh", 2, 4, 1}, {"qs", 6, 4, 4}}},
	{Name: "Q5_1", Columns: 32, Bytes: 24, Most: 31,
		Fields: []Field{{"d", 0, 2, 1}, {"m", 2, 2, 1}, {"qh", 4, 4, 1}, {"qs", 8, 4, 4}}},
	{Name: "Q8_0", Columns: 32, Bytes: 34, Least: -128, Most: 127, Cache: true,
		Fields: []Field{{"d", 0, 2, 1}, {"qs", 2, 4, 8}}},
	{Name: "IQ4_NL", Columns: 32, Bytes: 18, Least: -127, Most: 113, Values: valuesIQ4,
		Fields: []Field{{"d", 0, 2, 1}, {"qs", 2, 4, 4}}},
	{Name: "MXFP4", Columns: 32, Bytes: 17, Least: -12, Most: 12, Values: valuesMXFP4, // d is e8m0
		Fields: []Field{{"d", 0, 1, 1}, {"qs", 1, 4, 4}}},

	{Name: "Q1_0", Columns: 128, Bytes: 18, Bits: 1, Least: -1, Most: 1,
		Fields: []Field{{"d", 0, 2, 1}, {"qs", 2, 4, 4}}},
	{Name: "Q2_0", Columns: 64, Bytes: 18, Bits: 2, Least: -1, Most: 2,
		Fields: []Field{{"d", 0, 2, 1}, {"qs", 2, 4, 4}}},

	{Name: "NVFP4", Columns: 64, Bytes: 36, Group: 16, Least: -12, Most: 12, Values: valuesMXFP4, // d are four e4m3
		Fields: []Field{{"d", 0, 4, 1}, {"qs", 4, 4, 8}}},

	{Name: "Q2_K", Columns: 256, Bytes: 84, Group: 16, Most: 3,
		Fields: []Field{{"d", 80, 2, 1}, {"dmin", 82, 2, 1}, {"scales", 0, 4, 4}, {"qs", 16, 4, 16}}},
	{Name: "Q3_K", Columns: 256, Bytes: 110, Group: 16, Least: -4, Most: 3,
		Fields: []Field{{"d", 108, 2, 1}, {"hmask", 0, 4, 8}, {"qs", 32, 4, 16}, {"scales", 96, 4, 3}}},
	{Name: "Q4_K", Columns: 256, Bytes: 144, Group: 32, Most: 15,
		Fields: []Field{{"d", 0, 2, 1}, {"dmin", 2, 2, 1}, {"scales", 4, 4, 3}, {"qs", 16, 4, 32}}},
	{Name: "Q5_K", Columns: 256, Bytes: 176, Group: 32, Most: 31,
		Fields: []Field{{"d", 0, 2, 1}, {"dmin", 2, 2, 1}, {"scales", 4, 4, 3}, {"qh", 16, 4, 8}, {"qs", 48, 4, 32}}},
	{Name: "Q6_K", Columns: 256, Bytes: 210, Group: 16, Least: -32, Most: 31,
		Fields: []Field{{"d", 208, 2, 1}, {"scales", 192, 4, 4}, {"ql", 0, 4, 32}, {"qh", 128, 4, 16}}},
	{Name: "IQ4_XS", Columns: 256, Bytes: 136, Group: 32, Least: -127, Most: 113, Values: valuesIQ4,
		Fields: []Field{{"d", 0, 2, 1}, {"scales_h", 2, 2, 1}, {"scales_l", 4, 4, 1}, {"qs", 8, 4, 32}}},
	{Name: "TQ2_0", Columns: 256, Bytes: 66, Group: 32, Least: -1, Most: 2, // scales are 1
		Fields: []Field{{"d", 64, 2, 1}, {"qs", 0, 4, 16}}},

	{Name: "Q8_K", Columns: 256, Bytes: 292}, // d is f32
	{Name: "TQ1_0", Columns: 256, Bytes: 54, Scales: []int{52}, Spread: true},
	{Name: "IQ1_S", Columns: 256, Bytes: 50, Scales: []int{0}, Spread: true},
	{Name: "IQ1_M", Columns: 256, Bytes: 56, Spread: true}, // a nibble of d in each word of scales
	{Name: "IQ2_XXS", Columns: 256, Bytes: 66, Scales: []int{0}, Spread: true},
	{Name: "IQ2_XS", Columns: 256, Bytes: 74, Scales: []int{0}, Spread: true},
	{Name: "IQ2_S", Columns: 256, Bytes: 82, Scales: []int{0}, Spread: true},
	{Name: "IQ3_XXS", Columns: 256, Bytes: 98, Scales: []int{0}, Spread: true},
	{Name: "IQ3_S", Columns: 256, Bytes: 110, Scales: []int{0}, Spread: true},
}

// Integers are no type of files: blocks of the IQ and TQ types, taken apart by a
// product while it uses them. They have sixteen scales, signed bytes, and quants
// 64 too large, as VPDPBUSD wants them.
var Integers = Type{Name: "Integers", Columns: 256, Bytes: 276, Group: 16, Least: -64, Most: 63,
	Fields: []Field{{"d", 0, 4, 1}, {"scales", 4, 4, 4}, {"qs", 20, 4, 64}}}

// The values of nibbles; MXFP4's are doubled.
var (
	valuesIQ4   = []int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}
	valuesMXFP4 = []int8{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}
)
