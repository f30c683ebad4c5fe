package grammar

import "slices"

// A modulus is the state of reading the digits of a number that must be a
// multiple of m / 10^scale: the digits so far make r modulo m, left digits
// after the point may still come before zeros alone may.
type modulus struct {
	m, r uint64
	left int
	frac bool
}

// maxModulus bounds m: r*10+9 does not overflow. Up to provenModulus explore can
// tell whether digits can go on to a multiple; above, only integers without
// bounds always can.
const (
	maxModulus    = 1 << 40
	provenModulus = 10_000
)

// isLarge reports whether one of args is a modulus above provenModulus.
func (x *exprs) isLarge(args []expr) bool {
	return slices.ContainsFunc(args, func(e expr) bool {
		n := &x.nodes[e]
		return n.kind == kMod && x.mods[n.a].m > provenModulus
	})
}

// multiple returns the expression of digits, with or without a point, that make
// a multiple of m / 10^scale.
func (x *exprs) multiple(m uint64, scale int) expr {
	return x.modulus(modulus{m: m, left: scale})
}

func (x *exprs) modulus(v modulus) expr {
	for len(x.mods) == 0 {
		x.mods = append(x.mods, modulus{})
	}
	i, ok := x.modOf[v]
	if !ok {
		i = int32(len(x.mods))
		x.mods = append(x.mods, v)
		x.modOf[v] = i
	}
	r := v.r
	for range v.left {
		r = r * 10 % v.m
	}
	return x.intern(node{kind: kMod, a: i, nullable: r == 0, infinite: true, negates: true})
}

// deriveMod is derive for a multiple.
func (x *exprs) deriveMod(e expr, b byte) expr {
	v := x.mods[x.nodes[e].a]
	switch {
	case b == '.' && !v.frac:
		v.frac = true
	case b < '0' || b > '9':
		return none
	case v.frac && v.left == 0:
		if b != '0' {
			return none
		}
	default:
		v.r = (v.r*10 + uint64(b-'0')) % v.m
		if v.frac {
			v.left--
		}
	}
	return x.modulus(v)
}
