package bpe

import "github.com/querent-ai/chord/internal/seam"

func init() { seam.Pieces = pieces }

// pieces returns what the pre-tokenizer called name cuts text into.
func pieces(name, text string) ([]string, error) {
	p, err := preOf(name)
	if err != nil {
		return nil, err
	}
	var all []string
	s := newScan(p.stages, text)
	for piece := s.next(); piece != ""; piece = s.next() {
		all = append(all, piece)
	}
	return all, nil
}
