package kernels

import . "github.com/querent-ai/chord/gen/wasm"

// A group is some elements of a vector: four, or one in the first lane.
type group struct {
	k     *kernel
	elems int
}

// each runs body for n elements, four at a time, then one by one.
func (k *kernel) each(n Var, body func(g group)) {
	for _, elems := range []int{4, 1} {
		k.While(n, elems, func() { body(group{k, elems}) })
	}
}

// load is the elements at p; in the lanes that are none are zeros.
func (g group) load(p Var) Expr {
	if g.elems == 4 {
		return g.k.Load(p.Expr, 0)
	}
	return g.k.Load32(p.Expr, 0)
}

// store writes the elements to p.
func (g group) store(p Var, v Expr) {
	if g.elems == 4 {
		g.k.Store(p.Expr, 0, v)
	} else {
		g.k.StoreLane(p.Expr, 0, v, 4)
	}
}

// next goes on to the elements behind.
func (g group) next(p ...Var) {
	for _, p := range p {
		g.k.Inc(p, 4*g.elems)
	}
}

// sixteen runs body for n elements, sixteen at a time: lane i of vector j is for
// element 4j+i. What is left is copied to the instance's own memory, zeros behind
// it, and body runs once more. It changes n and the pointers.
func (k *kernel) sixteen(n Var, pointers []Var, body func()) {
	k.While(n, 16, func() {
		body()
		for _, p := range pointers {
			k.Inc(p, 64)
		}
	})
	k.If(n.Expr, func() {
		for i, p := range pointers {
			tail := k.Let(k.own(tailAt + 64*i))
			for j := range 4 {
				k.Store(tail.Expr, 16*j, Bits(0))
			}
			k.Copy(tail.Expr, p.Expr, Mul(k.Wide(n.Expr), k.Addr(4)))
			k.Set(p, tail.Expr)
		}
		body()
	}, nil)
}

// tree adds up sixteen lanes, in four vectors: the sum is in lane 0.
func (k *kernel) tree(s []Var) Expr {
	k.Set(s[0], F32x4Add(s[0].Expr, s[2].Expr))
	k.Set(s[1], F32x4Add(s[1].Expr, s[3].Expr))
	k.Set(s[0], F32x4Add(s[0].Expr, s[1].Expr))
	k.Set(s[0], F32x4Add(s[0].Expr, Dwords(s[0].Expr, s[0].Expr, 2, 3, 2, 3)))
	k.Set(s[0], F32x4Add(s[0].Expr, Dwords(s[0].Expr, s[0].Expr, 1, 1, 1, 1)))
	return LaneF(s[0].Expr, 0)
}
