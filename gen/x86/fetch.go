package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A fetcher fetches the bytes of weights that one block's work will reach later,
// a line at a time: lines at once would wait for each other. They must follow
// each other as they lie, since the hardware fetches on its own what follows them:
// Q6_K's lines from both ends of a part by turns gave 82 % of a plain read, not 98.
//
// How far ahead is measured type by type, as a share of a plain read by one
// Zen 5 core; with some thirty instructions a block the reorder buffer sees too
// few loads, so without fetching avx512 has 87 % (Q4_0). Into the nearest cache
// alone, what is read once does not push others out: two cores then read as fast
// as plainly, with PREFETCHT0 Q8_0 is at 95 % and Q6_K at 85.
//
//	                4 KB  4.5 KB  6 KB  8 KB  10 KB
//	avx512 Q4_0      94     95     94    94    93
//	avx512 IQ4_NL           92     95    93    94
//	avx512 F16              91     97    95    92
//	avx512 Q6_K             93     96    99    94
//	avx2   Q4_0      90     94     96    97
//
// Q8_0 with avx512, few instructions a byte: 2 KB 97, 4.5 KB and more 94.
type fetcher struct {
	f     *File
	w     reg.GPVirtual
	ahead int  // bytes; 0: it fetches nothing
	bytes int  // of a block
	next  int  // where in the block
	again bool // the weights will be read again: into the second cache as well
}

// fetch returns what fetches a part's share of a block of t, the given bytes ahead.
func (f *File) fetch(t format, w reg.GPVirtual, ahead, part int) fetcher {
	n, parts := t.TileBytes(), t.Parts()
	return fetcher{f: f, w: w, ahead: ahead, bytes: n * (part + 1) / parts, next: (n*part/parts + 63) / 64 * 64}
}

// line fetches the next line, if there is one.
func (p *fetcher) line() {
	if p.ahead == 0 || p.next >= p.bytes {
		return
	}
	m := Mem{Base: p.w, Disp: p.ahead + p.next}
	if p.again {
		p.f.PREFETCHT0(m)
	} else {
		p.f.PREFETCHNTA(m)
	}
	p.next += 64
}

// rest fetches the lines that are left.
func (p *fetcher) rest() {
	for p.ahead > 0 && p.next < p.bytes {
		p.line()
	}
}
