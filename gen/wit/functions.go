package wit

import (
	"fmt"
	"strings"

	"github.com/querent-ai/chord/internal/wit"
)

// resource writes the table of a resource.
func (w *writer) resource(r *wit.Resource) {
	name := private(r.Name)
	w.line("// %sTable has the resources %s that the host has handles of.", name, r.Name)
	w.line("var %sTable = table[%s]{handle: new%sHandle}\n", name, name, exported(r.Name))
	w.line("//go:wasmimport %s [resource-new]%s\nfunc new%sHandle(number int32) int32\n", w.face.Name, r.Name, exported(r.Name))
	w.line("//go:wasmexport %s#[dtor]%s\nfunc drop%s(number int32) { %sTable.remove(number).drop() }\n", w.face.Name, r.Name, exported(r.Name), name)
}

// cores are Go's names of the types of WebAssembly.
var cores = map[wit.Core]string{wit.I32: "int32", wit.I64: "int64", wit.Float: "float32", wit.Double: "float64"}

// function writes the function of WebAssembly for function i.
func (w *writer) function(i int, f *wit.Func) {
	name := w.face.Name + "#" + f.Name
	w.line("//go:wasmexport %s", name)
	flat := wit.FlatAll(f.Params)
	spilled := len(flat) > wit.MaxFlatParams
	var params []string
	for n, c := range flat {
		params = append(params, fmt.Sprintf("a%d %s", n, cores[c]))
	}
	if spilled {
		params = []string{"p unsafe.Pointer"}
	}
	result := w.resultOf(f)
	w.line("func export%d(%s) %s {", i, strings.Join(params, ", "), result)
	w.arguments(f, flat, spilled)
	w.call(f, result)
	w.line("}\n")
	if result == "unsafe.Pointer" {
		w.line("//go:wasmexport cabi_post_%s\nfunc post%d(unsafe.Pointer) { release() }\n", name, i)
	}
}

// resultOf is what a function of WebAssembly returns.
func (w *writer) resultOf(f *wit.Func) string {
	if f.Result == nil {
		return ""
	}
	if flat := f.Result.Flat(); len(flat) == wit.MaxFlatResults && f.Result.Kind == wit.Own {
		return cores[flat[0]]
	}
	return "unsafe.Pointer"
}

// arguments writes variables v0, v1 ... with the parameters.
func (w *writer) arguments(f *wit.Func, flat []wit.Core, spilled bool) {
	if len(f.Params) == 0 {
		return
	}
	if spilled {
		offsets, _ := wit.Offsets(f.Params)
		for i, p := range f.Params {
			w.line("v%d := %s(unsafe.Add(p, %d))", i, load(p.Type), offsets[i])
		}
		return
	}
	var all []string
	for n := range flat {
		all = append(all, fmt.Sprintf("uint64(a%d)", n))
	}
	w.line("f := &flat{%s}", strings.Join(all, ", "))
	for i, p := range f.Params {
		w.line("v%d := %s(f)", i, lift(p.Type))
	}
}

// target is the function or method of Go that a function calls, with its arguments.
func target(f *wit.Func) string {
	var args []string
	for i := range f.Params {
		args = append(args, fmt.Sprintf("v%d", i))
	}
	kind, name, ok := strings.Cut(strings.TrimPrefix(f.Name, "["), "]")
	if !ok {
		return private(kind) + "(" + strings.Join(args, ", ") + ")"
	}
	resource, method, _ := strings.Cut(name, ".")
	switch kind {
	case "constructor":
		return "new" + exported(resource) + "(" + strings.Join(args, ", ") + ")"
	case "static":
		return private(resource) + exported(method) + "(" + strings.Join(args, ", ") + ")"
	}
	return "v0." + private(method) + "(" + strings.Join(args[1:], ", ") + ")"
}

// call writes the call, and what becomes of its result.
func (w *writer) call(f *wit.Func, result string) {
	switch {
	case f.Result == nil:
		w.line("%s", target(f))
	case result == "int32":
		w.line("return %sTable.add(%s)", private(f.Result.Resource.Name), target(f))
	case f.Result.Kind == wit.Result:
		w.failing(f)
	default:
		w.line("r := area(%d)\n%s(r, %s)\nreturn r", f.Result.Size(), store(f.Result), target(f))
	}
}

// failing writes the call of a function that may fail.
func (w *writer) failing(f *wit.Func) {
	t := f.Result
	if t.Err == nil || t.Err.Name != "error" {
		panic(fmt.Errorf("wit: function %s: its error is not of type error", f.Name))
	}
	value, give := "v", "v, err := try(func() (%s, error) { return %s })"
	if t.Elem == nil {
		value, give = "_", "%s, err := try(func() (struct{}, error) { return struct{}{}, %s })"
		w.line(give, value, target(f))
	} else {
		w.line(give, goType(t.Elem), target(f))
	}
	w.line("r := area(%d)\nif err != nil {\nstore(r, uint8(1))\nstoreError(unsafe.Add(r, %d), asError(err))\nreturn r\n}", t.Size(), t.Payload())
	if t.Elem != nil {
		w.line("%s(unsafe.Add(r, %d), v)", store(t.Elem), t.Payload())
	}
	w.line("return r")
}
