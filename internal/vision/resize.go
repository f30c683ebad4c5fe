package vision

import "math"

// [pillow] Pillow, src/libImaging/Resample.c: separable resampling with weights of 22
// fractional bits. llama.cpp and Hugging Face's processors resize so.

// precision is the number of fractional bits of the weights.
const precision = 32 - 8 - 2

// A filter is a filter of resampling.
type filter struct {
	support float64 // it is 0 beyond
	at      func(x float64) float64
}

var (
	bilinear = filter{1, func(x float64) float64 { return max(0, 1-math.Abs(x)) }}
	bicubic  = filter{2, cubic}
)

// cubic is the cubic filter with a = -0.5.
func cubic(x float64) float64 {
	const a = -0.5
	switch x = math.Abs(x); {
	case x < 1:
		return float64(float64(float64(float64((a+2)*x)-(a+3))*x)*x) + 1
	case x < 2:
		return (float64(float64(float64((x-5)*x)+8)*x) - 4) * a
	}
	return 0
}

// taps are the weights with which the pixels of a line make those of another length.
type taps struct {
	first   []int     // (out,): first pixel of the input
	weights [][]int32 // (out,), each of the pixels from first on
}

// newTaps returns the taps for a line of in pixels that becomes out pixels long.
func newTaps(in, out int, f filter) taps {
	t := taps{make([]int, out), make([][]int32, out)}
	scale := float64(in) / float64(out)
	wide := max(scale, 1) // a shrinking line takes in more pixels
	support := f.support * wide
	for i := range out {
		center := (float64(i) + 0.5) * scale
		lo := max(int(float64(center-support)+0.5), 0)
		hi := min(int(float64(center+support)+0.5), in)
		w, sum := make([]float64, hi-lo), 0.0
		for k := range w {
			w[k] = f.at(float64(float64(k+lo)-center+0.5) * (1 / wide))
			sum += w[k]
		}
		t.first[i], t.weights[i] = lo, make([]int32, hi-lo)
		for k := range w {
			if sum != 0 {
				w[k] /= sum
			}
			x := float64(w[k] * (1 << precision))
			t.weights[i][k] = int32(x + math.Copysign(0.5, w[k]))
		}
	}
	return t
}

// resample returns p with the given size.
func (p *Picture) resample(width, height int, f filter) *Picture {
	out := p
	if width != p.Width {
		out = out.resampleRows(newTaps(p.Width, width, f))
	}
	if height != p.Height {
		out = out.resampleColumns(newTaps(p.Height, height, f))
	}
	return out
}

// resampleRows gives every row another length.
func (p *Picture) resampleRows(t taps) *Picture {
	out := &Picture{Width: len(t.first), Height: p.Height, RGB: make([]byte, 3*len(t.first)*p.Height)}
	for y := range p.Height {
		src, dst := p.RGB[3*p.Width*y:], out.RGB[3*out.Width*y:]
		for x, first := range t.first {
			var sum [3]int32
			for k, w := range t.weights[x] {
				for c := range sum {
					sum[c] += int32(src[3*(first+k)+c]) * w
				}
			}
			for c := range sum {
				dst[3*x+c] = round(sum[c])
			}
		}
	}
	return out
}

// resampleColumns gives every column another length.
func (p *Picture) resampleColumns(t taps) *Picture {
	width := 3 * p.Width
	out := &Picture{Width: p.Width, Height: len(t.first), RGB: make([]byte, width*len(t.first))}
	sum := make([]int32, width)
	for y, first := range t.first {
		clear(sum)
		for k, w := range t.weights[y] {
			for i, v := range p.RGB[width*(first+k):][:width] {
				sum[i] += int32(v) * w
			}
		}
		for i, s := range sum {
			out.RGB[width*y+i] = round(s)
		}
	}
	return out
}

// round returns the nearest color of a sum.
func round(sum int32) byte { return byte(min(max((sum+1<<(precision-1))>>precision, 0), 255)) }

// fit returns p scaled to fit into a picture of the given size and bars of a color
// around it.
func (p *Picture) fit(width, height int, f filter, bars [3]byte) *Picture {
	if p.Width == width && p.Height == height {
		return p
	}
	scale := min(float32(width)/float32(p.Width), float32(height)/float32(p.Height))
	w := min(int(math.Ceil(float64(float32(p.Width)*scale))), width)
	h := min(int(math.Ceil(float64(float32(p.Height)*scale))), height)
	small := p.resample(w, h, f)
	out := &Picture{Width: width, Height: height, RGB: make([]byte, 3*width*height)}
	for i := range out.RGB {
		out.RGB[i] = bars[i%3]
	}
	left, top := (width-w)/2, (height-h)/2
	for y := range h {
		copy(out.RGB[3*(width*(top+y)+left):], small.RGB[3*w*y:][:3*w])
	}
	return out
}
