package simd

// lanes is how many partial sums every reduction keeps: element i belongs to
// lane i mod 16, whatever the width of the vectors that do the work.
const lanes = 16

// tree adds up the lanes: l and l+8, then l and l+4, l+2, l+1.
func tree(s *[lanes]float32) float32 {
	for h := lanes / 2; h > 0; h /= 2 {
		for l := range h {
			s[l] += s[l+h]
		}
	}
	return s[0]
}

// dotGeneric is
//
//	for i := range x { s[i%16] += x[i] * y[i] }
//
// followed by tree. Two passes of eight lanes keep the sums in registers.
func dotGeneric(x, y []float32) float32 {
	var s [lanes]float32
	n := len(x) &^ (lanes - 1)
	dot8(s[:8], x[:n], y[:n])
	if n > 0 {
		dot8(s[8:], x[8:n], y[8:n])
	}
	for i := n; i < len(x); i++ {
		s[i-n] += float32(x[i] * y[i])
	}
	return tree(&s)
}

// dot8 adds the products of the first eight of every sixteen elements to s.
func dot8(s, x, y []float32) {
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(x) >= 8 && len(y) >= 8 {
		s0 += float32(x[0] * y[0])
		s1 += float32(x[1] * y[1])
		s2 += float32(x[2] * y[2])
		s3 += float32(x[3] * y[3])
		s4 += float32(x[4] * y[4])
		s5 += float32(x[5] * y[5])
		s6 += float32(x[6] * y[6])
		s7 += float32(x[7] * y[7])
		if len(x) < lanes || len(y) < lanes {
			break
		}
		x, y = x[lanes:], y[lanes:]
	}
	s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7] = s0, s1, s2, s3, s4, s5, s6, s7
}

// sumGeneric is the sum of x, lanes and tree.
func sumGeneric(x []float32) float32 {
	var s [lanes]float32
	for len(x) >= lanes {
		for l, v := range x[:lanes] {
			s[l] += v
		}
		x = x[lanes:]
	}
	for l, v := range x {
		s[l] += v
	}
	return tree(&s)
}
