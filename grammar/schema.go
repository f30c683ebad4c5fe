package grammar

import (
	"encoding/json"
	"fmt"
	"strings"
)

// JSONSchema returns the grammar of the JSON values that a schema of draft
// 2020-12 allows; documents that name an older draft are read as that draft says
// where it differs.
//
// Members come in the order in which properties has them, members of no property
// after them. Blanks are allowed where JSON allows them, but few. A keyword that
// cannot be enforced exactly is an error that names it and its place; unknown
// keywords and formats are annotations.
func JSONSchema(schema json.RawMessage) (*Grammar, error) {
	return JSONSchemaWith(schema, SchemaOptions{})
}

// SchemaOptions say how a schema is read.
type SchemaOptions struct {
	// AnyOrder lets members come in any order, those of no property among them, in
	// objects of at most 8 properties. In others, and where their number or some
	// member of no property matters, they come as in [JSONSchema].
	AnyOrder bool
}

// JSONSchemaWith is [JSONSchema] with options.
func JSONSchemaWith(schema json.RawMessage, o SchemaOptions) (*Grammar, error) {
	root, err := parseValue(schema)
	if err != nil {
		return nil, fmt.Errorf("grammar: JSON Schema: %w", err)
	}
	kind := kindSchema
	if o.AnyOrder {
		kind = kindAnyOrder
	}
	g, err := newGrammar(Source{kind, string(schema)}, func(r *rules) error {
		s := newSchemas(r, root)
		s.anyOrder = o.AnyOrder
		return s.compile()
	})
	if err != nil {
		return nil, fmt.Errorf("grammar: JSON Schema: %w", err)
	}
	return g, nil
}

// JSONObject returns the grammar of all JSON objects.
func JSONObject() *Grammar {
	g, err := JSONSchema(json.RawMessage(`{"type":"object"}`))
	if err != nil {
		panic(err)
	}
	return g
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

// schemas compiles one document.
type schemas struct {
	x       *exprs
	r       *rules
	num     *numbers
	text    expr // any text between quotes
	root    *value
	byID    []*value // by value.id; 0 is none
	shapes  map[int32]*shapeMemo
	conjs   map[string]*shape
	values  map[string]symbol
	virtual map[string]int32  // schemas that stand for a conj, by its key
	meant   map[int32]conj    // and what they stand for
	places  map[string]*value // by the address that $id and $anchor give
	bases   map[*value]string
	parsed  map[string]expr // patterns
	legacy  bool            // older than 2019-09: a $ref hides its neighbours
	depth   int
	steps   int

	anyOrder        bool // see SchemaOptions
	trueID, falseID int32
	terms           terminals
}

// A shapeMemo is the shape of a schema, or where making it stands.
type shapeMemo struct {
	shape shape
	err   error
	open  bool
}

func newSchemas(r *rules, root *value) *schemas {
	s := &schemas{x: r.x, r: r, root: root, num: newNumbers(r.x),
		shapes: map[int32]*shapeMemo{}, conjs: map[string]*shape{}, values: map[string]symbol{},
		virtual: map[string]int32{}, meant: map[int32]conj{},
		places: map[string]*value{}, bases: map[*value]string{}, parsed: map[string]expr{}, byID: []*value{nil}}
	s.text = r.x.anyText(jsonText{})
	s.trueID = s.idOf(&value{kind: valueTrue})
	s.falseID = s.idOf(&value{kind: valueFalse})
	s.terms = newTerminals(s)
	if v := root.get("$schema"); v != nil {
		for _, d := range []string{"draft-03", "draft-04", "draft-06", "draft-07"} {
			s.legacy = s.legacy || strings.Contains(v.text, d)
		}
	}
	return s
}

// idOf returns the number of v as a schema.
func (s *schemas) idOf(v *value) int32 {
	if v.id == 0 || int(v.id) >= len(s.byID) || s.byID[v.id] != v {
		v.id = int32(len(s.byID))
		s.byID = append(s.byID, v)
	}
	return v.id
}

// whole returns the symbol of the values of the document.
func (s *schemas) whole() (symbol, error) {
	s.index(s.root, "", 0)
	return s.value(conj{s.idOf(s.root)})
}

func (s *schemas) compile() error {
	sym, err := s.whole()
	if err != nil {
		return err
	}
	start := s.r.nonterminal()
	s.r.first = start.id
	s.r.add(start, sym)
	return nil
}

// A placeError says which keyword cannot be enforced, and where it is.
type placeError struct {
	path, keyword string
	why           string
}

func (e *placeError) Error() string {
	if e.keyword == "" {
		return fmt.Sprintf("at #%.200s: %s", e.path, e.why)
	}
	return fmt.Sprintf("at #%.200s: %s: %s", e.path, e.keyword, e.why)
}

// refuse returns the error of a keyword of v.
func refuse(v *value, keyword, format string, args ...any) error {
	return &placeError{v.path, keyword, fmt.Sprintf(format, args...)}
}

// maxSteps bounds the work of compiling one document.
const maxSteps = 50_000

func (s *schemas) step() {
	if s.steps++; s.steps > maxSteps {
		panic(errTooLarge)
	}
}

// shape returns the values that are c.
func (s *schemas) shape(c conj) (shape, error) {
	key := conjKey(c)
	if m, ok := s.conjs[key]; ok {
		return *m, nil
	}
	s.step()
	out := s.any()
	for _, id := range c {
		a, err := s.shapeOf(id)
		if err == nil {
			out, err = s.and(out, a)
			if err != nil {
				err = refuse(s.byID[max(id, -id)], "", "%v", err)
			}
		}
		if err != nil {
			return out, err
		}
	}
	s.conjs[key] = &out
	return out, nil
}

func conjKey(c conj) string {
	b := make([]byte, 0, 4*len(c))
	for _, id := range c {
		b = append(b, byte(id), byte(id>>8), byte(id>>16), byte(id>>24))
	}
	return string(b)
}

// shapeOf returns the values of the schema with the number id, or those that are
// not, if it is negative.
func (s *schemas) shapeOf(id int32) (shape, error) {
	if m, ok := s.shapes[id]; ok {
		if m.open {
			return shape{}, refuse(s.byID[max(id, -id)], "$ref", "leads to itself")
		}
		return m.shape, m.err
	}
	m := &shapeMemo{open: true}
	s.shapes[id] = m
	s.step()
	if c, ok := s.meant[id]; ok {
		m.shape, m.err = s.shape(c)
	} else if id < 0 {
		a, err := s.shapeOf(-id)
		if err == nil {
			a, err = s.not(a)
			if err != nil {
				err = refuse(s.byID[-id], "", "%v", err)
			}
		}
		m.shape, m.err = a, err
	} else {
		m.shape, m.err = s.read(s.byID[id])
	}
	m.open = false
	return m.shape, m.err
}
