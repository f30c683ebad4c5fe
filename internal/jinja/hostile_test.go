package jinja

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// maxAlloc is the most bytes that a template of 64 KiB may take. BenchmarkHostile
// measures the time.
const maxAlloc = 64 << 20

// spent renders src and returns the error, the time, and the bytes that were
// allocated in all, which is more than are in use at any time.
func spent(src string, vars *Dict) (d time.Duration, bytes uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	t, err := Parse(src)
	if err == nil {
		_, err = t.Render(vars, noon)
	}
	d = time.Since(start)
	runtime.ReadMemStats(&after)
	return d, after.TotalAlloc - before.TotalAlloc, err
}

// within64KiB repeats s between before and after as often as fits in a template of
// 64 KiB.
func within64KiB(before, s, after string) string {
	return before + strings.Repeat(s, (1<<16-len(before)-len(after))/len(s)) + after
}

// doubling returns a template whose list of lists, or string, doubles n times.
func doubling(first, step, last string, n int) string {
	return "{% set x = " + first + " %}" + strings.Repeat("{% set x = "+step+" %}", n) + last
}

// hostile are templates that, without a budget, never end or exhaust memory or the
// stack. want is in the error; "" is no error.
var hostile = []struct{ name, src, want string }{
	{"range of a thousand million", "{% for i in range(10**9) %}x{% endfor %}", "range too big"},
	{"range beyond int64", "{{ range(-(2**62), 2**62)|length }}", "range too big"},
	{"range within range", "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "too m"},
	{"ranges listed", "{% for i in range(100000) %}{{ range(100000)|list|length }}{% endfor %}", "too m"},
	{"string of ten thousand million", "{{ 'a' * 10**10 }}", "memory"},
	{"string times the largest integer", "{{ 'ab' * 9223372036854775807 }}", "memory"},
	{"list times", "{{ ([0] * 10**9)|length }}", "memory"},
	{"string that doubles", doubling("'a'", "x + x", "{{ x }}", 60), "too m"},
	{"string that doubles by ~", doubling("'a'", "x ~ x", "{{ x }}", 60), "too m"},
	{"string that doubles by %", doubling("'a'", "'%s%s' % (x, x)", "{{ x }}", 60), "too m"},
	{"string that doubles by format", doubling("'a'", "'{0}{0}'.format(x)", "{{ x }}", 60), "too m"},
	{"string that doubles by join", doubling("'a'", "[x, x]|join", "{{ x }}", 60), "too m"},
	{"string that doubles by replace", doubling("'aa'", "x.replace('a', x)", "{{ x }}", 60), "too m"},
	{"lists within lists printed", doubling("[]", "[x, x]", "{{ x }}", 60), "too m"},
	{"lists within lists as JSON", doubling("[]", "[x, x]", "{{ x|tojson }}", 60), "too m"},
	{"lists within lists compared", "{% set y = [] %}" + strings.Repeat("{% set y = [y, y] %}", 60) + doubling("[]", "[x, x]", "{{ x == y }}", 60), "too many steps"},
	{"depth of values", doubling("[]", "[x]", "{{ x }}", 3000), "nested deeper"},
	{"depth of values as JSON", doubling("[]", "{'a': x}", "{{ x|tojson }}", 2000), "nested deeper"},
	{"depth of values compared", "{% set y = [] %}" + strings.Repeat("{% set y = [y] %}", 1200) + doubling("[]", "[x]", "{{ x == y }}", 1200), "nested deeper"},
	{"macro that calls itself", "{% macro x() %}{{ x() }}{% endmacro %}{{ x() }}", "nested deeper"},
	{"macros that call themselves twice", "{% macro x(n) %}{{ x(n - 1) ~ x(n - 1) if n }}{% endmacro %}{{ x(60) }}", "too many steps"},
	{"macro in its own default", "{% macro x(a=x()) %}{% endmacro %}{{ x() }}", "nested deeper"},
	{"caller that calls itself", "{% macro x() %}{{ caller() }}{% endmacro %}{% macro y() %}{% call x() %}{{ y() }}{% endcall %}{% endmacro %}{{ y() }}", "nested deeper"},
	{"loop that calls itself", "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "nested deeper"},
	{"indent by a thousand million", "{{ 'a\\nb'|indent(10**9) }}", "memory"},
	{"JSON indented by a thousand million", "{{ [[1]]|tojson(indent=10**9) }}", "memory"},
	{"JSON indented deeply", doubling("[1]", "[x]", "{{ x|tojson(indent=100000) }}", 400), "memory"},
	{"separators", "{{ range(9999)|list|tojson(separators=('a' * 99999, 'b')) }}", "memory"},
	{"width of %", "{{ '%999999999d' % 1 }}", "width"},
	{"width of format", "{{ '{:999999999}'.format(1) }}", "width"},
	{"precision", "{{ '%.999999999f' % 1 }}", "width"},
	{"justified", "{{ 'a'.ljust(10**10) }}", "memory"},
	{"filled with zeros", "{{ 'a'.zfill(10**10) }}", "memory"},
	{"centred", "{{ 'a'|center(10**10) }}", "memory"},
	{"slices", "{{ [1]|slice(10**12)|list|length }}", "too m"},
	{"batches filled", "{{ [1]|batch(10**12, 0)|list|length }}", "memory"},
	{"long keys of a small dict", "{% set a = 'x' * 500000 %}{% set k = a ~ '9' %}{% set d = {a ~ '1': 1, a ~ '2': 2, a ~ '3': 3} %}{% for i in range(99999) %}{{ d[k] }}{{ k in d }}{% endfor %}", "too many steps"},
	{"long prefixes", "{% set a = 'x' * 1000000 %}{% for i in range(99999) %}{{ a.startswith(a) }}{{ a.removesuffix(a) }}{% endfor %}", "too many steps"},
	{"long strings that are the same", "{% set a = 'x' * 1000000 %}{% set b = 'x' * 1000000 %}{% for i in range(99999) %}{{ a is sameas b }}{{ a == b }}{% endfor %}", "too many steps"},
	{"numbers of a million digits", "{% set a = '1' * 1000000 %}{% for i in range(99999) %}{{ a|int }}{{ a|float }}{% endfor %}", "too m"},
	{"attributes of attributes", "{% set a = 'a.' * 500000 %}{% for i in range(99999) %}{{ [{}]|map(attribute=a)|list }}{% endfor %}", "too m|no attribute"},
	{"attributes to sort by", "{% set a = 'a,' * 500000 %}{% for i in range(99999) %}{{ []|sort(attribute=a) }}{% endfor %}", "too m"},
	{"floats of 308 digits", "{% for i in range(99999) %}{{ '{:,.0f}'.format(1e308) }}{{ '%.9999f' % 1e308 }}{{ 1e308|round(3) }}{% endfor %}", "too m"},
	{"power", "{{ 2 ** 10**12 }}", "64 bits"},
	{"power of one", "{{ 1 ** 10**12 }}{{ (-1) ** (10**12 + 1) }}", ""},
	{"a hundred thousand brackets", "{{" + strings.Repeat("(", 1<<16-2), "nested deeper"},
	{"brackets in a print", "{{ " + strings.Repeat("(", 30000) + strings.Repeat(")", 30000) + " }}", "nested deeper"},
	{"lists in a print", "{{ " + strings.Repeat("[", 60000), "nested deeper"},
	{"not not", within64KiB("{{ ", "not ", "1 }}"), "nested deeper"},
	{"minus minus", within64KiB("{{ ", "- ", "1 }}"), "nested deeper"},
	{"conditions", within64KiB("{{ ", "1 if 0 else ", "1 }}"), "nested deeper"},
	{"blocks", within64KiB("", "{% if 1 %}", ""), "nested deeper"},
	{"loops", within64KiB("", "{% for i in range(9) %}", ""), "nested deeper"},
	{"sums", within64KiB("{{ 1", "+1", " }}"), "nested deeper"},
	{"members", within64KiB("{{ a", ".a", " }}"), "nested deeper|undefined"},
	{"filters", within64KiB("{{ 1", "|abs", " }}"), "nested deeper"},
	{"calls", within64KiB("{{ a", "()", " }}"), "nested deeper|undefined"},
	{"comparisons", within64KiB("{{ 1", "<2", " }}"), ""},
	{"variables", within64KiB("", "{% set a = 1 %}{{ a }}", ""), ""},
	{"strings side by side", within64KiB("{{ ", "'a'", " }}"), ""},
	{"dots in a filter's name", within64KiB("{{ 1|a", ".a", " }}"), "no filter"},
	{"brackets open", within64KiB("{{ ", "{", ""), "nested deeper"},
	{"comments open", within64KiB("", "{#", ""), "a comment without end"},
	{"raw blocks open", within64KiB("", "{% raw %}", ""), "a raw block without end"},
	{"white space", within64KiB("{% if 1 %}", " \n", "{%- endif %}"), ""},
	{"words", within64KiB("{% set s = '", "a ", "' %}{% for i in range(9999) %}{{ s.split()|length }}{% endfor %}"), "too m"},
	{"searches", within64KiB("{% set s = '", "a", "' %}{% for i in range(99999) %}{{ 'aaaaaaaaaaaaaaab' in s }}{% endfor %}"), "too many steps"},
	{"characters", within64KiB("{% set s = '", "ä", "' %}{% for i in range(99999) %}{{ s[-1] }}{% endfor %}"), "too many steps"},
	{"sorting", "{% for i in range(99) %}{{ range(99999)|sort(reverse=true)|length }}{% endfor %}", "too m"},
	{"many names", manyNames(), "too many steps|"},
	{"output", within64KiB("{% for i in range(99999) %}", "a", "{% endfor %}"), "longer than|memory"},
	{"classes", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "unsafe"},
	{"globals", "{{ raise_exception.__globals__['os'].system('id') }}", "unsafe"},
	{"init", "{{ namespace.__init__.__globals__ }}", "unsafe"},
	{"attr", "{{ ''|attr('__class__')|attr('__mro__') }}", "unsafe"},
	{"include", "{% include '/etc/passwd' %}", "reads files"},
	{"import", "{% import '/etc/passwd' as x %}", "reads files"},
	{"from", "{% from '/etc/passwd' import x %}", "reads files"},
	{"extends", "{% extends '/etc/passwd' %}", "reads files"},
	{"a list changed while it is read", "{% set x = [1] %}{% for i in x %}{{ x.append(1) }}{% endfor %}", "unsafe"},
	{"NUL and no UTF-8", "\x00\xff{{ '\xff\x00'|length }}\xc0", ""},
}

// manyNames sets and reads 3000 variables, the first one last.
func manyNames() string {
	var b strings.Builder
	for i := range 3000 {
		b.WriteString("{% set v" + strings.Repeat("x", i%3) + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)) + "=1%}")
	}
	return b.String() + "{% for i in range(99999) %}{{ vaaa }}{{ vaaa }}{{ vaaa }}{% endfor %}"
}

// TestHostile wants every template to end within the budget.
func TestHostile(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			if len(c.src) > 1<<16 {
				t.Fatalf("%d bytes", len(c.src))
			}
			took, bytes, err := spent(c.src, nil)
			if bytes > maxAlloc {
				t.Errorf("%d bytes, at most %d", bytes, maxAlloc)
			}
			if !oneOf(err, c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			t.Log(took, bytes>>10, "KiB", err)
		})
	}
}

// oneOf reports whether err has one of the texts in want; an empty one is no
// error.
func oneOf(err error, want string) bool {
	for w := range strings.SplitSeq(want, "|") {
		if w == "" && err == nil || w != "" && err != nil && strings.Contains(err.Error(), w) {
			return true
		}
	}
	return false
}

// FuzzTemplate wants no panic, and the budget to be kept, for any template.
func FuzzTemplate(f *testing.F) {
	for _, c := range hostile {
		f.Add(c.src)
	}
	vars, list := readRenders(f)
	for _, c := range list {
		f.Add(c.Template)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 1<<16 {
			t.Skip("longer than 64 KiB")
		}
		hangs := time.AfterFunc(time.Minute, func() { panic("no end: " + strconv.Quote(src)) })
		defer hangs.Stop()
		if _, bytes, _ := spent(src, vars); bytes > 2*maxAlloc { // workers share the counter
			t.Errorf("%d bytes", bytes)
		}
	})
}
