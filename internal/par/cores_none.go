//go:build !linux

package par

// physical is not known here.
func physical() int { return 0 }
