package grammar

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// The ways in which parts are made.
const (
	partLiteral  = "literal"
	partPattern  = "pattern"
	partWithout  = "without"
	partValue    = "value"   // text is a schema
	partStrings  = "strings" // text is a schema
	partSequence = "sequence"
	partEither   = "either"
	partRepeat   = "repeat"
)

// maxPartDepth bounds how deep parts are nested in a source.
const maxPartDepth = 1000

// A partSource is how a part was made, an element of a list in which parts come before
// those that are made of them. The last one is the whole.
type partSource struct {
	Op    string   `json:"op"`
	Text  string   `json:"text,omitempty"`
	Marks []string `json:"marks,omitempty"`
	Parts []int    `json:"parts,omitempty"` // places in the list; -1 is the zero Part
	Least int      `json:"least,omitempty"`
	Most  int      `json:"most,omitempty"`
}

// source returns what makes p again.
func (p Part) source() Source {
	list, ok := []partSource{}, true
	places := map[*partNode]int{nil: -1}
	var add func(n *partNode) int
	add = func(n *partNode) int {
		if at, ok := places[n]; ok {
			return at
		}
		s := partSource{Op: n.op, Text: n.text, Marks: n.marks, Least: n.least, Most: n.most}
		for _, a := range n.parts {
			s.Parts = append(s.Parts, add(a.node))
		}
		for _, text := range append(slices.Clip(n.marks), n.text) {
			ok = ok && utf8.ValidString(text)
		}
		list = append(list, s)
		places[n] = len(list) - 1
		return len(list) - 1
	}
	add(p.node)
	text, err := json.Marshal(list)
	if err != nil || !ok {
		return Source{}
	}
	return Source{kindParts, string(text)}
}

// readParts returns the part of a list in JSON.
func readParts(text string) (Part, error) {
	var list []partSource
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return Part{}, err
	}
	made, depths := make([]Part, len(list)), make([]int, len(list))
	for i, s := range list {
		depth := 0
		var parts []Part
		for _, at := range s.Parts {
			if at < -1 || at >= i {
				return Part{}, fmt.Errorf("[%d]: part %d is none before it", i, at)
			}
			if at < 0 {
				parts = append(parts, Part{})
				continue
			}
			parts = append(parts, made[at])
			depth = max(depth, depths[at]+1)
		}
		p, err := s.part(parts)
		if err == nil && depth > maxPartDepth {
			err = fmt.Errorf("more than %d parts within each other", maxPartDepth)
		}
		if err != nil {
			return Part{}, fmt.Errorf("[%d]: %w", i, err)
		}
		made[i], depths[i] = p, depth
	}
	if len(made) == 0 {
		return Part{}, nil
	}
	return made[len(made)-1], nil
}

// part returns the part that s describes.
func (s *partSource) part(parts []Part) (Part, error) {
	switch s.Op {
	case partLiteral:
		return Literal(s.Text), nil
	case partPattern:
		return Pattern(s.Text), nil
	case partWithout:
		return Without(s.Marks...), nil
	case partSequence:
		return Sequence(parts...), nil
	case partEither:
		return Either(parts...), nil
	case partRepeat:
		if len(parts) != 1 || s.Least < 0 || s.Least > maxRepeated || s.Most > maxRepeated || s.Most >= 0 && s.Most < s.Least {
			return Part{}, errors.New("a repeat of one part, least to most times")
		}
		return Repeat(parts[0], s.Least, s.Most), nil
	case partValue, partStrings:
		root, err := parseValue([]byte(s.Text))
		if err != nil {
			return Part{}, err
		}
		if s.Op == partValue {
			return valueOf(root), nil
		}
		return stringsOf(root, s.Marks), nil
	}
	return Part{}, fmt.Errorf("unknown kind of part %.50q", s.Op)
}

// maxRepeated is the largest bound of a repeat in a source.
const maxRepeated = 1 << 30
