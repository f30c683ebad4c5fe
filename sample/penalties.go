package sample

import (
	"cmp"
	"slices"
)

// A history has the last limit tokens of a sequence.
type history struct {
	limit int
	ids   []int32 // a ring buffer once it has limit entries
	next  int     // index of the ring's oldest entry
	count []int32 // (vocab,): scratch, all zero between calls
}

func (h *history) empty() bool { return len(h.ids) == 0 }

// add appends id and drops the oldest id beyond the limit. The memory grows with
// the ids, so that a large limit costs nothing for a short sequence.
func (h *history) add(id int32) {
	if len(h.ids) < h.limit {
		h.ids = append(h.ids, id)
		return
	}
	h.ids[h.next] = id
	h.next = (h.next + 1) % h.limit
}

// penalise lowers the logits x of the tokens in h, each once:
//
//	x = x ≤ 0 ? x·repeat : x/repeat
//	x = x − (count·frequency + presence)
func (h *history) penalise(x []float32, p *Params) {
	if h.empty() {
		return
	}
	if len(h.count) < len(x) {
		h.count = make([]int32, len(x))
	}
	for _, id := range h.ids {
		if uint(id) < uint(len(x)) {
			h.count[id]++
		}
	}
	for _, id := range h.ids {
		if uint(id) >= uint(len(x)) || h.count[id] == 0 {
			continue
		}
		v := x[id]
		if v <= 0 {
			v *= p.RepeatPenalty
		} else {
			v /= p.RepeatPenalty
		}
		// The conversions keep a compiler from fusing multiply and add.
		x[id] = float32(v) - (float32(float32(h.count[id])*p.FrequencyPenalty) + p.PresencePenalty)
		h.count[id] = 0
	}
}

// edited returns logits with bias and penalties applied: a copy, or logits itself
// if there is neither.
func (s *Sampler) edited(logits []float32) []float32 {
	if len(s.bias) == 0 && s.recent.empty() {
		return logits
	}
	s.logits = append(s.logits[:0], logits...)
	for _, b := range s.bias {
		if int(b.id) < len(s.logits) {
			s.logits[b.id] += b.bias
		}
	}
	s.recent.penalise(s.logits, &s.p)
	return s.logits
}

// A tokenBias is one entry of Params.LogitBias.
type tokenBias struct {
	id   int32
	bias float32
}

// sortedBias returns m as a list in order of id. Iterating over it is cheaper than
// over a map.
func sortedBias(m map[int32]float32) []tokenBias {
	list := make([]tokenBias, 0, len(m))
	for id, b := range m {
		list = append(list, tokenBias{id, b})
	}
	slices.SortFunc(list, func(a, b tokenBias) int { return cmp.Compare(a.id, b.id) })
	return list
}
