package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// attendCase is a cache of one head and rows of queries that see it.
type attendCase struct {
	kv    *KV
	pages [][]byte
	k, v  []float32 // (positions, keyDim) and (positions, valueDim), as they were stored
	rows  []seen
}

// seen are n queries that see positions [first, end).
type seen struct {
	q          []float32
	first, end int
}

// pageSlack is what lies before a head's keys and between them and its values.
const pageSlack = 5

// newAttendCase stores random keys and values in a tier's cache.
func newAttendCase(t testing.TB, im *impl, seed uint64, key, value quant.Type, keyDim, valueDim, page, positions int) *attendCase {
	t.Helper()
	use(t, im)
	kv, err := NewKV(key, value, keyDim, valueDim, page)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	c := &attendCase{kv: kv, k: randomFloats(rng, positions*keyDim), v: randomFloats(rng, positions*valueDim)}
	keys, values := kv.Bytes()
	var w KVWriter
	for i := range positions {
		if i%page == 0 {
			p := make([]byte, 2*pageSlack+keys+values)
			for i := range p {
				p[i] = byte(rng.Uint32()) // what an earlier sequence has left
			}
			c.pages = append(c.pages, p)
		}
		p := c.pages[i/page]
		w.Store(kv, p[pageSlack:], p[2*pageSlack+keys:], i%page, c.k[i*keyDim:][:keyDim], c.v[i*valueDim:][:valueDim])
	}
	return c
}

// add adds a row of n random queries.
func (c *attendCase) add(rng *rand.Rand, n, first, end int) {
	q := randomFloats(rng, n*c.kv.keyDim)
	Scale(q, 0.125)
	c.rows = append(c.rows, seen{q, first, end})
}

// run returns the results of all rows, in tiles of the given rows.
func (c *attendCase) run(a *Attention, rows int) []float32 {
	var out []float32
	keys, _ := c.kv.Bytes()
	for lo := 0; lo < len(c.rows); lo += rows {
		a.Start(c.kv, c.pages, pageSlack, 2*pageSlack+keys)
		tile := c.rows[lo:min(lo+rows, len(c.rows))]
		at := len(out)
		for _, r := range tile {
			out = append(out, make([]float32, c.results(r))...)
		}
		for _, r := range tile {
			n := c.results(r)
			a.Add(out[at:][:n], r.q, Span{First: r.first, End: r.end})
			at += n
		}
		for a.Next() {
		}
	}
	return out
}

// results returns the number of elements of a row's results.
func (c *attendCase) results(r seen) int { return len(r.q) / c.kv.keyDim * c.kv.valueDim }

// attendShapes are types, heads and pages.
var attendShapes = []struct {
	key, value             quant.Type
	keyDim, valueDim, page int
}{
	{quant.F16, quant.F16, 64, 64, 256}, {quant.F16, quant.F16, 128, 128, 64}, {quant.F16, quant.F16, 80, 80, 512},
	{quant.F16, quant.F16, 40, 40, 16}, {quant.F16, quant.F16, 1, 1, 16}, {quant.F16, quant.F16, 7, 7, 32}, {quant.F16, quant.F16, 300, 300, 128},
	{quant.F32, quant.F32, 64, 64, 256}, {quant.F32, quant.F32, 96, 96, 128}, {quant.F32, quant.F32, 13, 13, 16},
	{quant.Q8_0, quant.Q8_0, 64, 64, 256}, {quant.Q8_0, quant.Q8_0, 32, 32, 16}, {quant.Q8_0, quant.Q8_0, 96, 96, 512},
	{quant.F16, quant.Q8_0, 64, 64, 256}, {quant.Q8_0, quant.F16, 128, 128, 256},
	{quant.F16, quant.F16, 192, 128, 256}, {quant.F16, quant.F16, 576, 512, 64}, {quant.F16, quant.F16, 64, 32, 16}, {quant.F16, quant.F16, 96, 256, 128},
	{quant.F16, quant.F16, 7, 13, 32}, {quant.F16, quant.F16, 1, 40, 16}, {quant.F16, quant.F16, 300, 1, 64},
	{quant.F32, quant.F32, 192, 128, 64}, {quant.F32, quant.F32, 64, 32, 256}, {quant.F32, quant.F32, 96, 256, 16}, {quant.F32, quant.F32, 13, 5, 32},
	{quant.Q8_0, quant.Q8_0, 192, 128, 256}, {quant.Q8_0, quant.Q8_0, 576, 512, 128}, {quant.Q8_0, quant.Q8_0, 64, 32, 16}, {quant.Q8_0, quant.Q8_0, 96, 256, 64},
	{quant.F16, quant.Q8_0, 100, 64, 256}, {quant.Q8_0, quant.F16, 64, 100, 64}, {quant.F32, quant.Q8_0, 50, 96, 32}, {quant.Q8_0, quant.F32, 32, 17, 32},
	{quant.F32, quant.F16, 192, 128, 128}, {quant.F16, quant.F32, 64, 96, 128},
	{quant.Q4_0, quant.Q4_0, 64, 64, 256}, {quant.Q4_0, quant.Q4_0, 80, 80, 512}, {quant.Q4_0, quant.Q4_0, 96, 96, 16}, {quant.Q4_0, quant.Q4_0, 128, 128, 256},
	{quant.Q4_0, quant.Q4_0, 8, 8, 64}, {quant.Q4_0, quant.Q4_0, 13, 16, 32}, {quant.Q4_0, quant.Q4_0, 576, 512, 64}, {quant.Q4_0, quant.Q4_0, 17, 1, 16},
	{quant.F16, quant.Q4_0, 100, 64, 256}, {quant.Q4_0, quant.Q8_0, 40, 96, 64}, {quant.Q8_0, quant.Q4_0, 64, 48, 128}, {quant.Q4_0, quant.F32, 32, 17, 32},
}

// rows adds rows of n queries in several situations: a prompt's, one token's,
// windows', and those of which some see nothing that others see.
func (c *attendCase) situations(n int) {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	last := len(c.k) / c.kv.keyDim
	for _, end := range []int{1, 2, 3, 16, 17, 255, 256, 257, 258, 300, last - 1, last} {
		c.add(rng, n, 0, end)
	}
	for _, w := range []int{1, 2, 40, 300} {
		for _, end := range []int{200, 256, 300, 301, 530, 531, last} {
			c.add(rng, n, max(0, end-w), end)
		}
	}
}

// Every tier gives generic's bits whatever the types, heads and pages, and
// whatever rows share a tile.
func TestAttentionSameBits(t *testing.T) {
	const positions = 600
	counts, tiles := []int{1, 3, 4, 8}, []int{1, 2, 5, 40}
	if testing.Short() { // emulated, or with the race detector: minutes
		counts, tiles = []int{1, 8}, []int{5}
	}
	for _, s := range attendShapes {
		t.Run(fmt.Sprintf("%v/%v/dims=%d,%d/page=%d", s.key, s.value, s.keyDim, s.valueDim, s.page), func(t *testing.T) {
			for _, n := range counts {
				c := newAttendCase(t, &generic, 1, s.key, s.value, s.keyDim, s.valueDim, s.page, positions)
				c.situations(n)
				want := c.run(new(Attention), 1)
				for _, im := range tiers() {
					c := newAttendCase(t, im, 1, s.key, s.value, s.keyDim, s.valueDim, s.page, positions)
					c.situations(n)
					var a Attention
					for _, rows := range tiles {
						sameBits(t, fmt.Sprintf("%s: %d queries a row, %d rows a tile", im.name, n, rows), c.run(&a, rows), want)
					}
					other := newAttendCase(t, im, 1, s.key, s.value, s.keyDim, s.valueDim, 3*s.page, positions)
					other.situations(n)
					sameBits(t, fmt.Sprintf("%s: longer pages", im.name), other.run(&a, 4), want)
				}
			}
		})
	}
}

// The result is float64's within what the types round. With F32: a score is off
// by keyDim+2 roundings of Σ|q·k|, its exponential by that and five more, a sum of
// n positions by n.
func TestAttentionAgainstFloat64(t *testing.T) {
	for _, s := range []struct {
		typ              quant.Type
		keyDim, valueDim int
		bound            float64
	}{
		{quant.F32, 64, 64, 2e-5}, {quant.F32, 100, 100, 2e-5}, {quant.F16, 64, 64, 2e-3}, {quant.Q8_0, 64, 64, 2e-2},
		{quant.F32, 192, 128, 4e-5}, {quant.F32, 64, 32, 2e-5}, {quant.F32, 96, 256, 2e-5}, {quant.F32, 576, 512, 1e-4},
		{quant.F16, 192, 128, 4e-3}, {quant.F16, 576, 512, 8e-3}, {quant.F16, 96, 256, 3e-3},
		{quant.Q8_0, 192, 128, 4e-2}, {quant.Q8_0, 64, 32, 2e-2}, {quant.Q8_0, 96, 256, 3e-2},
		{quant.Q4_0, 64, 64, 4e-1}, {quant.Q4_0, 80, 96, 4e-1}, {quant.Q4_0, 128, 128, 4e-1}, {quant.Q4_0, 8, 8, 4e-1}, {quant.Q4_0, 40, 13, 4e-1},
	} {
		for _, im := range tiers() {
			c := newAttendCase(t, im, 3, s.typ, s.typ, s.keyDim, s.valueDim, 256, 600)
			c.situations(2)
			if worst := c.worst64(); worst > s.bound {
				t.Errorf("%v dims=%d,%d impl=%s: off by %g, at most %g", s.typ, s.keyDim, s.valueDim, im.name, worst, s.bound)
			} else {
				t.Logf("%v dims=%d,%d impl=%s: off by at most %.2g", s.typ, s.keyDim, s.valueDim, im.name, worst)
			}
		}
	}
}

// worst64 is how far the results are from float64's at most.
func (c *attendCase) worst64() float64 {
	got, worst, dim := c.run(new(Attention), 5), 0.0, c.kv.keyDim
	for _, r := range c.rows {
		for q := r.q; len(q) > 0; q = q[dim:] {
			for d, want := range c.attend64(q[:dim], r.first, r.end) {
				worst = max(worst, math.Abs(float64(got[d])-want))
			}
			got = got[c.kv.valueDim:]
		}
	}
	return worst
}

// attend64 is attention of one query in float64.
func (c *attendCase) attend64(q []float32, first, end int) []float64 {
	keyDim, valueDim := c.kv.keyDim, c.kv.valueDim
	out, sum, top := make([]float64, valueDim), 0.0, math.Inf(-1)
	p := make([]float64, end)
	for i := first; i < end; i++ {
		s, _ := reference64(q, c.k[i*keyDim:][:keyDim])
		p[i] = s
		top = max(top, p[i])
	}
	for i := first; i < end; i++ {
		e := math.Exp(p[i] - top)
		sum += e
		for d := range out {
			out[d] += e * float64(c.v[i*valueDim+d])
		}
	}
	for d := range out {
		out[d] /= sum
	}
	return out
}

// Scores far apart, rising and falling from block to block, neither overflow
// nor lose what counts.
func TestAttentionExtremes(t *testing.T) {
	for _, im := range tiers() {
		use(t, im)
		kv, err := NewKV(quant.F32, quant.F32, 1, 1, 256)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name string
			k    func(i int) float32
			want float32 // the mean of the positions that count
		}{
			{"one position counts, in the first block", func(i int) float32 { return map[bool]float32{true: 3e4}[i == 7] }, 7},
			{"one position counts, in the last block", func(i int) float32 { return map[bool]float32{true: 3e4}[i == 707] }, 707},
			{"all equal", func(int) float32 { return -1e4 }, 383.5},
			{"rising", func(i int) float32 { return 1e3 * float32(i) }, 767},
			{"falling", func(i int) float32 { return -1e3 * float32(i) }, 0},
		} {
			page := [][]byte{make([]byte, 2048), make([]byte, 2048), make([]byte, 2048)}
			var w KVWriter
			for i := range 768 {
				w.Store(kv, page[i/256], page[i/256][1024:], i%256, []float32{c.k(i)}, []float32{float32(i)})
			}
			var a Attention
			out := []float32{0}
			a.Start(kv, page, 0, 1024)
			a.Add(out, []float32{1}, Span{First: 0, End: 768})
			for a.Next() {
			}
			if math.Abs(float64(out[0]-c.want)) > 1e-3 {
				t.Errorf("%s, %s: got %g, want %g", im.name, c.name, out[0], c.want)
			}
		}
	}
}

// No sum of values and no softmax reads or writes beyond its arguments, and all
// give generic's bits, for any numbers.
func TestAttentionKernelsStayInside(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for _, im := range tiers() {
		for typ, fns := range im.sums {
			for i, fn := range fns {
				for _, dim := range []int{1, 15, 16, 17, 31, 32, 48, 64, 80, 96, 100, 128, 256, 512} {
					if dim%typ.BlockElems() != 0 {
						continue
					}
					for _, m := range append(fences(t), &between{}, &between{off: 1}) {
						sumsInside(t, rng, fn, genericSums[typ][i], typ, i+1, dim, m, im.name)
					}
				}
			}
		}
		for queries := 1; queries < 6; queries++ {
			for _, number := range numbers {
				for _, m := range append(fences(t), &between{}, &between{off: 3}) {
					softmaxInside(t, rng, im, queries, 3+13*queries, number, m)
				}
			}
		}
	}
}

func sumsInside(t *testing.T, rng *rand.Rand, fn, ref sumFunc, typ quant.Type, queries, dim int, m memory, name string) {
	t.Helper()
	n := 1 + rng.IntN(9)
	v := randomBlocks(rng, typ, n, dim).Data
	p, o := randomFloats(rng, (queries-1)*attendBlock+n), randomFloats(rng, queries*dim)
	want := slices.Clone(o)
	ref(&want[0], &p[0], &v[0], n, dim, 0)
	got, ps, vs := placed(m, o), placed(m, p), placed(m, v)
	fn(&got[0], &ps[0], &vs[0], n, dim, 1<<30)
	m.check(t)
	sameBits(t, fmt.Sprintf("Sums%v impl=%s queries=%d n=%d dim=%d", typ, name, queries, n, dim), got, want)
	if !slices.Equal(vs, v) || !slices.EqualFunc(ps, p, equalBits) {
		t.Fatalf("Sums%v impl=%s: an input was written to", typ, name)
	}
}

func softmaxInside(t *testing.T, rng *rand.Rand, im *impl, queries, dim int, number func(*rand.Rand) float32, m memory) {
	t.Helper()
	random := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = number(rng)
		}
		return x
	}
	s, o, l, top := random(queries*attendBlock), random(queries*dim), random(queries), random(queries)
	spans := make([]int, 2*queries)
	for i := range queries {
		if top[i] != top[i] || i == 1 {
			top[i] = lowest // a maximum is no NaN
		}
		spans[2*i] = rng.IntN(attendBlock)
		spans[2*i+1] = rng.IntN(attendBlock - spans[2*i] + 1)
	}
	ws, wt, wl, wo := slices.Clone(s), slices.Clone(top), slices.Clone(l), slices.Clone(o)
	generic.softmax(&ws[0], &wt[0], &wl[0], &wo[0], &spans[0], queries, dim)
	gs, gt, gl, gap, sp := placed(m, s), placed(m, top), placed(m, l), placed(m, o), placed(m, spans)
	im.softmax(&gs[0], &gt[0], &gl[0], &gap[0], &sp[0], queries, dim)
	m.check(t)
	what := fmt.Sprintf("Softmax impl=%s queries=%d dim=%d ", im.name, queries, dim)
	sameBits(t, what+"scores", gs, ws)
	for i := range wt { // a zero's sign is the tier's
		wt[i], gt[i] = wt[i]+0, gt[i]+0
	}
	sameBits(t, what+"maxima", gt, wt)
	sameBits(t, what+"sums", gl, wl)
	sameBits(t, what+"results", gap, wo)
	if !slices.Equal(sp, spans) {
		t.Fatal(what + "has changed the spans")
	}
}

func TestAttentionAllocatesNothing(t *testing.T) {
	for _, im := range tiers() {
		for _, typ := range []quant.Type{quant.F32, quant.F16, quant.Q8_0, quant.Q4_0} {
			c := newAttendCase(t, im, 2, typ, typ, 64, 96, 128, 600)
			var a Attention
			var w KVWriter
			out, q, v := make([]float32, 4*96), make([]float32, 4*64), make([]float32, 96)
			keys, _ := c.kv.Bytes()
			if n := testing.AllocsPerRun(20, func() {
				w.Store(c.kv, c.pages[0][pageSlack:], c.pages[0][2*pageSlack+keys:], 3, q[:64], v)
				a.Start(c.kv, c.pages, pageSlack, 2*pageSlack+keys)
				a.Add(out, q, Span{First: 0, End: 599})
				a.Add(out, q, Span{First: 0, End: 600})
				for a.Next() {
				}
			}); n != 0 {
				t.Errorf("%v impl=%s: %v allocations", typ, im.name, n)
			}
		}
	}
}

// Sinks take their share of the softmax, caps bend scores, and slopes lower them.
func TestAttentionSpan(t *testing.T) {
	const positions, dim, valueDim = 300, 32, 24
	c := newAttendCase(t, &generic, 2, quant.F32, quant.F32, dim, valueDim, 256, positions)
	rng := rand.New(rand.NewPCG(9, 9))
	q, sinks := randomFloats(rng, 2*dim), []float32{1.5, -40}
	Scale(q, 0.3)
	slopes := []float32{0.5, 0.00390625}
	for _, span := range []Span{{}, {Softcap: 2}, {Sinks: sinks}, {Softcap: 2, Sinks: sinks}, {Slopes: slopes}, {Softcap: 2, Sinks: sinks, Slopes: slopes}} {
		span.First, span.End = 7, positions
		out := make([]float32, 2*valueDim)
		keys, _ := c.kv.Bytes()
		var a Attention
		a.Start(c.kv, c.pages, pageSlack, 2*pageSlack+keys)
		a.Add(out, q, span)
		for a.Next() {
		}
		for h := range 2 {
			want := spanAgainst(c, q[h*dim:][:dim], span, h)
			for d, w := range want {
				near(t, fmt.Sprintf("%+v", span), d, out[h*valueDim+d], w, 1, 60)
			}
		}
	}
}

// spanAgainst is one query's attention in float64.
func spanAgainst(c *attendCase, q []float32, span Span, h int) []float64 {
	dim, valueDim := len(q), c.kv.valueDim
	sum, out := 0.0, make([]float64, valueDim)
	if span.Sinks != nil {
		sum = math.Exp(float64(span.Sinks[h]))
	}
	for i := span.First; i < span.End; i++ {
		s := 0.0
		for d := range q {
			s += float64(q[d]) * float64(c.k[i*dim+d])
		}
		if span.Softcap > 0 {
			s = float64(span.Softcap) * math.Tanh(s/float64(span.Softcap))
		}
		if span.Slopes != nil {
			s -= float64(span.Slopes[h]) * float64(span.End-1-i)
		}
		e := math.Exp(s)
		sum += e
		for d := range out {
			out[d] += e * float64(c.v[i*valueDim+d])
		}
	}
	for d := range out {
		out[d] /= sum
	}
	return out
}

// Queries with slopes have the same results in one tile as alone.
func TestAttentionSlopesInTiles(t *testing.T) {
	slopes := []float32{0.5, 0.25, 0.125}
	for _, im := range tiers() {
		c := newAttendCase(t, im, 5, quant.F16, quant.F16, 64, 32, 128, 600)
		c.situations(3)
		keys, _ := c.kv.Bytes()
		var a Attention
		run := func(rows []seen) (out []float32) {
			out = make([]float32, len(rows)*3*32)
			a.Start(c.kv, c.pages, pageSlack, 2*pageSlack+keys)
			for i, r := range rows {
				a.Add(out[i*3*32:][:3*32], r.q, Span{First: r.first, End: r.end, Slopes: slopes})
			}
			for a.Next() {
			}
			return out
		}
		var alone []float32
		for i := range c.rows {
			alone = append(alone, run(c.rows[i:i+1])...)
		}
		if got := run(c.rows); !slices.Equal(got, alone) {
			t.Errorf("%s: a tile's results differ from those of its queries alone", im.name)
		}
	}
}
