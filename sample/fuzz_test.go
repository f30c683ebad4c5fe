package sample

import (
	"math"
	"slices"
	"testing"
)

// FuzzSample requires that no logits and no parameters panic, and that the sampled
// token is an allowed one.
func FuzzSample(f *testing.F) {
	floats := func(v ...float32) (b []byte) {
		for _, x := range v {
			u := math.Float32bits(x)
			b = append(b, byte(u), byte(u>>8), byte(u>>16), byte(u>>24))
		}
		return b
	}
	f.Add(floats(1, 2, nan), floats(), []byte{}, "")
	f.Add(floats(negInf, inf), floats(-1, 1, 0.5, 0.5, 3), []byte{255}, "kt")
	f.Add(floats(1, 2, 3, 4), floats(0.8, 0, 0.9, 0.1, 0.9, 1, 0.5, 0.1, 1.1, 0.5, 0.5, 1, 2, 0, 5, 0.1), []byte{2, 1, 1, 0, 0, 0, 1, 2}, "edskypmxta")
	f.Fuzz(func(t *testing.T, raw, params, small []byte, order string) {
		x, values := fromBytes(raw), fromBytes(params)
		names, err := ParseSamplers(order)
		if err != nil || len(x) == 0 {
			return
		}
		p := Params{Samplers: names, Seed: 1}
		if order == "" {
			p.Samplers = nil
		}
		fuzzParams(&p, values, small)
		s, err := New(p, Config{EndTokens: []int32{0}, Breakers: breakersOf(3, 1)})
		if err != nil {
			return
		}
		for i := range 6 {
			id, ok := s.Sample(x)
			finite := slices.ContainsFunc(x, func(v float32) bool { return v > negInf })
			switch {
			case ok && (id < 0 || int(id) >= len(x) || !(x[id] > negInf)):
				t.Fatalf("id %d of %d", id, len(x))
			case ok && !(s.Picked() >= 0 && s.Picked() <= 1):
				t.Fatalf("probability %g", s.Picked())
			case !ok && finite && slices.Max(x) < 1e30 && p.check():
				t.Fatalf("no token: %+v", p)
			}
			s.Accept(id)
			s.Accept(int32(i % 2))
		}
	})
}

// check reports whether no penalty of p is so great that it makes -Inf of logits.
func (p *Params) check() bool {
	for _, v := range []float32{p.RepeatPenalty, p.FrequencyPenalty, p.PresencePenalty, p.DRYMultiplier, p.DRYBase} {
		if v != 0 && !(v > 1e-6 && v < 1e6) {
			return false
		}
	}
	return p.LogitBias == nil
}

// fromBytes returns the floats that b has.
func fromBytes(b []byte) []float32 {
	x := make([]float32, len(b)/4)
	for i := range x {
		x[i] = math.Float32frombits(uint32(b[4*i]) | uint32(b[4*i+1])<<8 | uint32(b[4*i+2])<<16 | uint32(b[4*i+3])<<24)
	}
	return x
}

// fuzzParams sets the fields of p, numbers in their order, as long as there are
// values.
func fuzzParams(p *Params, values []float32, small []byte) {
	for i := range fields {
		v := fields[i].get(p)
		switch {
		case fields[i].Name == "Seed":
		case v.CanFloat() && len(values) > 0:
			v.SetFloat(float64(values[0]))
			values = values[1:]
		case v.CanInt() && len(small) > 0:
			v.SetInt(int64(int8(small[0])))
			small = small[1:]
		}
	}
}
