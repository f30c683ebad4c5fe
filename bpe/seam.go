package bpe

import "github.com/querent-ai/chord/internal/seam"

func init() { seam.PreTokens = preTokens }

// preTokens returns the pre-tokens of text with the pre-tokenizer called name.
func preTokens(name, text string) ([]string, error) {
	p, err := preOf(name)
	if err != nil {
		return nil, err
	}
	var all []string
	s := newScan(p.stages, text)
	for pre := s.next(); pre != ""; pre = s.next() {
		all = append(all, pre)
	}
	return all, nil
}
