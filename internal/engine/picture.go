package engine

import (
	"slices"

	"github.com/querent-ai/chord/llama"
)

// A Picture is rows that take the place of tokens of a sequence. Their ids are below 0
// and no other picture has them, so that ids tell what a cache was computed with, as
// those of texts do.
type Picture struct {
	First int32     // id of the first row; the others follow
	N     int       // rows
	Rows  []float32 // (N, the model's Dim)
	Whole bool      // rows see those after them
}

// has reports whether id is one of p.
func (p *Picture) has(id int32) bool { return id >= p.First && int(id-p.First) < p.N }

// token sets what the row of id is.
func (p *Picture) token(t *llama.Token, id int32) {
	at, dim := int(id-p.First), len(p.Rows)/p.N
	t.Embd = p.Rows[at*dim : (at+1)*dim]
	if p.Whole {
		t.Ahead = p.N - 1 - at
	}
}

// picture returns the picture of an id, or nil.
func (o *SeqOptions) picture(id int32) *Picture {
	if id >= 0 {
		return nil
	}
	for _, p := range o.Pictures {
		if p.has(id) {
			return p
		}
	}
	return nil
}

// SetPictures changes [SeqOptions.Pictures] for the calls that follow, to those given
// and those of the tokens that s has.
func (s *Seq) SetPictures(list []*Picture) {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.settle()
	all := slices.Clone(list)
	for _, id := range s.ids {
		if p := s.o.picture(id); p != nil && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	s.o.Pictures = all
}

// together returns rows, or fewer, so that a step does not end between rows of a picture
// that see each other; or more, if they are the next.
func (s *Seq) together(rows int) int {
	had := s.kv.Len()
	if had+rows >= len(s.ids) {
		return rows
	}
	id := s.ids[had+rows]
	p := s.o.picture(id)
	if p == nil || !p.Whole || id == p.First {
		return rows
	}
	first := had + rows - int(id-p.First)
	if first > had {
		return first - had
	}
	return first + p.N - had
}

// split reports whether ids end between rows of a picture that see each other.
func (o *SeqOptions) split(ids []int32) bool {
	id := ids[len(ids)-1]
	p := o.picture(id)
	return p != nil && p.Whole && int(id-p.First) < p.N-1
}
