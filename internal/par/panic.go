package par

import (
	"fmt"
	"runtime/debug"
)

// A Panic is a panic of work that may have run on another goroutine, as the
// goroutine that asked for the work sees it. It is an error, so that whoever
// recovers it can use [errors.As] to find a memory fault.
type Panic struct {
	Value any    // what the work panicked with
	Stack []byte // of the goroutine that panicked
}

// newPanic returns value, a result of recover, as a Panic of this goroutine. A
// value that is a Panic is returned as it is.
func newPanic(value any) *Panic {
	switch p := value.(type) {
	case *Panic:
		return p
	case nil:
		value = "par: the work called runtime.Goexit"
	}
	return &Panic{Value: value, Stack: debug.Stack()}
}

// Error returns the value and the stack, as that of the goroutine that prints it
// does not show where the work panicked.
func (p *Panic) Error() string { return fmt.Sprintf("%v\n\n%s", p.Value, p.Stack) }

// Unwrap returns the value if it is an error, else nil.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// raise is to be deferred. It panics with a [*Panic] if the function panics, and
// sets [debug.SetPanicOnFault] to old.
func raise(old bool) {
	debug.SetPanicOnFault(old)
	if r := recover(); r != nil {
		panic(newPanic(r))
	}
}

// A Call is a function that runs on a goroutine of its own.
type Call struct {
	done     chan struct{}
	err      error
	panicked *Panic
}

// Go runs f on another goroutine.
func Go(f func() error) *Call {
	c := &Call{done: make(chan struct{})}
	go c.run(f)
	return c
}

// run is the body of the goroutine.
func (c *Call) run(f func() error) {
	normal := false
	defer func() {
		if !normal {
			c.panicked = newPanic(recover())
		}
		close(c.done)
	}()
	debug.SetPanicOnFault(true)
	c.err = f()
	normal = true
}

// Done returns a channel that is closed when the function has ended.
func (c *Call) Done() <-chan struct{} { return c.done }

// Wait waits for the function and returns its error, or panics with a [*Panic]
// if it panicked.
func (c *Call) Wait() error {
	<-c.done
	if c.panicked != nil {
		panic(c.panicked)
	}
	return c.err
}
