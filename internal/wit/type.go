package wit

// A Kind is what a type is made with.
type Kind int

// The kinds. Of the primitive ones there is one type each.
const (
	Bool Kind = iota
	U8
	S8
	U16
	S16
	U32
	S32
	U64
	S64
	F32
	F64
	Char
	String
	List    // of Elem
	Option  // of Elem
	Result  // of Elem, or nothing, or Err, or nothing
	Tuple   // of Fields without names
	Record  // of Fields
	Variant // of Fields, whose types may be nil
	Enum    // of Fields without types
	Own     // a handle that owns a Resource
	Borrow  // a handle of a Resource
	Alias   // another name of Elem
)

// A Type is a type of a value.
type Type struct {
	Kind      Kind
	Name      string // in its interface, "" if it has none
	Doc       string
	Elem, Err *Type
	Fields    []Field
	Resource  *Resource
}

// A Field is a field of a record, a case of a variant or enum, or a parameter.
type Field struct {
	Name string
	Doc  string
	Type *Type
}

// A Resource is a type whose values stay where they are made.
type Resource struct {
	Name string
	Doc  string
}

// A Func is a function of an interface.
type Func struct {
	Name   string // as the component model has it, such as "[method]model.info"
	Doc    string
	Params []Field
	Result *Type // nil if there is none
}

// An Interface is types and functions, in the order of its file.
type Interface struct {
	Name      string
	Doc       string
	Types     []*Type
	Resources []*Resource
	Funcs     []Func
}

// A World is what a component imports and exports: interfaces by their whole names.
type World struct {
	Name             string
	Imports, Exports []string
}

// A Package is the contents of a file.
type Package struct {
	Name, Version string // such as "querent:chord" and "0.1.0"
	Interfaces    []*Interface
	Worlds        []*World
}

// ID is the whole name of an interface of the package, such as
// "querent:chord/models@0.1.0".
func (p *Package) ID(name string) string { return p.Name + "/" + name + "@" + p.Version }
