package chat

import "strings"

// Split returns the parts of a prompt between the marks in its text, which may lie in
// any of its segments. The segments stay what they are: content or text of the template.
func Split(prompt []Segment, mark string) [][]Segment {
	parts := [][]Segment{nil}
	skip := 0 // bytes of the next segments that belong to a mark
	text := Join(prompt)
	at := 0 // of the segment in text
	for _, s := range prompt {
		end := at + len(s.Text)
		for at < end {
			if n := min(skip, end-at); n > 0 {
				at, skip = at+n, skip-n
				continue
			}
			next := strings.Index(text[at:], mark)
			stop := end
			if next >= 0 {
				stop = min(end, at+next)
			}
			last := len(parts) - 1
			if stop > at {
				parts[last] = append(parts[last], Segment{Text: text[at:stop], Content: s.Content})
			}
			if at = stop; at < end { // a mark begins
				parts, skip = append(parts, nil), len(mark)
			}
		}
	}
	return parts
}
