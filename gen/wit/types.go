package wit

import (
	"fmt"

	"github.com/querent-ai/chord/internal/wit"
)

// primitives are Go's names of types without parts.
var primitives = map[wit.Kind]string{
	wit.Bool: "bool", wit.U8: "uint8", wit.S8: "int8", wit.U16: "uint16", wit.S16: "int16", wit.U32: "uint32", wit.S32: "int32",
	wit.U64: "uint64", wit.S64: "int64", wit.F32: "float32", wit.F64: "float64", wit.Char: "rune", wit.String: "string",
}

// goType is a type in Go.
func goType(t *wit.Type) string {
	if t == nil {
		return "struct{}"
	}
	if t.Resource != nil {
		return "*" + private(t.Resource.Name)
	}
	if t.Name != "" {
		return exported(t.Name)
	}
	switch t.Kind {
	case wit.List:
		return "[]" + goType(t.Elem)
	case wit.Option:
		return "*" + goType(t.Elem)
	}
	if p := primitives[t.Kind]; p != "" {
		return p
	}
	panic(fmt.Errorf("wit: a type of kind %d without a name", t.Kind))
}

// declare writes a type with a name, and how it lies in memory.
func (w *writer) declare(t *wit.Type) {
	name := exported(t.Name)
	if t.Kind == wit.Variant {
		w.cases(t, "uint8")
	}
	w.comment(name, t.Doc)
	switch t.Kind {
	case wit.Alias:
		w.line("type %s = %s\n", name, goType(t.Elem))
		return
	case wit.Enum:
		w.line("type %s uint8\n", name)
		w.cases(t, name)
		return
	case wit.Record:
		w.line("type %s struct {", name)
	case wit.Variant:
		w.line("type %s struct {\nCase uint8 // one of those above, which has a value in its field", name)
	}
	for _, f := range t.Fields {
		if f.Type != nil {
			w.line("%s %s", exported(f.Name), goType(f.Type))
		}
	}
	w.line("}\n")
	if t.Kind == wit.Variant {
		w.storeVariant(t)
		return
	}
	w.record(t)
}

// cases writes the numbers of cases.
func (w *writer) cases(t *wit.Type, typ string) {
	w.line("// The cases of %s.\nconst (", exported(t.Name))
	for i, f := range t.Fields {
		w.line("%s%s %s = %d", exported(t.Name), exported(f.Name), typ, i)
	}
	w.line(")\n")
}

// record writes the functions that read and write a record, those that are needed.
func (w *writer) record(t *wit.Type) {
	name := exported(t.Name)
	offsets, _ := wit.Offsets(t.Fields)
	if w.lists[t] {
		w.line("func load%s(p unsafe.Pointer) (v %s) {", name, name)
		for i, f := range t.Fields {
			w.line("v.%s = %s(unsafe.Add(p, %d))", exported(f.Name), load(f.Type), offsets[i])
		}
		w.line("return v\n}\n")
	}
	if w.params[t] {
		w.line("func lift%s(f *flat) (v %s) {", name, name)
		for _, f := range t.Fields {
			w.line("v.%s = %s(f)", exported(f.Name), lift(f.Type))
		}
		w.line("return v\n}\n")
	}
	if w.result[t] {
		w.line("func store%s(p unsafe.Pointer, v %s) {", name, name)
		for i, f := range t.Fields {
			w.line("%s(unsafe.Add(p, %d), v.%s)", store(f.Type), offsets[i], exported(f.Name))
		}
		w.line("}\n")
	}
}

// storeVariant writes the function that writes a variant.
func (w *writer) storeVariant(t *wit.Type) {
	if w.params[t] || w.lists[t] {
		panic(fmt.Errorf("wit: a parameter of type %s", t.Name))
	}
	name := exported(t.Name)
	w.line("func store%s(p unsafe.Pointer, v %s) {\nstore(p, v.Case)\nswitch v.Case {", name, name)
	for _, f := range t.Fields {
		if f.Type != nil {
			w.line("case %s%s:\n%s(unsafe.Add(p, %d), v.%s)", name, exported(f.Name), store(f.Type), t.Payload(), exported(f.Name))
		}
	}
	w.line("}\n}\n")
}

// load is a function of Go that reads a type from memory.
func load(t *wit.Type) string {
	switch t.Kind {
	case wit.Alias:
		return load(t.Elem)
	case wit.String:
		return "loadString"
	case wit.List:
		return fmt.Sprintf("loadList(%d, %s)", t.Elem.Size(), load(t.Elem))
	case wit.Option:
		return fmt.Sprintf("loadOption(%d, %s)", t.Payload(), load(t.Elem))
	case wit.Own, wit.Borrow:
		return private(t.Resource.Name) + "Table.load"
	case wit.Record:
		return "load" + exported(t.Name)
	}
	return fmt.Sprintf("load[%s]", goType(t))
}

// lift is a function of Go that takes a type from parameters.
func lift(t *wit.Type) string {
	switch t.Kind {
	case wit.Alias:
		return lift(t.Elem)
	case wit.Bool:
		return "liftBool"
	case wit.F32, wit.F64:
		panic(fmt.Errorf("wit: a parameter of type %s that is not in memory", goType(t)))
	case wit.String:
		return "liftString"
	case wit.List:
		return fmt.Sprintf("liftList(%d, %s)", t.Elem.Size(), load(t.Elem))
	case wit.Option:
		return fmt.Sprintf("liftOption(%d, %s)", len(t.Elem.Flat()), lift(t.Elem))
	case wit.Own, wit.Borrow:
		return private(t.Resource.Name) + "Table.lift"
	case wit.Record:
		return "lift" + exported(t.Name)
	}
	return fmt.Sprintf("lift[%s]", goType(t))
}

// store is a function of Go that writes a type to memory.
func store(t *wit.Type) string {
	switch t.Kind {
	case wit.Alias:
		return store(t.Elem)
	case wit.String:
		return "storeString"
	case wit.List:
		return fmt.Sprintf("storeList(%d, %s)", t.Elem.Size(), store(t.Elem))
	case wit.Option:
		return fmt.Sprintf("storeOption(%d, %s)", t.Payload(), store(t.Elem))
	case wit.Own:
		return private(t.Resource.Name) + "Table.store"
	case wit.Record, wit.Variant:
		return "store" + exported(t.Name)
	}
	return fmt.Sprintf("store[%s]", goType(t))
}
