package bench

import "slices"

// positions returns how long a sequence can become.
func (p Plan) positions() int {
	n := slices.Max(slices.Concat([]int{1}, p.Prompt, p.Gen))
	for _, pg := range p.PG {
		n = max(n, pg[0]+pg[1])
	}
	return n + slices.Max(p.Depth)
}

// groups returns the rows of a session; those of a group are measured in turn.
func (p Plan) groups(x *session) (groups [][]*row) {
	for _, b := range p.Batch {
		for _, ub := range p.UBatch {
			for _, d := range p.Depth {
				groups = append(groups, p.tests(x, b, ub, d)...)
			}
		}
	}
	return groups
}

// tests returns the rows of a session at one depth.
func (p Plan) tests(x *session, b, ub, depth int) (groups [][]*row) {
	for _, n := range p.Prompt {
		if n > 0 {
			groups = append(groups, []*row{newRow(x, Test{Prompt: n, Depth: depth, Seqs: 1}, b, ub)})
		}
	}
	for _, n := range p.Gen {
		if n == 0 {
			continue
		}
		var group []*row
		var single *row
		for _, seqs := range p.Seqs {
			r := newRow(x, Test{Gen: n, Depth: depth, Seqs: seqs}, b, ub)
			if seqs == 1 && single == nil {
				single = r
			}
			group = append(group, r)
		}
		for _, r := range group {
			if r.Seqs > 1 {
				r.single = single
			}
		}
		groups = append(groups, group)
	}
	for _, pg := range p.PG {
		if pg[0]+pg[1] > 0 {
			groups = append(groups, []*row{newRow(x, Test{Prompt: pg[0], Gen: pg[1], Depth: depth, Seqs: 1}, b, ub)})
		}
	}
	return groups
}
