package grammar

import (
	"strings"
	"unicode/utf8"
)

// rustFlags are the flags of an expression in the notation of Rust's crate regex.
type rustFlags struct {
	fold   bool // i: characters match their other cases
	dotAll bool // s: . matches line ends
}

// parseRust reads a regular expression in the notation of Rust's crate regex, whose
// classes are those of Unicode. What matches no character (anchors, word
// boundaries, look-around) is refused.
func parseRust(src, flags string) (*pattern, error) {
	p := &patternParser{src: src, rust: &rustFlags{}}
	for _, f := range flags {
		if !p.flag(byte(f), true) {
			return nil, p.fail("flag %c cannot be enforced", f)
		}
	}
	return p.parse()
}

// flag sets a flag. It reports whether it is known. u is the default, and m
// changes only anchors.
func (p *patternParser) flag(f byte, on bool) bool {
	switch f {
	case 'i':
		p.rust.fold = on
	case 's':
		p.rust.dotAll = on
	case 'm':
	case 'u':
		return on
	default:
		return false
	}
	return true
}

// rustAtom is atom in the notation of Rust. c is the next character, of n bytes.
func (p *patternParser) rustAtom(c rune, n int) (*pattern, error) {
	switch c {
	case '^', '$':
		return nil, p.fail("an anchor cannot be enforced: the expression matches as a whole")
	case '*', '+', '?':
		return nil, p.fail("nothing to repeat")
	case '{':
		return nil, p.fail(`nothing to repeat, or \{ is meant`)
	}
	p.at += n
	var s runeSet
	var err error
	switch c {
	case '(':
		return p.rustGroup()
	case '.':
		if s = (runeSet{{'\n', '\n'}}).complement(); p.rust.dotAll {
			s = anyRune
		}
	case '[':
		s, err = p.rustClass()
	case '\\':
		s, err = p.rustEscape(false)
		s = p.folded(s)
	default:
		s = p.folded(runeSet{{c, c}})
	}
	if err == nil {
		if p.ranges += len(s); p.ranges > maxRanges {
			return nil, p.fail("the expression is too large")
		}
	}
	return &pattern{op: opSet, set: s}, err
}

// maxRanges bounds the ranges of the classes of one expression.
const maxRanges = 50_000

// rustGroup reads what follows an opening parenthesis. Flags last until its end.
func (p *patternParser) rustGroup() (*pattern, error) {
	before := *p.rust
	switch {
	case p.has("?="), p.has("?!"), p.has("?<="), p.has("?<!"):
		return nil, p.fail("look-around cannot be enforced")
	case p.has("?<"), p.has("?P<"):
		end := strings.IndexByte(p.src[p.at:], '>')
		if end <= 0 {
			return nil, p.fail("a group's name without an end")
		}
		p.at += end + 1
	case p.has("?"):
		on := true
		for p.at < len(p.src) && p.src[p.at] != ':' && p.src[p.at] != ')' {
			switch c := p.src[p.at]; {
			case c == '-' && on:
				on = false
			case !p.flag(c, on):
				return nil, p.fail("flag %q cannot be enforced", c)
			}
			p.at++
		}
		if p.has(")") { // for the rest of the group around it
			return newPattern(opConcat), nil
		}
		p.has(":")
	}
	a, err := p.alternation()
	if err == nil && !p.has(")") {
		err = p.fail("a group without an end")
	}
	*p.rust = before
	return a, err
}

// rustClass reads what follows an opening bracket.
func (p *patternParser) rustClass() (runeSet, error) {
	negated := p.has("^")
	var ranges []runeRange
	for first := true; first || !p.has("]"); first = false {
		for _, op := range []string{"&&", "--", "~~"} {
			if strings.HasPrefix(p.src[p.at:], op) {
				return nil, p.fail("%s in a class cannot be enforced", op)
			}
		}
		lo, err := p.rustClassAtom()
		if err != nil {
			return nil, err
		}
		rest := p.src[p.at:]
		if len(rest) < 2 || rest[0] != '-' || rest[1] == ']' || rest[1] == '-' || !single(lo) {
			ranges = append(ranges, lo...)
			continue
		}
		p.at++
		hi, err := p.rustClassAtom()
		if err != nil {
			return nil, err
		}
		if !single(hi) || hi[0].lo < lo[0].lo {
			return nil, p.fail("a range out of order, or of classes")
		}
		ranges = append(ranges, runeRange{lo[0].lo, hi[0].lo})
	}
	s := p.folded(newRuneSet(ranges))
	if negated {
		s = s.complement()
	}
	return s, nil
}

// rustClassAtom reads a character, an escape, or a class within a class.
func (p *patternParser) rustClassAtom() (runeSet, error) {
	switch {
	case p.at >= len(p.src):
		return nil, p.fail("a class without an end")
	case p.has(`\`):
		return p.rustEscape(true)
	case p.has("[:"):
		end := strings.Index(p.src[p.at:], ":]")
		if end < 0 {
			return nil, p.fail("a class without an end")
		}
		name := p.src[p.at : p.at+end]
		s, ok := asciiClasses[strings.TrimPrefix(name, "^")]
		if !ok {
			return nil, p.fail("unknown class %.20q", name)
		}
		if p.at += end + 2; name[0] == '^' {
			s = s.complement()
		}
		return s, nil
	case p.has("["):
		if p.depth++; p.depth > maxPatternDepth {
			return nil, p.fail("classes too deep")
		}
		defer func() { p.depth-- }()
		return p.rustClass()
	}
	c, n := utf8.DecodeRuneInString(p.src[p.at:])
	p.at += n
	return runeSet{{c, c}}, nil
}

// rustEscape reads what follows a backslash.
func (p *patternParser) rustEscape(inClass bool) (runeSet, error) {
	rest := p.src[p.at:]
	if rest == "" {
		return nil, p.fail("a backslash at the end")
	}
	c := rest[0]
	if s, ok := unicodeClasses()[c|0x20]; ok {
		if p.at++; c < 'a' {
			s = s.complement()
		}
		return s, nil
	}
	switch {
	case (c == 'p' || c == 'P') && len(rest) > 1 && rest[1] != '{':
		s, ok := unicodeProperty(rest[1:2])
		if !ok {
			return nil, p.fail("unknown property %q", rest[1:2])
		}
		if p.at += 2; c == 'P' {
			s = s.complement()
		}
		return s, nil
	case strings.HasPrefix(rest, "x{"), strings.HasPrefix(rest, "U{"):
		end := strings.IndexByte(rest, '}')
		if end < 3 || end > 10 {
			return nil, p.fail(`bad \%c{}`, c)
		}
		p.at += 2
		r, err := p.hex(end - 2)
		p.at++
		return runeSet{{r, r}}, err
	case c == 'U':
		p.at++
		r, err := p.hex(8)
		return runeSet{{r, r}}, err
	case c == 'a':
		p.at++
		return runeSet{{7, 7}}, nil
	case strings.IndexByte("bBAzZG<>", c) >= 0:
		return nil, p.fail(`\%c cannot be enforced`, c)
	case c == 'c' || c == '0':
		return nil, p.fail(`unknown escape \%c`, c)
	}
	return p.escape(inClass)
}
