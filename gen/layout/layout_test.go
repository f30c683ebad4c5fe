package layout

import (
	"slices"
	"testing"
)

// Fields take every byte of a block once, so that interleaving is a permutation.
func TestFields(t *testing.T) {
	for _, typ := range append(slices.Clone(Types), Integers) {
		taken := make([]int, typ.Bytes)
		for _, f := range typ.Fields {
			for i := range f.Width * f.Count {
				if f.Offset+i >= typ.Bytes {
					t.Fatalf("%s: %s ends at byte %d of %d", typ.Name, f.Name, f.Offset+f.Width*f.Count, typ.Bytes)
				}
				taken[f.Offset+i]++
			}
		}
		for i, n := range taken {
			if typ.Fields != nil && n != 1 {
				t.Errorf("%s: byte %d is in %d fields", typ.Name, i, n)
			}
		}
	}
}

// What generators derive from a row is in the row.
func TestRows(t *testing.T) {
	seen := map[string]bool{}
	for _, typ := range append(slices.Clone(Types), Integers) {
		if seen[typ.Name] {
			t.Errorf("%s has two rows", typ.Name)
		}
		seen[typ.Name] = true
		switch {
		case typ.Fields == nil || typ.Columns == 1:
		case typ.Columns == 256 && typ.Group != 16 && typ.Group != 32:
			t.Errorf("%s: a scale for %d columns", typ.Name, typ.Group)
		case typ.Most <= 0 || typ.Least > 0:
			t.Errorf("%s: quants from %d to %d", typ.Name, typ.Least, typ.Most)
		case !typ.Has("d") || !typ.Has("qs") && !typ.Has("ql"):
			t.Errorf("%s: no scale d, or no quants qs", typ.Name)
		case typ.Columns == 32 && typ.Chunks() != 4 && typ.Chunks() != 8:
			t.Errorf("%s: %d dwords of quants", typ.Name, typ.Chunks())
		case typ.Values == nil && typ.Least != -typ.Excess():
			t.Errorf("%s: quants from %d, but kernels subtract %d from what is stored: give it Values", typ.Name, typ.Least, typ.Excess())
		case typ.Columns == 32 && !slices.Contains([]int{0, 8, 16, 128}, typ.Excess()):
			t.Errorf("%s: quants from %d: an activation record has no bias for quants %d too large", typ.Name, typ.Least, typ.Excess())
		case typ.Values != nil && (int(slices.Min(typ.Values)) != typ.Least || int(slices.Max(typ.Values)) != typ.Most):
			t.Errorf("%s: values from %d to %d", typ.Name, slices.Min(typ.Values), slices.Max(typ.Values))
		}
	}
}

// A type is packed by the first that lies as it does.
func TestPacker(t *testing.T) {
	for name, want := range map[string]string{"Q4_0": "Q4_0", "IQ4_NL": "Q4_0", "BF16": "F16", "F32": "F32", "MXFP4": "MXFP4", "Q5_0": "Q5_0"} {
		if got := Of(name).Packer().Name; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]int{"Q4_0": 8, "Q4_1": 0, "Q6_K": 32, "IQ4_XS": 128, "MXFP4": 16} {
		if got := Of(name).Excess(); got != want {
			t.Errorf("%s: quants %d too large, want %d", name, got, want)
		}
	}
}

// Every tier comes to a package for everything.
func TestTiers(t *testing.T) {
	for _, c := range []struct {
		tier    *Tier
		typ     string
		n       int
		product string
	}{
		{&I8mm, "Q4_0", 1, "dotprod"}, {&I8mm, "Q4_0", 2, "i8mm"}, {&I8mm, "Q4_K", 7, "dotprod"}, {&I8mm, "Q4_K", 8, "i8mm"},
		{&I8mm, "F32", 8, "neon"}, {&EVEX256, "Q8_0", 1, "evex256"}, {&AVXVNNI, "BF16", 4, "avx2"}, {&AVX512, "F16", 1, "avx512"},
	} {
		if got := c.tier.Product(Of(c.typ), c.n); got.Name != c.product {
			t.Errorf("%s, %d tokens with %s: got %s, want %s", c.tier.Name, c.n, c.typ, got.Name, c.product)
		}
	}
	for _, tier := range Tiers {
		if tier.Root().Arch != tier.Arch || tier.Limits().Multiplies == 0 {
			t.Errorf("%s: its functions are %s's, its limits %s's", tier.Name, tier.Root().Name, tier.Limits().Name)
		}
	}
}
