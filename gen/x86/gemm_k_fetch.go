package x86

import . "github.com/mmcloughlin/avo/operand"

// fetchResults fetches the lines of two tiles' results, as many as a piece of a
// prompt has: stores would wait for them one by one (Q6_K, K=2048, 256 tokens: 57 %
// of the multiplier's peak, 54 without).
func (k *kgemm) fetchResults() {
	if k.tokens == 1 {
		return
	}
	f, to := k.f, k.f.GP64()
	f.MOVQ(k.dst, to)
	for t := range k.tokens {
		f.PREFETCHT0(Mem{Base: to})
		f.PREFETCHT0(Mem{Base: to, Disp: 64})
		if t+1 < k.tokens {
			f.ADDQ(k.stride, to)
		}
	}
}

// partBytes is how many bytes of weights a walk through a part stands for.
func (k *kgemm) partBytes() int { return k.t.TileBytes() / parts * k.width() / 64 }

// kAhead is how far ahead weights are fetched (see fetcher).
const kAhead = 8192

// fetches reports whether weights are fetched ahead: always where more tokens
// lose nothing in prompts. Of 8 times one token's rate, two cores, avx512, a batch
// of eight reaches 7.2 (Q4_K) and 7.1 (Q6_K) so, 2.3 and 1.4 without.
func (k *kgemm) fetches() bool { return k.tokens == 1 || k.f.Wide }

// prefetch fetches weights as a part's 32 dwords of quants go by, whichever of
// them they are.
func (k *kgemm) prefetch() {
	if !k.fetches() {
		return
	}
	bytes := k.partBytes()
	lines := (bytes + 63) / 64
	p := fetcher{f: k.f, w: k.ahead, ahead: kAhead, bytes: bytes, next: 64 * (k.gone * lines / 32), again: k.tokens > fewTokens}
	for range (k.gone+1)*lines/32 - k.gone*lines/32 {
		p.line()
	}
	k.gone = (k.gone + 1) % 32
}
