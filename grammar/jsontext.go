package grammar

import (
	"fmt"
	"strings"
)

// jsonText writes characters as they stand in a JSON string: themselves where
// they may, else as the short escape and as \u00xx. One text has one form but
// for these, so complements and intersections of encoded sets are those of the
// texts.
type jsonText struct{}

var jsonEscapes = map[rune]byte{'"': '"', '\\': '\\', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't'}

// jsonRaw are the characters that may stand for themselves.
var jsonRaw = runeSet{{0x20, 0x21}, {0x23, 0x5b}, {0x5d, 0x10ffff}}

func (jsonText) rune(x *exprs, c rune) expr {
	if c >= 0x20 && c != '"' && c != '\\' {
		return x.bytes(string(c))
	}
	e := x.concat(x.bytes(`\u00`), x.hexByte(byte(c)))
	if s, ok := jsonEscapes[c]; ok {
		e = x.or(e, x.bytes(`\`+string(s)))
	}
	return e
}

// hexByte returns the two hexadecimal digits of b, large or small.
func (x *exprs) hexByte(b byte) expr {
	e := eps
	s := fmt.Sprintf("%02x", b)
	for i := len(s) - 1; i >= 0; i-- {
		var set byteSet
		set.add(s[i])
		if s[i] >= 'a' {
			set.add(s[i] - 'a' + 'A')
		}
		e = x.concat(x.set(set), e)
	}
	return e
}

func (t jsonText) set(x *exprs, s runeSet) expr {
	if len(s) == 1 && s[0] == anyRune[0] {
		if x.jsonAny == none {
			x.jsonAny = t.setNew(x, s)
		}
		return x.jsonAny
	}
	return t.setNew(x, s)
}

func (t jsonText) setNew(x *exprs, s runeSet) expr {
	alts := []expr{plain{}.set(x, s.intersect(jsonRaw))}
	for _, r := range s {
		for c := r.lo; c <= r.hi && c <= '\\'; c++ {
			if c < 0x20 || c == '"' || c == '\\' {
				alts = append(alts, t.rune(x, c))
			}
		}
	}
	e := x.or(alts...)
	if s.isSafe() {
		x.nodes[e].level = levelSafe
	}
	return e
}

// jsonChar returns one character of a JSON string in any form that JSON has,
// but no half of a surrogate pair alone.
func (x *exprs) jsonChar() expr {
	if x.jsonWide != none {
		return x.jsonWide
	}
	var short, hex, notD, low, high, tail byteSet
	for _, c := range `"\/bfnrt` {
		short.add(byte(c))
	}
	for _, c := range "0123456789abcdefABCDEF" {
		hex.add(byte(c))
		if c != 'd' && c != 'D' {
			notD.add(byte(c))
		}
	}
	low.addRange('0', '7')
	for _, c := range "89abAB" {
		high.add(byte(c))
	}
	for _, c := range "cdefCDEF" {
		tail.add(byte(c))
	}
	d := x.set(byteSet{0, 1<<('D'-64) | 1<<('d'-64)})
	h, h2 := x.set(hex), x.repeat(x.set(hex), 2, 2)
	unit := x.or(
		x.concat(x.set(notD), h, h2),
		x.concat(d, x.set(low), h2),
		x.concat(d, x.set(high), h2, x.bytes(`\u`), d, x.set(tail), h2),
	)
	e := x.or(
		plain{}.set(x, jsonRaw),
		x.concat(x.byte('\\'), x.or(x.set(short), x.concat(x.byte('u'), unit))),
	)
	x.nodes[e].level = levelSafe
	x.jsonWide = e
	return e
}

// quoted returns one of the forms in which text stands between quotes.
func quoted(text string) string {
	var b strings.Builder
	for _, c := range text {
		e, ok := jsonEscapes[c]
		switch {
		case ok:
			b.WriteString(`\` + string(e))
		case c < 0x20:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
