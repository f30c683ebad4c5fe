package layout

// A Tier is what a CPU can run, the package asm/<Name>.
type Tier struct {
	Name string
	Arch string
	Test bool // only tests use it

	// Parent is the tier that it takes all functions from which its own package
	// does not have, nil for the first tier of an architecture.
	Parent *Tier
	All    bool // its package has every function, else products and limits only

	Panel      int  // tokens of a panel
	Panel32    int  // of types in blocks of 32
	Least32    int  // the fewest tokens of its own products with blocks of 32
	Least256   int  // and of those with blocks of 256
	NoHalves   bool // it has no products of its own with types whose scales are of 16 columns
	Multiplies int  // int8 products of its best instruction; 0: its package has no limits
}

// The tiers. Panels of dotprod have twelve tokens: twelve sums, eight registers
// of quants and what some tokens need in between fill the registers. With eight
// sums the product of Q4_0 has 0.119 instructions a weight, with twelve 0.111, with
// sixteen, for which temporaries are lacking, no less.
//
// SMMLA wants rows and tokens in pairs. With one token of blocks of 32 there is
// nothing to gain over SDOT; with blocks of 256 it pays for full panels: Q4_K
// then has 0.127 instructions a weight, 0.132 with SDOT, and integers 0.139 and
// 0.142; six tokens are as many, fewer more.
var (
	AVX2    = Tier{Name: "avx2", Arch: "amd64", All: true, Panel: 4, Panel32: 4, Least32: 1, Least256: 1, Multiplies: 32}
	AVXVNNI = Tier{Name: "avxvnni", Arch: "amd64", Parent: &AVX2, Panel: 4, Panel32: 4, Least32: 1, Least256: 1, Multiplies: 32}
	AVX512  = Tier{Name: "avx512", Arch: "amd64", All: true, Panel: 8, Panel32: 8, Least32: 1, Least256: 1, Multiplies: 64}
	EVEX256 = Tier{Name: "evex256", Arch: "amd64", Test: true, Parent: &AVXVNNI, Panel: 4, Panel32: 4, Least32: 1, Least256: 1}
	Neon    = Tier{Name: "neon", Arch: "arm64", All: true, Panel: 8, Panel32: 8, Least32: 1, Least256: 1, Multiplies: 8}
	Dotprod = Tier{Name: "dotprod", Arch: "arm64", Parent: &Neon, Panel: 8, Panel32: 12, Least32: 1, Least256: 1, Multiplies: 16}
	I8mm    = Tier{Name: "i8mm", Arch: "arm64", Parent: &Dotprod, Panel: 8, Panel32: 12, Least32: 2, Least256: 8, NoHalves: true, Multiplies: 32}
)

// SIMD128 is WebAssembly's. With four tokens the sums of eight rows take eight of the
// sixteen registers of amd64.
var SIMD128 = Tier{Name: "wasm", Arch: "wasm", All: true, Panel: 4, Panel32: 4, Least32: 1, Least256: 1, Multiplies: 8}

// Tiers are all, of each architecture the best first.
var Tiers = []*Tier{&AVX512, &EVEX256, &AVXVNNI, &AVX2, &I8mm, &Dotprod, &Neon, &SIMD128}

// Chains is how many independent products a round of Peak has, enough to hide
// the latency of one.
const Chains = 12

// PanelFor is how many tokens a panel for products with t has.
func (t *Tier) PanelFor(typ Type) int {
	if typ.Small() {
		return t.Panel32
	}
	return t.Panel
}

// Product is the tier whose package has the product of n tokens with typ.
func (t *Tier) Product(typ Type, n int) *Tier {
	least := t.PanelFor(typ) + 1
	switch {
	case typ.Halves() && t.NoHalves:
	case typ.Small():
		least = t.Least32
	case typ.Columns == 256:
		least = t.Least256
	}
	if t.All || n >= least {
		return t
	}
	return t.Parent.Product(typ, n)
}

// Root is the tier whose package has all that is no product.
func (t *Tier) Root() *Tier {
	for !t.All {
		t = t.Parent
	}
	return t
}

// Limits is the tier whose package has the limits that t is measured against.
func (t *Tier) Limits() *Tier {
	for t.Multiplies == 0 {
		t = t.Parent
	}
	return t
}
