package component

import (
	"fmt"
	"slices"
	"strings"

	"github.com/querent-ai/chord/internal/wasmlink"
	"github.com/querent-ai/chord/internal/wit"
)

// Parts are what a component is made of.
type Parts struct {
	Packages []*wit.Package
	World    string // of one of them
	Program  []byte
	Kernels  []byte
}

// A builder is a component in the making.
type builder struct {
	*space
	Parts
	world   *wit.World
	face    *wit.Interface // the one that is exported
	imports []coreImport   // of the program
	exports []string       // of the program
	lowered []int          // the host's functions
	main    int            // the instance of the program
}

// Make returns the component.
//
// It errs if the program or the kernels are malformed, if the program exports no function
// for one of the interface, or if the world is not one such as Make knows: with the
// clocks and random numbers of WASI as imports and one interface to export.
func Make(p Parts) (out []byte, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			out, err = nil, r.error
		default:
			panic(r)
		}
	}()
	b := &builder{space: newSpace(), Parts: p}
	for _, step := range []func() error{b.resolve, b.read, b.link} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	b.lift()
	return b.out, nil
}

// find is an interface by its whole name.
func (b *builder) find(id string) *wit.Interface {
	for _, p := range b.Packages {
		for _, i := range p.Interfaces {
			if p.ID(i.Name) == id {
				return i
			}
		}
	}
	return nil
}

// resolve finds the world and what it names.
func (b *builder) resolve() error {
	for _, p := range b.Packages {
		for _, w := range p.Worlds {
			if w.Name == b.World {
				b.world = w
			}
		}
	}
	if b.world == nil || len(b.world.Exports) != 1 {
		return fmt.Errorf("component: no world %q with one export", b.World)
	}
	for _, id := range append(b.world.Imports, b.world.Exports[0]) {
		if b.face = b.find(id); b.face == nil {
			return fmt.Errorf("component: world %q: there is no interface %q", b.World, id)
		}
	}
	if len(b.world.Imports) != len(host) {
		return fmt.Errorf("component: world %q has %d imports, want %d", b.World, len(b.world.Imports), len(host))
	}
	return nil
}

// read finds what the modules import and export.
func (b *builder) read() error {
	sections, err := wasmlink.Sections(b.Program)
	if err != nil {
		return err
	}
	var unique []byte
	b.imports, unique = imports(sections[2], signatures(sections[1]))
	b.exports = exports(sections[7])
	if b.Program, err = wasmlink.Replace(b.Program, 2, unique); err != nil {
		return err
	}
	if sections, err = wasmlink.Sections(b.Kernels); err != nil {
		return err
	}
	kernels := exports(sections[7])
	for _, i := range b.imports {
		if name, _, _ := strings.Cut(i.name, again); i.module == "chord" && !slices.Contains(kernels, name) {
			return fmt.Errorf("component: the kernels export no %q", name)
		}
	}
	var missing []string
	for _, name := range b.wanted() {
		if !slices.Contains(b.exports, name) {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return fmt.Errorf("component: the program exports no %q", missing)
	}
	return nil
}

// wanted are the functions that the program must have.
func (b *builder) wanted() []string {
	all := []string{"_initialize", "cabi_realloc"}
	for _, r := range b.face.Resources {
		all = append(all, b.dtor(r))
	}
	for _, f := range b.face.Funcs {
		all = append(all, b.face.Name+"#"+f.Name)
	}
	return all
}

func (b *builder) dtor(r *wit.Resource) string { return b.face.Name + "#[dtor]" + r.Name }

// base is the module with the memory. Its functions drop resources by calling those in
// the table, which exist later.
func (b *builder) base(pages int) []byte {
	m := &module{memory: pages, table: len(b.face.Resources), start: -1}
	for i, r := range b.face.Resources {
		m.bodies = append(m.bodies, body{name: b.dtor(r), typ: signature{[]wit.Core{wit.I32}, nil}, code: code(get(0), number(i), opIndirect, 0, 0)})
	}
	m.exports = []coreItem{{"memory", coreMemory, 0}, {"table", coreTable, 0}}
	return m.bytes()
}

// starter is the module that begins last.
func (b *builder) starter() []byte {
	m := &module{memory: -1, table: -1, start: len(b.face.Resources)}
	for i, r := range b.face.Resources {
		m.imports = append(m.imports, coreImport{"program", b.dtor(r), signature{[]wit.Core{wit.I32}, nil}})
		m.fill = append(m.fill, i)
	}
	m.imports = append(m.imports, coreImport{"program", "_initialize", signature{}})
	return m.bytes()
}

// link makes instances of all modules.
func (b *builder) link() error {
	program, pages, err := wasmlink.ImportMemorySize(b.Program)
	if err != nil {
		return err
	}
	var preview1 []coreImport
	for _, i := range b.imports {
		if i.module == "wasi_snapshot_preview1" {
			preview1 = append(preview1, i)
		}
	}
	if err := b.hosts(); err != nil {
		return err
	}
	base := b.instantiate(b.module(b.base(pages)), nil, nil)
	b.coreExport(base, "memory", coreMemory)
	for i := range host {
		b.lowered = append(b.lowered, b.lower(i))
	}
	memory := coreItem{"memory", coreMemory, 0}
	shared := b.bundle([]coreItem{memory})
	names, with := []string{"chord"}, []int{shared}
	for i, h := range host {
		names, with = append(names, h.face), append(with, b.bundle([]coreItem{{h.name, coreFunc, b.lowered[i]}}))
	}
	stubs := b.instantiate(b.module(stub(preview1)), names, with)
	kernels := b.instantiate(b.module(b.Kernels), []string{"chord"}, []int{shared})
	functions := []coreItem{memory}
	for _, i := range b.imports {
		if name, _, _ := strings.Cut(i.name, again); i.module == "chord" {
			functions = append(functions, coreItem{i.name, coreFunc, b.coreExport(kernels, name, coreFunc)})
		}
	}
	handles := b.handles(base)
	b.main = b.instantiate(b.module(program), []string{"wasi_snapshot_preview1", "chord", b.face.Name}, []int{stubs, b.bundle(functions), handles})
	b.instantiate(b.module(b.starter()), []string{"base", "program"}, []int{base, b.main})
	return nil
}

// hosts imports the host's interfaces, and gives their functions indices.
func (b *builder) hosts() error {
	for _, h := range host {
		i := slices.IndexFunc(b.world.Imports, func(id string) bool { return strings.HasPrefix(id, h.face+"@") })
		if i < 0 {
			return fmt.Errorf("component: world %q imports no %s", b.World, h.face)
		}
		id := b.world.Imports[i]
		b.importItem(id, indexed([]byte{sortInstance}, b.define(importType(b.find(id)))))
		b.instances++
		b.instanceFunc(b.instances-1, h.name)
	}
	return nil
}

// handles defines the resources, and is the instance of functions that make handles.
func (b *builder) handles(base int) int {
	var items []coreItem
	for _, r := range b.face.Resources {
		typ := bytesOf{typeResource, byte(wit.I32), 1}
		typ.number(b.coreExport(base, b.dtor(r), coreFunc))
		b.resources[r] = b.define(typ)
		items = append(items, coreItem{"[resource-new]" + r.Name, coreFunc, b.resourceNew(b.resources[r])})
	}
	return b.bundle(items)
}

// lift makes functions of the component of the program's, and exports them.
func (b *builder) lift() {
	for _, t := range b.face.Types {
		b.named[t] = b.define(definition(b, t))
	}
	realloc := b.coreExport(b.main, "cabi_realloc", coreFunc)
	var funcs []int
	for i := range b.face.Funcs {
		f := &b.face.Funcs[i]
		name, post := b.face.Name+"#"+f.Name, -1
		core := b.coreExport(b.main, name, coreFunc)
		if slices.Contains(b.exports, "cabi_post_"+name) {
			post = b.coreExport(b.main, "cabi_post_"+name, coreFunc)
		}
		funcs = append(funcs, b.space.lift(core, realloc, post, function(b, f)))
	}
	b.exported(b.world.Exports[0], b.face, funcs)
}
