package grammar

import "errors"

// maxMemory bounds what the automata of one grammar hold, in bytes: a grammar
// that needs more to compile is refused, and later what was built is thrown
// away and begun anew.
const maxMemory = 64 << 20

// compileMemory bounds what compiling may build; what takes a second builds
// more.
const compileMemory = 24 << 20

var errTooLarge = errors.New("the grammar is too large")

// errTooAmbiguous is the error of a text that can be read in too many ways to go on.
var errTooAmbiguous = errors.New("grammar: the text so far can be read in too many ways: the grammar is too ambiguous")

// A budget counts the bytes that expressions and automata take. It panics with
// errTooLarge where they are more than limit, 0 for no limit.
type budget struct {
	used, limit int64
	unsure      bool // a search was given up
}

func (b *budget) spend(n int64) {
	b.used += n
	if b.limit > 0 && b.used > b.limit {
		panic(errTooLarge)
	}
}

// catch turns the panic of a budget into an error.
func catch(err *error) {
	switch r := recover(); r {
	case nil:
	case errTooLarge:
		*err = errTooLarge
	case errTooAmbiguous:
		*err = errTooAmbiguous
	default:
		panic(r)
	}
}
