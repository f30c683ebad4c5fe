package sample

// A history is the last limit tokens of a sequence.
type history struct {
	limit int
	ids   []int32 // a ring once it has limit entries
	next  int     // where the ring is written next
	count []int32 // (vocab,) scratch, all zero between calls
}

func (h *history) empty() bool { return len(h.ids) == 0 }

// add appends id and forgets the oldest beyond the limit. The ring grows as it
// fills: a limit costs nothing before there are that many tokens.
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
		// The conversion keeps a compiler from fusing the product with the sums.
		x[id] = float32(v) - (float32(float32(h.count[id])*p.FrequencyPenalty) + p.PresencePenalty)
		h.count[id] = 0
	}
}
