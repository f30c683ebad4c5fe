package arm64

import . "github.com/querent-ai/chord/gen/a64"

// A floatFormat is a type of float weights. load loads columns of sixteen rows,
// or of eight, from p and moves it to the next column of sixteen.
type floatFormat struct {
	name  string
	bytes int // of a weight
	load  func(f *File, w []V, p R)
}

// GemmFloats are the products of float weights for panels of up to the given number
// of tokens. A column of sixteen rows lies together; sums grow column by column,
// one chain a row, and tokens side by side hide the additions' latency.
func GemmFloats(tokens int) []Kernel {
	var all []Kernel
	for file, t := range map[string]floatFormat{
		"gemm_f32": {"F32", 4, loadF32}, "gemm_f16": {"F16", 2, loadF16}, "gemm_bf16": {"BF16", 2, loadBF16},
	} {
		all = append(all, Kernel{Name: file, Write: func(f *File) {
			for n := 1; n <= tokens; n++ {
				gemmFloat(f, t, n)
			}
		}})
	}
	return all
}

func loadF32(f *File, w []V, p R) {
	f.Ld1(w, p, Stay)
	f.AddI(p, p, 64)
}

// loadHalves loads two bytes a weight, eight weights in every second register.
func loadHalves(f *File, w []V, p R) {
	for i := 0; i < len(w); i += 2 {
		f.LdQ(w[i], p.At(8*i))
	}
	f.AddI(p, p, 32)
}

func loadF16(f *File, w []V, p R) {
	loadHalves(f, w, p)
	for i := 0; i < len(w); i += 2 {
		f.Fcvtl2(w[i+1], w[i])
		f.Fcvtl(w[i], w[i])
	}
}

func loadBF16(f *File, w []V, p R) {
	loadHalves(f, w, p)
	zero := f.V()
	f.Movi(zero, 0)
	for i := 0; i < len(w); i += 2 {
		f.Zip2(H8, w[i+1], zero, w[i])
		f.Zip1(H8, w[i], zero, w[i])
	}
}

// floatRows is how many rows are worked on at once: their sums take sixteen
// registers at most.
func floatRows(tokens int) int {
	if tokens > 4 {
		return 8
	}
	return 16
}

// gemmFloat is one function; its blocks are columns, its acts the tokens' rows
// of blocks float32.
func gemmFloat(f *File, t floatFormat, tokens int) {
	a := productFunc(f, t.name, tokens, "for k < blocks { acc += float32(w[r][k] * x[t][k]) }")
	rows := floatRows(tokens)
	acc, x := make([][]V, tokens), make([]R, tokens)
	for i := range acc {
		acc[i], x[i] = f.Vs(rows/4), f.R()
	}
	w, d, n := f.R(), f.R(), f.R()
	f.Loop("tile", a.tiles, func() {
		for first := 0; first < 16; first += rows {
			f.AddI(w, a.w, first*t.bytes)
			floatStart(f, a, acc, x)
			f.MovR(n, a.blocks)
			for _, columns := range []int{4, 1} {
				f.While("columns", n, columns, func() { floatColumns(f, t, columns, acc, x, w) })
			}
			f.AddI(d, a.dst, 4*first)
			for i := range acc {
				f.St1(acc[i], d, Stay)
				if i+1 < tokens {
					f.AddR(d, d, a.stride)
				}
			}
		}
		f.SubI(a.w, w, (16-rows)*t.bytes)
		f.AddI(a.dst, a.dst, 64)
	})
	f.End()
}

// floatStart clears the sums and points to the tokens' first columns.
func floatStart(f *File, a gemmArgs, acc [][]V, x []R) {
	for i := range acc {
		for _, v := range acc[i] {
			f.Movi(v, 0)
		}
		if i == 0 {
			f.MovR(x[0], a.acts)
		} else {
			f.AddShifted(x[i], x[i-1], a.blocks, 2)
		}
	}
}

// floatColumns adds the products of four columns, or of one.
func floatColumns(f *File, t floatFormat, columns int, acc [][]V, x []R, w R) {
	f.Scope(func() {
		xs := f.Vs(len(x))
		for i, p := range x {
			if columns == 4 {
				f.LdQ(xs[i], p.At(0))
			} else {
				f.LdS(xs[i], p.At(0))
			}
			f.AddI(p, p, 4*columns)
		}
		for k := range columns {
			f.Scope(func() {
				ws, tmp := f.Vs(len(acc[0])), f.Vs(len(acc[0]))
				t.load(f, ws, w)
				for i := range acc {
					for j, v := range acc[i] {
						f.FmulLane(tmp[j], ws[j], xs[i], k)
						f.Fadd(v, v, tmp[j]) // acc += w * x
					}
				}
			})
		}
	})
}
