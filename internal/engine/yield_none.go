//go:build !js

package engine

// yield does nothing: other goroutines have their own threads.
func (e *Engine) yield() {}
