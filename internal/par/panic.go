package par

import (
	"fmt"
	"runtime/debug"
)

// A Panic is a panic of work that another goroutine may have done, as the
// goroutine that gave the work sees it. It is an error, so that what recovers
// it can ask [errors.As] for a memory fault.
type Panic struct {
	Value any    // what the work panicked with
	Stack []byte // of the goroutine that panicked
}

// newPanic returns value, which recover gave, as a Panic of this goroutine; a
// Panic stays as it is.
func newPanic(value any) *Panic {
	switch p := value.(type) {
	case *Panic:
		return p
	case nil:
		value = "par: the work called runtime.Goexit"
	}
	return &Panic{Value: value, Stack: debug.Stack()}
}

// Error returns the value and, since the goroutine that prints it is another,
// the stack.
func (p *Panic) Error() string { return fmt.Sprintf("%v\n\n%s", p.Value, p.Stack) }

// Unwrap returns the value if it is an error, else nil.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// raise, deferred, panics with a [*Panic] if the function panics, and sets back
// what [debug.SetPanicOnFault] was.
func raise(old bool) {
	debug.SetPanicOnFault(old)
	if r := recover(); r != nil {
		panic(newPanic(r))
	}
}

// Go runs f on another goroutine. wait returns f's error when it is through, or
// panics with a [*Panic] if f did; it must be called once.
func Go(f func() error) (wait func() error) {
	var err error
	var panicked *Panic
	done := make(chan struct{})
	go func() {
		defer close(done)
		normal := false
		defer func() {
			if !normal {
				panicked = newPanic(recover())
			}
		}()
		debug.SetPanicOnFault(true)
		err = f()
		normal = true
	}()
	return func() error {
		<-done
		if panicked != nil {
			panic(panicked)
		}
		return err
	}
}
