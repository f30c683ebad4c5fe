package bench

import (
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

// burning is what Burn says once it burns.
const burning = "burning\n"

// Burn keeps n cores busy with nothing until r ends. It tells w when it has
// begun.
func Burn(n int, r io.Reader, w io.Writer) error {
	runtime.GOMAXPROCS(n)
	var stop atomic.Bool
	var wg, begun sync.WaitGroup
	begun.Add(n)
	for range n {
		wg.Go(func() {
			begun.Done()
			for !stop.Load() {
			}
		})
	}
	begun.Wait()
	_, err := io.WriteString(w, burning)
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	stop.Store(true)
	wg.Wait()
	if err != nil {
		return fmt.Errorf("bench: burning %d cores: %w", n, err)
	}
	return nil
}
