package wit

import (
	"io/fs"
	"slices"
	"strings"
)

// Load reads the files of a folder and of the folders in it.
func Load(fsys fs.FS) ([]*Package, error) {
	var all []*Package
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".wit") {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		p, err := Parse(name, string(b))
		all = append(all, p)
		return err
	})
	return all, err
}

// Parse reads a file; name is for errors, which say the line.
func Parse(name, text string) (p *Package, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			p, err = nil, r.error
		default:
			panic(r)
		}
	}()
	l := &lexer{name: name, text: text, line: 1}
	l.next()
	return l.file(), nil
}

// file is a whole file.
func (l *lexer) file() *Package {
	l.want("package")
	p := &Package{}
	p.Name, p.Version, _ = strings.Cut(l.until(";"), "@")
	l.want(";")
	for l.token != "" {
		doc := l.doc
		switch l.next() {
		case "interface":
			i := l.iface()
			i.Doc = doc
			p.Interfaces = append(p.Interfaces, i)
		case "world":
			p.Worlds = append(p.Worlds, l.world(p))
		default:
			l.fail("neither an interface nor a world")
		}
	}
	return p
}

// world is a world, behind its keyword.
func (l *lexer) world(p *Package) *World {
	w := &World{Name: l.word()}
	l.want("{")
	for !l.accept("}") {
		list := &w.Imports
		if !l.accept("import") {
			l.want("export")
			list = &w.Exports
		}
		id := l.until(";")
		if !strings.Contains(id, "/") {
			if !slices.ContainsFunc(p.Interfaces, func(i *Interface) bool { return i.Name == id }) {
				l.fail("there is no interface %q", id)
			}
			id = p.ID(id)
		}
		*list = append(*list, id)
		l.want(";")
	}
	return w
}

// A scope is an interface in the making: its names.
type scope struct {
	*lexer
	*Interface
	names map[string]*Type
}

// iface is an interface, behind its keyword.
func (l *lexer) iface() *Interface {
	s := &scope{l, &Interface{Name: l.word()}, map[string]*Type{}}
	l.want("{")
	s.resources()
	for !l.accept("}") {
		s.item()
	}
	return s.Interface
}

// resources finds the names of resources, which functions before them may use.
func (s *scope) resources() {
	ahead := *s.lexer
	for depth := 1; depth > 0 && ahead.token != ""; {
		doc := ahead.doc
		switch ahead.next() {
		case "{":
			depth++
		case "}":
			depth--
		case "resource":
			r := &Resource{Name: ahead.token, Doc: doc}
			s.Resources = append(s.Resources, r)
			s.define(&Type{Kind: Own, Name: r.Name, Resource: r})
		}
	}
}

// define gives a type its name.
func (s *scope) define(t *Type) {
	if s.names[t.Name] != nil {
		s.fail("%q is defined twice", t.Name)
	}
	s.names[t.Name] = t
}

// item is a type, a function or a resource.
func (s *scope) item() {
	doc := s.doc
	kind := s.word()
	var t *Type
	switch kind {
	case "type":
		t = &Type{Kind: Alias, Name: s.word()}
		s.want("=")
		t.Elem = s.typ()
		s.want(";")
	case "record":
		t = &Type{Kind: Record, Name: s.word(), Fields: s.fields("{", "}", true)}
	case "variant":
		t = &Type{Kind: Variant, Name: s.word(), Fields: s.cases(true)}
	case "enum":
		t = &Type{Kind: Enum, Name: s.word(), Fields: s.cases(false)}
	case "resource":
		s.resource(s.word())
		return
	default:
		s.want(":")
		s.want("func")
		s.function(Func{Name: kind, Doc: doc})
		return
	}
	t.Doc = doc
	s.define(t)
	s.Types = append(s.Types, t)
}

// resource is a resource behind its name.
func (s *scope) resource(name string) {
	if s.accept(";") {
		return
	}
	self := Field{Name: "self", Type: &Type{Kind: Borrow, Resource: s.names[name].Resource}}
	s.want("{")
	for !s.accept("}") {
		f := Func{Doc: s.doc}
		method := s.word()
		switch {
		case method == "constructor":
			f.Name, f.Result = "[constructor]"+name, s.names[name]
		default:
			s.want(":")
			if s.accept("static") {
				f.Name = "[static]" + name + "." + method
			} else {
				f.Name, f.Params = "[method]"+name+"."+method, []Field{self}
			}
			s.want("func")
		}
		s.function(f)
	}
}

// function is a function from its parameters on.
func (s *scope) function(f Func) {
	f.Params = append(f.Params, s.fields("(", ")", true)...)
	if s.accept("->") {
		f.Result = s.typ()
	}
	s.want(";")
	s.Funcs = append(s.Funcs, f)
}

// fields are fields with types, between two tokens.
func (s *scope) fields(open, end string, names bool) []Field {
	var all []Field
	s.want(open)
	for !s.accept(end) {
		f := Field{Doc: s.doc}
		if names {
			f.Name = s.word()
			s.want(":")
		}
		f.Type = s.typ()
		all = append(all, f)
		if !s.accept(",") && s.token != end {
			s.fail("%q, want %q", s.token, end)
		}
	}
	return all
}

// cases are the cases of a variant, or of an enum, which have no types.
func (s *scope) cases(types bool) []Field {
	var all []Field
	s.want("{")
	for !s.accept("}") {
		f := Field{Doc: s.doc, Name: s.word()}
		if types && s.accept("(") {
			f.Type = s.typ()
			s.want(")")
		}
		all = append(all, f)
		if !s.accept(",") && s.token != "}" {
			s.fail("%q, want %q", s.token, "}")
		}
	}
	return all
}

// primitives are the types without parts.
var primitives = map[string]*Type{
	"bool": {Kind: Bool}, "u8": {Kind: U8}, "s8": {Kind: S8}, "u16": {Kind: U16}, "s16": {Kind: S16}, "u32": {Kind: U32}, "s32": {Kind: S32},
	"u64": {Kind: U64}, "s64": {Kind: S64}, "f32": {Kind: F32}, "f64": {Kind: F64}, "char": {Kind: Char}, "string": {Kind: String},
}

// typ is a type where one is used.
func (s *scope) typ() *Type {
	name := s.word()
	if t := primitives[name]; t != nil {
		return t
	}
	t := &Type{}
	switch name {
	case "list":
		t.Kind, t.Elem = List, s.inner()
	case "option":
		t.Kind, t.Elem = Option, s.inner()
	case "tuple":
		t.Kind, t.Fields = Tuple, s.fields("<", ">", false)
	case "borrow":
		t.Kind, t.Resource = Borrow, s.inner().Resource
	case "result":
		t.Kind = Result
		s.result(t)
	default:
		if t = s.names[name]; t == nil {
			s.fail("there is no type %q", name)
		}
	}
	return t
}

// inner is a type between angle brackets.
func (s *scope) inner() *Type {
	s.want("<")
	t := s.typ()
	s.want(">")
	return t
}

// result is the parameters of a result.
func (s *scope) result(t *Type) {
	if !s.accept("<") {
		return
	}
	if !s.accept("_") {
		t.Elem = s.typ()
	}
	if s.accept(",") {
		t.Err = s.typ()
	}
	s.want(">")
}
