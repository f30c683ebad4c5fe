package grammar

import (
	"strings"
	"unicode"
)

// property reads the name of a Unicode property in braces.
func (p *patternParser) property(negated bool) (runeSet, error) {
	end := strings.IndexByte(p.src[p.at:], '}')
	if end < 1 || p.src[p.at] != '{' {
		return nil, p.fail(`bad \p`)
	}
	name := p.src[p.at+1 : p.at+end]
	s, ok := unicodeProperty(name)
	if !ok {
		return nil, p.fail("unknown property %q", name)
	}
	p.at += end + 1
	if negated {
		s = s.complement()
	}
	return s, nil
}

// longCategories are the long names of the general categories in use.
var longCategories = map[string]string{
	"Letter": "L", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Number": "N", "digit": "Nd",
	"Decimal_Number": "Nd", "Punctuation": "P", "Symbol": "S", "Mark": "M", "Separator": "Z", "Other": "C",
}

// unicodeProperty returns the characters of a general category or a script.
func unicodeProperty(name string) (runeSet, bool) {
	for _, prefix := range []string{"General_Category=", "gc=", "Script=", "sc="} {
		name = strings.TrimPrefix(name, prefix)
	}
	if s, ok := longCategories[name]; ok {
		name = s
	}
	t, ok := unicode.Categories[name]
	if !ok {
		t, ok = unicode.Scripts[name]
	}
	if !ok {
		return nil, false
	}
	return tableRunes(nil, t), true
}

func appendStride(out runeSet, lo, hi, stride rune) runeSet {
	if stride == 1 {
		return append(out, runeRange{lo, hi})
	}
	for c := lo; c <= hi; c += stride {
		out = append(out, runeRange{c, c})
	}
	return out
}
