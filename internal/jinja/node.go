package jinja

// An expr is a part of a template that has a value.
type expr interface {
	eval(r *renderer) any
}

// A stmt is a statement of a template.
type stmt interface {
	exec(r *renderer) control
}

// A control says how execution goes on after a statement.
type control uint8

const (
	goOn control = iota
	breakLoop
	continueLoop
)

// The expressions; pos is the byte of the template for errors.
type (
	constant struct{ v any }
	name     struct {
		sym, pos int
		text     string
	}
	attr struct { // x.name
		x    expr
		name string
		pos  int
	}
	item struct { // x[key]
		x, key expr
		pos    int
	}
	slice struct { // x[lo:hi:step]; absent ones are nil
		x, lo, hi, step expr
		pos             int
	}
	call struct {
		fn   expr
		args arguments
		pos  int
	}
	filtered struct { // x|name(args)
		x    expr
		name string
		f    *filter
		args arguments
		pos  int
	}
	tested struct { // x is name(args)
		x    expr
		name string
		t    *test
		args arguments
		pos  int
	}
	unary struct { // -x, +x
		op  string
		x   expr
		pos int
	}
	not    struct{ x expr }
	binary struct {
		op   string
		x, y expr
		pos  int
	}
	concat  struct{ parts []expr } // x ~ y ~ z
	compare struct {               // x < y <= z
		x    expr
		rest []comparison
	}
	comparison struct {
		op  string
		y   expr
		pos int
	}
	and struct{ x, y expr }
	or  struct{ x, y expr }
	// cond is x if test else y; without else, y is nil.
	cond struct{ test, x, y expr }
	// display is [a, b] or (a, b).
	display struct {
		items []expr
		kind  listKind
	}
	dictDisplay struct {
		keys, values []expr
		pos          int
	}
)

// arguments are those of a call, a filter or a test.
type arguments struct {
	pos        []expr
	names      []string // of the keyword arguments
	values     []expr
	list, dict expr // *list and **dict, or nil
}

// The statements.
type (
	text   struct{ s string }
	output struct {
		x   expr
		pos int
	}
	ifStmt struct {
		tests  []expr
		bodies [][]stmt
		orElse []stmt
	}
	forStmt struct {
		into      target
		over      expr
		test      expr // of "for x in y if test", or nil
		body      []stmt
		orElse    []stmt
		recursive bool
		keeps     bool // the body defines macros, which keep its variables
		loop      int  // the symbol "loop"
		pos       int
	}
	set struct {
		into target
		x    expr
		pos  int
	}
	setBlock struct {
		into    target
		filters []filtered
		body    []stmt
		pos     int
	}
	macroStmt struct {
		sym int
		macroDef
	}
	callBlock struct {
		call   *call
		caller macroDef
		pos    int
	}
	filterBlock struct {
		filters []filtered
		body    []stmt
	}
	with struct {
		into   []target
		values []expr
		body   []stmt
		pos    int
	}
	scoped struct{ body []stmt } // block, generation, autoescape
	jump   struct{ to control }  // break, continue
)

// A macroDef is a macro, or the body of a call block.
type macroDef struct {
	name     string
	params   []int // symbols
	names    []string
	defaults []expr // of the last parameters
	body     []stmt
	special  [3]bool // the body uses caller, varargs, kwargs
	syms     [3]int  // their symbols
	pos      int
}

// A target is what a value can be assigned to.
type target interface {
	assign(r *renderer, v any, pos int)
}

type (
	nameTarget  int
	fieldTarget struct { // of a namespace
		x    name
		attr string
	}
	tupleTarget []target
)
