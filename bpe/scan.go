package bpe

// A stage cuts s, which is not empty, and returns the length of the first
// piece in bytes, at least 1. It sees nothing before or after s.
type stage func(s string) int

const maxStages = 6

// A scan cuts a text into the pieces that are merged each on its own. The
// first stage cuts the text, every further one cuts the pieces of the one
// before it; a pattern matches within one piece, and what lies between
// matches is a piece, too.
type scan struct {
	stages []stage
	text   string
	pos    int
	ends   [maxStages]int // where the current piece of each stage ends
}

func newScan(stages []stage, text string) scan { return scan{stages: stages, text: text} }

// next returns the next piece, "" at the end.
func (s *scan) next() string {
	if s.pos == len(s.text) {
		return ""
	}
	limit := len(s.text)
	for i, cut := range s.stages {
		if s.ends[i] <= s.pos {
			s.ends[i] = s.pos + cut(s.text[s.pos:limit])
		}
		limit = s.ends[i]
	}
	piece := s.text[s.pos:limit]
	s.pos = limit
	return piece
}
