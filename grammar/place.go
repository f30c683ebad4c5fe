package grammar

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A place is where something is in a source. Column 0 is not told.
type place struct{ line, column int }

func (p place) String() string {
	if p.column == 0 {
		return fmt.Sprintf("line %d", p.line)
	}
	return fmt.Sprintf("line %d, column %d", p.line, p.column)
}

// A placer finds places in a source, fast if they are asked for in order.
type placer struct {
	at           int
	line, column int // before at, from 0
}

// place returns the place of byte at of src.
func (p *placer) place(src string, at int) place {
	if at < p.at {
		*p = placer{}
	}
	text := src[p.at:at]
	if n := strings.Count(text, "\n"); n > 0 {
		p.line, p.column = p.line+n, 0
		text = text[strings.LastIndexByte(text, '\n')+1:]
	}
	p.column += utf8.RuneCountInString(text)
	p.at = at
	return place{p.line + 1, p.column + 1}
}
