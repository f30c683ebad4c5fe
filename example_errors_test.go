package chord_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
)

// A prompt that the context cannot hold.
func Example_errContextFull() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{Context: 4})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	_, err = m.Complete(context.Background(), "Once upon a time there was a cat", chord.Params{})
	if errors.Is(err, chord.ErrContextFull) {
		fmt.Println(err)
	}
	// Output: chord: prompt of 9 tokens, context of 4: context is full
}

// An error about a parameter names it.
func ExampleParamError() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	_, err = m.Complete(context.Background(), "The cat", chord.Params{TopP: 1.5})
	if p, ok := errors.AsType[*chord.ParamError](err); ok {
		fmt.Println(p.Field)
		fmt.Println(p.Reason)
	}
	fmt.Println(errors.Is(err, chord.ErrInvalid))
	// Output:
	// Params.TopP
	// 1.5, want 0 to 1, or -1 (off)
	// true
}

// A server says when to come back.
func ExampleBusyError() {
	var err error = &chord.BusyError{Queued: 256, RetryAfter: 2 * time.Second}
	if b, ok := errors.AsType[*chord.BusyError](err); ok {
		fmt.Printf("Retry-After: %.0f\n", b.RetryAfter.Seconds())
	}
	fmt.Println(errors.Is(err, chord.ErrBusy))
	// Output:
	// Retry-After: 2
	// true
}

// Close ends every call; those that follow have the same error.
func ExampleModel_Close() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if err := m.Close(); err != nil {
		log.Fatal(err)
	}
	_, err = m.Complete(context.Background(), "The cat", chord.Params{})
	fmt.Println(errors.Is(err, chord.ErrClosed))
	// Output: true
}
