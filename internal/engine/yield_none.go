//go:build !js

package engine

// yield does nothing: others run on threads of their own.
func (e *Engine) yield() {}
