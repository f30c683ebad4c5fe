package llama

// A Seq is one sequence of tokens: its keys and values in every layer. It grows
// by [Model.Forward], page by page.
//
// A Seq serves one goroutine at a time. While a Forward that names it goes on,
// nothing else may be called on it.
type Seq struct {
	m      *Model
	n      int    // tokens whose keys and values count
	ahead  int    // tokens that the Forward going on has added
	first  int    // the first of them in its batch
	pages  []page // cover at least n positions
	closed bool
}

// A Token is one token of a batch. It takes the next position of its sequence.
type Token struct {
	Seq    *Seq
	ID     int32
	Logits bool // whether [Model.Logits] will be asked for
}

// NewSeq returns an empty sequence of m. It takes memory as it grows.
func (m *Model) NewSeq() *Seq { return &Seq{m: m} }

// Len returns the number of tokens in s.
func (s *Seq) Len() int { return s.n }

// Truncate forgets all but the first n tokens. It panics if s has fewer.
func (s *Seq) Truncate(n int) {
	if n < 0 || n > s.n {
		panic("llama: Truncate: n is not within the sequence")
	}
	s.n = n
	s.shrink()
}

// Close gives the memory of s back to its model, for other sequences.
func (s *Seq) Close() {
	s.n, s.closed = 0, true
	s.shrink()
}

// shrink gives back the pages that hold no token.
func (s *Seq) shrink() {
	a := s.m.pages
	keep := (s.n + a.tokens - 1) / a.tokens
	if keep < len(s.pages) {
		a.put(s.pages[keep:])
		clear(s.pages[keep:])
		s.pages = s.pages[:keep]
	}
}

// extend gives s pages for n positions.
func (s *Seq) extend(n int) {
	for len(s.pages)*s.m.pages.tokens < n {
		s.pages = append(s.pages, s.m.pages.get())
	}
}
