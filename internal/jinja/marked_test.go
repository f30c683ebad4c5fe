package jinja

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
)

// joined returns the text of all segments, and that of the segments that are not
// content.
func joined(list []Segment) (all, own string) {
	for _, s := range list {
		all += s.Text
		if !s.Content {
			own += s.Text
		}
	}
	return all, own
}

// spy is a letter that only content has, and spied are the results of filters on
// it.
const spy = "ж"

var spied = []string{"ж", "Ж", "%D0%B6", `\u0436`}

// spying returns v with the spy around every string but keys.
func spying(v any) any {
	switch v := v.(type) {
	case string:
		return spy + v + spy
	case *List:
		l := &List{}
		for _, x := range v.items {
			l.items = append(l.items, spying(x))
		}
		return l
	case *Dict:
		d := NewDict()
		for i, k := range v.keys {
			d.set(k, spying(v.values[i]))
		}
		return d
	}
	return v
}

// leaks reports faults of segments: spies outside of content, empty parts, and
// neighbours of the same kind.
func leaks(t *testing.T, what string, list []Segment) {
	t.Helper()
	_, own := joined(list)
	for _, s := range spied {
		if strings.Contains(own, s) {
			t.Errorf("%s: content is the template's own in %+v", what, list)
			break
		}
	}
	for i, s := range list {
		if s.Text == "" || i > 0 && s.Content == list[i-1].Content {
			t.Errorf("%s: %+v", what, list)
			break
		}
	}
}

// TestMarkedRenders wants the same text with marks as without, and all content to
// be marked.
func TestMarkedRenders(t *testing.T) {
	vars, list := readRenders(t)
	marks, spies := Mark(vars).(*Dict), Mark(spying(vars)).(*Dict)
	for _, c := range list {
		tmpl, err := Parse(c.Template)
		if err != nil {
			continue
		}
		want, wantErr := tmpl.Render(vars, noon)
		got, err := tmpl.Segments(marks, noon)
		if all, _ := joined(got); all != want || (err != nil) != (wantErr != nil) {
			t.Errorf("%s: %v\ngot  %q\nwant %q", c.Template, err, all, want)
		}
		got, _ = tmpl.Segments(spies, noon)
		leaks(t, c.Template, got)
	}
}

// TestMarkedTemplates does the same with real templates.
func TestMarkedTemplates(t *testing.T) {
	chats := readChats(t)
	for _, file := range fixtures.Names(t, "templates/jinja/*.jinja") {
		t.Run(path.Base(file), func(t *testing.T) { markedTemplate(t, file, chats) })
	}
}

// markedTemplate renders the chats with one template, marked and not.
func markedTemplate(t *testing.T, file string, chats map[string]*Dict) {
	tmpl, err := Parse(string(fixtures.Read(t, file)))
	if err != nil {
		return // TestTemplates has those that Python cannot parse either
	}
	for _, name := range slices.Sorted(maps.Keys(chats)) {
		want, _ := tmpl.Render(chats[name], noon)
		got, _ := tmpl.Segments(Mark(chats[name]).(*Dict), noon)
		if all, _ := joined(got); all != want {
			t.Errorf("%s, %s: got\n%q\nwant\n%q", file, name, all, want)
		}
		spies := spying(chats[name]).(*Dict)
		for i, m := range spies.values[spies.find("messages")].(*List).items {
			role, _ := chats[name].values[chats[name].find("messages")].(*List).items[i].(*Dict).Get("role")
			m.(*Dict).Set("role", role)
		}
		got, _ = tmpl.Segments(Mark(spies).(*Dict), noon)
		leaks(t, file+", "+name, got)
	}
}

// TestMarkedFunctions calls every filter and method, so that it finds a new one
// that loses marks.
func TestMarkedFunctions(t *testing.T) {
	var sources []string
	for f := range filters {
		for _, args := range []string{"", "(c)", "('a')", "(9)", "(9, c)", "(c, c)", "('e', c)", "('e', 'f')", "('e', attribute=c)", "(separators=(c, c))", "(indent=c)", "(true)"} {
			for _, of := range []string{"c", "l", "d", "m", "1.5", "'a%sb'", "c ~ '%s'", "[{'e': c}]", "(c ~ 'a')|safe"} {
				sources = append(sources, "{{ ("+of+")|"+f+args+" }}", "{{ ("+of+")|"+f+args+"|list }}", "{{ [("+of+")]|map('"+f+"')|list }}")
			}
		}
	}
	for m := range stringMethods {
		for _, args := range []string{"()", "(c)", "('e')", "(99)", "(99, c)", "('e', c)", "('e', 'f')", "(l)", "('', c)", "('', '-', 2)"} {
			for _, of := range []string{"c", "(c ~ 'a')", "'e{}'", "'a'", "m", "(c|safe)"} {
				sources = append(sources, "{{ "+of+"."+m+args+" }}")
			}
		}
	}
	for _, x := range []string{"c + 'a'", "'a' + c", "c ~ 1", "c * 3", "3 * c", "'%s' % c", "'%9s|%-9.2s' % (c, c)", "'%r' % c",
		"'%(k)s' % dict(k=c)", "(c ~ '%s') % 1", "c[0]", "c[-1]", "c[1:]", "c[::-1]", "c[::2]", "m[3:]", "c|safe + '<'", "'<'|safe + c",
		"'{:ж>9}'.format(1)", "('{:' ~ c[:1] ~ '>9}').format(1)", "'{!r:>40}'.format(c)", "l", "d", "dict(**k)", "dict(k)", "namespace(**k)",
		"k", "k|tojson", "k|list", "k|items|list", "k.keys()|list", "k|dictsort", "strftime_now(c)", "c if c else 'a'", "none or c", "[c, c]|sum(start='')",
		"(c, [c], {c: c})", "f(**k)", "f(c)", "'{}{}'.format(c, 1)", "'{x}'.format(x=c)", "[k]|groupby(c)", "[c]|groupby('e')"} {
		sources = append(sources, "{% macro f(a='') %}{{ a }}{{ kwargs }}{{ varargs }}{% endmacro %}{{ "+x+" }}{{ ("+x+")|string }}{% set y %}{{ "+x+" }}{% endset %}{{ y }}")
	}
	vars := NewDict()
	vars.Set("c", "жeё <%>"+spy)
	vars.Set("l", NewList("жa", "жe"))
	d := NewDict()
	d.Set("e", "ж")
	vars.Set("d", d)
	k := NewDict()
	k.Set("жk", "v")
	vars.Set("k", k)
	vars = Mark(vars).(*Dict)
	vars.Set("m", concatenated(chars{s: "own "}, chars{"ж e", strings.Repeat(content, 4)}, chars{s: " own"}).value())
	rendered := 0
	for _, src := range sources {
		tmpl, err := Parse(src)
		if err != nil {
			t.Fatal(src, err)
		}
		got, err := tmpl.Segments(vars, noon)
		if strings.Contains(src, "'{:ж>9}'") {
			continue // here the spy is text of the template
		}
		if err == nil {
			rendered++
		}
		leaks(t, src, got)
	}
	if rendered < 2000 {
		t.Errorf("only %d of %d templates could be rendered", rendered, len(sources))
	}
}

// TestMarkedParts wants exact marks where templates need them.
func TestMarkedParts(t *testing.T) {
	vars := NewDict()
	vars.Set("c", Mark(" Ąb "))
	for _, c := range []struct{ src, own string }{
		{"<a>{{ c }}<b>", "<a><b>"},
		{"{{ '<a>' + c + '<b>' }}", "<a><b>"},
		{"{{ '<a>' ~ c|trim ~ '<b>' }}", "<a><b>"},
		{"{{ ('<a>' ~ c ~ '<b>')|trim|upper }}", "<A><B>"},
		{"{{ ('<a>' ~ c ~ '<b>').split('b')[0] }}", "<a>"},
		{"{{ ('<a>' ~ c ~ '<b>')[2:5] }}", ">"},
		{"{{ ('<a>' ~ c ~ '<b>').replace('<', '[').replace('Ą', 'A') }}", "[a>A[b>"},
		{"{{ '<a>%s<b>' % c }}", "<a><b>"},
		{"{{ '<a>{}<b>'.format(c) }}", "<a><b>"},
		{"{{ '<a>' + c + '<b>' + ' '|safe }}", "&lt;a&gt;&lt;b&gt; "},
		{"{{ ['<a>', c, '<b>']|join('|') }}", "<a>||<b>"},
		{"{{ ('<a>\n' ~ c)|indent(2, true) }}", "  <a>\n  "},
		{"{{ {'k': c, 'n': 1}|tojson }}", `{"k": , "n": 1}`},
		{"{% set x %}<a>{{ c }}<b>{% endset %}{{ x }}", "<a><b>"},
		{"{% macro f(x) %}<a>{{ x }}{{ caller() }}{% endmacro %}{% call f(c) %}<b>{% endcall %}", "<a><b>"},
		{"{% filter upper %}<a>{{ c }}{% endfilter %}", "<A>"},
		{"{% set n = namespace(x='<a>') %}{% for i in [1, 2] %}{% set n.x = n.x ~ c %}{% endfor %}{{ n.x }}", "<a>"},
		{"{{ c|length }}{{ c == ' Ąb ' }}{{ c is string }}{{ {' Ąb ': 1}[c] }}{{ 'b' in c }}{{ c is sameas c }}", "4TrueTrue1TrueTrue"},
	} {
		tmpl, err := Parse(c.src)
		if err != nil {
			t.Fatal(c.src, err)
		}
		got, err := tmpl.Segments(vars, noon)
		if _, own := joined(got); own != c.own || err != nil {
			t.Errorf("%s: got %q, %v, want %q", c.src, own, err, c.own)
		}
	}
}

// TestMarkedHostile wants the budget to be kept with content too.
func TestMarkedHostile(t *testing.T) {
	vars := NewDict()
	vars.Set("c", Mark("a"))
	vars.Set("many", Mark(strings.Repeat("a b\n", 1<<14)))
	list := slices.Clone(hostile)
	for _, c := range hostile {
		if src := strings.ReplaceAll(c.src, "'a'", "c"); src != c.src {
			c.name, c.src = c.name+", of content", src
			list = append(list, c)
		}
	}
	for _, src := range []string{
		"{% set n = namespace(x='') %}{% for i in range(99999) %}{% set n.x = n.x ~ c ~ 'b' %}{% endfor %}{{ n.x }}",
		"{% for i in range(99999) %}{{ many[i:i + 1] }}{{ many|replace('a', 'b')|length }}{% endfor %}",
		"{% for i in range(99999) %}{{ many.split()|length }}{% endfor %}",
		"{% for i in range(99999) %}{{ many|list|length }}{% endfor %}",
		"{% for i in range(99999) %}{{ many.splitlines()|join(c)|tojson|upper }}{% endfor %}",
		"{% for i in range(99999) %}{{ c }}b{% endfor %}",
		"{{ (many ~ 'b')|replace('', c * 9999) }}",
	} {
		list = append(list, struct{ name, src, want string }{src, src, "|too m|longer than"})
	}
	for _, c := range list {
		_, bytes, err := spent(c.src, vars)
		if bytes > maxAlloc {
			t.Errorf("%s: %d bytes, at most %d", c.name, bytes, maxAlloc)
		}
		if !oneOf(err, c.want) && strings.Contains(c.want, "too m") {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// TestMarkedLong wants templates to handle long content like other text: marks have
// a budget of their own.
func TestMarkedLong(t *testing.T) {
	tmpl, err := Parse("{% for i in range(18) %}{% set x = c + '' %}{% endfor %}")
	if err != nil {
		t.Fatal(err)
	}
	vars := NewDict()
	vars.Set("c", strings.Repeat("c", 1<<20))
	if _, err := tmpl.Render(vars, noon); err != nil {
		t.Error(err)
	}
	if _, err := tmpl.Render(Mark(vars).(*Dict), noon); err != nil {
		t.Errorf("as content: %v", err)
	}
}

// TestReads wants variables that are read, not those that are only set.
func TestReads(t *testing.T) {
	for src, want := range map[string]bool{
		"{{ tools }}": true, "{% if x and tools is defined %}{% endif %}": true, "{% macro f() %}{{ g(a=tools) }}{% endmacro %}": true,
		"{{ x.tools }}{{ x['tools'] }}tools": false, "{% set tools = 1 %}": false, "{# tools #}": false, "{{ f(tools=1) }}": false,
	} {
		tmpl, err := Parse(src)
		if err != nil || tmpl.Reads("tools") != want {
			t.Errorf("%s: %v, want %v", src, err, want)
		}
	}
}
