package simd

// slope lowers the scores of the block by each query's slope for each position
// from the key to the last one that the query sees. The product is rounded before
// it is subtracted, as everywhere.
func (a *Attention) slope() {
	for r := range a.rows {
		last := len(a.m)
		if r+1 < len(a.rows) {
			last = a.rows[r+1].query
		}
		for i := a.rows[r].query; i < last; i++ {
			from, n := a.spans[2*i], a.spans[2*i+1]
			distance := a.rows[r].end - 1 - a.next - from
			for k, s := range a.scores[i*attendBlock+from:][:n] {
				a.scores[i*attendBlock+from+k] = s - float32(a.slopes[i]*float32(distance-k))
			}
		}
	}
}
