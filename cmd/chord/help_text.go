package main

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/pflag"
)

// visible returns the flags of a set that help shows, in their order.
func visible(set *pflag.FlagSet) (list []*pflag.Flag) {
	set.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Deprecated == "" {
			list = append(list, f)
		}
	})
	return list
}

// flagName returns the name of a flag and of its value, as in "  -m, --model file".
func flagName(f *pflag.Flag) string {
	s := "      --" + f.Name
	if f.Shorthand != "" {
		s = "  -" + f.Shorthand + ", --" + f.Name
	}
	if value, _ := pflag.UnquoteUsage(f); value != "" {
		s += " " + value
	}
	return s
}

// flagText returns what a flag does and its default, unless that is the zero value,
// which the text explains.
func flagText(f *pflag.Flag) string {
	_, text := pflag.UnquoteUsage(f)
	text = strings.ReplaceAll(text, "\n", " ")
	if def := defaultText(f); def != "" {
		text += " (default" + glue + def + ")"
	}
	return text
}

// glue is a space at which no line ends.
const glue = "\x1f"

// defaultText returns the default of a flag, "" if it is the zero value.
func defaultText(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "0", "false", "[]", "0s":
		return ""
	}
	if strings.ContainsFunc(f.DefValue, unicode.IsControl) {
		return strconv.Quote(f.DefValue)
	}
	return strings.TrimSuffix(strings.TrimPrefix(f.DefValue, "["), "]")
}

// width returns the characters of s, each of which takes one column.
func width(s string) int { return utf8.RuneCountInString(s) }

// wrapText returns text with lines of at most n columns. Lines that are not indented
// are one paragraph until an empty line; indented ones stay as they are.
func wrapText(text string, n int) string {
	var b strings.Builder
	var paragraph []string
	flush := func() {
		for _, line := range wrapWords(strings.Join(paragraph, " "), n, n) {
			b.WriteString(line + "\n")
		}
		paragraph = nil
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if line != "" && line[0] != ' ' && line[0] != '\t' {
			paragraph = append(paragraph, line)
			continue
		}
		flush()
		b.WriteString(line + "\n")
	}
	flush()
	return b.String()
}

// wrapWords returns text in lines of at most n columns, the first of at most first. A
// longer word has a line of its own.
func wrapWords(text string, first, n int) (lines []string) {
	line, room := "", first
	for _, word := range strings.Fields(text) {
		if width(word) > n { // cannot be kept together
			word = strings.ReplaceAll(word, glue, " ")
		}
		switch {
		case line == "":
			line = word
		case width(line)+1+width(word) <= room:
			line += " " + word
		default:
			lines, line, room = append(lines, line), word, n
		}
		for width(line) > room && strings.Contains(line, ";") { // lists without spaces
			i := cutAt(line, room)
			if i < 0 {
				break
			}
			lines, line, room = append(lines, line[:i]), line[i:], n
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	for i, l := range lines {
		lines[i] = strings.ReplaceAll(l, glue, " ")
	}
	return lines
}

// cutAt returns the index behind the last semicolon within n columns, -1 if there is
// none.
func cutAt(line string, n int) int {
	best, columns := -1, 0
	for i, r := range line {
		if columns++; columns > n {
			break
		}
		if r == ';' {
			best = i + 1
		}
	}
	return best
}
