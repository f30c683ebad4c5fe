package grammar

import (
	"os"
	"runtime"
	"sort"
	"testing"
)

func TestSlow(t *testing.T) {
	runtime.LockOSThread()
	v := llama3(t)
	mask := make([]uint64, v.Words())
	type rec struct {
		us         float64
		f          string
		pre        string
		nc, ns, nx int
	}
	var all []rec
	for _, f := range benchFiles(t) {
		if len(f.Tests) == 0 {
			continue
		}
		g, err := JSONSchema(f.Schema)
		if err != nil {
			continue
		}
		c := f.Tests[0]
		m := g.NewMatcher(v.Vocab)
		text := dump(t, c.Data)
		pos := 0
		for _, id := range append(v.cut(text), v.eos) {
			a, bb, cc := len(m.m.configs), len(m.m.lex.states), len(m.m.r.x.nodes)
			s := now()
			m.Mask(mask)
			d := now() - s
			all = append(all, rec{float64(d.Nanoseconds()) / 1000, f.name, string(text[max(0, pos-25):pos]), len(m.m.configs) - a, len(m.m.lex.states) - bb, len(m.m.r.x.nodes) - cc})
			if !allowed(mask, id) || m.Accept(id) != nil {
				break
			}
			pos += len(v.Text(id))
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].us > all[j].us })
	sum := 0.0
	for _, r := range all {
		sum += r.us
	}
	acc := 0.0
	for i, r := range all {
		acc += r.us
		if i < 60 || i%(len(all)/60) == 0 {
			t.Logf("%.0f%% %d/%d %.1f %s %q cfg %d lex %d nodes %d", 100*acc/sum, i, len(all), r.us, r.f, r.pre, r.nc, r.ns, r.nx)
		}
	}
	_ = os.Args
}
